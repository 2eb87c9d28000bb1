"""Confidence comes out honest, however the model boasts or mumbles."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy.special import expit, softmax

from sartor.core.goal import OutputKind
from sartor.evaluate.calibration import (
    Calibrator,
    conformal_half_width,
    expected_calibration_error,
    fit_calibrator,
    reliability_bins,
)
from sartor.evaluate.decisions import decide
from sartor.evaluate.metrics import is_right


def _smoothed(logits):
    """What training with label smoothing 0.1 does: even the surest answer stays near 0.9."""
    return np.log(0.9 * softmax(logits, axis=1) + 0.1 / logits.shape[1])


MODELS = {
    "over-confident": lambda logits: 3 * logits,
    "under-confident": lambda logits: 0.3 * logits,
    "label-smoothed": _smoothed,
    "cosines": lambda logits: 0.02 * logits,
}


def _single(num_rows, *, seed, spread=4.5):
    """True logits of ten labels, and labels drawn from them."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(num_rows, 10)) * spread
    chances = softmax(logits, axis=1).cumsum(axis=1)
    return logits, (chances < rng.random((num_rows, 1))).sum(axis=1).clip(0, 9)


def _gap(calibrator, logits, targets, thresholds_C=None):
    """ECE on many rows, without an interval."""
    right = is_right(targets, decide(OutputKind(calibrator.kind), logits, thresholds_C))
    bins = reliability_bins(calibrator.confidence(logits), right)
    return sum(abs(mean - share) * rows for mean, share, rows in bins) / len(right)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("num_rows", "allowed"), [(100, 0.045), (1500, 0.035)])
def test_any_model_is_calibrated_on_few_rows(name, num_rows, allowed):
    gaps = []
    for seed in range(8):
        logits, targets = _single(num_rows, seed=seed)
        calibrator = fit_calibrator(OutputKind.SINGLE, MODELS[name](logits), targets, seed=seed)
        logits, targets = _single(4000, seed=100 + seed)
        gaps.append(_gap(calibrator, MODELS[name](logits), targets))
    assert np.mean(gaps) <= allowed


def test_the_temperature_undoes_a_known_one():
    logits, targets = _single(4000, seed=0)
    found = fit_calibrator(OutputKind.SINGLE, 3 * logits, targets)
    assert found.temperature == pytest.approx(3, rel=0.07)
    assert (found.slope, found.intercept) == (1.0, 0.0)


def test_the_curve_joins_where_no_temperature_can_help():
    """A model that is wrong on a third of its surest answers: no temperature bends so."""
    rng = np.random.default_rng(0)
    logits, targets = _single(3000, seed=0, spread=8)
    targets = np.where(rng.random(3000) < 0.33, rng.integers(10, size=3000), targets)
    warped = np.sign(logits) * np.abs(logits) ** 3
    found = fit_calibrator(OutputKind.SINGLE, warped[:1500], targets[:1500])
    assert found.slope != 1.0
    assert _gap(found, warped[1500:], targets[1500:]) < 0.05


def test_a_hundred_right_answers_do_not_make_certainty():
    logits = np.eye(4)[np.arange(100) % 4] * 3.0
    found = fit_calibrator(OutputKind.SINGLE, logits, np.arange(100) % 4)
    assert 0.95 < found.confidence(logits).min() <= found.confidence(logits).max() < 0.9999


@pytest.mark.parametrize("thresholds_C", [None, np.array([0.3, 0.4, 0.5, 0.6, 0.5])])
def test_for_several_labels_it_is_the_chance_that_the_whole_set_is_right(thresholds_C):
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(5000, 5)) * 4
    targets = rng.random(logits.shape) < expit(logits)
    shouted = 2.5 * logits
    found = fit_calibrator(
        OutputKind.MULTI, shouted[:600], targets[:600], thresholds_C=thresholds_C
    )
    assert _gap(found, shouted[600:], targets[600:], thresholds_C) < 0.04


