"""How a loss falls with more examples: shapes of the families that learning curves follow.

A curve is its level at one size, the anchor, times a shape that is 1 there. Every family is laid out on one
fixed grid, so that nothing is searched for: what a few points say about the grid is summed up exactly.

Families, each with an irreducible share (Viering & Loog 2022, arXiv 2103.10948; Mohr et al. 2022, LCDB):

    rectified law  E + B / (K^b + n^b)      Lin et al. 2024, arXiv 2402.02314; MMF of LCDB
    shifted power  E + B (n + K)^-b         POW4; with K = 0 the power law POW3
    stretched      E + B exp(-(n / K)^b)    WBL4

Shape letters: H shapes, N sizes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

RECTIFIED, SHIFTED, STRETCHED = "rectified law", "shifted power law", "stretched exponential"
FAMILY_WEIGHTS = {RECTIFIED: 0.4, SHIFTED: 0.4, STRETCHED: 0.2}
"""Before anything is seen: two laws with a power tail are mostly found, the third falls faster."""
EXPONENTS = np.geomspace(0.06, 1.6, 10)
NUM_KNEES = 9
KNEE_BEYOND = 1.0
"""A knee is looked for from below the first size to this many times the last."""
NO_KNEE_WEIGHT = 0.3
NO_FLOOR_WEIGHT = 0.1
FLOOR_SHARES = np.append(np.linspace(0, 0.9, 13), [0.94, 0.97, 0.99, 1.0])
"""Irreducible share of the loss at the anchor; 1 is a curve that is flat."""


@dataclass(frozen=True)
class ShapePrior:
    """What is thought of a curve before anything is seen."""

    usual_exponent: float
    """Median."""
    exponent_spread: float
    """Of the exponent's logarithm."""


OF_LOSSES = ShapePrior(usual_exponent=0.25, exponent_spread=0.5)
OF_SHARES = ShapePrior(usual_exponent=0.5, exponent_spread=0.8)
"""The odds of an error fall with about the root of the number of examples (Hoiem et al. 2021, arXiv
2010.15110, assume it throughout), fine-tuning losses more slowly (Lin et al.)."""


@dataclass(frozen=True)
class ShapeGrid:
    """Every shape that is thought possible for curves over a range of sizes."""

    anchor: float
    """Size at which all shapes are 1."""
    families: np.ndarray
    """Name of the family, (H,)."""
    exponents: np.ndarray
    knees: np.ndarray
    """Size at which the curve bends, (H,); 0 where it does not."""
    floors: np.ndarray
    """Irreducible share of the loss at the anchor, (H,)."""
    weights: np.ndarray
    """Before anything is seen, (H,); they sum to 1."""

    def log_shapes(self, sizes: Sequence[float] | np.ndarray) -> np.ndarray:
        """Logarithm of every shape at every size, (H, N)."""
        sizes_N = np.asarray(sizes, dtype=np.float64)
        fallen_HN = self._log_decay(sizes_N) - self._log_decay_at_anchor
        with np.errstate(divide="ignore"):
            floors, rest = np.log(self.floors)[:, None], np.log1p(-self.floors)[:, None]
        return np.logaddexp(floors, rest + fallen_HN)

    @cached_property
    def _log_decay_at_anchor(self) -> np.ndarray:
        return self._log_decay(np.array([self.anchor]))

    def _log_decay(self, sizes_N: np.ndarray) -> np.ndarray:
        """Logarithm of what falls, up to a factor, (H, N)."""
        b, knees = self.exponents[:, None], self.knees[:, None]
        found = np.empty((len(self.exponents), len(sizes_N)))
        for family, formula in _FORMULAS.items():
            rows = self.families == family
            found[rows] = formula(sizes_N[None], b[rows], knees[rows])
        return found


def _rectified(n: np.ndarray, b: np.ndarray, knee: np.ndarray) -> np.ndarray:
    return -np.log(knee**b + n**b)


def _shifted(n: np.ndarray, b: np.ndarray, knee: np.ndarray) -> np.ndarray:
    return -b * np.log(n + knee)


def _stretched(n: np.ndarray, b: np.ndarray, knee: np.ndarray) -> np.ndarray:
    return -((n / knee) ** b)


_FORMULAS = {RECTIFIED: _rectified, SHIFTED: _shifted, STRETCHED: _stretched}


def shape_grid(*, first: float, last: float, anchor: float, prior: ShapePrior) -> ShapeGrid:
    """The grid for curves seen between two sizes.

    Args:
        first: Smallest size seen, at least 1.
        last: Largest size seen.
        anchor: Where all shapes are 1, mostly `last`.
        prior: What is thought beforehand.
    """
    knees = np.geomspace(max(first / 2, 0.5), KNEE_BEYOND * last, NUM_KNEES)
    falls_B = _exponent_weights(prior)
    floors, parts = _floor_weights(), []
    for family, weight in FAMILY_WEIGHTS.items():
        is_bent = family != STRETCHED
        places = np.append(0.0, knees) if is_bent else knees
        shares = np.full(len(places), (1 - NO_KNEE_WEIGHT * is_bent) / NUM_KNEES)
        shares[0] = NO_KNEE_WEIGHT if is_bent else shares[0]
        b, k, e = np.indices((len(EXPONENTS), len(places), len(FLOOR_SHARES))).reshape(3, -1)
        weights = weight * falls_B[b] * shares[k] * floors[e]
        parts.append((np.full(len(b), family), EXPONENTS[b], places[k], FLOOR_SHARES[e], weights))
    families, exponents, knee_sizes, floor_shares, weights = (
        np.concatenate(p) for p in zip(*parts, strict=True)
    )
    return ShapeGrid(anchor, families, exponents, knee_sizes, floor_shares, weights / weights.sum())


def _exponent_weights(prior: ShapePrior) -> np.ndarray:
    spreads = np.log(EXPONENTS / prior.usual_exponent) / prior.exponent_spread
    weights = np.exp(-0.5 * spreads**2)
    return weights / weights.sum()


def _floor_weights() -> np.ndarray:
    """Even over the share, whatever the spacing of the grid; somewhat more where there is no floor."""
    edges = np.concatenate([[0.0], (FLOOR_SHARES[1:] + FLOOR_SHARES[:-1]) / 2, [1.0]])
    weights = (1 - NO_FLOOR_WEIGHT) * np.diff(edges)
    weights[0] += NO_FLOOR_WEIGHT
    return weights
