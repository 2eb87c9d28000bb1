"""Metrics that are a function of a few sums over the rows.

A row has counts (matched n-grams, right spans), and the metric is computed of their sums. So the
texts are read once, and 2,000 bootstrap draws are one matrix product over the counts.

Shape letters: R replicates, N rows, K counts of a row, B weightings (bootstrap draws).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

WeightedMetric = Callable[[np.ndarray], np.ndarray]
"""Row weights (N, B) to metric values (B,), averaged over the replicates."""


def of_sums(
    counts_RNK: np.ndarray, value_of_sums: Callable[[np.ndarray], np.ndarray]
) -> WeightedMetric:
    """A metric of every replicate's weighted sums, then the mean over the replicates.

    Args:
        counts_RNK: What each row adds, (R, N, K).
        value_of_sums: Sums (K, B) to values (B,).
    """
    num_replicates, num_rows, num_counts = counts_RNK.shape
    stacked = counts_RNK.transpose(0, 2, 1).reshape(num_replicates * num_counts, num_rows)
    stacked = np.ascontiguousarray(stacked, dtype=np.float64)

    def value_of(weights_NB: np.ndarray) -> np.ndarray:
        sums_RKB = (stacked @ weights_NB).reshape(num_replicates, num_counts, -1)
        return np.mean([value_of_sums(sums_KB) for sums_KB in sums_RKB], axis=0)

    return value_of


def mean_over_rows(values_N: np.ndarray) -> WeightedMetric:
    """The weighted mean of one value a row, (N,); 0 where no row counts."""
    return lambda weights_NB: share(values_N @ weights_NB, weights_NB.sum(axis=0))


def share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, 0 where the whole is 0."""
    whole = np.broadcast_to(whole, part.shape)
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)


def precision(sums_KB: np.ndarray) -> np.ndarray:
    """Of what was given, the share that is right; the sums are right, given, asked for."""
    return share(sums_KB[0], sums_KB[1])


def recall(sums_KB: np.ndarray) -> np.ndarray:
    """Of what was asked for, the share given rightly; sums as in `precision`."""
    return share(sums_KB[0], sums_KB[2])


def f1(sums_KB: np.ndarray) -> np.ndarray:
    """The harmonic mean of precision and recall; sums as in `precision`."""
    return share(2 * sums_KB[0], sums_KB[1] + sums_KB[2])
