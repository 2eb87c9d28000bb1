"""Spearman's rank correlation for many weightings of the same rows at once.

Shape letters: N rows, B weightings, U distinct values.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array


def weighted_spearman(x_N: np.ndarray, y_N: np.ndarray, weights_NB: np.ndarray) -> np.ndarray:
    """Rank correlation as if each row were there as often as its weight says.

    Args:
        x_N: One quantity, (N,).
        y_N: The other, (N,).
        weights_NB: Counts, (N, B).

    Returns:
        (B,) in -1 to 1; 0.0 where one side is constant, for it then ranks nothing.
    """
    x_NB = _centred_ranks(x_N, weights_NB)
    y_NB = _centred_ranks(y_N, weights_NB)
    covariance_B = (weights_NB * x_NB * y_NB).sum(axis=0)
    variance_B = (weights_NB * x_NB**2).sum(axis=0) * (weights_NB * y_NB**2).sum(axis=0)
    has_spread_B = variance_B > 1e-9
    return np.where(has_spread_B, covariance_B / np.sqrt(np.where(has_spread_B, variance_B, 1)), 0)


def _centred_ranks(values_N: np.ndarray, weights_NB: np.ndarray) -> np.ndarray:
    """Mid-ranks of the repeated rows minus their mean, (N, B).

    Ties share the middle of their places; the mean of mid-ranks is half the total weight.
    """
    distinct_U, place_N = np.unique(values_N, return_inverse=True)
    rows_N = np.arange(len(values_N))
    shape = (len(distinct_U), len(values_N))
    holders_UN = csr_array((np.ones(len(values_N)), (place_N, rows_N)), shape=shape)
    weights_UB = holders_UN @ weights_NB
    middle_UB = np.cumsum(weights_UB, axis=0) - weights_UB / 2
    return (middle_UB - weights_NB.sum(axis=0) / 2)[place_N]
