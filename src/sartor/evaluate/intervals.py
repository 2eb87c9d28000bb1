"""A metric with its interval, and how likely a mark is truly met (law 2).

The interval speaks of these trained models on other rows from the same source. How much another
seed would change is another question; the values of the seeds stand beside it in the report.

Shape letters: R replicates, N rows, C labels, B draws.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.stats import beta

from sartor.core.metric import METRICS
from sartor.core.score import Estimate
from sartor.evaluate.bootstrap import are_alone, bca_levels, draw_values, num_groups
from sartor.evaluate.metrics import COUNTS_OF_ROWS, are_alike, passes, weighted_metric


def estimate(
    metric: str,
    targets: np.ndarray,
    decided_R: np.ndarray,
    *,
    groups: np.ndarray,
    num_labels: int,
    seed: int,
    texts: Sequence[str] | None = None,
) -> Estimate:
    """A metric, averaged over the replicates, with its 95 % interval.

    Exact (Clopper-Pearson) where it is a count of rows that stand alone; else a cluster
    bootstrap of 2,000 draws, bias-corrected and accelerated.

    Args:
        metric: A metric of `core.metric`.
        targets: As in `metrics`, (N,) or (N, C).
        decided_R: Decisions of every replicate, (R, N) or (R, N, C).
        groups: Rows with equal numbers belong together, (N,).
        num_labels: C.
        seed: Seed of the draws.
        texts: The inputs, N; for metrics that read them.
    """
    decided_R = distinct_replicates(decided_R)
    if metric in COUNTS_OF_ROWS and len(decided_R) == 1 and are_alone(groups):
        return exact_share(int(passes(metric, targets, decided_R[0]).sum()), len(targets))
    return bootstrap_estimate(
        weighted_metric(metric, targets, decided_R, num_labels=num_labels, texts=texts),
        groups=groups,
        seed=seed,
        is_share=METRICS[metric].is_share,
    )


def distinct_replicates(decided_R: np.ndarray) -> np.ndarray:
    """One replicate where all are equal: a method without chance says nothing new per seed."""
    return decided_R[:1] if are_alike(decided_R, decided_R[:1]) else decided_R


def exact_share(num_right: float, num: float, *, num_examples: int | None = None) -> Estimate:
    """A share of independent rows with its 95 % interval (Clopper and Pearson 1934).

    Args:
        num_right: Rows that are right.
        num: Rows, at least 1.
        num_examples: Rows to state where `num` counts groups.
    """
    low = float(beta.ppf(0.025, num_right, num - num_right + 1)) if num_right > 0 else 0.0
    high = float(beta.ppf(0.975, num_right + 1, num - num_right)) if num_right < num else 1.0
    rows = int(num) if num_examples is None else num_examples
    return Estimate(num_right / num, low, high, rows, "Clopper-Pearson")


def bootstrap_estimate(
    value_of: Callable[[np.ndarray], np.ndarray],
    *,
    groups: np.ndarray,
    seed: int,
    is_share: bool,
    num_examples: int | None = None,
) -> Estimate:
    """Any function of row weights with its 95 % interval.

    Where every draw is alike, an interval of no width would claim a certainty that nobody has:
    a share of 0 or 1 then gets the exact interval over the groups.

    Args:
        value_of: Row weights (N, B) to values (B,).
        groups: (N,).
        seed: Seed of the draws.
        is_share: Whether values lie in 0 to 1.
        num_examples: Rows to state, N if None.
    """
    rows = len(groups) if num_examples is None else num_examples
    value = float(value_of(np.ones((len(groups), 1)))[0])
    if num_groups(groups) == 1:
        low, high = (0.0, 1.0) if is_share else (value, value)
        return Estimate(value, low, high, rows, "none: all rows are one group")
    draws_B = draw_values(value_of, groups=groups, seed=seed)
    if np.ptp(draws_B) < 1e-12 and is_share and min(value, 1 - value) < 1e-12:
        return exact_share(round(value) * num_groups(groups), num_groups(groups), num_examples=rows)
    levels = bca_levels(value, draws_B, value_of=value_of, groups=groups, seed=seed)
    low, high = np.quantile(draws_B, levels)
    return Estimate(
        value, float(min(low, value)), float(max(high, value)), rows, "cluster bootstrap"
    )


def probability_at_least(
    metric: str,
    targets: np.ndarray,
    decided_R: np.ndarray,
    *,
    mark: float,
    groups: np.ndarray,
    num_labels: int,
    seed: int,
    texts: Sequence[str] | None = None,
) -> float:
    """How likely it is that the truth is at least as good as the mark, 0 to 1.

    The share of bootstrap draws that meet it. A count of right rows that stand alone is answered
    exactly by its Beta(1/2, 1/2) posterior (Jeffreys), and so is a share of 0 or 1, whose draws
    are all alike.

    Args:
        metric: A metric of `core.metric`; where less is better, "good" means at most the mark.
        targets: As in `estimate`.
        decided_R: As in `estimate`.
        mark: The mark, in units of the metric.
        groups: (N,).
        num_labels: C.
        seed: Seed of the draws.
        texts: As in `estimate`.
    """
    decided_R = distinct_replicates(decided_R)
    value_of = weighted_metric(metric, targets, decided_R, num_labels=num_labels, texts=texts)
    value = float(value_of(np.ones((len(groups), 1)))[0])
    is_exact = metric in COUNTS_OF_ROWS and len(decided_R) == 1 and are_alone(groups)
    if is_exact or (METRICS[metric].is_share and min(value, 1 - value) < 1e-12):
        num = num_groups(groups)
        return float(beta.sf(mark, value * num + 0.5, (1 - value) * num + 0.5))
    draws_B = draw_values(value_of, groups=groups, seed=seed)
    is_met_B = draws_B >= mark if METRICS[metric].is_higher_better else draws_B <= mark
    return float(is_met_B.mean())
