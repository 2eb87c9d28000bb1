"""What a few measured points say about every shape on the grid, and what follows for other sizes.

In logarithms a curve is `log level + log shape(n) + drift(n) + noise`: noise is what another run of the same
size would change, drift is how real curves leave every formula: their slope walks at random over doublings,
to both sides of the last point (an integrated random walk, as in the local linear trend of Harvey 1989). So
the last points count most, and intervals widen with the distance. Noise, drift, level and shape are summed
over (a grid of the first two, closed form for the level): no optimiser, no start values.

Shape letters: H shapes, N sizes, Q noise settings, K components kept of (shape, noise setting).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sartor.decide.curve_shapes import ShapeGrid

NOISE_FACTORS = np.geomspace(0.15, 6.0, 6)
"""Noise of a run, as a multiple of what is expected of it."""
USUAL_DRIFT = 0.015
DRIFT_FACTORS = np.geomspace(0.1, 8.0, 7)
"""What the slope of the log loss changes from doubling to doubling, as a multiple of the usual."""
FACTOR_SPREAD = 0.8
"""Of the logarithm of both factors before anything is seen."""
KEPT_WEIGHT = 1e-6
"""Components below this share of the heaviest are left out of forecasts."""
NUM_BINS = 48
"""Into which the components of one noise setting are gathered, by their means."""


@dataclass(frozen=True)
class Evidence:
    """Every shape held against the points of one curve."""

    last: float
    log_likelihood_QH: np.ndarray
    """Of the points, level summed over; noise settings weighted."""
    log_level_QH: np.ndarray
    level_variance_Q: np.ndarray
    noise_variance_Q: np.ndarray
    """Of one further run, relative."""
    drift_variance_Q: np.ndarray
    """Of the slope, per doubling."""

    def by_shape(self) -> np.ndarray:
        """Log-likelihood of each shape, (H,)."""
        return log_sum(self.log_likelihood_QH, axis=0)


@dataclass(frozen=True)
class Mixture:
    """A distribution of the logarithm of a loss: normal components with weights, (K,) each."""

    weights: np.ndarray
    means: np.ndarray
    deviations: np.ndarray

    def below(self, value: float) -> float:
        """Probability of a logarithm of at most the value."""
        from scipy.special import ndtr

        return float(self.weights @ ndtr((value - self.means) / self.deviations))

    def quantile(self, share: float) -> float:
        """Where the probability below is the share; by bisection."""
        low = float((self.means - 9 * self.deviations).min())
        high = float((self.means + 9 * self.deviations).max())
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self.below(middle) < share else (low, middle)
        return (low + high) / 2

    def spread(self) -> float:
        """Half of what lies between the quantiles a deviation below and above the median."""
        return (self.quantile(0.841) - self.quantile(0.159)) / 2


def weigh(
    grid: ShapeGrid,
    sizes_N: np.ndarray,
    log_losses_N: np.ndarray,
    *,
    expected_noise_N: np.ndarray,
    expected_noise: float,
    level_prior: tuple[float, float] | None = None,
) -> Evidence:
    """Hold every shape against the points.

    Args:
        grid: The shapes.
        sizes_N: Numbers of examples, ascending, at least 1.
        log_losses_N: Logarithms of what was measured there.
        expected_noise_N: What a point is expected to be off, as a share of it.
        expected_noise: The same of one further run at the last size.
        level_prior: Mean and deviation of the log loss at the anchor; even without it.
    """
    residuals_HN = log_losses_N[None] - grid.log_shapes(sizes_N)
    doublings_N = np.log2(sizes_N[-1] / sizes_N)
    near_NN = np.minimum(doublings_N[:, None], doublings_N[None])
    far_NN = np.maximum(doublings_N[:, None], doublings_N[None])
    walk_NN = near_NN**2 * (3 * far_NN - near_NN) / 6
    likelihoods, levels, level_variances, noises, drifts = [], [], [], [], []
    for noise_factor, drift_factor in _factors():
        drift = (USUAL_DRIFT * drift_factor) ** 2
        covariance_NN = np.diag((noise_factor * expected_noise_N) ** 2) + drift * walk_NN
        likelihood_H, level_H, variance = _summed_level(residuals_HN, covariance_NN, level_prior)
        likelihoods.append(likelihood_H + _log_weight(noise_factor) + _log_weight(drift_factor))
        levels.append(level_H)
        level_variances.append(variance)
        noises.append((noise_factor * expected_noise) ** 2)
        drifts.append(drift)
    return Evidence(
        last=float(sizes_N[-1]),
        log_likelihood_QH=np.array(likelihoods),
        log_level_QH=np.array(levels),
        level_variance_Q=np.array(level_variances),
        noise_variance_Q=np.array(noises),
        drift_variance_Q=np.array(drifts),
    )


def _factors() -> list[tuple[float, float]]:
    return [(float(a), float(b)) for a in NOISE_FACTORS for b in DRIFT_FACTORS]


def _log_weight(factor: float) -> float:
    return -0.5 * (np.log(factor) / FACTOR_SPREAD) ** 2


def _summed_level(
    residuals_HN: np.ndarray, covariance_NN: np.ndarray, prior: tuple[float, float] | None
) -> tuple[np.ndarray, np.ndarray, float]:
    """Log-likelihood with the log level summed over, the level's mean, its variance."""
    root_NN = np.linalg.cholesky(covariance_NN)
    inverse_NN = np.linalg.inv(root_NN)
    white_HN = residuals_HN @ inverse_NN.T
    ones_N = inverse_NN.sum(axis=1)
    precision, pulls_H = float(ones_N @ ones_N), white_HN @ ones_N
    squares_H = (white_HN**2).sum(axis=1)
    if prior is not None:
        mean, weight = prior[0], prior[1] ** -2
        precision, pulls_H, squares_H = (
            precision + weight,
            pulls_H + weight * mean,
            squares_H + weight * mean**2,
        )
    level_H = pulls_H / precision
    squares_H = squares_H - precision * level_H**2
    log_determinant = 2 * float(np.log(np.diag(root_NN)).sum())
    return -0.5 * (squares_H + log_determinant + np.log(precision)), level_H, 1 / precision


