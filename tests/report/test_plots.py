"""The drawings: scales that show differences, ticks that are round, points that do not hide."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sartor.core.score import Estimate
from sartor.report.intervals import zoomed_scale
from sartor.report.quality_cost import APART_PX, Point, quality_against_cost
from sartor.report.svg import Axis, round_ticks
from sartor.report.words import short_money


def made(value: float) -> Estimate:
    return Estimate(value, value - 0.01, value + 0.01, 100, "cluster bootstrap")


def point(label: str, cost: float, value: float, *, is_winner: bool = False) -> Point:
    return Point(label, label, cost, made(value), is_winner)


def drawn(points: list[Point], *, width: int = 1080, tolerance: float | None = 0.01) -> str:
    return quality_against_cost(
        points,
        metric="accuracy",
        tolerance=tolerance,
        cost_title="cost",
        cost_words=short_money,
        width=width,
    )


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-6, 1e6), wanted=st.integers(1, 12))
def test_ticks_lie_inside_the_axis_and_are_not_crowded(low, span, wanted):
    ticks = round_ticks(low, low + span, wanted)
    assert len(ticks) <= wanted + 1
    assert all(low - 1e-6 * span - 1e-9 <= tick <= low + span * (1 + 1e-6) + 1e-9 for tick in ticks)


def test_ticks_are_multiples_of_one_two_or_five():
    assert round_ticks(0.0, 1.0, 5) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert round_ticks(0.93, 0.95, 4) == [0.93, 0.935, 0.94, 0.945, 0.95]


def test_a_log_axis_places_equal_ratios_at_equal_distances():
    axis = Axis(0.001, 10.0, 0.0, 400.0, is_log=True)
    assert [axis.place(cost) for cost in (0.001, 0.1, 10.0)] == pytest.approx([0, 200, 400])
    assert axis.place(0.0) == 0.0


def test_one_hopeless_candidate_does_not_flatten_the_others():
    scale = zoomed_scale([made(v) for v in (0.94, 0.93, 0.92, 0.05)], "accuracy")
    assert scale.is_low_cut
    assert not scale.holds(0.05)
    assert scale.share(0.94) - scale.share(0.92) > 0.1


def test_where_less_is_better_the_hopeless_end_is_the_high_one():
    scale = zoomed_scale([made(v) for v in (0.40, 0.42, 0.45, 9.0)], "mae")
    assert scale.is_high_cut
    assert not scale.is_low_cut
    assert scale.holds(0.40)


def test_equal_candidates_still_have_a_scale():
    scale = zoomed_scale([Estimate(1.0, 1.0, 1.0, 10, "exact")] * 2, "accuracy")
    assert 0 < scale.share(1.0) < 1


def test_points_of_equal_cost_stand_side_by_side():
    svg = drawn([point("a", 0.003, 0.9), point("b", 0.003, 0.91), point("c", 0.003, 0.92)])
    xs = sorted(float(x) for x in re.findall(r'class="dot [a-z]+" cx="([\d.]+)"', svg))
    assert [b - a for a, b in pairwise(xs)] == pytest.approx([APART_PX] * 2)


@pytest.mark.parametrize("width", [350, 1080])
def test_names_do_not_cover_each_other(width):
    names = ["full", "lora", "last_layers", "head", "few_shot", "zero_shot", "tfidf"]
    points = [point(name, 0.003 + 0.00001 * i, 0.9 + 0.004 * i) for i, name in enumerate(names)]
    svg = drawn([*points, point("majority", 0.00001, 0.9)], width=width)
    found = re.findall(r'<text class="name" x="([\d.-]+)" y="([\d.-]+)"[^>]*>([^<]+)<', svg)
    boxes = [(float(x), float(y), float(x) + 6 * len(name)) for x, y, name in found]
    assert len(boxes) == 8
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            is_apart = one[2] <= other[0] or other[2] <= one[0] or abs(one[1] - other[1]) >= 12
            assert is_apart, (one, other)


@pytest.mark.parametrize("width", [350, 1080])
def test_however_many_cost_the_same_all_stay_in_the_picture_with_their_names(width):
    names = [
        "contrastive",
        "full",
        "lora",
        "last_layers",
        "mlp_head",
        "head",
        "few_shot",
        "nearest",
    ]
    points = [point(name, 0.0013, 0.88 - 0.005 * i) for i, name in enumerate(names)]
    svg = drawn(
        [*points, point("zero_shot", 0.0013, 0.1), point("tfidf", 0.0008, 0.7)], width=width
    )
    dots = [float(x) for x in re.findall(r'class="dot [a-z]+" cx="([\d.]+)"', svg)]
    assert len(dots) + svg.count('class="off"') == 10  # arrows stand for those beyond the axis
    assert all(52 <= x <= width - 24 for x in dots)
    found = re.findall(r'<text class="name[^"]*" x="([\d.-]+)" y="([\d.-]+)"[^>]*>([^<]+)<', svg)
    assert len(found) == 10
    for x, y, name in found:
        assert 52 < float(x) < float(x) + 6 * len(name) < width, name
        assert 0 < float(y) < 400, name


def test_a_line_leads_to_the_point_of_a_name_that_stands_elsewhere():
    alone = drawn([point("a", 0.001, 0.92), point("b", 0.004, 0.90)])
    assert "leader" not in alone
    crowd = drawn([point(f"candidate_{i}", 0.003, 0.9 + 0.001 * i) for i in range(7)], width=350)
    dots = {float(x) for x in re.findall(r'class="dot [a-z]+" cx="([\d.]+)"', crowd)}
    leaders = [float(x) for x in re.findall(r'class="leader" x1="([\d.]+)"', crowd)]
    assert leaders
    assert {*leaders} <= dots


def test_the_band_is_as_wide_as_the_tolerance_and_absent_without_one():
    points = [point("a", 0.001, 0.92), point("b", 0.003, 0.90)]
    heights = [
        float(re.search(r'class="band" [^>]*height="([\d.]+)"', drawn(points, tolerance=t))[1])
        for t in (0.005, 0.01)
    ]
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.2)
    assert 'class="band"' not in drawn(points, tolerance=None)


def test_the_words_of_the_band_leave_the_points_free():
    """The cheapest candidate stands where they would stand first."""
    svg = drawn([point("tfidf", 0.0001, 0.905), point("full", 0.0012, 0.91)], width=350)
    x = float(re.search(r'class="note" x="([\d.]+)"', svg)[1])
    words = len("within 0.01 of the best") * 6.5
    cheapest = min(float(found) for found in re.findall(r'class="dot [a-z]+" cx="([\d.]+)"', svg))
    assert not x - 7 < cheapest < x + words + 7


def test_a_band_wider_than_all_differences_is_still_inside_the_picture():
    points = [point("a", 0.001, 0.920), point("b", 0.003, 0.921)]
    band = re.search(
        r'class="band" [^>]*y="([\d.]+)"[^>]*height="([\d.]+)"', drawn(points, tolerance=0.05)
    )
    assert float(band[1]) + float(band[2]) <= 400 - 46


def test_a_candidate_that_costs_nothing_is_drawn():
    svg = drawn([point("free", 0.0, 0.9), point("dear", 1.0, 0.91), point("mid", 0.1, 0.9)])
    assert "nan" not in svg
    assert svg.count('class="dot finalist"') == 3
