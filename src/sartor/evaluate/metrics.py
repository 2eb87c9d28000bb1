"""The metrics of `core.metric`, computed; for one weighting of the rows or for thousands at once.

A bootstrap draw is nothing but a count per row. So each metric is a function of row weights, and
2,000 draws are one sparse matrix product instead of 2,000 calls.

What callers hand over, whatever the output kind; arrays of texts, spans and fields have dtype object:

    kind    targets                                  decided (one replicate)
    single  (N,) int                                 (N,) int
    multi   (N, C) bool                              (N, C) bool
    score   (N,) float                               (N,) float
    text    (N,) tuples of texts, all of them right  (N,) texts
    spans   (N,) tuples of (start, end, label)       (N,) the same
    fields  (N,) mappings                            (N,) mappings, None where unreadable

Shape letters: R replicates, N rows, C labels, B weightings (bootstrap draws).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_array, vstack

from sartor.core.metric import METRICS
from sartor.core.prediction import NO_LABEL
from sartor.evaluate import field_metrics, span_metrics
from sartor.evaluate.field_metrics import field_metric, has_parsed, is_same_record
from sartor.evaluate.rank_correlation import weighted_spearman
from sartor.evaluate.row_sums import WeightedMetric, mean_over_rows, share
from sartor.evaluate.span_metrics import has_same_spans, span_metric, surface_metric
from sartor.evaluate.text_metrics import is_same_answer, text_metric
from sartor.evaluate.well_formed import is_well_formed

COUNTS_OF_ROWS = frozenset({"accuracy", "exact_match", "exact_record", "parses", "well_formed"})
"""Metrics that are the share of rows that pass or fail; see `passes`."""


def metric_value(
    name: str,
    targets: np.ndarray,
    decided: np.ndarray,
    num_labels: int,
    row_weights: np.ndarray | None = None,
    *,
    texts: Sequence[str] | None = None,
) -> float:
    """One metric on one replicate, as scikit-learn computes it with `zero_division=0`.

    Macro averages go over the labels present in targets or decisions. For single labels that is
    scikit-learn's own rule; for several labels per text scikit-learn would count a label that
    nobody gave and nobody asked for as 0, which says nothing about the candidate.

    Args:
        name: A metric of `core.metric`.
        targets: (N,) or (N, C), see above.
        decided: The same shape.
        num_labels: C; nothing reads it where outputs are no labels.
        row_weights: How often each row counts, (N,); once each if None.
        texts: The inputs, N; only `surface_f1` reads them.

    Returns:
        The value; where it is 0/0, 0.0 (`r2`: 1.0 for a perfect constant, else 0.0).
    """
    weights_N1 = np.ones(len(targets)) if row_weights is None else np.asarray(row_weights, float)
    value_of = weighted_metric(name, targets, decided[None], num_labels=num_labels, texts=texts)
    return float(value_of(weights_N1[:, None])[0])


def weighted_metric(
    name: str,
    targets: np.ndarray,
    decided_R: np.ndarray,
    *,
    num_labels: int,
    texts: Sequence[str] | None = None,
) -> WeightedMetric:
    """A metric made ready for many weightings of the same rows.

    Args:
        name: A metric of `core.metric`.
        targets: As in `metric_value`.
        decided_R: (R, N) or (R, N, C).
        num_labels: C.
        texts: The inputs, N; only `surface_f1` reads them.

    Returns:
        A function from row weights (N, B) to values (B,), averaged over the replicates.
    """
    assert name in METRICS, name
    assert decided_R.shape[1:] == targets.shape, (decided_R.shape, targets.shape)
    if name in COUNTS_OF_ROWS:
        return mean_over_rows(passes(name, targets, decided_R).mean(axis=0))
    if targets.dtype == object:
        return _of_answers(name, targets, decided_R, texts)
    if name == "mae":
        return mean_over_rows(np.abs(decided_R - targets).mean(axis=0))
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
    """Whether each decision is right as a whole: (..., N) bool from (..., N) or (..., N, C).

    All labels; a text that says what a reference says (`answer_words`); all spans and no other;
    every field of a record.
    """
    if targets.dtype == object:
        return _row_by_row(_sameness(targets), decided, targets)
    is_equal = decided == targets
    return is_equal.all(axis=-1) if targets.ndim == 2 else is_equal


def passes(name: str, targets: np.ndarray, decided: np.ndarray) -> np.ndarray:
    """Which rows one of `COUNTS_OF_ROWS` counts: (..., N) bool; shapes as in `is_right`."""
    if name == "parses":
        return has_parsed(decided)
    if name == "well_formed":
        return _row_by_row(is_well_formed, decided, targets)
    return is_right(targets, decided)


def are_alike(decided_a: np.ndarray, decided_b: np.ndarray) -> bool:
    """Whether two candidates, or all replicates of one, decide every row alike; shapes broadcast."""
    if decided_a.dtype != object:
        return bool((decided_a == decided_b).all())
    return bool(_row_by_row(_is_alike, decided_a, decided_b).all())


def _of_answers(
    name: str, targets: np.ndarray, decided_R: np.ndarray, texts: Sequence[str] | None
) -> WeightedMetric:
    """Metrics of texts, spans and fields, but for the share of rows that are right."""
    if name == "surface_f1":
        assert texts is not None, "the wording of a span stands in the input"
        return surface_metric(texts, targets, decided_R)
    if name in span_metrics.OF_COUNTS:
        return span_metric(name, targets, decided_R)
    if name in field_metrics.OF_COUNTS:
        return field_metric(name, targets, decided_R)
    return text_metric(name, targets, decided_R)


def _sameness(targets: np.ndarray) -> Callable[[Any, Any], bool]:
    """When an answer is right; what is asked for tells the output kind."""
    first = targets[0] if len(targets) else ()
    if isinstance(first, Mapping):
        return is_same_record
    return is_same_answer if first and isinstance(first[0], str) else has_same_spans


def _is_alike(a: Any, b: Any) -> bool:
    if isinstance(a, str):
        return bool(a == b)
    if a is None or b is None or isinstance(a, Mapping):
        return is_same_record(a, b)
    return has_same_spans(a, b)


def _row_by_row(
    is_same: Callable[[Any, Any], bool], decided: np.ndarray, targets: np.ndarray
) -> np.ndarray:
    """A check of one answer against what was asked for, carried out on all, (..., N) bool."""
    asked = np.broadcast_to(targets, decided.shape)
    found = [is_same(given, wanted) for given, wanted in zip(decided.flat, asked.flat, strict=True)]
    return np.array(found, dtype=bool).reshape(decided.shape)


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
    """Which rows carry which label, (C, N), sparse; a row without a label stands nowhere."""
    if labels.ndim == 2:
        return csr_array(labels.T, dtype=np.float64)
    rows_N = np.flatnonzero(labels != NO_LABEL)
    shape = (num_labels, len(labels))
    return csr_array((np.ones(len(rows_N)), (labels[rows_N], rows_N)), shape=shape)


def _macro_f1(right_RCB: np.ndarray, given_RCB: np.ndarray, actual_CB: np.ndarray) -> np.ndarray:
    both_RCB = given_RCB + actual_CB
    f1_RCB = share(2 * right_RCB, both_RCB)
    return share(f1_RCB.sum(axis=1), (both_RCB > 0).sum(axis=1).astype(float))


def _weighted_f1(right_RCB: np.ndarray, given_RCB: np.ndarray, actual_CB: np.ndarray) -> np.ndarray:
    f1_RCB = share(2 * right_RCB, given_RCB + actual_CB)
    return share((f1_RCB * actual_CB).sum(axis=1), actual_CB.sum(axis=0))


def _micro_f1(right_RCB: np.ndarray, given_RCB: np.ndarray, actual_CB: np.ndarray) -> np.ndarray:
    return share(2 * right_RCB.sum(axis=1), given_RCB.sum(axis=1) + actual_CB.sum(axis=0))


def _balanced_accuracy(
    right_RCB: np.ndarray, given_RCB: np.ndarray, actual_CB: np.ndarray
) -> np.ndarray:
    recall_RCB = share(right_RCB, actual_CB)
    return share(recall_RCB.sum(axis=1), (actual_CB > 0).sum(axis=0).astype(float))


_AVERAGES = {
    "macro_f1": _macro_f1,
    "weighted_f1": _weighted_f1,
    "micro_f1": _micro_f1,
    "balanced_accuracy": _balanced_accuracy,
}
