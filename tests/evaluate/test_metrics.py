"""Every metric equals scikit-learn's (scipy's), weighted rows included."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn import metrics as sk

from sartor.core.goal import OutputKind
from sartor.core.metric import METRICS, metrics_for
from sartor.evaluate.metrics import metric_value, weighted_metric

SEEDS = range(200)


def _case(kind: OutputKind, seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Random rows of 1 to 40, some labels in neither targets nor decisions."""
    rng = np.random.default_rng(seed)
    num_rows, num_labels = rng.integers(2, 41), rng.integers(2, 9)
    if kind == OutputKind.SCORE:
        targets = rng.integers(0, 5, num_rows).astype(float)
        return targets, np.round(targets + rng.normal(size=num_rows), rng.integers(0, 3)), 1
    present = rng.choice(num_labels, size=rng.integers(1, num_labels + 1), replace=False)
    if kind == OutputKind.SINGLE:
        targets = rng.choice(present, num_rows)
        return targets, np.where(rng.random(num_rows) < 0.6, targets, _any(rng, targets)), 9
    targets = np.zeros((num_rows, num_labels), bool)
    targets[:, present] = rng.random((num_rows, len(present))) < 0.4
    return targets, targets ^ (rng.random(targets.shape) < 0.1), num_labels


def _any(rng: np.random.Generator, targets: np.ndarray) -> np.ndarray:
    return rng.integers(0, 9 if rng.random() < 0.5 else targets.max() + 1, len(targets))


def _oracle(name: str, targets: np.ndarray, decided: np.ndarray) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name in ("accuracy", "exact_match"):
            return sk.accuracy_score(targets, decided)
        if name == "balanced_accuracy":
            return sk.balanced_accuracy_score(targets, decided)
        if name == "mae":
            return sk.mean_absolute_error(targets, decided)
        if name == "rmse":
            return sk.root_mean_squared_error(targets, decided)
        if name == "r2":
            return sk.r2_score(targets, decided)
        if name == "spearman":
            return np.nan_to_num(spearmanr(targets, decided).statistic)
        return _f1_oracle(name.removesuffix("_f1"), targets, decided)


def _f1_oracle(average: str, targets: np.ndarray, decided: np.ndarray) -> float:
    labels = np.flatnonzero((targets | decided).any(axis=0)) if targets.ndim == 2 else None
    if labels is not None and not labels.size:
        return 0.0
    return sk.f1_score(targets, decided, average=average, labels=labels, zero_division=0)


KINDS_AND_NAMES = [(kind, metric.name) for kind in OutputKind for metric in metrics_for(kind)]


@pytest.mark.parametrize(("kind", "name"), KINDS_AND_NAMES)
def test_a_metric_equals_scikit_learns_on_200_random_cases(kind, name):
    for seed in SEEDS:
        targets, decided, num_labels = _case(kind, seed)
        ours = metric_value(name, targets, decided, num_labels)
        assert ours == pytest.approx(_oracle(name, targets, decided), abs=1e-9), seed


@pytest.mark.parametrize(("kind", "name"), KINDS_AND_NAMES)
def test_a_row_with_weight_k_counts_as_k_rows_and_weight_0_as_none(kind, name):
    for seed in SEEDS[:60]:
        targets, decided, num_labels = _case(kind, seed)
        counts = np.random.default_rng(seed + 1000).integers(0, 4, len(targets))
        if counts.sum() < 2:
            continue
        repeated = np.repeat(np.arange(len(targets)), counts)
        ours = metric_value(name, targets, decided, num_labels, counts)
        theirs = _oracle(name, targets[repeated], decided[repeated])
        assert ours == pytest.approx(theirs, abs=1e-9), seed


@pytest.mark.parametrize(("kind", "name"), KINDS_AND_NAMES)
def test_replicates_and_weightings_at_once_equal_one_at_a_time(kind, name):
    targets, decided, num_labels = _case(kind, 5)
    other = np.roll(decided, 1, axis=0)
    weights_NB = np.random.default_rng(0).integers(1, 4, (len(targets), 3)).astype(float)
    value_of = weighted_metric(name, targets, np.stack([decided, other]), num_labels=num_labels)
    single = [
        np.mean([metric_value(name, targets, d, num_labels, w) for d in (decided, other)])
        for w in weights_NB.T
    ]
    np.testing.assert_allclose(value_of(weights_NB), single, atol=1e-12)


def test_every_metric_of_the_goal_can_be_computed():
    assert {name for _, name in KINDS_AND_NAMES} == set(METRICS)
