"""What messages are about over time, in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType

    from sartor.core.insight import Insight
    from sartor.results import Seen

MOST_SHOWN = 15
"""Lines of a list in the terminal; the page has them all."""


def insight_document(seen: Seen) -> dict[str, Any]:
    """The insight as JSON, with its sentences."""
    from sartor.report.insight_words import headline, mood_sentences, rising_and_falling

    found = seen.insight
    return {
        "headline": headline(found),
        "sentences": rising_and_falling(found),
        "mood_sentences": mood_sentences(found.mood),
        "insight": found.as_dict(),
        "insight_page": str(seen.page),
    }


def insight_view(seen: Seen) -> RenderableType:
    """The headline, what surely changed, new words, and how messages sound."""
    from rich.console import Group

    from sartor.cli.look import headline_view, titled_lines
    from sartor.report import insight_words

    found = seen.insight
    changes = insight_words.rising_and_falling(found)
    more = [f"and {len(changes) - MOST_SHOWN} more"] if len(changes) > MOST_SHOWN else []
    return Group(
        *headline_view(insight_words.headline(found)),
        *titled_lines("Surely changed", [*changes[:MOST_SHOWN], *more]),
        *_totals(found),
        *titled_lines("New words lately", list(_terms(found))),
        *titled_lines("How messages sound", _mood(found)),
        *titled_lines("How this was counted", [insight_words.lead(found), *found.notes]),
    )


def _totals(found: Insight) -> list[RenderableType]:
    """Shares of all messages, where nothing is known of their times."""
    from sartor.cli.look import titled_lines
    from sartor.report.insight_words import share_words

    if found.periods:
        return []
    lines = [f"{trend.name}: {share_words(trend.share)}" for trend in found.trends[:MOST_SHOWN]]
    more = len(found.trends) - MOST_SHOWN
    return titled_lines("Most frequent", [*lines, *([f"and {more} more"] if more > 0 else [])])


def _terms(found: Insight) -> Iterator[str]:
    for term in found.terms[:MOST_SHOWN]:
        yield f"{term.term}: {term.num_lately} of the newest quarter, {term.num_before} before"


def _mood(found: Insight) -> list[str]:
    from sartor.report.insight_words import JUDGED, mood_sentences

    return [*mood_sentences(found.mood), *([JUDGED] if found.mood.negative else [])]
