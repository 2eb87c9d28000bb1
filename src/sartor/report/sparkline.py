"""A share over time, small: a line, its intervals as a band, a dot at each end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from markupsafe import Markup

from sartor.core.score import Estimate
from sartor.report.svg import Axis, Frame, circle, line, path, picture, text
from sartor.report.words import one_line, percent

WIDTH_PX, HEIGHT_PX = 320, 92


def sparkline(
    shares_P: Sequence[Estimate], periods: Sequence[str], *, name: str, width: int = WIDTH_PX
) -> Markup:
    """Draw a share of messages by period; a period without messages is a gap.

    Args:
        shares_P: One a period.
        periods: Their names.
        name: What it is a share of, for those who cannot see it.
        width: In pixels.
    """
    frame = Frame(width, HEIGHT_PX, left=44, right=6, top=8, bottom=20)
    across = frame.across(0, max(1, len(periods) - 1))
    top = max(_mark(shares_P), 0.001)
    upward = frame.upward(0, top)
    marks = [
        line(frame.left, upward.place(0), frame.width - frame.right, upward.place(0), "axis"),
        line(frame.left, upward.place(top), frame.width - frame.right, upward.place(top), "grid"),
        text(frame.left - 6, upward.place(top) + 8, percent(top), "tick", anchor="end"),
        text(frame.left - 6, upward.place(0) + 2, "0", "tick", anchor="end"),
        text(frame.left, frame.height - 4, periods[0], "tick"),
        text(frame.width - frame.right, frame.height - 4, periods[-1], "tick", anchor="end"),
    ]
    for stretch in _stretches(shares_P):
        marks += _stretch(stretch, shares_P, across, upward)
    for at in (stretch_ends := _ends(shares_P)):
        share = shares_P[at]
        words = f"{periods[at]}: {percent(share.value, 1)}"
        is_last = at == stretch_ends[-1]
        marks.append(
            circle(
                across.place(at),
                upward.place(share.value),
                4.5 if is_last else 3,
                "dot winner" if is_last else "dot",
                title=words,
            )
        )
    return picture(
        frame, marks, says=f"Share of {one_line(name)} from {periods[0]} to {periods[-1]}"
    )


def _mark(shares_P: Sequence[Estimate]) -> float:
    """Top of the axis: the highest share with some room, where its interval does not need more.

    A period of three messages has an interval up to one; it would press the line flat.
    """
    known = [share for share in shares_P if share.num_examples]
    highest = max((share.value for share in known), default=0.0)
    upper = sorted(share.high for share in known)
    usual = upper[int(0.9 * (len(upper) - 1))] if upper else 0.0
    return min(1.0, max(1.1 * highest, usual))


def _stretches(shares_P: Sequence[Estimate]) -> list[list[int]]:
    """Places of neighbouring periods with messages."""
    places = range(len(shares_P))
    return [
        list(run)
        for has_rows, run in groupby(places, key=lambda at: shares_P[at].num_examples > 0)
        if has_rows
    ]


def _ends(shares_P: Sequence[Estimate]) -> list[int]:
    """The first and the last period with messages."""
    known = [at for at, share in enumerate(shares_P) if share.num_examples]
    return sorted({known[0], known[-1]}) if known else []


def _stretch(
    places: Sequence[int], shares_P: Sequence[Estimate], across: Axis, upward: Axis
) -> list[Markup]:
    high = [(across.place(at), upward.place(shares_P[at].high)) for at in places]
    low = [(across.place(at), upward.place(shares_P[at].low)) for at in reversed(places)]
    middle = [(across.place(at), upward.place(shares_P[at].value)) for at in places]
    if len(places) == 1:
        return [line(*low[0], *high[0], "band-line"), circle(*middle[0], 2.5, "dot")]
    return [path([*high, *low], "band", is_closed=True), path(middle, "curve")]