def forecasts(
    grid: ShapeGrid,
    evidence: Evidence,
    log_weights_H: np.ndarray,
    sizes: Sequence[float] | np.ndarray,
    *,
    of_a_run: bool,
) -> list[Mixture]:
    """The loss at each of the sizes.

    Args:
        grid: The shapes.
        evidence: Of the curve.
        log_weights_H: Of the shapes before the points were seen.
        sizes: Numbers of examples.
        of_a_run: As one further run would measure it; otherwise the mean of many.
    """
    log_QH = evidence.log_likelihood_QH + log_weights_H[None]
    log_QH -= log_QH.max()
    noise_K, shape_K = np.nonzero(log_QH > np.log(KEPT_WEIGHT))
    weights_K = np.exp(log_QH[noise_K, shape_K])
    weights_K /= weights_K.sum()
    shapes_HN = grid.log_shapes(sizes)
    mixtures = []
    for place, size in enumerate(sizes):
        doublings = float(abs(np.log2(size / evidence.last)))
        variance_Q = evidence.level_variance_Q + evidence.drift_variance_Q * doublings**3 / 3
        if of_a_run:
            variance_Q = variance_Q + evidence.noise_variance_Q
        means_K = evidence.log_level_QH[noise_K, shape_K] + shapes_HN[shape_K, place]
        mixtures.append(_gathered(weights_K, means_K, noise_K, np.sqrt(variance_Q)))
    return mixtures


def _gathered(
    weights_K: np.ndarray, means_K: np.ndarray, noise_K: np.ndarray, deviation_Q: np.ndarray
) -> Mixture:
    """The mixture with few components: neighbours of one noise setting become one at their mean."""
    low, high = float(means_K.min()), float(means_K.max())
    bins_K = ((means_K - low) / max(high - low, 1e-12) * (NUM_BINS - 1e-9)).astype(np.int64)
    places_K = noise_K * NUM_BINS + bins_K
    num_places = len(deviation_Q) * NUM_BINS
    weights = np.bincount(places_K, weights_K, minlength=num_places)
    means = np.bincount(places_K, weights_K * means_K, minlength=num_places)
    spreads = np.bincount(places_K, weights_K * means_K**2, minlength=num_places)
    kept = np.flatnonzero(weights > 0)
    kept_weights, kept_means = weights[kept], means[kept] / weights[kept]
    within = np.maximum(spreads[kept] / kept_weights - kept_means**2, 0.0)
    return Mixture(kept_weights, kept_means, np.sqrt(deviation_Q[kept // NUM_BINS] ** 2 + within))


def log_sum(values: np.ndarray, axis: int) -> np.ndarray:
    """Logarithm of the sum of exponentials along an axis."""
    top = values.max(axis=axis, keepdims=True)
    return np.squeeze(top, axis) + np.log(np.exp(values - top).sum(axis=axis))
