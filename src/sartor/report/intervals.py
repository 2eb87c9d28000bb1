"""Interval bars on a common axis: they stretch with the page, so lengths are percentages.

The words beside them are ordinary page text and never shrink with the drawing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from markupsafe import Markup

from sartor.core.decision import TargetResult
from sartor.core.score import Estimate
from sartor.report.svg import round_step, round_ticks
from sartor.report.words import is_higher_better, percent, short_measured

ZOOM = 5.0
"""The axis reaches this many times as far as the median candidate lies from the best."""
LEFT_SHARE, RIGHT_SHARE = 0.03, 0.97
"""Where the axis begins and ends within the drawing, so that end marks are not cut."""
LINE_PX = 22
"""Height of a line of words beside the bars; the style sheet sets the same."""


@dataclass(frozen=True)
class Scale:
    """A stretch of values that every bar of one table is drawn on."""

    low: float
    high: float
    is_low_cut: bool = False
    """Whether a candidate lies below the low end."""
    is_high_cut: bool = False
    """Whether a candidate lies above the high end."""

    def share(self, value: float) -> float:
        """Place of a value, 0 to 1 of the drawing's width."""
        inside = min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))
        return LEFT_SHARE + inside * (RIGHT_SHARE - LEFT_SHARE)

    def holds(self, value: float) -> bool:
        """Whether the value lies on the stretch."""
        return self.low <= value <= self.high


def zoomed_scale(estimates: Sequence[Estimate], metric: str) -> Scale:
    """A scale that shows differences among the good candidates.

    One hopeless candidate would press all others into a line; it falls off the bad end instead,
    where an arrow stands for it. At least half of the candidates are always on the scale.
    """
    is_more = is_higher_better(metric)
    best = max(e.high for e in estimates) if is_more else min(e.low for e in estimates)
    reach = ZOOM * max(abs(best - median(e.value for e in estimates)), 1e-9)
    low, high = min(e.low for e in estimates), max(e.high for e in estimates)
    cut_low = max(low, best - reach) if is_more else low
    cut_high = high if is_more else min(high, best + reach)
    padding = 0.04 * (cut_high - cut_low) or 0.01
    return Scale(cut_low - padding, cut_high + padding, cut_low > low, cut_high < high)


def interval_bars(
    test: Estimate | None, valid: Estimate | None, *, scale: Scale, is_winner: bool
) -> Markup:
    """One candidate: the test estimate strong, under it the rows that choose, light.

    Each bar is as high as the line of words that stands beside it.
    """
    drawn = [(test, "winner" if is_winner else "test"), (valid, "valid")]
    bars = [(estimate, css) for estimate, css in drawn if estimate is not None]
    height = LINE_PX * max(1, len(bars))
    marks = [_upright(scale, tick, 0, height, "grid") for tick in _ticks(scale)]
    for index, (estimate, css) in enumerate(bars):
        marks.append(_bar(estimate, LINE_PX * index + LINE_PX // 2, scale, css))
    return Markup('<svg class="bars" height="{}" aria-hidden="true">{}</svg>').format(
        height, Markup("").join(marks)
    )


def interval_axis(scale: Scale, metric: str) -> Markup:
    """The axis above a column of bars."""
    return _axis(scale, lambda tick: short_measured(tick, metric))


def share_axis(scale: Scale) -> Markup:
    """The axis above a column of shares of messages, in percent."""
    return _axis(scale, percent)


def _axis(scale: Scale, form: Callable[[float], str]) -> Markup:
    labels = [
        Markup('<text x="{}" y="11" text-anchor="middle">{}</text>').format(
            _at(scale, tick), form(tick)
        )
        for tick in _ticks(scale)
    ]
    return Markup('<svg class="bars" height="16" aria-hidden="true">{}</svg>').format(
        Markup("").join(labels)
    )


def target_tape(target: TargetResult) -> Markup:
    """A measuring tape: the interval above it, the mark as a line across it."""
    mark = target.at_least if target.at_least is not None else target.at_most
    ends = [target.low, target.high, target.value, *([] if mark is None else [mark])]
    padding = 0.35 * (max(ends) - min(ends)) or 0.01
    scale = Scale(min(ends) - padding, max(ends) + padding)
    result = Estimate(target.value, target.low, target.high, 0, "")
    marks = [
        Markup('<rect class="tape" x="0" y="26" width="100%" height="26"/>'),
        *_tape_ticks(scale, target.metric),
        _bar(result, 13, scale, "good" if target.met else "bad"),
    ]
    if mark is not None:
        marks.append(_upright(scale, mark, 2, 26, "mark"))
        marks.append(_upright(scale, mark, 26, 38, "mark on-tape"))
    return Markup('<svg class="bars tape-measure" height="52" aria-hidden="true">{}</svg>').format(
        Markup("").join(marks)
    )


def _tape_ticks(scale: Scale, metric: str) -> list[Markup]:
    step = round_step((scale.high - scale.low) / 5)
    small = round_ticks(scale.low, scale.high, max(1, round(10 * (scale.high - scale.low) / step)))
    marks = [_upright(scale, tick, 26, 31, "tape-tick") for tick in small]
    for tick in round_ticks(scale.low, scale.high, 5):
        marks.append(_upright(scale, tick, 26, 36, "tape-tick"))
        marks.append(
            Markup('<text class="tape-word" x="{}" y="48" text-anchor="middle">{}</text>').format(
                _at(scale, tick), short_measured(tick, metric)
            )
        )
    return marks


def _bar(estimate: Estimate, y: int, scale: Scale, css: str) -> Markup:
    """A line from low to high with its value as a dot, or an arrow where it is off the scale."""
    if not scale.holds(estimate.value):
        return _arrow(y, is_left=estimate.value < scale.low, css=css)
    return Markup(
        '<line class="bar {0}" x1="{1}" x2="{2}" y1="{3}" y2="{3}"/>'
        '<circle class="dot {0}" cx="{4}" cy="{3}" r="4.5"/>'
    ).format(
        css, _at(scale, estimate.low), _at(scale, estimate.high), y, _at(scale, estimate.value)
    )


def _arrow(y: int, *, is_left: bool, css: str) -> Markup:
    x, word = ("1%", "◂") if is_left else ("99%", "▸")
    return Markup('<text class="arrow {}" x="{}" y="{}" text-anchor="{}">{}</text>').format(
        css, x, y + 5, "start" if is_left else "end", word
    )


def _ticks(scale: Scale) -> list[float]:
    return round_ticks(scale.low, scale.high, 3)


def _upright(scale: Scale, value: float, top: int, bottom: int, css: str) -> Markup:
    return Markup('<line class="{0}" x1="{1}" x2="{1}" y1="{2}" y2="{3}"/>').format(
        css, _at(scale, value), top, bottom
    )


def _at(scale: Scale, value: float) -> str:
    return f"{100 * scale.share(value):.2f}%"
