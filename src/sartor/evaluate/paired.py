"""Two candidates on the same rows: do they differ, and is one no worse than the other?

Shape letters: R replicates (the two sides may differ), N rows, C labels, B draws, G groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest, norm

from sartor.core.hashing import derived_seed
from sartor.core.metric import METRICS
from sartor.core.score import Comparison
from sartor.evaluate.bootstrap import (
    NUM_DRAWS,
    are_alone,
    draw_values,
    num_groups,
    share_below,
    widened_z,
)
from sartor.evaluate.intervals import distinct_replicates
from sartor.evaluate.metrics import COUNTS_OF_ROWS, are_alike, passes, weighted_metric


@dataclass(frozen=True)
class NonInferiority:
    """Whether a candidate was shown to be no worse than the best by more than the tolerance."""

    difference: float
    """How much better it is than the best, in units of the metric; below 0: worse. Where less is
    better (`mae`), the sign is turned."""
    lower_bound: float
    """One-sided lower bound of the difference, at the level asked for."""
    p_value: float
    """Of the hypothesis that it is worse by more than the tolerance."""
    is_no_worse: bool
    """Whether the lower bound lies within the tolerance, or both answer every row alike."""


def compare(
    metric: str,
    targets: np.ndarray,
    decided_a: np.ndarray,
    decided_b: np.ndarray,
    *,
    groups: np.ndarray,
    num_labels: int,
    seed: int,
    texts: Sequence[str] | None = None,
) -> Comparison:
    """Do two candidates differ? a minus b, with a 95 % interval and a two-sided p-value.

    One replicate each, rows that stand alone and a count of rows: exact McNemar (1947).
    Else the p-value inverts the interval of the paired cluster bootstrap.

    Args:
        metric: A metric of `core.metric`.
        targets: As in `metrics`, (N,) or (N, C).
        decided_a: Decisions of the first, (R, N) or (R, N, C).
        decided_b: Decisions of the second; R may differ.
        groups: Rows with equal numbers belong together, (N,).
        num_labels: C.
        seed: Seed of the draws; the same seed draws the same rows for every pair.
        texts: The inputs, N; for metrics that read them.

    Returns:
        The comparison, not yet corrected for the number of comparisons (see `holm`).
    """
    decided_a, decided_b = distinct_replicates(decided_a), distinct_replicates(decided_b)
    difference, draws_B = _differences(
        metric,
        targets,
        decided_a,
        decided_b,
        groups=groups,
        num_labels=num_labels,
        seed=seed,
        texts=texts,
    )
    if num_groups(groups) == 1:
        reach = 1.0 if METRICS[metric].is_share else abs(difference)
        return Comparison(difference, -reach, reach, 1.0, "none: all rows are one group")
    low, high = _central_interval(draws_B, num_groups(groups))
    is_exact = len(decided_a) == len(decided_b) == 1 and are_alone(groups)
    if metric in COUNTS_OF_ROWS and is_exact:
        p_value, test = mcnemar(
            *(passes(metric, targets, decided[0]) for decided in (decided_a, decided_b))
        )
    else:
        p_value, test = _two_sided(draws_B, num_groups(groups)), "paired cluster bootstrap"
    return Comparison(difference, min(low, difference), max(high, difference), p_value, test)


def mcnemar(is_right_a_N: np.ndarray, is_right_b_N: np.ndarray) -> tuple[float, str]:
    """Exact two-sided p-value over the rows that only one of the two got right, and its name."""
    num_a = int((is_right_a_N & ~is_right_b_N).sum())
    num_b = int((is_right_b_N & ~is_right_a_N).sum())
    p_value = float(binomtest(num_a, num_a + num_b).pvalue) if num_a + num_b else 1.0
    return p_value, "exact McNemar"


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values corrected for how many there are, in the order given (Holm 1979)."""
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(np.argsort(p_values, kind="stable")):
        largest = max(largest, (len(p_values) - rank) * p_values[place])
        corrected[place] = min(1.0, largest)
    return corrected


