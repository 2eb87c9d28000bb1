"""Learning curves: known laws are foreseen, odd ones raise nothing, words say what the figures say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from sartor.core.errors import DataError
from sartor.decide.curve_posterior import Mixture, weigh
from sartor.decide.curve_shapes import (
    OF_LOSSES,
    OF_SHARES,
    RECTIFIED,
    SHIFTED,
    STRETCHED,
    shape_grid,
)
from sartor.decide.learning_curve import (
    LOSS,
    CurvePoint,
    LearningCurve,
    ScoreScale,
    fit_learning_curve,
)

SIZES = [100.0 * 2**k for k in range(6)]


def curve_of(scores: list[float], scale: ScoreScale | None = None) -> LearningCurve:
    points = [CurvePoint(n, (y,)) for n, y in zip(SIZES, scores, strict=False)]
    return fit_learning_curve(points, scale=scale)


LAWS = {
    "power": lambda n: 0.2 + 3 * n**-0.4,
    "rectified": lambda n: 0.3 + 40 / (300**0.5 + n**0.5),
    "straight": lambda n: 2 * n**-0.15,
    "flat": lambda n: 0.7,
}


@pytest.mark.parametrize("name", LAWS)
def test_a_law_without_noise_is_foreseen(name: str) -> None:
    law = LAWS[name]
    curve = curve_of([law(n) for n in SIZES], LOSS)
    for times in (2, 4, 8):
        expected = curve.times(times)
        truth = law(times * SIZES[-1])
        assert expected.low <= truth <= expected.high
        assert abs(expected.value / truth - 1) < 0.01 * times


def test_what_a_mark_needs_is_found_on_a_law() -> None:
    law = LAWS["straight"]
    need = curve_of([law(n) for n in SIZES], LOSS).needed(law(4 * SIZES[-1]))
    assert need.num_examples is not None
    assert need.low is not None
    assert need.low < 4 * SIZES[-1]
    assert 1 / 1.3 < need.num_examples / (4 * SIZES[-1]) < 1.3


def test_intervals_widen_with_the_distance_and_with_fewer_points() -> None:
    law = LAWS["power"]
    curve = curve_of([law(n) for n in SIZES], LOSS)
    widths = [curve.times(t).high - curve.times(t).low for t in (1, 2, 4, 8)]
    assert widths == sorted(widths)
    few = fit_learning_curve([CurvePoint(n, (law(n),)) for n in SIZES[-3:]], scale=LOSS)
    assert few.times(4).high - few.times(4).low > widths[2]


def test_repeats_narrow_what_is_expected_of_the_mean() -> None:
    rng = np.random.default_rng(0)
    law = LAWS["power"]

    def fitted(num_repeats: int) -> LearningCurve:
        points = [
            CurvePoint(n, tuple(law(n) * np.exp(rng.normal(0, 0.03, num_repeats)))) for n in SIZES
        ]
        return fit_learning_curve(points, scale=LOSS)

    one, many = (fitted(k).loss_at([2 * SIZES[-1]], of_a_run=False)[0].spread() for k in (1, 12))
    assert many < one


@pytest.mark.parametrize(
    "scores",
    [
        [0.5, 0.5, 0.5],
        [0.9, 0.7, 0.8, 0.6, 0.75, 0.5],
        [1.0, 1.0, 1.0],
        [0.0, 0.0, 0.0],
        [0.0, 1.0, 0.0, 1.0],
        [0.1, 0.2, 0.4, 0.7, 0.9, 0.99],
    ],
)
@pytest.mark.parametrize("num_scored", [None, 20])
def test_odd_curves_raise_nothing(scores: list[float], num_scored: int | None) -> None:
    curve = curve_of(scores, ScoreScale(num_scored=num_scored))
    for times in (0.5, 1, 2, 1000):
        expected = curve.times(times)
        assert 0 <= expected.low <= expected.value <= expected.high <= 1
    for mark in (0.0, 0.5, 0.99, 1.0):
        assert curve.needed(mark).sentence.startswith("the mark")


def test_order_and_repeats_of_the_points_do_not_matter() -> None:
    points = [CurvePoint(n, (0.6 + 0.05 * k,)) for k, n in enumerate(SIZES)]
    again = [*reversed(points[1:]), CurvePoint(SIZES[0], points[0].scores)]
    assert fit_learning_curve(points).times(4) == fit_learning_curve(again).times(4)


def test_words_say_what_the_figures_say() -> None:
    rising = curve_of([1 - 3 * n**-0.4 for n in SIZES], ScoreScale(num_scored=5000))
    assert rising.needed(0.5).sentence == "the mark 0.5 is reached with the examples there are"
    need = rising.needed(0.91)
    assert need.low is not None
    assert SIZES[-1] < need.low
    assert need.sentence.startswith("the mark 0.91 needs ")
    flat = curve_of([0.8] * 6, ScoreScale(num_scored=5000))
    assert flat.needed(0.95).sentence == "the mark 0.95 is not reachable by more of the same data"
    assert not flat.needed(0.95).is_reachable
    expected = flat.times(2)
    said = f"with 6,400 examples expect {expected.low:.2f} to {expected.high:.2f} (90% interval)"
    assert expected.sentence == said


@pytest.mark.parametrize(
    ("points", "word"),
    [
        ([(100, 0.5), (200, 0.6)], "2 sizes"),
        ([(100, 0.5), (100, 0.6), (200, 0.7)], "2 sizes"),
        ([(0, 0.5), (200, 0.6), (400, 0.7)], "0 is no number"),
        ([(100, 0.5), (200, 1.2), (400, 0.7)], "1.2"),
        ([(100, 0.5), (200, math.nan), (400, 0.7)], "nan"),
    ],
)
def test_unusable_points_are_named(points: list[tuple[float, float]], word: str) -> None:
    with pytest.raises(DataError, match=word):
        fit_learning_curve([CurvePoint(n, (y,)) for n, y in points])


def test_the_summed_level_is_that_of_a_direct_integral() -> None:
    """One shape, one noise setting: the closed form against a sum over levels of the normal density."""
    sizes_N = np.array(SIZES[:4])
    grid = shape_grid(first=sizes_N[0], last=sizes_N[-1], anchor=sizes_N[-1], prior=OF_LOSSES)
    y_N = np.log(np.array([0.9, 0.7, 0.6, 0.55]))
    evidence = weigh(grid, sizes_N, y_N, expected_noise_N=np.full(4, 0.02), expected_noise=0.02)
    setting, shapes = 17, [3, 400, 1500]
    noise, drift = evidence.noise_variance_Q[setting], evidence.drift_variance_Q[setting]
    back = np.log2(sizes_N[-1] / sizes_N)
    walk_NN = np.array(
        [[min(a, b) ** 2 * (3 * max(a, b) - min(a, b)) / 6 for b in back] for a in back]
    )
    density = multivariate_normal(np.zeros(4), noise * np.eye(4) + drift * walk_NN)
    levels = np.linspace(-3, 2, 20001)
    direct = []
    for shape in shapes:
        residual_N = y_N - grid.log_shapes(sizes_N)[shape]
        logs = density.logpdf(residual_N[None] - levels[:, None])
        direct.append(np.log(np.exp(logs - logs.max()).sum()) + logs.max())
    found = evidence.log_likelihood_QH[setting, shapes]
    assert np.diff(found) == pytest.approx(np.diff(direct), abs=1e-4)


def test_shapes_are_the_laws_of_their_families() -> None:
    grid = shape_grid(first=100, last=1600, anchor=1600, prior=OF_SHARES)
    sizes_N = np.array([100.0, 800.0, 1600.0, 6400.0])
    shapes_HN = np.exp(grid.log_shapes(sizes_N))
    formulas = {
        RECTIFIED: lambda n, b, k: 1 / (k**b + n**b),
        SHIFTED: lambda n, b, k: (n + k) ** -b,
        STRETCHED: lambda n, b, k: np.exp(-((n / k) ** b)),
    }
    for place in range(0, len(grid.weights), 97):
        b, knee, floor = grid.exponents[place], grid.knees[place], grid.floors[place]
        formula = formulas[grid.families[place]]
        at_anchor = formula(1600.0, b, knee)
        if at_anchor > 1e-200:
            law_N = floor + (1 - floor) * formula(sizes_N, b, knee) / at_anchor
            assert shapes_HN[place] == pytest.approx(law_N, rel=1e-9)
    assert grid.weights.sum() == pytest.approx(1)


def test_quantiles_of_a_mixture_have_their_shares_below() -> None:
    mixture = Mixture(np.array([0.3, 0.7]), np.array([-1.0, 2.0]), np.array([0.5, 0.1]))
    for share in (0.05, 0.3, 0.9):
        assert mixture.below(mixture.quantile(share)) == pytest.approx(share, abs=1e-6)
