"""Upright columns: how many rows have a length, how many messages a period has."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from sartor.core.readiness import Histogram
from sartor.core.words import count
from sartor.report.svg import (
    CHARACTER_PX,
    Frame,
    line,
    picture,
    px,
    rect,
    round_ticks,
    text,
    vertical_axis,
)
from sartor.report.words import one_line

HEIGHT_PX, LOW_PX = 230, 150


def length_histogram(found: Histogram, *, width: int) -> Markup:
    """Rows by length, with the median; longer ones than fit stand in a column of their own."""
    frame = Frame(width, HEIGHT_PX, right=10)
    has_more = found.num_longer > 0
    num_slots = len(found.counts) + 2 * has_more
    slot = (frame.width - frame.left - frame.right) / num_slots
    upward = frame.upward(0, 1.12 * max([*found.counts, found.num_longer, 1]))
    base = upward.place(0)
    marks = vertical_axis(frame, upward, title="rows", form=_short, num_ticks=4)
    for at, rows in enumerate(found.counts):
        marks.append(
            _column(frame.left + at * slot, upward.place(rows), slot, base, _bin(found, at), rows)
        )
    marks.append(line(frame.left, base, frame.width - frame.right, base, "axis"))
    across = frame.left + len(found.counts) * slot
    for value in round_ticks(
        0, found.width * len(found.counts) - (found.width == 1), 5 if width > 400 else 4
    ):
        middle = 0.5 if found.width == 1 else 0.0
        x = frame.left + (value / found.width + middle) * slot
        if value == int(value):
            marks.append(text(x, base + 18, _short(value), "tick", anchor="middle"))
    if has_more:
        x = across + slot
        words = f"more than {count(found.width * len(found.counts) - 1)}"
        marks.append(
            _column(x, upward.place(found.num_longer), slot, base, words, found.num_longer)
        )
        marks.append(text(frame.width - frame.right, base + 35, "longer", "tick", anchor="end"))
    x = frame.left + min((found.median + 0.5) / found.width, len(found.counts)) * slot
    anchor = "end" if x > frame.width / 2 else "start"
    aside = -6 if anchor == "end" else 6
    marks.append(line(x, frame.top - 6, x, base, "drop"))
    marks.append(
        text(x + aside, frame.top + 4, f"median {count(found.median)}", "name", anchor=anchor)
    )
    says = f"{found.title}: median {count(found.median)}, longest {count(found.longest)}"
    return picture(frame, marks, says=says)


def messages_over_time(periods: Sequence[str], counts: Sequence[int], *, width: int) -> Markup:
    """Messages of each period, with the names of as many periods as fit."""
    frame = Frame(width, LOW_PX, right=10, bottom=28)
    upward = frame.upward(0, max([*counts, 1]))
    base = upward.place(0)
    slot = (frame.width - frame.left - frame.right) / len(periods)
    marks = vertical_axis(frame, upward, title="messages", form=_short, num_ticks=3)
    for at, (period, num) in enumerate(zip(periods, counts, strict=True)):
        marks.append(_column(frame.left + at * slot, upward.place(num), slot, base, period, num))
    marks.append(line(frame.left, base, frame.width - frame.right, base, "axis"))
    every = max(1, int((len(max(periods, key=len)) + 3) * CHARACTER_PX / slot + 1))
    for at in range(0, len(periods), every):
        middle = frame.left + (at + 0.5) * slot
        marks.append(text(middle, base + 19, periods[at], "tick", anchor="middle"))
    return picture(frame, marks, says=f"Messages from {periods[0]} to {periods[-1]}")


def _column(x: float, y: float, slot: float, base: float, name: str, num: int) -> Markup:
    """A column whose name and number show when the pointer rests on it."""
    bar = rect(x + 0.08 * slot, y, 0.84 * slot, base - y, "column")
    words = Markup("<title>{}: {}</title>").format(one_line(name), count(num))
    return Markup("<g>{}{}</g>").format(words, bar)


def _bin(found: Histogram, at: int) -> str:
    first, last = at * found.width, (at + 1) * found.width - 1
    return str(first) if first == last else f"{first} to {last}"


def _short(value: float) -> str:
    """A number on an axis."""
    return count(int(value)) if value == int(value) else px(value)
