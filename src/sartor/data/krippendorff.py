"""Krippendorff's alpha: agreement of annotators beyond what chance would give, gaps allowed.

Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability". Both disagreements are sums over units,
so a bootstrap over units is one matrix product.

Shape letters: U units, A annotators, C values, S sums, B draws.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

NUM_DRAWS = 1_000
MAX_UNITS = 20_000
"""Of more units a seeded sample is looked at."""
_DRAWS_AT_ONCE = 50
_DIGITS = 4


class Alpha(NamedTuple):
    """An estimate with its interval."""

    value: float | None
    """1 is perfect, 0 is chance, below is systematic disagreement; None where all values are equal."""
    low: float | None
    """Of the 95 % bootstrap interval over units; None where there is no value."""
    high: float | None
    num_units: int
    """Units with at least two values that were looked at."""


def nominal_alpha(codes_UA: np.ndarray, *, seed: int = 0) -> Alpha:
    """Agreement on categories: two values are equal or they are not.

    Args:
        codes_UA: Categories as numbers from 0, -1 where an annotator gave none.
        seed: For the bootstrap.
    """
    rng = np.random.default_rng(seed)
    codes_UA = _sample(codes_UA[(codes_UA >= 0).sum(1) >= 2], rng)
    num_values = int(codes_UA.max(initial=-1)) + 1
    counts_UC = np.zeros((len(codes_UA), num_values))
    units, annotators = np.nonzero(codes_UA >= 0)
    np.add.at(counts_UC, (units, codes_UA[units, annotators]), 1)
    size_U = counts_UC.sum(1)
    observed_U = (size_U**2 - (counts_UC**2).sum(1)) / (size_U - 1)
    return _alpha(np.column_stack([observed_U, size_U, counts_UC]), _nominal, rng)


def interval_alpha(values_UA: np.ndarray, *, seed: int = 0) -> Alpha:
    """Agreement on numbers: the further apart, the worse, by the squared difference.

    Args:
        values_UA: Finite numbers, NaN where an annotator gave none.
        seed: For the bootstrap.
    """
    rng = np.random.default_rng(seed)
    values_UA = _sample(values_UA[np.isfinite(values_UA).sum(1) >= 2], rng)
    if not len(values_UA):
        return Alpha(None, None, None, 0)
    centred_UA = values_UA - np.nanmean(values_UA)
    size_U = np.isfinite(values_UA).sum(1)
    sum_U, squares_U = np.nansum(centred_UA, 1), np.nansum(centred_UA**2, 1)
    observed_U = 2 * (size_U * squares_U - sum_U**2) / (size_U - 1)
    return _alpha(np.column_stack([observed_U, size_U, sum_U, squares_U]), _interval, rng)


def _nominal(sums_BS: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Observed and expected disagreement of each draw."""
    observed_B, size_B, counts_BC = sums_BS[:, 0], sums_BS[:, 1], sums_BS[:, 2:]
    expected_B = (size_B**2 - (counts_BC**2).sum(1)) / (size_B * (size_B - 1))
    return observed_B / size_B, expected_B


def _interval(sums_BS: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    observed_B, size_B, sum_B, squares_B = sums_BS.T
    expected_B = 2 * (size_B * squares_B - sum_B**2) / (size_B * (size_B - 1))
    return observed_B / size_B, expected_B


_Disagreements = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def _alpha(sums_US: np.ndarray, disagreements: _Disagreements, rng: np.random.Generator) -> Alpha:
    if not len(sums_US):
        return Alpha(None, None, None, 0)
    value = _of_draws(sums_US.sum(0)[None], disagreements)[0]
    if np.isnan(value):
        return Alpha(None, None, None, len(sums_US))
    draws = []
    for _ in range(NUM_DRAWS // _DRAWS_AT_ONCE):
        share_U = np.full(len(sums_US), 1 / len(sums_US))
        times_BU = rng.multinomial(len(sums_US), share_U, size=_DRAWS_AT_ONCE)
        draws.append(_of_draws(times_BU @ sums_US, disagreements))
    draws_B = np.concatenate(draws)
    low, high = np.quantile(draws_B[np.isfinite(draws_B)], [0.025, 0.975])
    value, low, high = (round(float(number), _DIGITS) for number in (value, low, high))
    return Alpha(value, low, high, len(sums_US))


def _sample(rows_UA: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if len(rows_UA) <= MAX_UNITS:
        return rows_UA
    return rows_UA[np.sort(rng.permutation(len(rows_UA))[:MAX_UNITS])]


def _of_draws(sums_BS: np.ndarray, disagreements: _Disagreements) -> np.ndarray:
    """Alpha of each draw; NaN where nothing could have differed."""
    observed_B, expected_B = disagreements(sums_BS)
    can_differ_B = np.round(expected_B, 12) > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(can_differ_B, 1 - observed_B / expected_B, np.nan)
