"""The metrics of `core.metric`, computed; for one weighting of the rows or for thousands at once.

A bootstrap draw is nothing but a count per row. So each metric is a function of row weights, and
2,000 draws are one sparse matrix product instead of 2,000 calls.

Shape letters: R replicates, N rows, C labels, B weightings (bootstrap draws).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array, vstack

from sartor.core.metric import METRICS
from sartor.evaluate.rank_correlation import weighted_spearman

WeightedMetric = Callable[[np.ndarray], np.ndarray]
"""Row weights (N, B) to metric values (B,), averaged over the replicates."""

MEANS_OF_RIGHT = frozenset({"accuracy", "exact_match"})
"""Metrics that are the mean of one right-or-wrong per row."""


def metric_value(
    name: str,
    targets: np.ndarray,
    decided: np.ndarray,
    num_labels: int,
    row_weights: np.ndarray | None = None,
) -> float:
    """One metric on one replicate, as scikit-learn computes it with `zero_division=0`.

    Macro averages go over the labels present in targets or decisions. For single labels that is
    scikit-learn's own rule; for several labels per text scikit-learn would count a label that
    nobody gave and nobody asked for as 0, which says nothing about the candidate.

    Args:
        name: A metric of `core.metric`.
        targets: single: (N,) int; multi: (N, C) bool; score: (N,) float.
        decided: The same shape.
        num_labels: C.
        row_weights: How often each row counts, (N,); once each if None.

    Returns:
        The value; where it is 0/0, 0.0 (`r2`: 1.0 for a perfect constant, else 0.0).
    """
    weights_N1 = np.ones(len(targets)) if row_weights is None else np.asarray(row_weights, float)
    value_of = weighted_metric(name, targets, decided[None], num_labels=num_labels)
    return float(value_of(weights_N1[:, None])[0])


def weighted_metric(
    name: str, targets: np.ndarray, decided_R: np.ndarray, *, num_labels: int
) -> WeightedMetric:
    """A metric made ready for many weightings of the same rows.

    Args:
        name: A metric of `core.metric`.
        targets: As in `metric_value`.
        decided_R: (R, N) or (R, N, C).
        num_labels: C.

    Returns:
        A function from row weights (N, B) to values (B,), averaged over the replicates.
    """
    assert name in METRICS, name
    assert decided_R.shape[1:] == targets.shape, (decided_R.shape, targets.shape)
    if name in MEANS_OF_RIGHT:
        return _mean_of(is_right(targets, decided_R).mean(axis=0))
    if name == "mae":
        return _mean_of(np.abs(decided_R - targets).mean(axis=0))
    if name == "rmse":
        return _root_mean_square(decided_R - targets)
    if name == "r2":
        return _explained_variance(targets, decided_R)
    if name == "spearman":
        return lambda weights_NB: np.mean(
            [weighted_spearman(targets, decided, weights_NB) for decided in decided_R], axis=0
        )
    return _from_label_counts(_AVERAGES[name], targets, decided_R, num_labels)


def is_right(targets: np.ndarray, decided: np.ndarray) -> np.ndarray:
    """Whether each decision is right as a whole: (..., N) bool from (..., N) or (..., N, C)."""
    is_equal = decided == targets
    return is_equal.all(axis=-1) if targets.ndim == 2 else is_equal


def _mean_of(values_N: np.ndarray) -> WeightedMetric:
    return lambda weights_NB: values_N @ weights_NB / weights_NB.sum(axis=0)


def _root_mean_square(errors_RN: np.ndarray) -> WeightedMetric:
    def value_of(weights_NB: np.ndarray) -> np.ndarray:
        mean_RB = errors_RN**2 @ weights_NB / weights_NB.sum(axis=0)
        return np.sqrt(mean_RB).mean(axis=0)

    return value_of


def _explained_variance(targets_N: np.ndarray, decided_RN: np.ndarray) -> WeightedMetric:
    """R squared; 1.0 or 0.0 where the targets are constant, as in scikit-learn."""
    squares_RN = (decided_RN - targets_N) ** 2
    centred_N = targets_N - targets_N.mean()
    negligible = 1e-12 * max(float((centred_N**2).mean()), 1e-300)

    def value_of(weights_NB: np.ndarray) -> np.ndarray:
        num_B = weights_NB.sum(axis=0)
        total_B = centred_N**2 @ weights_NB - (centred_N @ weights_NB) ** 2 / num_B
        residual_RB = squares_RN @ weights_NB
        is_constant_B = total_B <= negligible * num_B
        ratio_RB = residual_RB / np.where(is_constant_B, 1.0, total_B)
        constant_RB = np.where(residual_RB <= negligible * num_B, 1.0, 0.0)
        return np.where(is_constant_B, constant_RB, 1 - ratio_RB).mean(axis=0)

    return value_of


def _from_label_counts(
    average: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray],
    targets: np.ndarray,
    decided_R: np.ndarray,
    num_labels: int,
) -> WeightedMetric:
    """Metrics made of three counts per label: asked for, given, and given rightly."""
    num_replicates = len(decided_R)
    actual_CN = _one_row_per_label(targets, num_labels)
    given_RCN = [_one_row_per_label(decided, num_labels) for decided in decided_R]
    right = vstack([actual_CN * given_CN for given_CN in given_RCN], format="csr")
    given = vstack(given_RCN, format="csr")

    def value_of(weights_NB: np.ndarray) -> np.ndarray:
        shape = (num_replicates, num_labels, weights_NB.shape[1])
        right_RCB = (right @ weights_NB).reshape(shape)
        given_RCB = (given @ weights_NB).reshape(shape)
        return average(right_RCB, given_RCB, actual_CN @ weights_NB).mean(axis=0)

    return value_of


def _one_row_per_label(labels: np.ndarray, num_labels: int) -> csr_array:
    """Which rows carry which label, (C, N), sparse."""
    if labels.ndim == 2:
        return csr_array(labels.T, dtype=np.float64)
    rows_N = np.arange(len(labels))
    shape = (num_labels, len(labels))
    return csr_array((np.ones(len(labels)), (labels, rows_N)), shape=shape)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, 0 where the whole is 0."""
    whole = np.broadcast_to(whole, part.shape)
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)


