"""How well learning curves foresee more data, beside the plain power law: a side of `bench.choose`.

Every curve is cut after each size from the fourth on and asked for what was measured at 2, 4 and 8 times the
last size seen; and how many examples reach what was measured at 4 times.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.choose_replay import Ladder
from bench.intent_curves import curves_of
from sartor.decide.class_gains import LabelCurve, label_gains
from sartor.decide.learning_curve import LEVEL, LOSS, CurvePoint, ScoreScale, fit_learning_curve

FEWEST_SEEN = 4
TIMES = (2, 4, 8)
NEED_TIMES = 4
LARGEST_FACTOR = 64.0
"""A need that is said to be beyond the horizon, or beyond this, counts as wrong by this factor."""


@dataclass(frozen=True)
class Measured:
    """One curve: sizes and scores, and what the scores mean."""

    name: str
    sizes: tuple[float, ...]
    scores: tuple[float, ...]
    scale: ScoreScale


@dataclass(frozen=True)
class Foreseen:
    """Interval and truth of one question, in the log loss."""

    times: int
    truth: float
    middle: float
    low: float
    high: float

    @property
    def is_covered(self) -> bool:
        return self.low - 1e-9 <= self.truth <= self.high + 1e-9


def of_ladder(ladder: Ladder) -> list[Measured]:
    """Losses of every base."""
    sizes = tuple(float(size) for size in ladder.sizes_N)
    return [
        Measured(base, sizes, tuple(float(x) for x in losses_N), LOSS)
        for base, losses_N in zip(ladder.bases, ladder.losses_MN, strict=True)
    ]


def of_messages(name: str, cache: Path) -> list[Measured]:
    """Accuracies of cheap classifiers, every draw by itself."""
    return [
        Measured(
            c["name"],
            tuple(c["sizes"]),
            tuple(c["accuracy"]),
            ScoreScale(num_scored=c["num_scored"]),
        )
        for c in curves_of(name, cache)
    ]


def judged(curves: Sequence[Measured]) -> dict[str, Any]:
    """Coverage, errors, widths and needs, ours and the plain power law's."""
    ours: list[Foreseen] = []
    plain: list[Foreseen] = []
    needs, plain_needs = [], []
    for curve in curves:
        for seen in range(FEWEST_SEEN, len(curve.sizes)):
            asked = _asked(curve, seen)
            if not asked:
                continue
            fit = fit_learning_curve(_points(curve, seen), scale=curve.scale)
            law = PlainLaw(curve, seen)
            for times, size, truth in asked:
                mixture = fit.loss_at([size])[0]
                low, middle, high = (mixture.quantile(q) for q in _SHARES)
                ours.append(Foreseen(times, truth, middle, low, high))
                plain.append(law.foreseen(times, size, truth))
                if times == NEED_TIMES:
                    mark = curve.scale.score(truth)
                    needs.append(_factor(fit.needed(mark).num_examples, size))
                    plain_needs.append(_factor(law.needed(truth), size))
    return {
        **{f"{t}x": _at(t, ours, plain) for t in TIMES if any(f.times == t for f in ours)},
        "need": {
            "median": float(np.median(needs)),
            "80th percentile": float(np.quantile(needs, 0.8)),
            "plain median": float(np.median(plain_needs)),
            "plain 80th percentile": float(np.quantile(plain_needs, 0.8)),
            "questions": len(needs),
        },
    }


