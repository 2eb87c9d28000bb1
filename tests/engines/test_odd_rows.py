"""Rows and models that break trainers: each is learned from as it should be, or refused in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import writer_folders
from templates import TEMPLATES, base

from sartor.core.candidate import Job
from sartor.core.conversation import Turn, conversation_text
from sartor.core.dataset import Split, TaskFacts
from sartor.core.errors import BaseModelError, DataError, TrialError
from sartor.core.goal import OutputKind
from sartor.core.prompt import Prompt
from sartor.engines.lesson_rows import row_lessons
from sartor.engines.lesson_tokens import learned_once
from sartor.engines.rendering import Renderer
from sartor.engines.writer_engine import WriterEngine
from sartor.engines.writing.learned import padded_batch

pytestmark = pytest.mark.slow

CALL = {"name": "look_up", "arguments": {"order": 77}}
CALL_TEXT = '[{"arguments":{"order":77},"name":"look_up"}]'
WITH_TOOLS = (
    Turn("user", "Where is coat 77?"),
    Turn("assistant", "", (CALL,)),
    Turn("tool", '{"place": "attic"}', name="look_up"),
    Turn("tool", '{"until": "Friday"}', name="look_up"),
)
NEEDS_USER_FIRST = (
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate') }}{% endif %}"
    "{{ '<|' + m.role + '|>' + m.content + '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
EMOJI = "👩🏽‍🧵"
"""A tailor: four code points, fifteen bytes."""


def renderer(folder: Path, template: str | None, *, max_tokens: int = 512) -> Renderer:
    return Renderer(base(folder, template=template), max_tokens=max_tokens)


def text_of(one: Renderer, tokens_T: np.ndarray) -> str:
    return one.tokenizer.decode([int(token) for token in tokens_T], skip_special_tokens=False)


def long_talk(num_exchanges: int) -> tuple[Turn, ...]:
    turns = []
    for at in range(num_exchanges):
        turns += [
            Turn("user", f"question {at}: where is the coat?"),
            Turn("assistant", f"answer {at}"),
        ]
    return (*turns, Turn("user", "and the last one, where?"))


EVERY = {**TEMPLATES, "needs the user first": NEEDS_USER_FIRST, "no template": None}


@pytest.mark.parametrize("name", EVERY)
def test_of_4000_tokens_in_512_whole_exchanges_stay_and_the_user_begins(
    name: str, tmp_path: Path
) -> None:
    one = renderer(tmp_path, EVERY[name])
    turns = long_talk(150)
    assert (
        len(
            renderer(tmp_path, EVERY[name], max_tokens=2048)
            .prompt(Prompt(turns), answer_tokens=0)
            .tokens_T
        )
        > 1536
    )
    prompt = one.prompt(Prompt(turns), answer_tokens=100)
    text = text_of(one, prompt.tokens_T)
    assert 300 < len(prompt.tokens_T) <= 412
    assert prompt.is_cut
    assert not prompt.is_message_cut
    assert prompt.num_left_out % 2 == 0
    first = prompt.num_left_out // 2
    assert f"question {first}:" in text
    assert f"answer {first - 1}" not in text
    assert "and the last one, where?" in text


@pytest.mark.parametrize("name", EVERY)
def test_a_long_prompt_is_cut_for_training_where_it_is_cut_in_service(
    name: str, tmp_path: Path
) -> None:
    one = renderer(tmp_path, EVERY[name], max_tokens=128)
    for turns in (long_talk(40), (Turn("user", "where is it? " * 99),)):
        served = one.prompt(Prompt(turns), answer_tokens=48)
        for answer in ("here", "in the attic, " * 3, "far away, " * 99):
            lesson = one.lesson(Prompt(turns), answer, answer_tokens=48)
            assert lesson.prompt.tokens_T.tolist() == served.tokens_T.tolist()
            assert lesson.tokens_T[: len(served.tokens_T)].tolist() == served.tokens_T.tolist()
            assert lesson.is_learned_T.sum() >= 1


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("max_tokens", [8, 9, 16, 33])
def test_however_little_room_there_is_something_of_the_answer_is_learned(
    name: str, max_tokens: int, tmp_path: Path
) -> None:
    """Eight tokens are the least that a goal may ask for."""
    one = renderer(tmp_path, EVERY[name], max_tokens=max_tokens)
    for words in (1, 30, 900):
        for answer_tokens in (None, 1, 8, 900):
            prompt = Prompt((Turn("user", "where " * words),))
            lesson = one.lesson(prompt, "attic " * words, answer_tokens=answer_tokens)
            assert len(lesson.tokens_T) <= max_tokens
            assert lesson.is_learned_T.any()
            assert not lesson.is_learned_T[: len(lesson.prompt.tokens_T)].any()


def test_rows_of_which_no_token_is_learned_are_refused_in_words() -> None:
    tokens = [np.array([5, 6, 7])]
    with pytest.raises(DataError, match="has no token to learn from"):
        padded_batch(tokens, [np.zeros(3, dtype=bool)], device="cpu")


def test_a_system_turn_that_fills_the_context_leaves_the_message(tmp_path: Path) -> None:
    one = renderer(tmp_path, TEMPLATES["chatml"], max_tokens=96)
    turns = (Turn("system", "Be brief. " * 300), Turn("user", "Where is the green coat?"))
    prompt = one.prompt(Prompt(turns), answer_tokens=32)
    text = text_of(one, prompt.tokens_T)
    assert len(prompt.tokens_T) <= 64
    assert prompt.is_message_cut
    assert "<|im_start|>system\nBe brief." in text
    assert "<|im_start|>user\nWhere is the green coat?<|im_end|>" in text


@pytest.mark.parametrize("name", EVERY)
def test_calls_and_what_tools_say_are_read_by_every_template_that_takes_turns(
    name: str, tmp_path: Path
) -> None:
    one = renderer(tmp_path, EVERY[name])
    text = one.text(Prompt(WITH_TOOLS))
    for said in ("Where is coat 77?", CALL_TEXT, '{"place": "attic"}', '{"until": "Friday"}'):
        assert text.count(said) == 1, f"{said} in {text!r}"
    before_attic = text[: text.index('{"place"')]
    assert CALL_TEXT in before_attic


@pytest.mark.parametrize("name", ["chatml", "headers", "pipes", "no template"])
def test_a_call_is_learned_as_it_is_read_one_turn_later(name: str, tmp_path: Path) -> None:
    """So the two rows of the conversation become one sequence."""
    one = renderer(tmp_path, EVERY[name])
    called = one.lesson(Prompt(WITH_TOOLS[:1]), CALL_TEXT)
    answered = one.lesson(Prompt(WITH_TOOLS), "In the attic until Friday.")
    [together] = learned_once([answered, called])
    learned = together.tokens_T[together.is_learned_T]
    assert len(learned) == called.is_learned_T.sum() + answered.is_learned_T.sum()
    assert CALL_TEXT in text_of(one, learned)


def test_a_template_that_refuses_roles_says_which_in_words(tmp_path: Path) -> None:
    one = renderer(tmp_path, NEEDS_USER_FIRST)
    opened = (Turn("assistant", "Good day"), Turn("user", "Where is it?"))
    with pytest.raises(BaseModelError, match="the chat template fails: roles must alternate"):
        one.text(Prompt(opened))
    with pytest.raises(TrialError, match="roles must alternate"):
        row_lessons(rows([opened]), facts(), one)


def facts(**changes: Any) -> TaskFacts:
    given: dict[str, Any] = {
        "output_kind": OutputKind.TEXT,
        "labels": (),
        "descriptions": {},
        "num_fit": 4,
        "smallest_class": 0,
        "mean_tokens": 8.0,
        "max_tokens": 128,
        "task": "chat",
        "max_answer_tokens": 12,
    }
    return TaskFacts(**(given | changes))


def rows(talks: list[tuple[Turn, ...]], answers: tuple[str, ...] = ("Here.",)) -> Split:
    targets = np.empty(len(talks), dtype=object)
    targets[:] = [(answers[at % len(answers)],) for at in range(len(talks))]
    texts = [conversation_text(turns) for turns in talks]
    return Split(texts, targets, np.arange(len(talks)), [f"rows:{at}" for at in range(len(talks))])


ODD = rows(
    [
        (Turn("user", f"מתי המעיל מוכן? {EMOJI}"),),
        (Turn("user", "where " * 300),),
        (*WITH_TOOLS,),
        (Turn("user", "abc‮def"),),
    ],
    ("המעיל מוכן ביום שלישי.", f"{EMOJI}{EMOJI}", CALL_TEXT, "very long " * 200),
)


def test_odd_rows_train_and_are_answered_with_a_base_that_has_no_pad_token(tmp_path: Path) -> None:
    """A pad token is never read: with another one the same is learned and written, to the bit."""
    written = []
    for name, pad_id in (("none", None), ("some", 7)):
        made = writer_folders.writer(
            "llama", tmp_path / name, chat_template=writer_folders.CHATML, pad_token_id=pad_id
        )
        job = Job(facts(), {"learning_rate": 0.01, "batch_size": 4}, made, ODD, 3)
        torch.manual_seed(0)
        fit = WriterEngine(max_tokens=128, device="cpu").tune(job, trains="all")
        fit.advance(1)
        written.append(fit.answers(list(ODD.texts)))
    assert list(written[0].written_N) == list(written[1].written_N)
    assert np.array_equal(written[0].logits_NC, written[1].logits_NC)
    assert len(set(written[0].written_N)) > 1


def test_an_emoji_may_be_split_by_tokens_and_is_learned_whole(tmp_path: Path) -> None:
    one = renderer(tmp_path, TEMPLATES["chatml"])
    lesson = one.lesson(Prompt((Turn("user", EMOJI),)), f"Done {EMOJI}!")
    learned = lesson.tokens_T[lesson.is_learned_T]
    assert len(learned) > 15, "a token for each byte"
    assert text_of(one, learned) == f"Done {EMOJI}!<|im_end|>\n"[:-1]


def test_right_to_left_text_keeps_its_order_in_prompt_and_answer(tmp_path: Path) -> None:
    one = renderer(tmp_path, TEMPLATES["headers"])
    asked, said = "متى يكون المعطف جاهزا؟ 12 ‏(عاجل)", "يوم الثلاثاء، الساعة 10."
    lesson = one.lesson(Prompt((Turn("user", asked),)), said)
    assert asked in text_of(one, lesson.prompt.tokens_T)
    assert text_of(one, lesson.tokens_T[lesson.is_learned_T]) == f"{said}<|eot|>"


def test_a_folder_without_any_end_token_is_refused_before_it_learns(tmp_path: Path) -> None:
    made = replace(base(tmp_path, template=TEMPLATES["never ends"], eos_token=None))
    with pytest.raises(BaseModelError, match="names a token that ends an answer"):
        Renderer(made, max_tokens=64).lesson(Prompt((Turn("user", "Hello"),)), "Hi")
    with pytest.raises(TrialError, match="names a token that ends an answer"):
        row_lessons(rows([(Turn("user", "Hello"),)]), facts(), Renderer(made, max_tokens=64))
