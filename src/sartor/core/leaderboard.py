"""What a person watches while the tournament runs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CandidateState(StrEnum):
    """Where a candidate stands."""

    WAITING = "waiting"
    TRAINING = "training"
    SCORED = "scored"
    STOPPED = "stopped"
    FAILED = "failed"
    FINALIST = "finalist"
    WINNER = "winner"


@dataclass(frozen=True)
class CandidateRow:
    """A line of the leaderboard: the best setting so far of one method on one base model."""

    name: str
    """What identifies the line: `head · minilm-l6`."""
    method: str
    base: str | None
    state: CandidateState
    metric: str
    """The metric that picks the winner."""
    value: float | None
    """On the rows that choose, so far; None before the first score."""
    low: float | None
    high: float | None
    seconds_spent: float
    seconds_left: float | None
    """Planned, not promised."""
    detail: str
    """Settings tried of settings planned, epochs, or why it stopped."""
