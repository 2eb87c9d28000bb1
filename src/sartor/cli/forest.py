"""Intervals as a tiny forest plot: one bar in letters for each row, all on one axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from sartor.core.leaderboard import CandidateRow
from sartor.core.score import Estimate
from sartor.report.intervals import Scale
from sartor.report.words import axis_measured


@dataclass(frozen=True)
class Glyphs:
    """What things are drawn with."""

    interval: str
    value: str
    off_low: str
    off_high: str
    done: str
    to_do: str
    marks: dict[str, str]
    """State to its mark."""


UNICODE = Glyphs(
    interval="━",
    value="●",
    off_low="◂",
    off_high="▸",
    done="━",
    to_do="─",
    marks={
        "waiting": "·",
        "training": "▸",
        "scored": "✓",
        "stopped": "■",
        "failed": "✗",
        "finalist": "◆",
        "winner": "★",
    },
)
ASCII = Glyphs(
    interval="-",
    value="o",
    off_low="<",
    off_high=">",
    done="#",
    to_do=".",
    marks={
        "waiting": " ",
        "training": ">",
        "scored": "+",
        "stopped": "x",
        "failed": "!",
        "finalist": "f",
        "winner": "*",
    },
)


def axis(ranked: Sequence[CandidateRow]) -> Scale | None:
    """One axis for all rows, zoomed on the better half; None before the first score.

    With so few cells to draw in, a hopeless row would press all others into one: it falls off the
    bad end instead.

    Args:
        ranked: All rows, the best first.
    """
    measured = [estimate for row in ranked if (estimate := _estimate(row)) is not None]
    if not measured:
        return None
    better = measured[: max(2, (len(measured) + 1) // 2)]
    low, high = min(e.low for e in better), max(e.high for e in better)
    padding = 0.0 if high > low else max(abs(high), 1.0) / 100
    return Scale(low - padding, high + padding)


def axis_header(scale: Scale | None, metric: str, *, width: int) -> str:
    """The values at the two ends of the axis, where there is room for both."""
    if scale is None:
        return ""
    low, high = axis_measured(scale.low, metric), axis_measured(scale.high, metric)
    return f"{low}{high:>{width - len(low)}}" if width >= len(low) + len(high) + 2 else ""


def bar(row: CandidateRow, scale: Scale | None, *, width: int, style: str, glyphs: Glyphs) -> Text:
    """The interval as a line and the value as a dot on it; an arrow where it is off the axis."""
    estimate = _estimate(row)
    if scale is None or estimate is None:
        return Text(" " * width)
    if estimate.value < scale.low:
        return Text(glyphs.off_low.ljust(width), style="dim")
    if estimate.value > scale.high:
        return Text(glyphs.off_high.rjust(width), style="dim")
    low, dot, high = (
        _cell(scale, value, width) for value in (estimate.low, estimate.value, estimate.high)
    )
    drawn = " " * low + glyphs.interval * (high - low + 1) + " " * (width - high - 1)
    return Text(drawn[:dot] + glyphs.value + drawn[dot + 1 :], style=style)


def _estimate(row: CandidateRow) -> Estimate | None:
    """The row's value with its interval, which may still be open."""
    if row.value is None:
        return None
    low = row.value if row.low is None else row.low
    high = row.value if row.high is None else row.high
    return Estimate(row.value, low, high, 0, "")


def _cell(scale: Scale, value: float, width: int) -> int:
    return min(width - 1, int(scale.share(value) * width))
