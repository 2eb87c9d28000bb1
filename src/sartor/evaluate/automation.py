"""What may be answered without a person, and how often that will be right.

Shape letters: R replicates, N rows, P pooled rows (R x N).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.stats import binom

from sartor.core.decision import Automation, CurvePoint
from sartor.core.score import Estimate
from sartor.evaluate.bootstrap import are_alone
from sartor.evaluate.calibration import (
    Calibrator,
    expected_calibration_error,
    refit_calibrator,
    reliability_bins,
)
from sartor.evaluate.intervals import bootstrap_estimate, exact_share

NEVER = 1.01
"""A threshold that no confidence reaches."""
MAX_CURVE_POINTS = 200
LATE_START = 0.3
"""Coverage at which the second sequence of tests begins."""
NUM_STEPS = 100
"""Coverages tried, in steps of 1 %."""
NUM_REFITS = 100
"""Calibrations refitted on resampled rows."""
REFIT_CERTAINTY = 0.98
"""Share of them that must agree: in simulations the promise is then missed in one of eight draws."""


def choose_threshold(
    confidence: np.ndarray,
    correct: np.ndarray,
    *,
    promise: float,
    error_probability: float = 0.1,
    groups: np.ndarray | None = None,
) -> float:
    """The lowest confidence at which answering alone keeps the promised precision.

    Picking the lowest threshold that looks good enough on some rows breaks the promise about half
    of the time. Fixed-sequence testing does not (Learn then Test, Angelopoulos et al. 2021, arXiv
    2110.01052): thresholds are tested from strict to lax, each with an exact binomial p-value, and
    the first failure ends the sequence. Two sequences share the error probability: one begins
    with the fewest rows that can show anything, one with the surest 30 %, so that a single
    slip among the surest rows does not end everything.

    Args:
        confidence: Of rows the model has not learned from, (M,).
        correct: Whether the decision was right, (M,) bool.
        promise: Precision that the answered messages must have, 0 to 1.
        error_probability: How often, over draws of such rows, the promise may be missed.
        groups: Rows (or replicates of a row) that belong together, (M,). Each counts as one row,
            the cautious extreme; None: each alone.

    Returns:
        Answer alone where the confidence is at least this; above 1 where no threshold will do.
    """
    groups = np.arange(len(confidence)) if groups is None else groups
    thresholds, num_T, share_T = _selections(confidence, correct, groups)
    # Rounding down is on the cautious side: a fraction of a right row is no right row.
    p_value_T = binom.sf(np.floor(num_T * share_T + 1e-9) - 1, num_T, promise)
    error = error_probability / 2
    fewest = math.ceil(math.log(error) / math.log(promise)) if promise < 1 else math.inf
    lowest = NEVER
    for first in (fewest, max(fewest, LATE_START * num_T[-1])):
        for place in np.flatnonzero(num_T >= first):
            if p_value_T[place] > error:
                break
            lowest = min(lowest, float(thresholds[place]))
    return lowest


def estimate_threshold(
    logits_RNC: np.ndarray,
    targets: np.ndarray,
    *,
    calibrator: Calibrator,
    promise: float,
    groups: np.ndarray,
    seed: int,
    certainty: float = REFIT_CERTAINTY,
) -> float:
    """The lowest confidence at which calibration itself expects the promised precision.

    For the few rows on which `choose_threshold` can show nothing: the mean calibrated confidence of
    the messages above a threshold is their expected precision, and refitting the two numbers of
    the calibration on resampled groups says how sure that is. It trusts the shape of the
    calibration curve, which `choose_threshold` need not.

    Args:
        logits_RNC: Of rows the model has not learned from, (R, N, C).
        targets: Of those rows.
        calibrator: Fitted on them; gives the confidence that the threshold is for.
        promise: Precision that the answered messages must have, 0 to 1.
        groups: Rows that belong together, (N,).
        seed: Of the resampling.
        certainty: Share of the refits that must expect the promised precision.

    Returns:
        A threshold; above 1 where no messages are expected to be that precise.
    """
    rng = np.random.default_rng(seed)
    confidence_P = calibrator.confidence(logits_RNC).ravel()
    order = np.argsort(-confidence_P, kind="stable")
    expected_BP = np.empty((NUM_REFITS, len(order)))
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    for draw in range(NUM_REFITS):
        drawn = rng.integers(len(members), size=len(members))
        rows = np.concatenate([members[i] for i in drawn])
        refit = refit_calibrator(calibrator, logits_RNC[:, rows], targets[rows])
        confidence_of_order = refit.confidence(logits_RNC).ravel()[order]
        expected_BP[draw] = np.cumsum(confidence_of_order) / np.arange(1, len(order) + 1)
    is_sure_P = np.quantile(expected_BP, 1 - certainty, axis=0) >= promise
    return float(confidence_P[order][np.flatnonzero(is_sure_P)[-1]]) if is_sure_P.any() else NEVER


def risk_coverage(confidence: np.ndarray, correct: np.ndarray) -> tuple[CurvePoint, ...]:
    """Precision against the share of messages answered alone, at most 200 points.

    Geifman and El-Yaniv 2017, "Selective classification for deep neural networks". Messages of
    equal confidence are answered together or not at all.

    Args:
        confidence: (M,).
        correct: (M,) bool.
    """
    order = np.argsort(-confidence, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(confidence[order])), len(order) - 1)
    precision = np.cumsum(correct[order])[ends] / (ends + 1)
    if len(ends) > MAX_CURVE_POINTS:
        kept = np.linspace(0, len(ends) - 1, MAX_CURVE_POINTS).round().astype(int)
        ends, precision = ends[kept], precision[kept]
    return tuple(
        CurvePoint(coverage=float((end + 1) / len(order)), precision=float(share))
        for end, share in zip(ends, precision, strict=True)
    )


def automation(
    confidence: np.ndarray,
    correct: np.ndarray,
    *,
    threshold: float,
    promise: float,
    seed: int,
    basis: str = "shown",
    groups: np.ndarray | None = None,
    out_of_scope: dict[str, Any] | None = None,
) -> Automation:
    """What a threshold, chosen on other rows, does on these.

    Args:
        confidence: On the rows to report on, (N,) or (R, N).
        correct: Whether the decision was right, the same shape, bool.
        threshold: Of `choose_threshold`.
        promise: The precision promised.
        basis: `shown` where the threshold is of `choose_threshold`, else `expected`.
        seed: Seed of the draws.
        groups: Rows that belong together, (N,); None: each alone.
        out_of_scope: `threshold`, `keep_share`, and `recall` where it was measured.
    """
    num_rows = confidence.shape[-1]
    groups_N = np.arange(num_rows) if groups is None else groups
    groups_P = np.broadcast_to(groups_N, confidence.shape).ravel()
    confidence_P, correct_P = confidence.ravel(), correct.ravel().astype(bool)
    is_alone_P = confidence_P >= threshold
    every_P = np.ones(len(confidence_P), bool)
    return Automation(
        precision_promised=promise,
        threshold=threshold,
        rate=_share_among(every_P, is_alone_P, groups_P, seed=seed, num_rows=num_rows),
        precision=_share_among(is_alone_P, correct_P, groups_P, seed=seed, num_rows=num_rows),
        curve=risk_coverage(confidence_P, correct_P),
        expected_calibration_error=expected_calibration_error(
            confidence_P, correct_P, groups=groups_P, seed=seed
        ),
        reliability=reliability_bins(confidence_P, correct_P),
        basis=basis,
        out_of_scope=out_of_scope or {},
    )


def _selections(
    confidence_M: np.ndarray, correct_M: np.ndarray, groups_M: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Thresholds from strict to lax, the groups each selects, and the share right among them."""
    order = np.argsort(-confidence_M, kind="stable")
    sorted_M = confidence_M[order]
    is_new_M = np.zeros(len(order), bool)
    is_new_M[np.unique(groups_M[order], return_index=True)[1]] = True
    steps = np.ceil(np.arange(1, NUM_STEPS + 1) / NUM_STEPS * len(order) - 1e-9).astype(int) - 1
    # A threshold takes everything that ties with it.
    ends = np.unique(np.searchsorted(-sorted_M, -sorted_M[steps], side="right")) - 1
    share_T = np.cumsum(correct_M[order])[ends] / (ends + 1)
    return sorted_M[ends], np.cumsum(is_new_M)[ends], share_T


def _share_among(
    is_chosen_P: np.ndarray,
    is_hit_P: np.ndarray,
    groups_P: np.ndarray,
    *,
    seed: int,
    num_rows: int,
) -> Estimate:
    """Share of hits among the chosen rows, with its interval."""
    num_chosen = int(is_chosen_P.sum())
    num_replicates = len(is_chosen_P) // num_rows
    num_examples = round(num_chosen / num_replicates)
    if num_chosen == 0:
        return Estimate(0.0, 0.0, 1.0, 0, "none: nothing is answered alone")
    if are_alone(groups_P):
        return exact_share(int((is_chosen_P & is_hit_P).sum()), num_chosen)
    hits_P = is_hit_P[is_chosen_P].astype(np.float64)
    return bootstrap_estimate(
        lambda weights: hits_P @ weights / weights.sum(axis=0),
        groups=groups_P[is_chosen_P],
        seed=seed,
        is_share=True,
        num_examples=num_examples,
    )
