"""The cluster bootstrap: which rows would have come if the data had been gathered again.

Groups (a conversation, a customer) are drawn with replacement, not rows: rows of one group tell
less than as many strangers would (Field and Welsh 2007, "Bootstrapping clustered data").

Shape letters: N rows, G groups, B draws, J jackknife blocks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from scipy.stats import norm, t

from sartor.core.hashing import derived_seed

NUM_DRAWS = 2000
CHUNK_ENTRIES = 4_000_000
"""Weights held at once, which bounds memory at some 100 MB."""
MAX_BLOCKS = 200
"""Groups are left out in at most so many blocks; skewness does not get better with more."""


def draw_values(
    value_of: Callable[[np.ndarray], np.ndarray],
    *,
    groups: np.ndarray,
    seed: int,
    num_draws: int = NUM_DRAWS,
) -> np.ndarray:
    """The bootstrap distribution of a metric.

    Args:
        value_of: Row weights (N, B) to values (B,) or (..., B).
        groups: Rows with equal numbers belong together, (N,).
        seed: Seed of the draws; the same seed and groups give the same draws.
        num_draws: Draws.

    Returns:
        (num_draws,), or (..., num_draws).
    """
    chunks = _weights(groups, seed=seed, num_draws=num_draws)
    return np.concatenate([value_of(weights_NB) for weights_NB in chunks], axis=-1)


def num_groups(groups: np.ndarray) -> int:
    """Groups among the rows."""
    return len(np.unique(groups))


def are_alone(groups: np.ndarray) -> bool:
    """Whether every row is a group of its own."""
    return num_groups(groups) == len(groups)


def bca_levels(
    value: float,
    draws_B: np.ndarray,
    *,
    value_of: Callable[[np.ndarray], np.ndarray],
    groups: np.ndarray,
    seed: int,
    level: float = 0.95,
) -> np.ndarray:
    """Quantiles of the draws that bound a central interval: bias-corrected and accelerated.

    Efron 1987, "Better bootstrap confidence intervals". Averages of F1 are biased downwards in a
    bootstrap draw and skewed near 1; plain percentiles would carry both into the interval.

    Args:
        value: The metric on the rows themselves.
        draws_B: Its bootstrap distribution.
        value_of: The metric as a function of row weights.
        groups: (N,).
        seed: Seed of the jackknife's blocks.
        level: Coverage, 0 to 1.

    Returns:
        Two quantile levels, low and high.
    """
    below = np.mean(draws_B < value) + np.mean(np.isclose(draws_B, value, rtol=0, atol=1e-12)) / 2
    bias = norm.ppf(np.clip(below, 1 / (len(draws_B) + 1), 1 - 1 / (len(draws_B) + 1)))
    acceleration = _acceleration(value_of, groups=groups, seed=seed)
    tails = bias + widened_z(num_groups(groups), level) * np.array([-1.0, 1.0])
    return norm.cdf(bias + tails / np.maximum(1 - acceleration * tails, 0.1))


def widened_z(num_groups: int, level: float) -> float:
    """How many standard deviations a central interval spans, with few groups in mind.

    The bootstrap's spread is too small by sqrt((G - 1) / G) and knows nothing of Student's t
    (Hesterberg 2015, arXiv 1411.5279, the expanded percentile interval).
    """
    spread = math.sqrt(num_groups / (num_groups - 1))
    return float(t.ppf((1 + level) / 2, num_groups - 1)) * spread


def share_below(draws_B: np.ndarray, mark: float, *, num_groups: int) -> float:
    """How sure the draws are that the truth lies below the mark; the widening's inverse.

    Ties count half. Never below 1 / (draws + 1): so many draws cannot show more.
    """
    least = 1 / (len(draws_B) + 1)
    is_tie_B = np.isclose(draws_B, mark, rtol=0, atol=1e-12)
    share = np.mean((draws_B < mark) & ~is_tie_B) + np.mean(is_tie_B) / 2
    z = norm.ppf(np.clip(share, least, 1 - least))
    student = z / math.sqrt(num_groups / (num_groups - 1))
    return float(np.clip(t.cdf(student, num_groups - 1), least, 1 - least))


def _weights(groups: np.ndarray, *, seed: int, num_draws: int) -> Iterator[np.ndarray]:
    """How often each row is drawn, (N, some draws) at a time, draws in a fixed order."""
    rng = np.random.default_rng(derived_seed(seed, "bootstrap"))
    distinct, place_N = np.unique(groups, return_inverse=True)
    num_distinct, done = len(distinct), 0
    while done < num_draws:
        num = min(max(1, CHUNK_ENTRIES // len(groups)), num_draws - done)
        drawn = rng.integers(num_distinct, size=(num_distinct, num)) * num + np.arange(num)
        counts = np.bincount(drawn.ravel(), minlength=num_distinct * num)
        weights_GB = counts.astype(np.float64).reshape(num_distinct, num)
        yield (
            weights_GB
            if num_distinct == len(groups) and _is_order(place_N)
            else (weights_GB[place_N])
        )
        done += num


def _is_order(place_N: np.ndarray) -> bool:
    return bool((place_N == np.arange(len(place_N))).all())


def _acceleration(
    value_of: Callable[[np.ndarray], np.ndarray], *, groups: np.ndarray, seed: int
) -> float:
    """Skewness of the metric over the groups, by leaving blocks of them out."""
    distinct, place_N = np.unique(groups, return_inverse=True)
    rng = np.random.default_rng(derived_seed(seed, "jackknife"))
    affordable = max(20, CHUNK_ENTRIES // len(groups))
    num_blocks = min(MAX_BLOCKS, affordable, len(distinct))
    block_G = rng.permutation(len(distinct)) % num_blocks
    weights_NJ = (block_G[place_N][:, None] != np.arange(num_blocks)).astype(np.float64)
    values_J = value_of(weights_NJ)
    pulls_J = values_J.mean() - values_J
    spread = float((pulls_J**2).sum())
    return float((pulls_J**3).sum()) / (6 * spread**1.5) if spread > 1e-20 else 0.0
