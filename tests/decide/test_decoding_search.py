"""How answers are written is searched last, without training again; only what is shown better is taken up."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contest import Drill, DrillFit, allowance, base_model, entrant, luck

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Answers, Dial, Job
from sartor.core.dataset import Dataset, Split, TaskFacts
from sartor.core.decoding import decoding_of, generation_keys
from sartor.core.goal import OutputKind
from sartor.core.protocols import Engine
from sartor.decide.choosing import choosing_of
from sartor.decide.plan import Purse, num_decodings
from sartor.decide.race import Race
from sartor.decide.search import Search
from sartor.decide.standing import Standing, Watch
from sartor.decide.trials import Trials
from sartor.store.artifacts import DiskArtifacts
from sartor.tune.decoding import decoding_dials
from sartor.tune.registry import load_methods

FACTS = TaskFacts(
    OutputKind.TEXT,
    (),
    {},
    100,
    5,
    9.0,
    64,
    task="generate",
    mean_answer_tokens=10,
    max_answer_tokens=40,
)
RIGHT = "the coat is in the hall"


class Scribe(Drill):
    """Writes; the share of right answers follows from how, as the tests say."""

    def __init__(self, shares: Mapping[str, float], *, rungs: Any = (0,)) -> None:
        super().__init__("scribe", rungs=rungs)
        self.shares = shares

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        return (
            Dial("skill", 0.5, "Share right.", choices=(0.5, 0.4)),
            Dial("slow", 1, "Epochs.", choices=(1,)),
            Dial("mood", "fine", "How it ends.", choices=("fine",)),
            *decoding_dials(facts),
        )

    def begin(self, job: Job, engine: Engine) -> ScribeFit:
        self.fits_begun += 1
        return ScribeFit(self, job)


class ScribeFit(DrillFit):
    method: Scribe

    def answers(self, texts: Sequence[str]) -> Answers:
        settings = self.job.settings
        how = ", ".join(f"{name} {value:g}" for name, value in decoding_of(settings).items())
        if settings["max_new_tokens"] != FACTS.max_answer_tokens:
            how = f"max_new_tokens {settings['max_new_tokens']}"
        share = settings["skill"] + self.method.shares.get(how, 0.0)
        written_N = np.empty(len(texts), dtype=object)
        written_N[:] = [RIGHT if luck(text) < share else "a cellar" for text in texts]
        return Answers(np.zeros((len(texts), 1), dtype=np.float32), written_N)


class Fading(Scribe):
    """Gets worse with training, so that the best epoch is not the last."""

    def begin(self, job: Job, engine: Engine) -> ScribeFit:
        return FadingFit(self, job)


class FadingFit(ScribeFit):
    def answers(self, texts: Sequence[str]) -> Answers:
        skill = self.job.settings["skill"] - 0.02 * self.done
        faded = FadingFit(
            self.method, replace(self.job, settings={**self.job.settings, "skill": skill})
        )
        return ScribeFit.answers(faded, texts)


def rows(num_rows: int, first: int = 0) -> Split:
    targets = np.empty(num_rows, dtype=object)
    targets[:] = [(RIGHT,)] * num_rows
    texts = [f"question {number}" for number in range(first, first + num_rows)]
    return Split(texts, targets, np.arange(first, first + num_rows), texts)


def ran(folder: Path, method: Scribe, *, tries: int = 6, **pinned: Any) -> tuple[Standing, Race]:
    data = Dataset("d", OutputKind.TEXT, (), {}, rows(50), rows(200, 50), None, task="generate")
    choosing = choosing_of(data, seed=0)
    trials = Trials(
        facts=FACTS,
        choosing=choosing,
        engine=None,  # type: ignore[arg-type]
        artifacts=DiskArtifacts(folder),
        data_hash="d",
        seed=0,
    )
    race = Race(
        trials,
        choosing,
        metric="exact_match",
        seed=0,
        purse=Purse((), 1e6),
        deadline=time.monotonic() + 600,
    )
    taking_part = entrant(method, of=FACTS, **pinned)
    given = replace(allowance(taking_part, num_settings=2), num_decodings=tries)
    return race.run(given, Watch()), race


def test_the_likeliest_token_stays_where_nothing_is_shown_to_be_better(tmp_path: Path) -> None:
    standing, _ = ran(tmp_path, Scribe({"repetition_penalty 1.1": 0.01}))
    assert standing.best is not None
    assert decoding_of(standing.best.settings) == {}
    tried = [stopped for stopped in standing.stopped if "written another way" in stopped.because]
    assert len(tried) == 2 + 1 + 2  # penalties, a shorter answer, temperatures


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("repetition_penalty 1.3", {"repetition_penalty": 1.3}),
        ("temperature 0.3, top_p 0.9", {"temperature": 0.3, "top_p": 0.9}),
    ],
)
def test_what_is_shown_to_be_better_is_taken_up(tmp_path: Path, how: str, expected: dict) -> None:
    standing, _ = ran(tmp_path, Scribe({how: 0.3}))
    assert standing.best is not None
    assert decoding_of(standing.best.settings) == expected
    assert standing.best.value == pytest.approx(0.8, abs=0.1)


def test_a_shorter_answer_can_be_better_too(tmp_path: Path) -> None:
    standing, _ = ran(tmp_path, Scribe({"max_new_tokens 15": 0.3}))
    assert standing.best is not None
    assert standing.best.settings["max_new_tokens"] == 15


def test_nothing_is_learned_again(tmp_path: Path) -> None:
    method = Scribe({}, rungs=(1, 2))
    standing, _ = ran(tmp_path, method)
    # Both rungs of both settings: the second brought the better one nothing, so the other had its turn.
    assert method.epochs_learned == 2 + 2
    assert standing.best is not None


@pytest.mark.parametrize("share", [0.3, 0.0])
def test_every_way_is_the_best_or_stopped_and_none_is_both(tmp_path: Path, share: float) -> None:
    standing, _ = ran(tmp_path, Fading({"repetition_penalty 1.3": share}, rungs=(1, 2, 3, 4, 5)))
    assert standing.best is not None
    assert standing.best.epochs == 1
    expected = {"repetition_penalty": 1.3} if share else {}
    assert decoding_of(standing.best.settings) == expected
    assert standing.best.settings not in [stopped.settings for stopped in standing.stopped]


def test_a_second_run_writes_nothing_again(tmp_path: Path) -> None:
    shares = {"repetition_penalty 1.3": 0.3}
    first, _ = ran(tmp_path, Scribe(shares))
    again = Scribe(shares)
    second, _ = ran(tmp_path, again)
    assert again.fits_begun == 0
    assert first.best is not None
    assert second.best is not None
    assert first.best.settings == second.best.settings


def test_what_is_pinned_is_not_searched(tmp_path: Path) -> None:
    standing, _ = ran(tmp_path, Scribe({"temperature 0.3, top_p 0.9": 0.3}), temperature=0.0)
    assert standing.best is not None
    assert decoding_of(standing.best.settings) == {}


def test_without_room_in_the_plan_nothing_else_is_tried(tmp_path: Path) -> None:
    standing, _ = ran(tmp_path, Scribe({"repetition_penalty 1.3": 0.3}), tries=0)
    assert standing.best is not None
    assert decoding_of(standing.best.settings) == {}


def test_the_search_of_what_is_learned_leaves_them_alone() -> None:
    dials = Scribe({}).dials(FACTS, None)
    search = Search(dials, {}, num_settings=9, seed=0, is_higher_better=True)
    asked = []
    while (settings := search.ask()) is not None:
        asked.append(settings)
    assert [settings["skill"] for settings in asked] == [0.5, 0.4]
    assert all(decoding_of(settings) == {} for settings in asked)


@pytest.mark.parametrize("task", ["generate", "chat", "translate", "extract"])
def test_only_open_answers_are_written_in_other_ways(task: str) -> None:
    decoder = replace(base_model(), architecture="decoder")
    kind = OutputKind.FIELDS if task == "extract" else OutputKind.TEXT
    facts = FACTS.with_(task=task, output_kind=kind)
    for method in load_methods(("zero_shot", "few_shot", "retrieval", "lora", "full")):
        if kind not in method.does.get("decoder", ()):
            continue
        tries = num_decodings(entrant(method, of=facts, base=decoder))
        assert (tries > 0) == (task in ("generate", "chat")), method.name


def test_drawing_cuts_nothing_that_was_not_measured() -> None:
    assert generation_keys({}) == {"do_sample": False}
    drawn = generation_keys({"temperature": 0.7, "top_p": 0.9})
    assert drawn == {"do_sample": True, "top_k": 0, "temperature": 0.7, "top_p": 0.9}
    assert generation_keys({"repetition_penalty": 1.1})["do_sample"] is False
