"""Confidence that means what it says: of the answers at 0.9, nine in ten are right.

A temperature makes the label probabilities fit (Guo et al. 2017, "On calibration of modern neural
networks", arXiv 1706.04599). Where that is not enough for the one question that counts, "is this
decision right?", a logistic curve on its log-odds follows (Platt 1999). Both have so few numbers
that 100 rows can set them, and weak priors keep them sane where all 100 are right.

Shape letters: R replicates, N rows, C labels, P pooled rows (R x N).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_expit, log_softmax

from sartor.core.goal import OutputKind
from sartor.core.hashing import derived_seed
from sartor.core.score import Estimate
from sartor.evaluate.bootstrap import draw_values, num_groups
from sartor.evaluate.decisions import decide
from sartor.evaluate.metrics import is_right

MAX_LOG_ODDS = 15.0
"""Confidence stays within 3e-7 of 0 and 1."""
NUM_FOLDS = 5
MIN_GAIN_NATS = 2.0
"""Log loss that the curve's two numbers must save in all (Akaike's price); less is luck."""
MIN_GROUPS_FOR_PLATT = 20
"""Below it nothing can be told apart by cross-fitting; the temperature stands alone."""


@dataclass(frozen=True)
class Calibrator:
    """Logits to the probability that the decision is right, as plain numbers."""

    kind: str
    """`single`, `multi` or `score`."""
    temperature: float = 1.0
    """Logits are divided by it; above 1 where the model is over-confident."""
    slope: float = 1.0
    """Of the logistic curve on the log-odds of the decision; 1 where the temperature suffices."""
    intercept: float = 0.0
    """Of the same curve; 0 where the temperature suffices."""
    thresholds: tuple[float, ...] | None = None
    """Multi: the thresholds of the decision that the confidence speaks of; None: 0.5 each."""
    half_width: float | None = None
    """Score: half the width of the interval that holds the truth; None where there are too few
    rows to promise one, and for labels."""

    def confidence(self, logits: np.ndarray) -> np.ndarray:
        """Probability that the decision is right, for several labels the whole set.

        Args:
            logits: (..., C).

        Returns:
            (...) float64 in 0 to 1.
        """
        assert self.kind != OutputKind.SCORE, "a score has an interval, not a confidence"
        log_odds = _log_odds(self.kind, logits, self.temperature, self.thresholds)
        return expit(self.slope * log_odds + self.intercept)

    def as_dict(self) -> dict[str, Any]:
        """JSON-like."""
        thresholds = None if self.thresholds is None else list(self.thresholds)
        return {**asdict(self), "kind": str(self.kind), "thresholds": thresholds}

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> Calibrator:
        """The calibrator that `as_dict` described."""
        thresholds = facts["thresholds"]
        return cls(**{**facts, "thresholds": None if thresholds is None else tuple(thresholds)})


def fit_calibrator(
    kind: OutputKind,
    logits: np.ndarray,
    targets: np.ndarray,
    *,
    groups: np.ndarray | None = None,
    thresholds_C: np.ndarray | None = None,
    coverage: float = 0.9,
    seed: int = 0,
) -> Calibrator:
    """Calibrate on the rows that choose; never on rows the model has learned from.

    Args:
        kind: What is being decided.
        logits: Logits of rows the model has not seen, (N, C) or (R, N, C).
        targets: single: (N,) int; multi: (N, C) bool; score: (N,) float.
        groups: Rows that belong together stay together in cross-fitting, (N,); None: each alone.
        thresholds_C: Multi: the thresholds that decisions are made with.
        coverage: Score: share of truths the interval shall hold.
        seed: Seed of the folds.
    """
    logits = np.asarray(logits, np.float64)
    assert np.isfinite(logits).all(), "a model that gives NaN cannot be calibrated"
    logits_RNC = logits[None] if logits.ndim == 2 else logits
    if kind == OutputKind.SCORE:
        half_width = conformal_half_width(decide(kind, logits_RNC) - targets, coverage)
        return Calibrator(kind, half_width=half_width if math.isfinite(half_width) else None)
    groups = np.arange(len(targets)) if groups is None else groups
    thresholds = None if thresholds_C is None else tuple(float(x) for x in thresholds_C)
    fit = _Fit(kind, thresholds)
    temperature = fit.temperature(logits_RNC, targets)
    slope, intercept = 1.0, 0.0
    if _platt_helps(fit, logits_RNC, targets, groups, seed=seed):
        slope, intercept = fit.platt(logits_RNC, targets, temperature)
    return Calibrator(kind, temperature, slope, intercept, thresholds)


def refit_calibrator(
    calibrator: Calibrator, logits_RNC: np.ndarray, targets: np.ndarray
) -> Calibrator:
    """The same temperature with the curve fitted anew: how another draw of rows would have set it.

    Args:
        calibrator: Whose temperature and thresholds stay.
        logits_RNC: Of the other draw, (R, N, C).
        targets: Of the other draw.
    """
    fit = _Fit(OutputKind(calibrator.kind), calibrator.thresholds)
    logits = np.asarray(logits_RNC, np.float64)
    slope, intercept = fit.platt(logits, targets, calibrator.temperature)
    return replace(calibrator, slope=slope, intercept=intercept)


def conformal_half_width(residuals: np.ndarray, coverage: float) -> float:
    """Half the width of an interval that holds the truth of a new row as often as promised.

    Split conformal prediction (Lei et al. 2018, "Distribution-free predictive inference for
    regression"): the ceil((N + 1) x coverage)-th smallest absolute residual.

    Args:
        residuals: On rows the model has not seen, (N,) or (R, N); replicates are pooled, but
            count as N rows.
        coverage: Share of truths that the interval shall hold, 0 to 1.

    Returns:
        In units of the score; infinite where N rows cannot promise so much.
    """
    num_rows = residuals.shape[-1]
    # The tolerance undoes what binary fractions add: 0.9 x 10 is to be 9, not 10.
    level = math.ceil((num_rows + 1) * coverage - 1e-9) / num_rows
    if level > 1:
        return math.inf
    return float(np.quantile(np.abs(residuals), level, method="inverted_cdf"))


def expected_calibration_error(
    confidence: np.ndarray,
    correct: np.ndarray,
    num_bins: int = 15,
    *,
    groups: np.ndarray | None = None,
    seed: int = 0,
) -> Estimate:
    """Mean gap between confidence and share right, over bins of equally many rows.

    Noise alone makes gaps, and a bootstrap draw adds its own noise to it; so the draws are moved
    back by their bias before the interval is read off.

    Args:
        confidence: (M,) in 0 to 1.
        correct: (M,) bool.
        num_bins: Bins; fewer where confidences tie.
        groups: Rows (or replicates of a row) that belong together, (M,); None: each alone.
        seed: Seed of the draws.
    """
    groups = np.arange(len(confidence)) if groups is None else groups
    bin_M = _equal_mass_bins(confidence, num_bins)
    gaps_KM = (bin_M == np.arange(bin_M.max() + 1)[:, None]) * (confidence - correct)

    def value_of(weights_MB: np.ndarray) -> np.ndarray:
        return np.abs(gaps_KM @ weights_MB).sum(axis=0) / weights_MB.sum(axis=0)

    value = float(value_of(np.ones((len(confidence), 1)))[0])
    draws_B = draw_values(value_of, groups=groups, seed=seed)
    low, high = np.quantile(draws_B, [0.025, 0.975]) - (draws_B.mean() - value)
    low, high = max(0.0, min(low, value)), min(1.0, max(high, value))
    method = "cluster bootstrap, bias-corrected"
    return Estimate(value, float(low), float(high), len(confidence), method)


def reliability_bins(
    confidence: np.ndarray, correct: np.ndarray, num_bins: int = 15
) -> tuple[tuple[float, float, int], ...]:
    """Per bin of equally many rows: mean confidence, share right, rows."""
    bin_M = _equal_mass_bins(confidence, num_bins)
    return tuple(
        (float(confidence[inside].mean()), float(correct[inside].mean()), int(inside.sum()))
        for inside in (bin_M == number for number in range(bin_M.max() + 1))
    )


def _equal_mass_bins(confidence_M: np.ndarray, num_bins: int) -> np.ndarray:
    """Number of each row's bin, (M,), from 0 without gaps; equal confidences share a bin."""
    inner = np.linspace(0, 1, num_bins + 1)[1:-1]
    edges = np.unique(np.quantile(confidence_M, inner, method="inverted_cdf"))
    bin_M = np.searchsorted(edges, confidence_M, side="left")
    return np.unique(bin_M, return_inverse=True)[1]


def _log_odds(
    kind: str, logits: np.ndarray, temperature: float, thresholds: Sequence[float] | None
) -> np.ndarray:
    """Log-odds that the decision is right, as the model itself would have it."""
    logits = np.asarray(logits, np.float64)
    if kind == OutputKind.SINGLE:
        log_p = log_softmax(logits / temperature, axis=-1).max(axis=-1)
    else:
        sign = np.where(decide(OutputKind.MULTI, logits, thresholds), 1.0, -1.0)
        log_p = log_expit(sign * logits / temperature).sum(axis=-1)
    log_p = np.minimum(log_p, -np.exp(-MAX_LOG_ODDS))
    return np.clip(log_p - np.log(-np.expm1(log_p)), -MAX_LOG_ODDS, MAX_LOG_ODDS)


@dataclass(frozen=True)
class _Fit:
    """The two fits. Replicates of a row together weigh as much as one row."""

    kind: OutputKind
    thresholds: Sequence[float] | None

    def temperature(self, logits_RNC: np.ndarray, targets: np.ndarray) -> float:
        """Lowest negative log-likelihood of the labels, with log T ~ normal(0, 1) before."""

        def loss(log_temperature: float) -> float:
            log_p = self._label_log_p(logits_RNC * math.exp(-log_temperature), targets)
            return log_temperature**2 / 2 - log_p.sum() / len(logits_RNC)

        return math.exp(minimize_scalar(loss, bounds=(-7.0, 7.0), method="bounded").x)

    def platt(
        self, logits_RNC: np.ndarray, targets: np.ndarray, temperature: float
    ) -> tuple[float, float]:
        """Slope (at least 0, normal(1, 1) before) and intercept (normal(0, 2) before)."""
        log_odds_RN, sign_RN = self.evidence(logits_RNC, targets, temperature)

        def loss(numbers: np.ndarray) -> tuple[float, np.ndarray]:
            slope, intercept = numbers
            margin_RN = sign_RN * (slope * log_odds_RN + intercept)
            pull_RN = -sign_RN * expit(-margin_RN) / len(log_odds_RN)
            prior = ((slope - 1) ** 2 + (intercept / 2) ** 2) / 2
            gradient = [(pull_RN * log_odds_RN).sum() + slope - 1, pull_RN.sum() + intercept / 4]
            return prior - log_expit(margin_RN).sum() / len(log_odds_RN), np.array(gradient)

        bounds = [(0.0, None), (None, None)]
        slope, intercept = minimize(
            loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds
        ).x
        return float(slope), float(intercept)

    def evidence(
        self, logits_RNC: np.ndarray, targets: np.ndarray, temperature: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Log-odds of each decision and +1 or -1 for right or wrong, both (R, N)."""
        log_odds_RN = _log_odds(self.kind, logits_RNC, temperature, self.thresholds)
        right_RN = is_right(targets, decide(self.kind, logits_RNC, self.thresholds))
        return log_odds_RN, np.where(right_RN, 1.0, -1.0)

    def _label_log_p(self, logits_RNC: np.ndarray, targets: np.ndarray) -> np.ndarray:
        if self.kind == OutputKind.SINGLE:
            log_p_RNC = log_softmax(logits_RNC, axis=-1)
            return log_p_RNC[:, np.arange(len(targets)), targets]
        return log_expit(np.where(targets, logits_RNC, -logits_RNC))


def _platt_helps(
    fit: _Fit, logits_RNC: np.ndarray, targets: np.ndarray, groups: np.ndarray, *, seed: int
) -> bool:
    """Whether the curve clearly lowers the log loss of "is it right?" on rows it did not see."""
    if num_groups(groups) < MIN_GROUPS_FOR_PLATT:
        return False
    place_N = np.unique(groups, return_inverse=True)[1]
    rng = np.random.default_rng(derived_seed(seed, "calibration folds"))
    fold_N = rng.permutation(place_N.max() + 1)[place_N] % NUM_FOLDS
    gain = 0.0
    for fold in range(NUM_FOLDS):
        inside, outside = fold_N == fold, fold_N != fold
        temperature = fit.temperature(logits_RNC[:, outside], targets[outside])
        slope, intercept = fit.platt(logits_RNC[:, outside], targets[outside], temperature)
        log_odds_RN, sign_RN = fit.evidence(logits_RNC[:, inside], targets[inside], temperature)
        curve = log_expit(sign_RN * (slope * log_odds_RN + intercept)).sum()
        gain += float(curve - log_expit(sign_RN * log_odds_RN).sum())
    return gain / len(logits_RNC) > MIN_GAIN_NATS