def test_replicates_of_a_row_weigh_as_much_as_one_row():
    logits, targets = _single(60, seed=0)
    once = fit_calibrator(OutputKind.SINGLE, logits, targets)
    thrice = fit_calibrator(OutputKind.SINGLE, np.stack([logits] * 3), targets)
    assert thrice.temperature == pytest.approx(once.temperature)
    assert thrice.slope == pytest.approx(once.slope)


def test_confidence_keeps_the_leading_axes_and_stays_within_0_and_1():
    logits, targets = _single(60, seed=0)
    found = fit_calibrator(OutputKind.SINGLE, logits, targets)
    confidence = found.confidence(np.stack([logits, logits * 1e6]).astype(np.float32))
    assert confidence.shape == (2, 60)
    assert np.isfinite(confidence).all()
    assert (confidence >= 0).all()
    assert (confidence <= 1).all()


@pytest.mark.parametrize("kind", list(OutputKind))
def test_a_calibrator_survives_json(kind):
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(200, 1 if kind == OutputKind.SCORE else 3))
    targets = {
        OutputKind.SINGLE: rng.integers(3, size=200),
        OutputKind.MULTI: rng.random((200, 3)) < 0.5,
        OutputKind.SCORE: rng.normal(size=200),
    }[kind]
    thresholds_C = np.full(3, 0.4) if kind == OutputKind.MULTI else None
    found = fit_calibrator(kind, logits, targets, thresholds_C=thresholds_C)
    again = Calibrator.from_dict(json.loads(json.dumps(found.as_dict(), allow_nan=False)))
    assert again == found


def test_a_conformal_interval_holds_as_many_new_truths_as_promised():
    rng = np.random.default_rng(0)
    held = []
    for _ in range(400):
        half_width = conformal_half_width(rng.standard_t(3, size=39), 0.9)
        held.append((np.abs(rng.standard_t(3, size=500)) <= half_width).mean())
    assert 0.89 <= np.mean(held) <= 0.915


def test_a_conformal_interval_is_the_right_order_statistic():
    assert conformal_half_width(np.arange(-9.0, 0.0), 0.9) == 9.0
    assert conformal_half_width(np.arange(1.0, 20.0), 0.9) == 18.0
    assert conformal_half_width(np.arange(1.0, 9.0), 0.9) == math.inf
    assert conformal_half_width(np.array([np.arange(1.0, 20.0)] * 3), 0.9) == 18.0


def test_too_few_rows_promise_no_interval():
    found = fit_calibrator(OutputKind.SCORE, np.zeros((5, 1)), np.arange(5.0), coverage=0.9)
    assert found.half_width is None


def test_bins_hold_equally_many_rows_and_equal_confidences_stay_together():
    confidence = np.random.default_rng(0).random(1500)
    right = np.random.default_rng(1).random(1500) < confidence
    bins = reliability_bins(confidence, right)
    assert [rows for *_, rows in bins] == [100] * 15
    assert sum(share * rows for _, share, rows in bins) == pytest.approx(right.sum())
    [(mean, share, rows)] = reliability_bins(np.full(50, 0.8), np.arange(50) % 2 == 0)
    assert (mean, share, rows) == (pytest.approx(0.8), 0.5, 50)


def test_the_calibration_error_of_a_constant_confidence_is_its_distance():
    found = expected_calibration_error(np.full(200, 0.9), np.arange(200) % 2 == 0)
    assert found.value == pytest.approx(0.4)
    assert found.low == pytest.approx(0.4 - 1.96 * 0.5 / np.sqrt(200), abs=0.01)
    assert found.high == pytest.approx(0.4 + 1.96 * 0.5 / np.sqrt(200), abs=0.01)


@pytest.mark.slow
def test_the_interval_of_a_real_calibration_error_holds_it():
    hits = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        truth = rng.random(400)
        confidence = 0.5 + truth / 2  # off by (1 - truth) / 2, 0.25 on average
        found = expected_calibration_error(confidence, rng.random(400) < truth, seed=seed)
        hits += found.low <= 0.25 <= found.high
    assert 0.92 <= hits / 200 <= 0.98
