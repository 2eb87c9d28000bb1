"""What the champion says to one message."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Prediction:
    """An answer, how sure it is, and whether a person should look."""

    labels: tuple[str, ...]
    """One label; any number for multi-label; empty for a score and for a written text."""
    score: float | None
    """The predicted number, where the task is a score."""
    probability: float | None
    """The model's own probability of the answer, 0 to 1; None for a score. Of a written text that of a
    token, their geometric mean; None where no model writes."""
    confidence: float | None
    """Calibrated probability that the answer is right, 0 to 1; None for a score and for a written text."""
    interval: tuple[float, float] | None
    """Where the true number lies with 90 % probability; None unless a score."""
    hand_over: bool
    """Whether a person should answer."""
    reason: str
    """Why it is handed over: `unsure`, `out of scope`, `nothing promised`; empty otherwise."""
    is_truncated: bool
    """Whether the text was longer than the model reads."""
    text: str | None = None
    """What was written, where the answer is a text."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
