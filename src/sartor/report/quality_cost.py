"""The plot of quality against cost: is the dearer candidate worth its price?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sartor.core.score import Estimate
from sartor.report.intervals import Scale, zoomed_scale
from sartor.report.plots import NARROW_PX
from sartor.report.point_names import NOWHERE, Box, Marked, covered, names_beside
from sartor.report.svg import (
    CHARACTER_PX,
    Axis,
    Frame,
    circle,
    horizontal_axis,
    line,
    picture,
    rect,
    text,
    vertical_axis,
)
from sartor.report.words import axis_measured, is_higher_better, metric_name, short_measured

LOG_FROM_RATIO = 5.0
"""From this ratio of dearest to cheapest on, costs are drawn on a log axis."""

APART_PX = 18.0
"""Distance of points that would cover each other, where there is room for it."""
EDGE_PX = 9.0
"""From a point's middle to the end of the axis."""


@dataclass(frozen=True)
class Point:
    """A candidate on the plot of quality against cost."""

    label: str
    """Short name; empty for candidates that are only dots."""
    title: str
    """Shown when the pointer rests on it."""
    cost: float
    chosen_by: Estimate
    """On the rows that choose."""
    is_winner: bool


def quality_against_cost(
    points: Sequence[Point],
    *,
    metric: str,
    tolerance: float | None,
    cost_title: str,
    cost_words: Callable[[float], str],
    width: int,
) -> Markup:
    """Finalists with error bars over what they cost to run; the tolerance as a band.

    Args:
        points: At least one with a label; those without one are candidates left behind.
        tolerance: In units of the metric; None where it is not known.
        width: Of the drawing, in pixels.
    """
    frame = Frame(width, 400 if width > NARROW_PX else 340, right=24)
    named = [point for point in points if point.label]
    scale = zoomed_scale([p.chosen_by for p in named], metric)
    across = _cost_axis(frame, [point.cost for point in points])
    edges = _tolerance_edge(named, metric, tolerance)
    upward = _quality_axis(frame, scale, edges)
    placed = list(zip(named, _side_by_side(named, across), strict=True))
    marked = [
        Marked(point.label, x, _reach(point, upward), is_bold=point.is_winner)
        for point, x in placed
    ]
    words = f"within {short_measured(tolerance or 0.0, metric)} of the best"
    band, taken = _tolerance_band(frame, upward, edges, words, marked) if edges else ([], NOWHERE)
    marks = [
        *band,
        *vertical_axis(
            frame,
            upward,
            title=metric_name(metric),
            form=lambda value: axis_measured(value, metric),
            num_ticks=6,
        ),
        *horizontal_axis(
            frame,
            across,
            title=f"{cost_title}, log scale" if across.is_log else cost_title,
            form=cost_words,
            num_ticks=width // 110,
        ),
        *[_left_behind(p, across, upward) for p in points if not p.label and _fits(p, scale)],
        *[mark for point, x in placed for mark in _finalist(point, x, upward, scale)],
        *names_beside(frame, marked, taken),
    ]
    return picture(frame, marks, says=f"{metric_name(metric)} of each candidate over its cost")


def _quality_axis(frame: Frame, scale: Scale, edges: tuple[float, float] | None) -> Axis:
    """The candidates' scale, the whole tolerance band, and room above for a name."""
    low, high = min((scale.low, *(edges or ()))), max((scale.high, *(edges or ())))
    return frame.upward(low, high + 0.08 * (high - low))


def _cost_axis(frame: Frame, costs: Sequence[float]) -> Axis:
    """Log where costs differ widely; what costs nothing then stands at the left end."""
    positive = [cost for cost in costs if cost > 0] or [1.0]
    low, high = min(positive), max(positive)
    if high / low < LOG_FROM_RATIO:
        padding = 0.12 * (high - min(costs)) or 0.1 * high
        return frame.across(max(0.0, min(costs) - padding), high + padding)
    return frame.across(low / 2, high * 2, is_log=True)


def _fits(point: Point, scale: Scale) -> bool:
    return scale.holds(point.chosen_by.value)


