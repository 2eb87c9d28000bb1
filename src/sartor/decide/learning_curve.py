"""How much data? A curve through scores at nested subset sizes, what it expects beyond, what a mark needs.

Works from three sizes on, on flat, noisy and falling curves alike; few points only widen the intervals.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from sartor.core.errors import DataError
from sartor.decide.curve_posterior import Evidence, Mixture, forecasts, weigh
from sartor.decide.curve_shapes import OF_LOSSES, OF_SHARES, ShapeGrid, ShapePrior, shape_grid

FEWEST_SIZES = 3
USUAL_NOISE = 0.01
"""What another run of one size changes, as a share of the loss, where nothing says more."""
SAME_ROWS_SHARE = 0.5
"""Of the binomial variance: all sizes are scored on the same rows, so that much of the luck is shared."""
NOISE_DEGREES = 2.0
"""Repeats that the expected noise counts as, beside measured ones."""
SMALLEST_LOSS = 1e-6
LARGEST_LOG = 300.0
LEVEL = 0.9
NEED_LEVEL = 0.8
HORIZON_TIMES = 64.0
"""A mark beyond so many times the data is called not reachable by more of the same data."""
STEPS_PER_DOUBLING = 4


@dataclass(frozen=True)
class CurvePoint:
    """What was scored after learning from so many examples."""

    num_examples: float
    scores: tuple[float, ...]
    """One of each repeat: another draw of the subset, another seed."""


@dataclass(frozen=True)
class ScoreScale:
    """What a score means: the best there can be, the direction, on how many rows it was taken."""

    best: float = 1.0
    """0 for a loss, 1 for a share, 100 for BLEU."""
    is_higher_better: bool = True
    worst: float | None = 0.0
    """Score without any knowledge: 0, or what the commonest answer scores; None for a loss."""
    num_scored: int | None = None
    """Rows behind each score, for a share of right rows; its noise is then known beforehand."""

    @property
    def prior(self) -> ShapePrior:
        """What is thought of its curves beforehand."""
        return OF_LOSSES if self.worst is None else OF_SHARES

    def loss(self, score: float) -> float:
        """What the laws are held against: a loss as it is, a bounded score as the odds of the distance.

        A score near its worst has no room yet; its distance to the best stays put long before it falls.
        The odds, distance to the best over distance to the worst, know both ends.
        """
        distance = self.best - score if self.is_higher_better else score - self.best
        if self.worst is None:
            return max(distance, SMALLEST_LOSS)
        share = min(distance / abs(self.best - self.worst), 1.0)
        if self.num_scored:
            share = (share * self.num_scored + 0.5) / (self.num_scored + 1)
        share = min(max(share, SMALLEST_LOSS), 1 - SMALLEST_LOSS)
        return share / (1 - share)

    def score(self, log_loss: float) -> float:
        """The score at the logarithm of a loss; the reverse."""
        loss = math.exp(min(log_loss, LARGEST_LOG))
        if self.worst is None:
            return self.best - loss if self.is_higher_better else self.best + loss
        share = loss / (1 + loss)
        if self.num_scored:
            share = ((self.num_scored + 1) * share - 0.5) / self.num_scored
        return self.best + min(max(share, 0.0), 1.0) * (self.worst - self.best)


LOSS = ScoreScale(best=0.0, is_higher_better=False, worst=None)
"""Cross-entropy and its like."""


@dataclass(frozen=True)
class Forecast:
    """What one further run at a size is expected to score."""

    num_examples: float
    value: float
    """Median."""
    low: float
    high: float
    level: float

    @property
    def sentence(self) -> str:
        """For the report."""
        low, high = sorted((self.low, self.high))
        return (
            f"with {_count(self.num_examples)} examples expect {_score(low)} to {_score(high)} "
            f"({self.level:.0%} interval)"
        )


@dataclass(frozen=True)
class DataNeed:
    """How many examples a mark needs; None where that many lie beyond the horizon."""

    mark: float
    num_examples: float | None
    """As likely to be enough as not."""
    low: float | None
    high: float | None
    level: float
    horizon: float
    """Largest size looked at."""
    is_reached: bool
    """The curve stands at the mark with the examples there are, more likely than not."""

    @property
    def is_reachable(self) -> bool:
        """Whether there is a fair chance within the horizon."""
        return self.low is not None

    @property
    def sentence(self) -> str:
        """For the report."""
        mark = f"the mark {self.mark:.4g}"
        if self.is_reached:
            return f"{mark} is reached with the examples there are"
        if self.low is None:
            return f"{mark} is not reachable by more of the same data"
        if self.high is not None:
            return f"{mark} needs about {_count(self.low)} to {_count(self.high)} examples"
        doubt = "and may not be reachable by more of the same data"
        return f"{mark} needs at least {_count(self.low)} examples {doubt}"


@dataclass(frozen=True)
class LearningCurve:
    """A fitted curve: every shape with its weight."""

    points: tuple[CurvePoint, ...]
    scale: ScoreScale
    grid: ShapeGrid = field(repr=False)
    evidence: Evidence = field(repr=False)
    log_weights_H: np.ndarray = field(repr=False)

    @property
    def last(self) -> float:
        """Largest size seen."""
        return self.points[-1].num_examples

    def loss_at(self, sizes: Sequence[float], *, of_a_run: bool = True) -> list[Mixture]:
        """Distributions of the log loss; `of_a_run` False for the mean of many runs."""
        return forecasts(self.grid, self.evidence, self.log_weights_H, sizes, of_a_run=of_a_run)

    def at(self, num_examples: float, *, level: float = LEVEL) -> Forecast:
        """What one run with so many examples is expected to score."""
        if not (math.isfinite(num_examples) and num_examples >= 1):
            raise DataError(
                where="learning curve",
                problem=f"{num_examples} examples cannot be forecast.",
                fix="Ask for 1 example or more.",
            )
        mixture = self.loss_at([num_examples])[0]
        worse, middle, better = (
            self.scale.score(mixture.quantile(share))
            for share in ((1 + level) / 2, 0.5, (1 - level) / 2)
        )
        low, high = sorted((worse, better))
        return Forecast(num_examples, middle, low, high, level)

    def times(self, factor: float, *, level: float = LEVEL) -> Forecast:
        """The same for a multiple of the examples there are."""
        return self.at(factor * self.last, level=level)

    def needed(self, mark: float, *, level: float = NEED_LEVEL) -> DataNeed:
        """How many examples the mean of runs needs to stand at a mark."""
        sizes = self._sizes_ahead
        target = math.log(self.scale.loss(mark))
        chances = np.array([mixture.below(target) for mixture in self._means_ahead])
        chances = np.maximum.accumulate(chances)
        low, middle, high = (
            _crossing(sizes, chances, share) for share in ((1 - level) / 2, 0.5, (1 + level) / 2)
        )
        return DataNeed(
            mark=mark,
            num_examples=middle,
            low=low,
            high=high,
            level=level,
            horizon=float(sizes[-1]),
            is_reached=middle is not None and middle <= self.last,
        )

    @cached_property
    def _sizes_ahead(self) -> np.ndarray:
        """From the smallest size seen to the horizon."""
        doublings = math.log2(HORIZON_TIMES * self.last / self.points[0].num_examples)
        num_sizes = math.ceil(doublings * STEPS_PER_DOUBLING) + 1
        return np.geomspace(self.points[0].num_examples, HORIZON_TIMES * self.last, num_sizes)

    @cached_property
    def _means_ahead(self) -> list[Mixture]:
        return self.loss_at(self._sizes_ahead.tolist(), of_a_run=False)


def fit_learning_curve(
    points: Sequence[CurvePoint], *, scale: ScoreScale | None = None
) -> LearningCurve:
    """A curve through points, summed over all shapes of `curve_shapes`.

    Args:
        points: In any order, at least three sizes.
        scale: What the scores mean; a share of right rows without it.

    Raises:
        DataError: Fewer than three sizes, a size below 1, or a score that is no number or beyond the best.
    """
    scale = scale or ScoreScale()
    ordered = checked_points(points, scale)
    sizes_N = np.array([p.num_examples for p in ordered], dtype=np.float64)
    grid = shape_grid(first=sizes_N[0], last=sizes_N[-1], anchor=sizes_N[-1], prior=scale.prior)
    evidence = evidence_of(grid, ordered, scale)
    return LearningCurve(ordered, scale, grid, evidence, np.log(grid.weights))


def evidence_of(
    grid: ShapeGrid,
    points: Sequence[CurvePoint],
    scale: ScoreScale,
    *,
    level_prior: tuple[float, float] | None = None,
) -> Evidence:
    """The shapes of a grid held against checked points.

    Args:
        grid: The shapes.
        points: Ascending.
        scale: What the scores mean.
        level_prior: Mean and deviation of the log loss at the anchor before anything is seen.
    """
    losses = [[scale.loss(score) for score in p.scores] for p in points]
    log_losses_N = np.array([float(np.mean(np.log(repeats))) for repeats in losses])
    noise_N = _noise_of_a_run(losses, log_losses_N, scale)
    num_repeats_N = np.array([len(repeats) for repeats in losses])
    return weigh(
        grid,
        np.array([p.num_examples for p in points], dtype=np.float64),
        log_losses_N,
        expected_noise_N=noise_N / np.sqrt(num_repeats_N),
        expected_noise=float(noise_N[-1]),
        level_prior=level_prior,
    )


def _noise_of_a_run(
    losses: Sequence[Sequence[float]], log_losses_N: np.ndarray, scale: ScoreScale
) -> np.ndarray:
    """What a run is expected to be off, as a share of its loss; repeats correct what is known beforehand."""
    expected_N = np.full(len(losses), USUAL_NOISE)
    if scale.num_scored:
        shares_N = 1 / (1 + np.exp(-log_losses_N))
        expected_N = np.sqrt(SAME_ROWS_SHARE / (shares_N * (1 - shares_N) * scale.num_scored))
    spare = sum(len(repeats) - 1 for repeats in losses)
    squares = sum(
        len(repeats) * float(np.var(np.log(repeats))) / float(expected**2)
        for repeats, expected in zip(losses, expected_N, strict=True)
    )
    return expected_N * math.sqrt((NOISE_DEGREES + squares) / (NOISE_DEGREES + spare))


def checked_points(points: Sequence[CurvePoint], scale: ScoreScale) -> tuple[CurvePoint, ...]:
    """Ascending, one point a size; repeats of one size stand together."""
    scores_of: dict[float, list[float]] = {}
    for point in points:
        if not (math.isfinite(point.num_examples) and point.num_examples >= 1):
            raise _bad_point(point, f"{point.num_examples} is no number of examples.")
        for score in point.scores:
            distance = scale.best - score if scale.is_higher_better else score - scale.best
            if not math.isfinite(score) or distance < -1e-9:
                raise _bad_point(
                    point, f"{score} is no score; the best there can be is {scale.best}."
                )
        scores_of.setdefault(point.num_examples, []).extend(point.scores)
    found = tuple(CurvePoint(n, tuple(scores_of[n])) for n in sorted(scores_of) if scores_of[n])
    if len(found) < FEWEST_SIZES:
        raise DataError(
            where="learning curve",
            problem=f"{len(found)} sizes were scored; a curve needs {FEWEST_SIZES}.",
            fix="Score more nested subsets, for example a quarter, a half and all of the rows.",
        )
    return found


def _bad_point(point: CurvePoint, problem: str) -> DataError:
    return DataError(
        where=f"learning curve at {point.num_examples} examples",
        problem=problem,
        fix="Give the number of examples, 1 or more, and the score that was measured with them.",
    )


def _crossing(sizes: np.ndarray, chances: np.ndarray, share: float) -> float | None:
    """The size at which rising chances pass a share, between the sizes in their logarithm."""
    above = int(np.searchsorted(chances, share))
    if above == len(sizes):
        return None
    if above == 0:
        return float(sizes[0])
    part = (share - chances[above - 1]) / (chances[above] - chances[above - 1])
    low, high = np.log(sizes[above - 1 : above + 1])
    return float(np.exp(low + part * (high - low)))


def _count(number: float) -> str:
    """A number of examples with two digits that count."""
    digits = max(len(str(round(number))) - 2, 0)
    return f"{round(number, -digits):,.0f}"


def _score(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
