"""Which labels gain most from more examples: a curve of each, leaning on what all of them have in common.

A label has few scored rows, so its own points say little. What shapes and levels the other labels have is
what is assumed of it beforehand (empirical Bayes, Efron & Morris 1975), and its points move it from there.

Shape letters: L labels, H shapes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sartor.core.words import counted
from sartor.decide.curve_posterior import Evidence, Mixture, forecasts
from sartor.decide.curve_shapes import ShapeGrid, shape_grid
from sartor.decide.learning_curve import (
    LEVEL,
    CurvePoint,
    ScoreScale,
    checked_points,
    evidence_of,
)

NUM_ROUNDS = 4
PRIOR_LABELS = 3.0
"""Labels that the shapes known beforehand count as, beside those of the task."""
LEAST_LEVEL_SPREAD = 0.2
"""Of the log loss between labels, at least."""


@dataclass(frozen=True)
class LabelCurve:
    """Scores of one label at nested subset sizes of all rows."""

    points: tuple[CurvePoint, ...]
    num_scored: int
    """Rows of the label that were scored."""


@dataclass(frozen=True)
class LabelGain:
    """What more of the same data is expected to bring one label."""

    label: str
    now: float
    """The curve at the examples there are, not the single score."""
    then: float
    low: float
    high: float
    """Interval of `then`, as the mean of runs."""
    gain: float


def label_gains(curves: Mapping[str, LabelCurve], *, factor: float = 2.0) -> list[LabelGain]:
    """What every label gains from a multiple of the data, most first.

    Args:
        curves: Recall (or another share) of each label; all over the same sizes.
        factor: Multiple of the largest size.

    Raises:
        DataError: A curve with fewer than three sizes, or a score that is no share.
    """
    if not curves:
        return []
    labels = sorted(curves)
    scales = [ScoreScale(num_scored=curves[label].num_scored) for label in labels]
    points = [
        checked_points(curves[label].points, s) for label, s in zip(labels, scales, strict=True)
    ]
    first, last = points[0][0].num_examples, points[0][-1].num_examples
    grid = shape_grid(first=first, last=last, anchor=last, prior=scales[0].prior)
    evidence = _held_together(grid, points, scales)
    log_weights_H = _common_shapes(grid, evidence)
    gains = []
    for label, scale, of_label in zip(labels, scales, evidence, strict=True):
        now, then = forecasts(grid, of_label, log_weights_H, [last, factor * last], of_a_run=False)
        gains.append(_gain(label, scale, now, then))
    return sorted(gains, key=lambda gain: (-gain.gain, gain.label))


def gains_sentence(gains: Sequence[LabelGain], *, factor: float = 2.0, most: int = 5) -> str:
    """The labels that gain most, and what part of everything that is."""
    total = sum(max(gain.gain, 0.0) for gain in gains)
    first = [gain for gain in gains[:most] if gain.gain > 0]
    if not first or total <= 0:
        return "no label is expected to gain from more of the same data"
    named = ", ".join(f"{g.label} ({g.now:.2f} to {g.then:.2f})" for g in first)
    share = sum(gain.gain for gain in first) / total
    return (
        f"with {factor:g} times the data {counted(len(first), 'label')} of {len(gains)} would gain most: "
        f"{named}; that is {share:.0%} of what all labels would gain"
    )


def _held_together(
    grid: ShapeGrid, points: Sequence[tuple[CurvePoint, ...]], scales: Sequence[ScoreScale]
) -> list[Evidence]:
    """Evidence of each label, its level pulled towards those of all, by as much as they are alike."""
    ends = [
        np.log([s.loss(x) for p in ps[-2:] for x in p.scores])
        for ps, s in zip(points, scales, strict=True)
    ]
    levels_L = np.array([float(np.mean(end)) for end in ends])
    prior = float(levels_L.mean()), max(float(levels_L.std()), LEAST_LEVEL_SPREAD)
    return [
        evidence_of(grid, ps, scale, level_prior=prior if len(points) > 1 else None)
        for ps, scale in zip(points, scales, strict=True)
    ]


def _common_shapes(grid: ShapeGrid, evidence: Sequence[Evidence]) -> np.ndarray:
    """Log-weights of the shapes, (H,), after the labels have told each other what they look like."""
    likelihoods_LH = np.array([of_label.by_shape() for of_label in evidence])
    weights_H = grid.weights
    for _ in range(NUM_ROUNDS):
        posterior_LH = likelihoods_LH + np.log(weights_H)[None]
        posterior_LH = np.exp(posterior_LH - posterior_LH.max(axis=1, keepdims=True))
        posterior_LH /= posterior_LH.sum(axis=1, keepdims=True)
        pulled_H = PRIOR_LABELS * grid.weights + posterior_LH.sum(axis=0)
        weights_H = pulled_H / (PRIOR_LABELS + len(evidence))
    return np.log(weights_H)


def _gain(label: str, scale: ScoreScale, now: Mixture, then: Mixture) -> LabelGain:
    at, middle = (scale.score(mixture.quantile(0.5)) for mixture in (now, then))
    low, high = (scale.score(then.quantile(share)) for share in ((1 + LEVEL) / 2, (1 - LEVEL) / 2))
    return LabelGain(label, at, middle, low, high, middle - at)