def _tolerance_edge(
    named: Sequence[Point], metric: str, tolerance: float | None
) -> tuple[float, float] | None:
    """The best value and the worst one that the tolerance allows beside it."""
    if not tolerance:
        return None
    values = [point.chosen_by.value for point in named]
    if is_higher_better(metric):
        return max(values), max(values) - tolerance
    return min(values), min(values) + tolerance


def _tolerance_band(
    frame: Frame,
    upward: Axis,
    edges: tuple[float, float],
    words: str,
    points: Sequence[Marked],
) -> tuple[list[Markup], Box]:
    """The band with its words, and the box that the words fill: where they cover the fewest points."""
    best, edge = (upward.place(value) for value in edges)
    x, right = frame.left, frame.width - frame.right
    has_room_below = edge + 24 < frame.height - frame.bottom
    baseline = edge + 16 if has_room_below else edge - 7
    width = len(words) * CHARACTER_PX
    lefts = (x + 6, right - width - 6, (x + right - width) / 2)
    boxes = [(left, baseline - 12, left + width, baseline + 4) for left in lefts]
    box = min(boxes, key=lambda box: sum(covered(box, point.box) for point in points))
    marks = [
        rect(x, min(best, edge), right - x, abs(edge - best), "band"),
        line(x, edge, right, edge, "band-edge"),
        text(box[0], baseline, words, "note"),
    ]
    return marks, box


def _left_behind(point: Point, across: Axis, upward: Axis) -> Markup:
    x, y = across.place(point.cost), upward.place(point.chosen_by.value)
    return circle(x, y, 3.5, "left-behind", title=point.title)


def _side_by_side(named: Sequence[Point], across: Axis) -> list[float]:
    """Pixels of the points, those that would cover each other moved apart around their middle."""
    wanted = [across.place(point.cost) for point in named]
    order = sorted(range(len(named)), key=lambda i: (wanted[i], i))
    clusters: list[list[int]] = []
    for index in order:
        clusters.append([index])
        while len(clusters) > 1 and _touch(clusters[-2], clusters[-1], wanted, across):
            clusters[-2:] = [clusters[-2] + clusters[-1]]
    places = dict(zip(range(len(named)), wanted, strict=True))
    for cluster in clusters:
        places |= dict(zip(cluster, _spread(cluster, wanted, across), strict=True))
    return [places[index] for index in range(len(named))]


def _spread(cluster: Sequence[int], wanted: Sequence[float], across: Axis) -> list[float]:
    """Places around the middle of the wanted ones, closer together where the axis is short."""
    low, high = across.start_px + EDGE_PX, across.end_px - EDGE_PX
    gaps = max(1, len(cluster) - 1)
    apart = min(APART_PX, (high - low) / gaps)
    middle = sum(wanted[index] for index in cluster) / len(cluster)
    half = apart * (len(cluster) - 1) / 2
    first = min(max(middle, low + half), high - half) - half
    return [first + apart * place for place in range(len(cluster))]


def _touch(
    left: Sequence[int], right: Sequence[int], wanted: Sequence[float], across: Axis
) -> bool:
    gap = _spread(right, wanted, across)[0] - _spread(left, wanted, across)[-1]
    return gap < APART_PX


def _finalist(point: Point, x: float, upward: Axis, scale: Scale) -> list[Markup]:
    """The estimate with its interval, or an arrow at the edge it lies beyond."""
    css = "winner" if point.is_winner else "finalist"
    if not _fits(point, scale):
        is_below = point.chosen_by.value < scale.low
        y = upward.place(point.chosen_by.value) + (0 if is_below else 10)
        return [text(x, y, "▾" if is_below else "▴", "off", anchor="middle")]
    low, _, high = _reach(point, upward)
    dot = circle(x, upward.place(point.chosen_by.value), 6, f"dot {css}", title=point.title)
    return [line(x, low, x, high, f"bar {css}"), dot]


def _reach(point: Point, upward: Axis) -> tuple[float, float, float]:
    """Pixels of the interval's lower end, the value and the upper end."""
    found = point.chosen_by
    return upward.place(found.low), upward.place(found.value), upward.place(found.high)
