"""What the champion says to one message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

NO_LABEL = -1
"""Stands for a label's number where an answer is none of them; it is never right."""
NOTHING_NAMED = -1e4
"""Logit of every label where an answer named none of them."""


@dataclass(frozen=True)
class Passage:
    """A marked part of a text."""

    start: int
    """Its first character."""
    end: int
    """The character after its last."""
    label: str
    text: str
    """Its words."""


@dataclass(frozen=True)
class Prediction:
    """An answer, how sure it is, and whether a person should look."""

    labels: tuple[str, ...]
    """One label; any number for multi-label; empty where the answer is none of the task's labels."""
    score: float | None
    """The predicted number, where the task is a score."""
    probability: float | None
    """The model's own probability of the answer, 0 to 1; None for a score. Of a written text that of a
    token, of marked passages that of a word's tag, their geometric mean; None where nothing says."""
    confidence: float | None
    """Calibrated probability that the answer is right, 0 to 1; None unless labels are given."""
    interval: tuple[float, float] | None
    """Where the true number lies with 90 % probability; None unless a score."""
    hand_over: bool
    """Whether a person should answer."""
    reason: str
    """Why it is handed over: `unsure`, `out of scope`, `nothing promised`, `unreadable`; empty
    otherwise."""
    is_truncated: bool
    """Whether the text was longer than the model reads."""
    text: str | None = None
    """What was written, where the answer is a text."""
    passages: tuple[Passage, ...] | None = None
    """What was marked, in its order, where passages are."""
    record: Mapping[str, Any] | None = None
    """What was found, where the answer is a record; None also where none could be read."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