def _macro_f1(right_RCB: np.ndarray, given_RCB: np.ndarray, actual_CB: np.ndarray) -> np.ndarray:
    both_RCB = given_RCB + actual_CB
    f1_RCB = _share(2 * right_RCB, both_RCB)
    return _share(f1_RCB.sum(axis=1), (both_RCB > 0).sum(axis=1).astype(float))


def _weighted_f1(right_RCB: np.ndarray, given_RCB: np.ndarray, actual_CB: np.ndarray) -> np.ndarray:
    f1_RCB = _share(2 * right_RCB, given_RCB + actual_CB)
    return _share((f1_RCB * actual_CB).sum(axis=1), actual_CB.sum(axis=0))


def _micro_f1(right_RCB: np.ndarray, given_RCB: np.ndarray, actual_CB: np.ndarray) -> np.ndarray:
    return _share(2 * right_RCB.sum(axis=1), given_RCB.sum(axis=1) + actual_CB.sum(axis=0))


def _balanced_accuracy(
    right_RCB: np.ndarray, given_RCB: np.ndarray, actual_CB: np.ndarray
) -> np.ndarray:
    recall_RCB = _share(right_RCB, actual_CB)
    return _share(recall_RCB.sum(axis=1), (actual_CB > 0).sum(axis=0).astype(float))


_AVERAGES = {
    "macro_f1": _macro_f1,
    "weighted_f1": _weighted_f1,
    "micro_f1": _micro_f1,
    "balanced_accuracy": _balanced_accuracy,
}
