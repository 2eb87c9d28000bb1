"""Answers of all finalists on the same inputs: which inputs, what is masked, and what retrieval changed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from contest import dataset as labelled
from contest import facts, rows

from sartor.core.conversation import Turn, conversation_text
from sartor.core.dataset import Split, TaskFacts
from sartor.core.goal import OutputKind
from sartor.decide.choosing import choosing_of
from sartor.decide.side_by_side import (
    APART,
    DRAWN,
    HELPED,
    NUM_APART,
    NUM_DRAWN,
    NUM_HELPED,
    side_by_side,
    what_retrieval_changed,
)

KNOWN = [f"The coat number {i} hangs in the hall." for i in range(40)]


def about(task: str = "generate") -> TaskFacts:
    of = facts(choosing_of(labelled(rows(60)), seed=0))
    return of.with_(output_kind=OutputKind.TEXT, task=task, labels=())


def column(values: Sequence) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def split(texts: Sequence[str] | None = None) -> Split:
    asked = texts or [f"Where is coat {i}? Mail me: a{i}@b.org" for i in range(40)]
    return Split(asked, column([(k,) for k in KNOWN]), np.arange(40), [f"f:{i}" for i in range(40)])


def masked(text: str) -> str:
    return text.replace("@", " at ")


def test_half_are_drawn_and_half_are_those_on_which_the_answers_differ_most() -> None:
    other = column([k if i % 2 else "No idea." for i, k in enumerate(KNOWN)])
    answers = {"a": column(KNOWN), "b": other}
    found = side_by_side(split(), answers, facts=about(), mask=masked, seed=3)
    assert [one["why"] for one in found] == [DRAWN] * NUM_DRAWN + [APART] * NUM_APART
    assert len({one["source"] for one in found}) == len(found), "no input twice"
    for one in found:
        row = int(one["source"].removeprefix("f:"))
        assert one["reference"] == KNOWN[row]
        assert [line["candidate"] for line in one["answers"]] == ["a", "b"]
        assert [line["text"] for line in one["answers"]] == [KNOWN[row], other[row]]
        assert one["answers"][0]["value"] == pytest.approx(1.0)
        if one["why"] == APART:
            assert row % 2 == 0
            assert one["answers"][1]["value"] < 0.2


def test_another_seed_draws_others_and_the_same_seed_the_same() -> None:
    answers = {"a": column(KNOWN)}
    found = [
        [
            one["source"]
            for one in side_by_side(split(), answers, facts=about(), mask=masked, seed=s)
        ]
        for s in (0, 0, 1)
    ]
    assert found[0] == found[1] != found[2]
    assert len(found[0]) == NUM_DRAWN, "one candidate differs from nobody"


def test_personal_data_is_masked_and_conversations_are_readable() -> None:
    talk = conversation_text([Turn("user", "hello@there"), Turn("user", "Where?")])
    answers = {"a": column([f"{k} x@y" for k in KNOWN])}
    [one, *_] = side_by_side(split([talk] * 40), answers, facts=about("chat"), mask=masked, seed=0)
    assert one["text"] == "user: hello at there\nuser: Where?"
    assert one["answers"][0]["text"].endswith("x at y")


def test_what_retrieval_changed_is_paired_and_says_on_how_many_inputs() -> None:
    told = column([k if i < 30 else "No idea." for i, k in enumerate(KNOWN)])
    untold = column(["No idea." if i < 20 else k for i, k in enumerate(KNOWN)])
    found = what_retrieval_changed(
        "chrf", split(), with_RN=told[None], without_RN=untold[None], facts=about(), seed=0
    )
    assert (found["better"], found["worse"]) == (20 / 40, 10 / 40)
    assert found["low"] <= found["difference"] <= found["high"]
    assert found["difference"] > 0
    backwards = what_retrieval_changed(
        "chrf", split(), with_RN=untold[None], without_RN=told[None], facts=about(), seed=0
    )
    assert backwards["difference"] == pytest.approx(-found["difference"])


def test_inputs_on_which_looking_up_helps_are_shown_where_it_helps_anywhere() -> None:
    told = column([k if i in (7, 8, 9) else "No idea." for i, k in enumerate(KNOWN)])
    answers = {"told": told, "untold": column(["No idea."] * 40)}

    def whys(of: dict[str, str]) -> list[tuple[str, str]]:
        shown = side_by_side(split(), answers, facts=about(), mask=masked, seed=1, retrieval=of)
        return [(one["why"], one["source"]) for one in shown]

    helped = [
        source for why, source in whys({"with": "told", "without": "untold"}) if why == HELPED
    ]
    assert len(helped) == NUM_HELPED
    assert set(helped) <= {"f:7", "f:8", "f:9"}
    assert HELPED not in [why for why, _ in whys({"with": "untold", "without": "told"})]
