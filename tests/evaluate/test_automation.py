"""What is promised about messages answered alone is kept."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from statsmodels.stats.proportion import proportion_confint

from sartor.core.goal import OutputKind
from sartor.evaluate.automation import (
    automation,
    choose_threshold,
    estimate_threshold,
    risk_coverage,
)
from sartor.evaluate.calibration import fit_calibrator


def _rows(num_rows, *, seed, level=2.2):
    """A calibrated model and whether it was right."""
    rng = np.random.default_rng(seed)
    confidence = expit(rng.normal(size=num_rows) * 2 + level)
    return confidence, rng.random(num_rows) < confidence


@pytest.mark.slow
@pytest.mark.parametrize("num_rows", [150, 1000])
@pytest.mark.parametrize("promise", [0.9, 0.95])
def test_the_promise_is_kept_in_at_least_90_of_100_draws(num_rows, promise):
    new_confidence, _ = _rows(100_000, seed=0)
    num_missed = 0
    for seed in range(1, 501):
        threshold = choose_threshold(*_rows(num_rows, seed=seed), promise=promise)
        alone = new_confidence[new_confidence >= threshold]
        num_missed += bool(alone.size) and alone.mean() < promise
    assert num_missed / 500 <= 0.1


@pytest.mark.slow
def test_picking_the_lowest_threshold_that_looks_good_would_break_the_promise():
    new_confidence, _ = _rows(100_000, seed=0)
    num_missed = 0
    for seed in range(1, 201):
        confidence, correct = _rows(1000, seed=seed)
        curve = risk_coverage(confidence, correct)
        coverage = max(point.coverage for point in curve if point.precision >= 0.95)
        threshold = np.quantile(confidence, 1 - coverage)
        num_missed += new_confidence[new_confidence >= threshold].mean() < 0.95
    assert num_missed / 200 > 0.3


@pytest.mark.slow
def test_the_promise_is_kept_with_rows_in_groups_and_with_several_seeds():
    new_confidence, _ = _rows(100_000, seed=0)
    num_missed = 0
    for seed in range(1, 301):
        confidence, correct = _rows(300, seed=seed)
        threshold = choose_threshold(
            np.repeat(confidence, 4), np.repeat(correct, 4), promise=0.9,
            groups=np.repeat(np.arange(300), 4),
        )  # fmt: skip
        assert threshold == choose_threshold(confidence, correct, promise=0.9)
        alone = new_confidence[new_confidence >= threshold]
        num_missed += bool(alone.size) and alone.mean() < 0.9
    assert num_missed / 300 <= 0.1


def test_with_many_rows_nearly_all_that_could_be_answered_is():
    confidence, correct = _rows(20_000, seed=1)
    threshold = choose_threshold(confidence, correct, promise=0.95)
    ideal = np.mean(np.cumsum(np.sort(confidence)[::-1]) / np.arange(1, 20_001) >= 0.95)
    assert ideal - 0.06 < (confidence >= threshold).mean() <= ideal + 0.01


def test_a_model_that_is_never_sure_answers_nothing_alone():
    rng = np.random.default_rng(0)
    assert choose_threshold(rng.random(500), rng.random(500) < 0.6, promise=0.95) > 1


def test_too_few_rows_promise_nothing_even_where_all_are_right():
    assert choose_threshold(np.full(20, 0.99), np.ones(20, bool), promise=0.95) > 1
    assert choose_threshold(np.full(100, 0.99), np.ones(100, bool), promise=0.95) == 0.99


def test_certainty_cannot_be_promised():
    assert choose_threshold(np.full(999, 0.99), np.ones(999, bool), promise=1.0) > 1


def test_the_curve_ends_with_everything_answered_and_has_at_most_200_points():
    confidence, correct = _rows(3000, seed=1)
    curve = risk_coverage(confidence, correct)
    assert len(curve) == 200
    assert curve[-1].coverage == 1.0
    assert curve[-1].precision == pytest.approx(correct.mean())
    point = curve[100]
    surest = np.argsort(-confidence)[: round(point.coverage * 3000)]
    assert point.precision == pytest.approx(correct[surest].mean())


def test_messages_of_equal_confidence_are_answered_together():
    [first, second] = risk_coverage(
        np.array([0.5, 0.9, 0.5, 0.9]), np.array([True, True, False, True])
    )
    assert (first.coverage, first.precision) == (0.5, 1.0)
    assert (second.coverage, second.precision) == (1.0, 0.75)


def test_what_a_threshold_does_is_reported_with_exact_intervals():
    confidence, correct = _rows(400, seed=2)
    found = automation(confidence, correct, threshold=0.9, promise=0.95, seed=0)
    alone = confidence >= 0.9
    assert found.rate.value == alone.mean()
    assert found.rate.num_examples == 400
    assert found.precision.value == correct[alone].mean()
    assert found.precision.num_examples == alone.sum()
    expected = proportion_confint(correct[alone].sum(), alone.sum(), method="beta")
    assert (found.precision.low, found.precision.high) == pytest.approx(expected)
    assert sum(rows for *_, rows in found.reliability) == 400


def test_seeds_are_averaged_and_their_rows_counted_once():
    confidence, correct = _rows(400, seed=2)
    once = automation(
        confidence, correct, threshold=0.9, promise=0.95, seed=0, groups=np.arange(400) // 2
    )
    thrice = automation(
        np.stack([confidence] * 3), np.stack([correct] * 3), threshold=0.9, promise=0.95, seed=0,
        groups=np.arange(400) // 2,
    )  # fmt: skip
    assert thrice.rate == once.rate
    assert thrice.precision == once.precision


def test_where_nothing_is_answered_alone_no_precision_is_claimed():
    confidence, correct = _rows(50, seed=2)
    found = automation(confidence, correct, threshold=1.01, promise=0.95, seed=0)
    assert found.rate.value == 0
    assert (found.precision.low, found.precision.high, found.precision.num_examples) == (0, 1, 0)


@pytest.mark.slow
def test_the_expected_threshold_seldom_breaks_the_promise_and_is_not_idle() -> None:
    rng = np.random.default_rng(0)
    num_broken, shares = 0, []
    for _ in range(40):
        logits_RNC, targets = _noisy_answers(rng, 396)
        calibrator = fit_calibrator(OutputKind.SINGLE, logits_RNC, targets)
        threshold = estimate_threshold(
            logits_RNC,
            targets,
            calibrator=calibrator,
            promise=0.95,
            groups=np.arange(396),
            seed=0,
        )
        new_RNC, new_targets = _noisy_answers(rng, 4000)
        is_alone = calibrator.confidence(new_RNC)[0] >= threshold
        is_right = new_RNC[0].argmax(axis=1) == new_targets
        shares.append(is_alone.mean())
        num_broken += bool(is_alone.any() and is_right[is_alone].mean() < 0.95)
    assert num_broken <= 8
    assert np.mean(shares) > 0.4


def _noisy_answers(rng: np.random.Generator, num_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are right for about three rows in four, and surer where they are right."""
    targets = rng.integers(0, 29, num_rows)
    logits_NC = rng.normal(0, 1, (num_rows, 29))
    logits_NC[np.arange(num_rows), targets] += rng.normal(3.2, 1.6, num_rows)
    return logits_NC[None], targets