_SHARES = ((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2)


def _at(times: int, ours: Sequence[Foreseen], plain: Sequence[Foreseen]) -> dict[str, float]:
    """One distance; the plain law's intervals are stretched until they cover as often as ours."""
    mine = [f for f in ours if f.times == times]
    theirs = [f for f in plain if f.times == times]
    coverage = float(np.mean([f.is_covered for f in mine]))
    halves = np.array([(f.high - f.low) / 2 for f in theirs])
    errors = np.abs([f.truth - f.middle for f in theirs])
    stretch = float(np.quantile(errors / np.maximum(halves, 1e-12), coverage))
    return {
        "coverage": coverage,
        "width": float(np.median([f.high - f.low for f in mine])),
        "plain width at equal coverage": float(np.median(2 * halves * stretch)),
        "plain coverage as it is": float(np.mean([f.is_covered for f in theirs])),
        "error": float(np.median([abs(f.truth - f.middle) for f in mine])),
        "plain error": float(np.median(errors)),
        "questions": len(mine),
    }


def _asked(curve: Measured, seen: int) -> list[tuple[int, float, float]]:
    """Times, size and log loss of what is known beyond the last size seen."""
    found = []
    for times in TIMES:
        for size, score in zip(curve.sizes[seen:], curve.scores[seen:], strict=True):
            if abs(size / (times * curve.sizes[seen - 1]) - 1) < 0.02:
                found.append((times, size, math.log(curve.scale.loss(score))))
    return found


def _points(curve: Measured, seen: int) -> list[CurvePoint]:
    return [
        CurvePoint(n, (y,)) for n, y in zip(curve.sizes[:seen], curve.scores[:seen], strict=True)
    ]


def _factor(found: float | None, truth: float) -> float:
    factor = LARGEST_FACTOR if found is None else max(found / truth, truth / found)
    return min(factor, LARGEST_FACTOR)


class PlainLaw:
    """E + B n^-b by least squares with bounds, normal intervals from the residuals and the parameters."""

    def __init__(self, curve: Measured, seen: int) -> None:
        from scipy.optimize import OptimizeWarning, curve_fit

        self.sizes_N = np.array(curve.sizes[:seen]) / curve.sizes[seen - 1]
        self.last = curve.sizes[seen - 1]
        losses_N = np.array([curve.scale.loss(score) for score in curve.scores[:seen]])
        best = None
        for exponent in (0.1, 0.3, 1.0):
            start = (losses_N[-1] / 2, losses_N[-1] / 2, exponent)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", OptimizeWarning)
                try:
                    found, covariance = curve_fit(
                        _law, self.sizes_N, losses_N, p0=start, bounds=(0, [np.inf, np.inf, 5])
                    )
                except RuntimeError:
                    continue
            squares = float(((losses_N - _law(self.sizes_N, *found)) ** 2).sum())
            if best is None or squares < best[0]:
                best = squares, found, covariance
        if best is None:
            best = 0.0, np.array([losses_N[-1], 0.0, 1.0]), np.zeros((3, 3))
        squares, self.found, covariance = best
        self.covariance = np.where(np.isfinite(covariance), covariance, 0.0)
        self.residual = squares / max(seen - 3, 1)

    def foreseen(self, times: int, size: float, truth: float) -> Foreseen:
        """By the delta method."""
        n = size / self.last
        _, b, c = self.found
        middle = max(float(_law(np.array([n]), *self.found)[0]), 1e-9)
        slope = np.array([1.0, n**-c, -b * n**-c * math.log(n)])
        deviation = (
            math.sqrt(max(float(slope @ self.covariance @ slope), 0.0) + self.residual) / middle
        )
        half = 1.645 * deviation
        return Foreseen(
            times, truth, math.log(middle), math.log(middle) - half, math.log(middle) + half
        )

    def needed(self, truth: float) -> float | None:
        """Where the fitted law passes a log loss."""
        e, b, c = self.found
        above = math.exp(truth) - e
        if above <= 0 or b <= 0 or c <= 0:
            return None
        return float(self.last * min((b / above) ** (1 / c), 1e6))


def _law(n: np.ndarray, e: float, b: float, c: float) -> np.ndarray:
    return e + b * n**-c


def judged_labels(name: str, cache: Path) -> dict[str, float]:
    """Recall of every label at twice the data, from half of it: ours, as it stands, and each by itself."""
    ours, added, stays, alone, gains, won = [], [], [], [], [], []
    for curve in curves_of(name, cache):
        if not curve["labels"]:
            continue
        sizes = curve["sizes"]
        cut = {
            label: LabelCurve(
                tuple(
                    CurvePoint(n, (y,))
                    for n, y in zip(sizes[:-1], found["recall"][:-1], strict=True)
                ),
                found["num_scored"],
            )
            for label, found in curve["labels"].items()
            if found["num_scored"] >= 10
        }
        for gain in label_gains(cut, factor=sizes[-1] / sizes[-2]):
            found = curve["labels"][gain.label]
            truth, now = found["recall"][-1], found["recall"][-2]
            scale = ScoreScale(num_scored=found["num_scored"])
            own = fit_learning_curve(cut[gain.label].points, scale=scale).at(sizes[-1]).value
            ours.append(abs(truth - gain.then))
            added.append(abs(truth - now - gain.gain))
            stays.append(abs(truth - now))
            alone.append(abs(truth - own))
            gains.append(gain.gain)
            won.append(truth - gain.now)
    return {
        "error": float(np.mean(ours)),
        "error of the score now and the expected gain": float(np.mean(added)),
        "error of no change": float(np.mean(stays)),
        "error of each label by itself": float(np.mean(alone)),
        "correlation of expected and true gain": float(np.corrcoef(gains, won)[0, 1]),
        "questions": len(ours),
    }
