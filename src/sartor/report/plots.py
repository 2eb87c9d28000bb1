"""The plots of the report, each drawn twice: for a wide page and for a telephone.

A drawing that merely shrinks becomes illegible; the style sheet shows the one that fits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from sartor.core.decision import Automation
from sartor.report.svg import (
    Axis,
    Frame,
    circle,
    horizontal_axis,
    line,
    path,
    picture,
    rect,
    text,
    vertical_axis,
)
from sartor.report.words import of_hundred, one_line, percent

WIDE_PX, HALF_PX, NARROW_PX = 1080, 520, 350
"""Widths at which the drawings are made; a pixel of the drawing is about one of the screen."""


def responsive(draw: Callable[[int], Markup], wide_px: int) -> Markup:
    """Both drawings of a plot."""
    return Markup('<div class="plot wide">{}</div><div class="plot narrow">{}</div>').format(
        draw(wide_px), draw(NARROW_PX)
    )


def risk_coverage(automation: Automation, *, width: int) -> Markup:
    """Precision over the share of messages answered alone; the promise and the choice on it."""
    frame = Frame(width, 330, right=18)
    points = sorted(automation.curve, key=lambda point: point.coverage)
    promised, is_silent = automation.precision_promised, automation.threshold > 1
    floor = min([p.precision for p in points if p.coverage > 0.02] + [promised])
    across, upward = frame.across(0, 1), frame.upward(max(0.0, floor - 0.03), 1.0)
    marks = [
        *vertical_axis(frame, upward, title="share right", form=percent, num_ticks=5),
        *horizontal_axis(
            frame, across, title="share of messages answered alone", form=percent, num_ticks=5
        ),
    ]
    right, level = frame.width - frame.right, upward.place(promised)
    marks.append(line(frame.left, level, right, level, "promise"))
    marks.append(text(frame.left + 6, level + 17, f"promised {percent(promised)}", "note"))
    if points:
        marks.append(
            path([(across.place(p.coverage), upward.place(p.precision)) for p in points], "curve")
        )
    if not is_silent:
        marks += _chosen(frame, across, upward, automation)
    return picture(frame, marks, says="Share right over share of messages answered alone")


def _chosen(frame: Frame, across: Axis, upward: Axis, automation: Automation) -> list[Markup]:
    """The chosen threshold, with its intervals in both directions."""
    rate, precision = automation.rate, automation.precision
    x, y = across.place(rate.value), upward.place(precision.value)
    base = frame.height - frame.bottom
    anchor = "end" if rate.value > 0.5 else "start"
    x_words = x - 9 if anchor == "end" else x + 9
    words = f"confidence ≥ {automation.threshold:.2f}"
    return [
        rect(
            across.place(rate.low),
            frame.top,
            across.place(rate.high) - across.place(rate.low),
            base - frame.top,
            "band",
        ),
        line(x, frame.top, x, base, "drop"),
        line(x, upward.place(precision.low), x, upward.place(precision.high), "bar winner"),
        circle(x, y, 6, "dot winner", title=f"confidence at least {automation.threshold:.3f}"),
        text(x_words, base - 26, f"{percent(rate.value)} alone", "name winner", anchor=anchor),
        text(x_words, base - 9, words, "note", anchor=anchor),
    ]


def reliability(automation: Automation, *, width: int) -> Markup:
    """Share right over confidence; on the diagonal the confidence means what it says."""
    frame = Frame(width, 330, right=18)
    across, upward = frame.across(0, 1), frame.upward(0, 1)
    largest = max([rows for _, _, rows in automation.reliability], default=1)
    marks = [
        *vertical_axis(frame, upward, title="share right", form=percent, num_ticks=5),
        *horizontal_axis(frame, across, title="confidence", form=percent, num_ticks=5),
        line(across.place(0), upward.place(0), across.place(1), upward.place(1), "promise"),
    ]
    for confidence, share_right, rows in automation.reliability:
        if rows:
            radius = 3 + 11 * (rows / largest) ** 0.5
            title = f"{rows} rows: confidence {confidence:.2f}, right {share_right:.2f}"
            x, y = across.place(confidence), upward.place(share_right)
            marks.append(circle(x, y, radius, "bubble", title=title))
    return picture(frame, marks, says="Share right over calibrated confidence")


def hundred_messages(automation: Automation, *, columns: int) -> Markup:
    """A hundred messages as squares: answered alone and right, alone and wrong, for people."""
    num_alone = round(100 * automation.rate.value)
    num_wrong = round(num_alone * (1 - automation.precision.value))
    kinds = ["right"] * (num_alone - num_wrong) + ["wrong"] * num_wrong
    kinds += ["people"] * (100 - num_alone)
    frame = Frame(columns * 22, (100 // columns) * 22, 0, 0, 0, 0)
    squares = [
        rect(22 * (index % columns) + 2, 22 * (index // columns) + 2, 18, 18, f"square {kind}")
        for index, kind in enumerate(kinds)
    ]
    says = f"{of_hundred(automation.rate.value)} of 100 messages are answered alone"
    return picture(frame, squares, says=says)


def label_skyline(
    rows_by_label: Sequence[tuple[str, int]], *, width: int, title: str = "rows in train"
) -> Markup:
    """Rows of each label as thin bars, the most frequent first, for many labels."""
    frame = Frame(width, 210, right=4, bottom=28)
    upward = frame.upward(0, max([rows for _, rows in rows_by_label], default=1) or 1)
    base = upward.place(0)
    slot = (frame.width - frame.left - frame.right) / max(1, len(rows_by_label))
    marks = vertical_axis(frame, upward, title=title, form=lambda value: f"{value:g}", num_ticks=4)
    for index, (label, rows) in enumerate(rows_by_label):
        x, y = frame.left + index * slot, upward.place(rows)
        bar = rect(x + 0.1 * slot, y, 0.8 * slot, base - y, "column")
        marks.append(Markup("<g><title>{}: {}</title>{}</g>").format(one_line(label), rows, bar))
    words = f"{len(rows_by_label)} labels, the most frequent first"
    return picture(frame, [*marks, text(frame.left, frame.height - 6, words, "title")], says=words)
