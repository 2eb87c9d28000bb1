"""What messages are about over time: shares with intervals, new words, dear words, and how they sound."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from sartor.core.conversation import turns_of
from sartor.core.insight import HouseWord, Insight, Term
from sartor.data.jargon import jargon
from sartor.data.mood import mood_of
from sartor.data.new_terms import new_terms
from sartor.data.over_time import shares_over_time
from sartor.data.personal import excerpt, mask_personal_data
from sartor.data.things import Things
from sartor.data.trends import ends_of, trends_of

MOST_MESSAGES = 20_000
"""Of more a seeded sample is looked at."""
_BEFORE_CHARACTERS = 24
"""Of a message before a new term."""
_LOOKED_AT_CHARACTERS = 2_000


def insight(
    texts: Sequence[str],
    things: Things,
    time_N: np.ndarray,
    *,
    num_all: int,
    tokens_of: Mapping[str, Callable[[Sequence[str]], np.ndarray]],
    notes: Sequence[str] = (),
) -> Insight:
    """Look at messages.

    Args:
        texts: N messages.
        things: What each is about.
        time_N: Seconds since 1970, NaN where nobody knows.
        num_all: Messages that these were drawn from.
        tokens_of: Base model to what counts the tokens of some texts.
        notes: What a reader has to know about how they were gathered.
    """
    is_known_N = ~np.isnan(time_N)
    shares = shares_over_time(things.has_NL, time_N)
    early, late = ends_of(shares)
    return Insight(
        things=things.kind,
        num_messages=len(texts),
        num_all=num_all,
        num_with_time=int(is_known_N.sum()),
        periods=shares.periods if shares else (),
        num_messages_P=tuple(shares.num_rows_P.tolist()) if shares else (),
        early=early,
        late=late,
        trends=trends_of(things.names, things.has_NL, shares, things.examples),
        terms=_terms(texts, time_N),
        words=tuple(HouseWord(*one) for one in jargon(texts, dict(tokens_of))) if tokens_of else (),
        mood=mood_of(texts, things, time_N),
        notes=tuple(notes),
    )


def customer_words(conversation: str) -> str:
    """What the customer said last, in all messages since somebody answered; of a chat's input."""
    said: list[str] = []
    for turn in reversed(turns_of(conversation)):
        if turn.role == "user":
            said.append(turn.content)
        elif said:
            break
    return "\n".join(reversed(said))


def _terms(texts: Sequence[str], time_N: np.ndarray) -> tuple[Term, ...]:
    return tuple(
        Term(
            one.term,
            one.num_lately,
            one.num_before,
            one.p_value,
            _around(one.term, texts[one.rows[0]]),
        )
        for one in new_terms(texts, time_N)
    )


def _around(term: str, text: str) -> str:
    """The excerpt of a message that shows a term; personal data is replaced before anything is cut."""
    masked = " ".join(mask_personal_data(text[:_LOOKED_AT_CHARACTERS]).split())
    at = masked.casefold().find(term)
    if at <= _BEFORE_CHARACTERS:
        return excerpt(masked)
    start = masked.find(" ", at - _BEFORE_CHARACTERS) + 1
    return excerpt(f"…{masked[min(start, at) :]}")
