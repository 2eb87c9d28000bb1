"""The verdict: what the numbers mean for someone who has to act."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from contest import dataset, rows

from sartor.core.dataset import Count, DataCard
from sartor.core.decision import TargetResult, Verdict
from sartor.core.goal import Constraints, OutputKind, Target
from sartor.core.metric import DEFAULT_METRIC, metrics_for
from sartor.core.score import Estimate
from sartor.decide.verdict import NAME_BASE, Answer, answer, broken_constraints, held_against
from sartor.evaluate.intervals import estimate

MEASURED = Estimate(0.9, 0.87, 0.93, 400, "Clopper-Pearson")
TARGET = TargetResult("accuracy", 0.85, None, 0.9, 0.87, 0.93, met=True, probability=0.99)
MISSED = replace(TARGET, at_least=0.95, met=False, probability=0.01)


def said(**changes: Any) -> Answer:
    given: dict[str, Any] = {
        "family": "tuned",
        "title": "LoRA",
        "metric": "accuracy",
        "measured": {"accuracy": MEASURED},
        "best_baseline": replace(MEASURED, value=0.8),
        "targets": (TARGET,),
        "automation": None,
        "broken": (),
        "has_test": True,
    }
    given = {"dataset": dataset(rows(90), test=rows(30))} | given | changes
    return answer(given.pop("dataset"), **given)


@pytest.mark.parametrize(
    ("family", "verdict"),
    [
        ("tuned", Verdict.SHIP),
        ("off_the_shelf", Verdict.STAY_OFF_THE_SHELF),
        ("baseline", Verdict.NO_MODEL_NEEDED),
    ],
)
def test_where_every_mark_is_met_the_winners_family_is_the_verdict(
    family: str, verdict: Verdict
) -> None:
    found = said(family=family)
    assert found.verdict is verdict
    assert "0.900 (0.870 to 0.930)" in found.reason
    assert ("counting words reaches 0.800" in found.reason) is (family != "baseline")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (OutputKind.SINGLE, "gets 90 of 100 messages right."),
        (OutputKind.MULTI, "gets 90 of 100 messages right in all their labels."),
        (OutputKind.SCORE, "reaches mean absolute error 0.9."),
        (OutputKind.TEXT, "reaches chrF 0.9."),
        (OutputKind.SPANS, "reaches span F1 0.9."),
        (OutputKind.FIELDS, "gets 90 of 100 messages right in every field."),
    ],
)
def test_the_headline_says_how_many_messages_are_right_where_that_can_be_counted(
    kind: OutputKind, words: str
) -> None:
    measured = {metric.name: MEASURED for metric in metrics_for(kind)}
    found = said(metric=DEFAULT_METRIC[kind], measured=measured)
    assert found.headline == f"Ship it: LoRA {words}"


@pytest.mark.parametrize("family", ["tuned", "off_the_shelf", "baseline"])
@pytest.mark.parametrize(
    ("changes", "said_in_headline"),
    [
        ({"targets": (TARGET, MISSED)}, "accuracy is 0.900, and at least 0.95 was asked for"),
        ({"broken": ["It takes 2.00 GiB of memory, not 1 GiB."]}, "it takes 2.00 GiB"),
        ({"has_test": False}, "too few rows"),
    ],
)
def test_a_missed_mark_a_broken_constraint_or_no_test_is_a_not_yet(
    family: str, changes: dict[str, Any], said_in_headline: str
) -> None:
    found = said(family=family, **changes)
    assert found.verdict is Verdict.NOT_YET
    assert found.headline.startswith("Not yet: ")
    assert said_in_headline in found.headline
    assert found.advice, "a no names what is missing"


def test_a_no_says_how_much_is_missing_and_how_likely_it_is_truly_met() -> None:
    assert any(
        "0.050 of accuracy" in line and "1 %" in line for line in said(targets=(MISSED,)).advice
    )


def test_a_yes_by_a_hair_says_so() -> None:
    narrow = replace(TARGET, at_least=0.9, probability=0.55)
    assert any("55 %" in line for line in said(targets=(narrow,)).advice)
    assert not any("probability" in line for line in said().advice)


@pytest.mark.parametrize("target", [TARGET, MISSED])
def test_what_keeps_the_data_from_being_trusted_is_advice(target: TargetResult) -> None:
    counts = (
        Count("test rows near training rows", 9, "Half of it.", (), True),
        Count("x", 1, "No."),
    )
    card = DataCard((), {}, {}, {}, {}, {}, counts, "")
    given = replace(dataset(rows(90), test=rows(30)), card=card)
    found = said(targets=(target,), dataset=given)
    assert "Half of it." in found.advice
    assert "No." not in found.advice


def test_without_marks_the_advice_is_to_set_one() -> None:
    found = said(targets=())
    assert "No marks were set" in found.reason
    assert any("targets:" in line for line in found.advice)


@pytest.mark.parametrize(
    ("target", "met"),
    [
        (Target("accuracy", at_least=0.9), True),
        (Target("accuracy", at_least=0.91), False),
        (Target("accuracy", at_most=0.9), True),
        (Target("accuracy", at_most=0.89), False),
    ],
)
def test_a_mark_is_met_when_the_value_on_test_meets_it(target: Target, met: bool) -> None:
    """90 of 100 right; the probability leans to the same side as the value."""
    truth = np.arange(100) % 2
    decided_R = np.where(np.arange(100) < 90, truth, 1 - truth)[None]
    measured = estimate("accuracy", truth, decided_R, groups=np.arange(100), num_labels=2, seed=0)
    (found,) = held_against(
        (target,),
        {"accuracy": measured},
        rows=truth,
        decided_R=decided_R,
        groups=np.arange(100),
        num_labels=2,
        seed=0,
    )
    assert found.met is met
    assert found.value == 0.9
    assert 0.2 < found.probability < 0.8


def test_the_probability_of_a_mark_goes_from_sure_to_hopeless() -> None:
    truth = np.arange(400) % 2
    decided_R = np.where(np.arange(400) < 360, truth, 1 - truth)[None]
    marks = (0.80, 0.88, 0.90, 0.92, 0.97)
    groups = np.arange(400)
    measured = estimate("accuracy", truth, decided_R, groups=groups, num_labels=2, seed=0)
    found = held_against(
        tuple(Target("accuracy", at_least=mark) for mark in marks),
        {"accuracy": measured},
        rows=truth,
        decided_R=decided_R,
        groups=groups,
        num_labels=2,
        seed=0,
    )
    chances = [one.probability for one in found]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.99
    assert chances[-1] < 0.01


@pytest.mark.parametrize(
    ("constraints", "num_broken"),
    [
        (Constraints(), 0),
        (Constraints(latency_ms_p95=20, memory_gb=0.5), 0),
        (Constraints(latency_ms_p95=19), 1),
        (Constraints(memory_gb=0.1), 1),
        (Constraints(latency_ms_p95=1, memory_gb=0.1), 2),
    ],
)
def test_each_broken_constraint_is_a_sentence(constraints: Constraints, num_broken: int) -> None:
    broken = broken_constraints(constraints, latency_ms_p95=20.0, memory_bytes=0.5 * 2**30)
    assert len(broken) == num_broken
    assert all(sentence.endswith(".") for sentence in broken)


def test_where_no_language_model_was_at_hand_only_a_mark_can_say_that_none_is_needed() -> None:
    with_mark = said(family="baseline", has_model=False)
    assert with_mark.verdict is Verdict.NO_MODEL_NEEDED
    assert "so no language model took part" in with_mark.reason
    without = said(family="baseline", has_model=False, targets=())
    assert without.verdict is Verdict.NOT_YET
    assert "no language model took part, and no mark says that none is needed" in without.headline
    assert any("under `bases`" in step for step in without.advice)
    missed = replace(TARGET, value=0.5, met=False)
    assert said(family="baseline", has_model=False, targets=(missed,)).advice[-1] == NAME_BASE


def of_texts(**changes: Any) -> Answer:
    measured = {metric.name: MEASURED for metric in metrics_for(OutputKind.TEXT)}
    given: dict[str, Any] = {
        "family": "tuned",
        "title": "LoRA",
        "metric": "chrf",
        "measured": measured,
        "best_baseline": replace(MEASURED, value=0.8),
        "targets": (),
        "automation": None,
        "broken": (),
        "has_test": True,
    }
    written = replace(dataset(rows(90), test=rows(30)), output_kind=OutputKind.TEXT, labels=())
    return answer(written, **(given | changes))


def test_a_verdict_on_texts_does_not_talk_of_labels_or_word_counts() -> None:
    missed = replace(MISSED, metric="chrf")
    cases = [of_texts(), of_texts(targets=(missed,)), of_texts(has_test=False, family="baseline")]
    for found in cases:
        said_all = " ".join([found.headline, found.reason, *found.advice]).lower()
        assert "label" not in said_all, said_all
        assert "counting words" not in said_all
    assert "the best without a language model reaches 0.800" in cases[0].reason
    assert any("Read the answers furthest off" in line for line in cases[1].advice)
    assert any("0.050 of chrF" in line for line in cases[1].advice)


def test_whoever_ships_texts_is_told_to_read_some_first() -> None:
    assert any("Have people read a sample" in line for line in of_texts().advice)
    assert not any("Have people read a sample" in line for line in said().advice)
