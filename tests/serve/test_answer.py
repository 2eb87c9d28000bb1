"""From logits to answers: who answers alone, who asks a person, and with which words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sartor.core.candidate import Answers
from sartor.core.goal import OutputKind
from sartor.evaluate.calibration import Calibrator, fit_calibrator
from sartor.serve.answer import Rules, answers, written_answers

LABELS = ("refund", "delivery", "praise")
NUM_ROWS = 600


def calibrator(kind: OutputKind, thresholds_C: np.ndarray | None = None) -> Calibrator:
    """Fitted on rows whose logits are right four times out of five."""
    rng = np.random.default_rng(0)
    groups = np.arange(NUM_ROWS)
    if kind is OutputKind.SCORE:
        truth = rng.normal(size=NUM_ROWS)
        logits = (truth + 0.1 * rng.normal(size=NUM_ROWS))[None, :, None]
    elif kind is OutputKind.SINGLE:
        truth = rng.integers(0, 3, NUM_ROWS)
        said = np.where(rng.random(NUM_ROWS) < 0.8, truth, (truth + 1) % 3)
        logits = (4.0 * np.eye(3)[said] + rng.normal(size=(NUM_ROWS, 3)))[None]
    else:
        truth = rng.random((NUM_ROWS, 3)) < 0.4
        logits = (4.0 * truth - 2.0 + 1.5 * rng.normal(size=(NUM_ROWS, 3)))[None]
    return fit_calibrator(kind, logits, truth, groups=groups, thresholds_C=thresholds_C, seed=0)


def rules(kind: OutputKind = OutputKind.SINGLE, **changes: object) -> Rules:
    labels = () if kind is OutputKind.SCORE else LABELS
    thresholds = np.array([0.5, 0.5, 0.9]) if kind is OutputKind.MULTI else None
    given = Rules(kind, labels, calibrator(kind, thresholds), 0.5, None)
    return replace(given, **changes)  # type: ignore[arg-type]


SURE, UNSURE = [9.0, 0.0, 0.0], [0.2, 0.1, 0.0]


def test_the_largest_logit_is_the_label_in_the_order_of_the_texts() -> None:
    found = answers(rules(), np.array([[0, 5.0, 0], [0, 0, 5.0], [5.0, 0, 0]]), [False] * 3)
    assert [answer.labels for answer in found] == [("delivery",), ("praise",), ("refund",)]
    assert all(answer.score is None and answer.interval is None for answer in found)


@pytest.mark.parametrize(
    ("threshold", "logits", "reason"),
    [
        (0.01, SURE, ""),
        (1.0, UNSURE, "unsure"),
        (1.5, SURE, "nothing promised"),
        (None, SURE, "nothing promised"),
    ],
)
def test_an_answer_goes_out_alone_only_above_the_threshold_that_was_promised(
    threshold: float | None, logits: list[float], reason: str
) -> None:
    (found,) = answers(rules(automation_threshold=threshold), np.array([logits]), [False])
    assert found.reason == reason
    assert found.hand_over is bool(reason)


def test_a_text_out_of_scope_goes_to_a_person_however_sure_the_model_is() -> None:
    (found,) = answers(
        rules(automation_threshold=0.0, scope_threshold=1e9), np.array([SURE]), [False]
    )
    assert (found.hand_over, found.reason) == (True, "out of scope")


def test_shares_lie_in_zero_to_one_and_a_surer_text_has_more_confidence() -> None:
    sure, unsure = answers(rules(), np.array([SURE, UNSURE]), [False, False])
    for found in (sure, unsure):
        assert found.probability is not None
        assert found.confidence is not None
        assert 0 <= found.probability <= 1
        assert 0 <= found.confidence <= 1
    assert sure.confidence >= unsure.confidence  # type: ignore[operator]
    assert sure.probability > unsure.probability  # type: ignore[operator]


def test_several_labels_each_have_their_own_threshold() -> None:
    """The third label is given from a probability of 0.9 only: logit 2.2."""
    found = answers(
        rules(OutputKind.MULTI),
        np.array([[1.0, 1.0, 1.0], [1.0, -3.0, 3.0], [-3.0, -3.0, 2.0]]),
        [False] * 3,
    )
    assert [answer.labels for answer in found] == [("refund", "delivery"), ("refund", "praise"), ()]
    assert found[2].probability is None
    assert found[2].confidence is not None


def test_a_score_has_a_number_and_an_interval_around_it() -> None:
    (found,) = answers(rules(OutputKind.SCORE), np.array([[0.7]], dtype=np.float32), [False])
    assert found.labels == ()
    assert found.score == pytest.approx(0.7)
    assert found.interval is not None
    low, high = found.interval
    assert low < 0.7 < high
    assert 0.05 < high - low < 1.0, "noise of 0.1: 90 % of numbers lie within about 0.33"
    assert found.probability is None
    assert found.confidence is None


def test_the_interval_of_a_score_holds_ninety_percent_of_new_numbers() -> None:
    rng = np.random.default_rng(1)
    truth = rng.normal(size=2000)
    said = (truth + 0.1 * rng.normal(size=2000))[:, None]
    found = answers(rules(OutputKind.SCORE), said, [False] * 2000)
    held = [
        a.interval[0] <= t <= a.interval[1] for a, t in zip(found, truth, strict=True) if a.interval
    ]
    assert 0.86 <= np.mean(held) <= 0.95


def test_what_was_cut_is_marked_text_by_text() -> None:
    found = answers(rules(), np.array([SURE, SURE]), [True, False])
    assert [answer.is_truncated for answer in found] == [True, False]


def test_no_text_has_no_answer() -> None:
    assert answers(rules(), np.zeros((0, 3), dtype=np.float32), []) == []


def test_a_written_answer_promises_nothing_and_is_handed_to_nobody() -> None:
    texts = np.array(["Here.", ""], dtype=object)
    said = Answers(np.log([[0.25], [np.nan]]), texts)
    found = written_answers(OutputKind.TEXT, ["?", "?"], said, [False, True], has_probability=True)
    assert [answer.text for answer in found] == ["Here.", ""]
    assert found[0].probability == pytest.approx(0.25)
    assert found[1].probability is None, "no token was written"
    assert [(a.hand_over, a.reason, a.is_truncated) for a in found] == [
        (False, "", False),
        (False, "", True),
    ]
    looked_up = written_answers(
        OutputKind.TEXT, ["?", "?"], said, [False, False], has_probability=False
    )
    assert looked_up[0].probability is None, "a similarity is no probability"