def non_inferiority(
    metric: str,
    targets: np.ndarray,
    decided_a: np.ndarray,
    decided_best: np.ndarray,
    *,
    tolerance: float,
    groups: np.ndarray,
    num_labels: int,
    seed: int,
    texts: Sequence[str] | None = None,
    level: float = 0.95,
) -> NonInferiority:
    """Is a candidate no worse than the best by more than the tolerance (law 3)?

    Args:
        metric: A metric of `core.metric`.
        targets: As in `compare`.
        decided_a: Decisions of the candidate, (R, N) or (R, N, C).
        decided_best: Decisions of the best; R may differ.
        tolerance: In units of the metric, at least 0.
        groups: (N,).
        num_labels: C.
        seed: Seed of the draws.
        texts: As in `compare`.
        level: Certainty of the one-sided bound, 0 to 1.
    """
    decided_a, decided_best = distinct_replicates(decided_a), distinct_replicates(decided_best)
    if decided_a.shape == decided_best.shape and are_alike(decided_a, decided_best):
        return NonInferiority(0.0, 0.0, 1 / (NUM_DRAWS + 1), is_no_worse=True)
    if num_groups(groups) == 1:
        return NonInferiority(0.0, -np.inf, 1.0, is_no_worse=False)
    difference, draws_B = _differences(
        metric,
        targets,
        decided_a,
        decided_best,
        groups=groups,
        num_labels=num_labels,
        seed=seed,
        texts=texts,
    )
    if not METRICS[metric].is_higher_better:
        difference, draws_B = -difference, -draws_B
    tail = norm.cdf(-widened_z(num_groups(groups), 2 * level - 1))
    lower_bound = min(float(np.quantile(draws_B, tail)), difference)
    p_value = share_below(draws_B, -tolerance, num_groups=num_groups(groups))
    return NonInferiority(difference, lower_bound, p_value, lower_bound >= -tolerance)


def _differences(
    metric: str,
    targets: np.ndarray,
    decided_a: np.ndarray,
    decided_b: np.ndarray,
    *,
    groups: np.ndarray,
    num_labels: int,
    seed: int,
    texts: Sequence[str] | None,
) -> tuple[float, np.ndarray]:
    """a minus b on the rows, and on 2,000 draws of the rows.

    Two candidates that differ on three rows leave a bootstrap with three rows to draw from: it
    would call one safely better where a coin could have done it. So the draws of a share hold two
    imagined groups more, one that only a gets right and one that only b does. That is the Laplace
    adjustment of Bonett and Price 2012 ("Adjusted Wald confidence interval for a difference of
    binomial proportions based on paired data"), carried over to the bootstrap.
    """
    values_of = [
        weighted_metric(metric, targets, decided, num_labels=num_labels, texts=texts)
        for decided in (decided_a, decided_b)
    ]

    def difference_of(weights_NB: np.ndarray) -> np.ndarray:
        return values_of[0](weights_NB) - values_of[1](weights_NB)

    difference = float(difference_of(np.ones((len(groups), 1)))[0])
    draws_B = draw_values(difference_of, groups=groups, seed=seed)
    if not METRICS[metric].is_share:
        return difference, draws_B
    rng = np.random.default_rng(derived_seed(seed, "imagined groups"))
    for_a_B, for_b_B = rng.poisson(1.0, size=(2, len(draws_B)))
    num = num_groups(groups)
    return difference, (num * draws_B + for_a_B - for_b_B) / (num + 2)


def _central_interval(draws_B: np.ndarray, num_groups: int) -> tuple[float, float]:
    """The middle 95 % of the draws, widened for few groups."""
    tail = norm.cdf(-widened_z(num_groups, 0.95))
    low, high = np.quantile(draws_B, [tail, 1 - tail])
    return float(low), float(high)


def _two_sided(draws_B: np.ndarray, num_groups: int) -> float:
    """The level at which the interval would just reach 0; at least 1 / (draws + 1)."""
    below = share_below(draws_B, 0.0, num_groups=num_groups)
    return max(2 * min(below, 1 - below), 1 / (len(draws_B) + 1))
