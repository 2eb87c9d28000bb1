"""What messages are about over time, as a page for people who decide what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sartor.core.insight import Insight, Trend
from sartor.core.score import Estimate
from sartor.core.words import count, counted
from sartor.report import insight_words
from sartor.report.columns import messages_over_time
from sartor.report.intervals import Scale, interval_bars, share_axis
from sartor.report.page import environment, source
from sartor.report.plots import HALF_PX, WIDE_PX, responsive
from sartor.report.sparkline import sparkline
from sartor.report.view import KeyFigure
from sartor.report.words import p_value, percent

UNBROKEN_HYPHEN = "\u2011"
"""Of `2026-03`, which is one word."""
MOST_CARDS = 24
"""Things that are shown at once; the others are folded away."""
MOST_BARS = 40
MOST_MOODS = 10


@dataclass(frozen=True)
class TrendCard:
    """One of the small multiples."""

    trend: Trend
    plot: Markup | None
    direction: str
    words: str


@dataclass(frozen=True)
class Bars:
    """Shares with their intervals on one axis that begins at zero."""

    axis: Markup
    rows: list[tuple[Trend, Markup, str]]
    """What is shared, its bar, and its interval in words."""


def render_insight_page(data_hash: str, found: Insight) -> str:
    """Set an insight in type. Equal input gives equal bytes.

    Args:
        data_hash: Of the dataset.
        found: Its texts are cleared of personal data.

    Returns:
        A whole HTML document without any reference outside itself, and without a script.
    """
    sections = _sections(found)
    cards = [_card(trend, found) for trend in found.trends] if found.periods else []
    return (
        environment()
        .get_template("sheet.html.jinja")
        .render(
            title=f"What messages are about – Sartor, {data_hash[:10]}",
            footing=f"Counted by Sartor. Data {data_hash[:10]}.",
            parts=["about.html.jinja", *(f"insight_{anchor}.html.jinja" for anchor, _ in sections)],
            sections=sections,
            number={anchor: at for at, (anchor, _) in enumerate(sections)},
            style=source("style.css") + source("pages.css"),
            data_hash=data_hash,
            found=found,
            headline=insight_words.headline(found).replace("-", UNBROKEN_HYPHEN),
            lead=insight_words.lead(found),
            sentences=insight_words.rising_and_falling(found),
            key_figures=_key_figures(found),
            volume=_volume(found),
            cards=cards[:MOST_CARDS],
            more_cards=cards[MOST_CARDS:],
            totals=_bars(found.trends[:MOST_BARS]),
            more_totals=_bars(found.trends[MOST_BARS:]),
            mood_sentences=insight_words.mood_sentences(found.mood),
            mood_judged=insight_words.JUDGED,
            mood_plot=_mood_plot(found),
            mood_bars=_bars(found.mood.by_thing[:MOST_MOODS]),
            num_more_moods=max(0, len(found.mood.by_thing) - MOST_MOODS),
            bases=list(found.words[0].num_tokens) if found.words else [],
        )
    )


def _sections(found: Insight) -> list[tuple[str, str]]:
    about = [
        ("trends", "What messages are about", bool(found.trends)),
        ("terms", "New words lately", bool(found.periods)),
        ("mood", "How messages sound", True),
        ("words", "Words of the house", True),
        ("record", "How this was counted", True),
    ]
    return [(anchor, title) for anchor, title, is_there in about if is_there]


def _key_figures(found: Insight) -> list[KeyFigure]:
    note = f"of {count(found.num_all)}" if found.num_all > found.num_messages else ""
    figures = [
        KeyFigure(count(found.num_messages), "messages", note),
        KeyFigure(count(len(found.trends)), f"{found.things}s", ""),
    ]
    if found.periods:
        for direction, name in (("rises", "surely rise"), ("falls", "surely fall")):
            num = sum(trend.direction == direction for trend in found.trends)
            figures.append(KeyFigure(count(num), name, ""))
        figures.append(KeyFigure(count(len(found.terms)), "new words and pairs", ""))
    if found.mood.negative:
        share = found.mood.negative.share
        note = f"{percent(share.low)} to {percent(share.high)}, by a word list"
        figures.append(KeyFigure(percent(share.value), "sound negative", note))
    return figures


def _volume(found: Insight) -> Markup | None:
    if not found.periods:
        return None
    return responsive(
        lambda width: messages_over_time(found.periods, found.num_messages_P, width=width), WIDE_PX
    )


def _card(trend: Trend, found: Insight) -> TrendCard:
    assert trend.early is not None
    assert trend.late is not None
    words = f"{insight_words.share_words(trend.early)} → {insight_words.share_words(trend.late)}"
    if trend.is_sure:
        words += f", {p_value(trend.p_value)}"
    plot = sparkline(trend.shares_P, found.periods, name=trend.name)
    return TrendCard(trend, plot, trend.direction, words)


def _mood_plot(found: Insight) -> Markup | None:
    mood = found.mood
    if mood.negative is None or not mood.periods:
        return None
    shares = mood.negative.shares_P
    return responsive(
        lambda width: sparkline(
            shares, mood.periods, name="messages that sound negative", width=width
        ),
        HALF_PX,
    )


def _bars(trends: Sequence[Trend]) -> Bars:
    scale = Scale(0.0, max((trend.share.high for trend in trends), default=1.0) or 1.0)
    rows = [(trend, _bar(trend.share, scale), _ends(trend.share)) for trend in trends]
    return Bars(share_axis(scale), rows)


def _bar(share: Estimate, scale: Scale) -> Markup:
    return interval_bars(share, None, scale=scale, is_winner=False)


def _ends(share: Estimate) -> str:
    rows = counted(share.num_examples, "message")
    return f"{percent(share.low)} to {percent(share.high)} of {rows}"
