"""Small SVG drawing: marks, axes and ticks, coloured by the page's style sheet.

Every mark carries a CSS class instead of a colour, so a plot follows light, dark and print.
Coordinates are pixels of the view box, rounded to a tenth: equal input, equal bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sartor.report.words import one_line

CHARACTER_PX = 7.0
"""Mean width of a character of a plot's 13 px text, a little on the safe side."""


@dataclass(frozen=True)
class Axis:
    """Maps values to pixels."""

    low: float
    high: float
    start_px: float
    end_px: float
    is_log: bool = False

    def place(self, value: float) -> float:
        """The pixel of a value; beyond the ends it stays at the end."""
        span = self._scaled(self.high) - self._scaled(self.low)
        share = (self._scaled(value) - self._scaled(self.low)) / span if span else 0.5
        return self.start_px + min(1.0, max(0.0, share)) * (self.end_px - self.start_px)

    def ticks(self, num_wanted: int) -> list[float]:
        """Round values inside the axis, about as many as wanted."""
        if self.is_log:
            return _log_ticks(self.low, self.high, num_wanted)
        return round_ticks(self.low, self.high, num_wanted)

    def _scaled(self, value: float) -> float:
        return math.log10(max(value, 1e-12)) if self.is_log else value


@dataclass(frozen=True)
class Frame:
    """The picture and the box within it that the data fills, in pixels."""

    width: int
    height: int
    left: int = 52
    right: int = 14
    top: int = 30
    bottom: int = 46

    def across(self, low: float, high: float, *, is_log: bool = False) -> Axis:
        """The horizontal axis."""
        return Axis(low, high, self.left, self.width - self.right, is_log)

    def upward(self, low: float, high: float) -> Axis:
        """The vertical axis."""
        return Axis(low, high, self.height - self.bottom, self.top)


def round_ticks(low: float, high: float, num_wanted: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten between two ends."""
    if not high > low:
        return [low]
    step = round_step((high - low) / max(1, num_wanted))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def round_step(at_least: float) -> float:
    """The smallest of 1, 2 or 5 times a power of ten that is no smaller."""
    power = 10.0 ** math.floor(math.log10(at_least))
    return next(power * unit for unit in (1, 2, 5, 10) if power * unit >= at_least * (1 - 1e-9))


def _log_ticks(low: float, high: float, num_wanted: int) -> list[float]:
    """Powers of ten, and their multiples where there is room for them."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    best: list[float] = []
    for units in ((1,), (1, 3), (1, 2, 5)):
        values = [unit * 10.0**power for power in powers for unit in units]
        inside = [value for value in values if low * 0.999 <= value <= high * 1.001]
        if len(inside) <= num_wanted or not best:
            best = inside
    return best


def picture(frame: Frame, marks: Sequence[Markup], *, says: str) -> Markup:
    """An `<svg>` of a fixed view box with a sentence for those who cannot see it."""
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        frame.width, frame.height, one_line(says), joined(marks)
    )


def joined(marks: Sequence[Markup]) -> Markup:
    return Markup("").join(marks)


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> Markup:
    return Markup('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
        css, px(x1), px(y1), px(x2), px(y2)
    )


def rect(x: float, y: float, width: float, height: float, css: str) -> Markup:
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
        css, px(x), px(y), px(max(0.0, width)), px(max(0.0, height))
    )


def circle(x: float, y: float, radius: float, css: str, *, title: str = "") -> Markup:
    """A dot; its title shows when the pointer rests on it."""
    inner = Markup("<title>{}</title>").format(one_line(title)) if title else Markup("")
    return Markup('<circle class="{}" cx="{}" cy="{}" r="{}">{}</circle>').format(
        css, px(x), px(y), px(radius), inner
    )


def path(points: Sequence[tuple[float, float]], css: str, *, is_closed: bool = False) -> Markup:
    steps = "L".join(f"{px(x)} {px(y)}" for x, y in points)
    return Markup('<path class="{}" d="M{}{}"/>').format(css, steps, "Z" if is_closed else "")


def text(x: float, y: float, words: str, css: str = "", *, anchor: str = "start") -> Markup:
    """Words at a place; `anchor` is `start`, `middle` or `end`."""
    return Markup('<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>').format(
        css, px(x), px(y), anchor, one_line(words)
    )


def px(value: float) -> str:
    """A coordinate to a tenth of a pixel, without a trailing zero or a negative one."""
    return f"{round(value, 1) + 0.0:g}"


def horizontal_axis(
    frame: Frame, axis: Axis, *, title: str, form: Callable[[float], str], num_ticks: int
) -> list[Markup]:
    """Ticks under the box, their words, and the title under them."""
    base = frame.height - frame.bottom
    marks = [line(frame.left, base, frame.width - frame.right, base, "axis")]
    for value in axis.ticks(num_ticks):
        x = axis.place(value)
        marks.append(line(x, base, x, base + 5, "axis"))
        marks.append(text(x, base + 19, form(value), "tick", anchor="middle"))
    middle = (frame.left + frame.width - frame.right) / 2
    return [*marks, text(middle, frame.height - 6, title, "title", anchor="middle")]


def vertical_axis(
    frame: Frame, axis: Axis, *, title: str, form: Callable[[float], str], num_ticks: int
) -> list[Markup]:
    """Faint lines across the box, their words at the left, and the title lying flat on top."""
    marks = [text(0, 14, title, "title")]
    for value in axis.ticks(num_ticks):
        y = axis.place(value)
        marks.append(line(frame.left, y, frame.width - frame.right, y, "grid"))
        marks.append(text(frame.left - 8, y + 4.5, form(value), "tick", anchor="end"))
    return marks
