"""Names beside the points of a plot: no two cover each other, a thin line leads to a point farther off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sartor.report.svg import CHARACTER_PX, Frame, line, text

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""

NOWHERE: Box = (0.0, 0.0, 0.0, 0.0)
ROWS = 8
"""Rows of names that are tried above and below a point."""
ROW_PX = 17
LED_FROM_PX = 12.0
"""From this distance on a line leads from the name to its point."""


@dataclass(frozen=True)
class Marked:
    """A point that is drawn, and what it is called."""

    name: str
    x: float
    reach: tuple[float, float, float]
    """Pixels of the interval's lower end, the value and the upper end; upward they decrease."""
    is_bold: bool

    @property
    def box(self) -> Box:
        """What its dot and its interval cover."""
        low, _, high = self.reach
        return (self.x - 7, min(high, low - 14), self.x + 7, low)


def names_beside(frame: Frame, points: Sequence[Marked], note: Box) -> list[Markup]:
    """Each name at the first place that is still free, the boldest first.

    Args:
        frame: In which names stay.
        points: All that are drawn.
        note: Words that stand in the plot already.
    """
    taken = [note, *(point.box for point in points)]
    marks = []
    for point in sorted(points, key=lambda p: not p.is_bold):
        box = _free_box(frame, point, taken)
        taken.append(box)
        css = "name winner" if point.is_bold else "name"
        marks += [*_leader(point, box), text(box[0], box[3] - 4, point.name, css)]
    return marks


def _free_box(frame: Frame, point: Marked, taken: Sequence[Box]) -> Box:
    """Where a name fits; where none does, the place inside that covers least."""
    width = len(point.name) * CHARACTER_PX
    boxes = [(x, row - 12, x + width, row + 4) for x, row in _places(point, width)]
    inside = [box for box in boxes if _is_inside(box, frame)] or boxes[:1]
    return min(inside, key=lambda box: sum(covered(box, other) for other in taken))


def _places(point: Marked, width: float) -> Iterator[tuple[float, float]]:
    """Left end and baseline to try, the best place first: beside, above, below, farther off."""
    x, middle = point.x, point.reach[1]
    above, below = point.box[1] - 6, point.box[3] + 15
    lefts = (x + 11, x - 11 - width, x - width / 2)
    yield from ((left, middle + 5) for left in lefts[:2])
    yield from ((lefts[2], row) for row in (above, below))
    rows = [middle + 5, middle - 12, middle + 22]
    for step in range(ROWS):
        rows += [above - step * ROW_PX, below + step * ROW_PX]
    for row in rows:
        yield from ((left, row) for left in (*lefts, x - width + 6, x - 6))


def _leader(point: Marked, box: Box) -> list[Markup]:
    """A line from the interval to a name that stands neither over, nor under, nor beside its dot."""
    left, top, right, bottom = box
    _, high, _, low = point.box
    x, y = min(max(point.x, left), right), min(max(point.reach[1], top), bottom)
    is_beside = y == point.reach[1] and abs(x - point.x) <= LED_FROM_PX
    is_over = left <= point.x - 4 and point.x + 4 <= right
    distance = max(high - bottom, top - low)
    if is_beside or (is_over and distance <= LED_FROM_PX):
        return []
    from_y = min(max(y, high - 2), low + 2)
    return [line(point.x, from_y, x, min(max(from_y, top), bottom), "leader")]


def covered(one: Box, other: Box) -> float:
    """Square pixels that both cover."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    upward = min(one[3], other[3]) - max(one[1], other[1])
    return across * upward if across > 0 and upward > 0 else 0.0


def _is_inside(box: Box, frame: Frame) -> bool:
    is_across = frame.left < box[0] and box[2] < frame.width
    return is_across and frame.top - 8 < box[1] and box[3] < frame.height - frame.bottom
