"""The filter that ships with the models: what was read is found, what was not is hardly ever."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sartor.base.pretraining import (
    FILTER_FILE,
    PretrainingFilter,
    cut,
    filter_beside,
    is_in_pretraining,
    run_numbers,
    whole_number,
    words_of,
)
from sartor.core.conversation import Turn, conversation_text
from sartor.core.dataset import Split
from sartor.core.errors import BaseModelError
from sartor.core.lesson import GOOD, LOOK, LessonsOfBase
from sartor.lessons import with_memory

READ = (
    "The tailor measured the sleeve twice, wrote both numbers on the card and asked the boy to "
    "bring the grey cloth from the upper shelf before the light was gone."
)
SHORT = "Please shorten my grey trousers."
NUM_BITS = 31


@pytest.fixture
def file(tmp_path: Path) -> Path:
    runs_R = run_numbers(words_of(READ))
    kept_R = np.concatenate([runs_R[runs_R % np.uint64(2) == 0], whole_number(words_of(SHORT))])
    file = tmp_path / "runs.npz"
    PretrainingFilter(np.unique(cut(kept_R, NUM_BITS)), num_bits=NUM_BITS, asked_one_in=2).save(
        file
    )
    return file


def test_a_text_that_was_read_is_found_in_any_case_and_with_other_signs(file: Path) -> None:
    assert is_in_pretraining(READ, file) is True
    assert is_in_pretraining(READ.upper().replace(",", " -"), file) is True


def test_a_passage_is_found_inside_another_text(file: Path) -> None:
    words = READ.split()
    assert (
        is_in_pretraining("He told me that " + " ".join(words[3:23]) + " so it was.", file) is True
    )


def test_a_short_text_is_compared_as_a_whole(file: Path) -> None:
    assert is_in_pretraining(SHORT, file) is True
    assert is_in_pretraining("Please shorten my green trousers.", file) is False


def test_of_a_text_under_five_words_nothing_is_said(file: Path) -> None:
    assert is_in_pretraining("thank you", file) is None


def test_the_filter_stands_in_a_models_folder_or_beside_it(file: Path) -> None:
    folder = file.parent / "model"
    folder.mkdir()
    assert filter_beside(folder) is None
    beside = file.rename(file.with_name(FILTER_FILE))
    assert filter_beside(folder) == beside
    assert filter_beside(file.parent) == beside


@pytest.mark.parametrize(
    ("texts", "state", "words"),
    [
        ([SHORT, "Please shorten my green trousers."], LOOK, "1 of 2 test rows may stand in"),
        (["Please shorten my green trousers."], GOOD, "No test row is known"),
    ],
)
@pytest.mark.parametrize("is_conversation", [False, True])
def test_the_lessons_of_a_base_say_whether_it_has_read_test_rows(
    file: Path, texts: list[str], state: str, words: str, is_conversation: bool
) -> None:
    file.rename(file.with_name(FILTER_FILE))
    folders = {"told": file.parent / "told", "silent": file.parent / "silent" / "model"}
    lessons = [LessonsOfBase("told"), LessonsOfBase("silent")]
    if is_conversation:
        texts = [conversation_text([Turn("user", text)]) for text in texts]
    test = Split(texts, np.array(texts, dtype=object), np.arange(len(texts)), [""] * len(texts))
    told, silent = with_memory(lessons, folders, test, is_conversation=is_conversation)
    assert [finding.state for finding in told.findings] == [state]
    assert words in told.findings[0].words
    assert silent.findings == ()
    assert with_memory(lessons, folders, None, is_conversation=is_conversation) == tuple(lessons)


def test_random_texts_are_found_no_more_often_than_promised() -> None:
    rng = np.random.default_rng(0)
    remembered = rng.integers(0, 2**16, size=2_000, dtype=np.uint64)
    small = PretrainingFilter(np.unique(remembered), num_bits=16, asked_one_in=1)
    runs = run_numbers([f"word{number}" for number in rng.integers(10_000, size=20_000)])
    share = float(np.isin(cut(runs, 16), small.numbers_F).mean())
    assert share == pytest.approx(small.false_positive_share, rel=0.15)


def test_numbers_of_runs_are_the_same_on_every_machine() -> None:
    numbers = run_numbers(words_of("one two three four five six seven eight nine"))
    assert len(numbers) == 2
    assert numbers.tolist() == [15948353243799392011, 4420318812908273822]


def test_what_is_no_filter_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "runs.npz"
    file.write_bytes(b"no filter")
    with pytest.raises(BaseModelError, match="filter"):
        PretrainingFilter.load(file)
