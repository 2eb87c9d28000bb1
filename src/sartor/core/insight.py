"""What messages are about over time, as values: for people who decide what to do about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sartor.core.score import Estimate

SURE_P = 0.01
"""Probability by chance below which a rise or fall is called sure, after correction for their number."""


@dataclass(frozen=True)
class Trend:
    """How often one thing comes up."""

    name: str
    share: Estimate
    """Of all messages."""
    shares_P: tuple[Estimate, ...] = ()
    """By period; empty where messages have no times."""
    early: Estimate | None = None
    """Of the first quarter of the messages, in whole periods."""
    late: Estimate | None = None
    """Of the last quarter."""
    change: float = 0.0
    """Of the share from the first period to the last, by a weighted line."""
    p_value: float = 1.0
    """Of such a trend by chance, corrected for the number of things that were looked at."""
    examples: tuple[str, ...] = ()
    """Central messages, personal data replaced."""

    @property
    def is_sure(self) -> bool:
        """Whether it surely rises or falls: the trend is no chance, and its ends agree with it."""
        if self.early is None or self.late is None or self.p_value >= SURE_P:
            return False
        return (self.late.value - self.early.value) * self.change > 0

    @property
    def direction(self) -> str:
        """`rises`, `falls`, or empty where neither is sure."""
        if not self.is_sure:
            return ""
        return "rises" if self.change > 0 else "falls"


@dataclass(frozen=True)
class Term:
    """A word or pair of words that is new, or much more frequent lately."""

    term: str
    num_lately: int
    num_before: int
    p_value: float
    """Of being so frequent lately by chance, corrected for the number of words."""
    example: str
    """A message with it, personal data replaced."""


@dataclass(frozen=True)
class HouseWord:
    """A word of the house that base models read in pieces."""

    word: str
    num_messages: int
    num_tokens: dict[str, int]
    """Base model to the tokens that the word takes."""


@dataclass(frozen=True)
class Mood:
    """How messages sound, as far as a word list tells."""

    problem: str = ""
    """Why nothing was judged; empty where something was."""
    num_judged: int = 0
    num_other_languages: int = 0
    """Messages that were not judged, because they are not surely English."""
    periods: tuple[str, ...] = ()
    """Of the judged messages, which may be longer than those of all; empty where there are none."""
    early: str = ""
    late: str = ""
    negative: Trend | None = None
    """Messages that sound negative, of those judged."""
    by_thing: tuple[Trend, ...] = ()
    """The same among the messages of each label or topic, the most negative first; no trends."""
    examples: tuple[str, ...] = ()
    """The messages that sound most negative, personal data replaced."""


@dataclass(frozen=True)
class Insight:
    """What a data set's messages are about."""

    things: str
    """What `trends` are: `label`, or `topic` where nobody has labelled the messages."""
    num_messages: int
    """That were looked at."""
    num_all: int
    """Of train and valid, from which they were drawn."""
    num_with_time: int
    periods: tuple[str, ...]
    """Names, oldest first; empty where fewer than two can be told apart."""
    num_messages_P: tuple[int, ...]
    early: str
    """The first quarter in words: `2026-03 to 2026-04`; empty without periods."""
    late: str
    trends: tuple[Trend, ...]
    """Sure ones first, then by the size of the change; without times the most frequent first."""
    terms: tuple[Term, ...]
    words: tuple[HouseWord, ...]
    mood: Mood
    notes: tuple[str, ...] = ()
    """What a reader has to know about how it was counted."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
