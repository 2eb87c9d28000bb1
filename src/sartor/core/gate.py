"""A gate that a base model passes or not before anything is trained, with its reason."""

from __future__ import annotations

from dataclasses import dataclass

LICENCE, CONTEXT, LANGUAGES = "licence", "context", "languages"
OFFLINE, MEMORY, LATENCY = "offline", "memory", "latency"
"""Names of the gates."""


@dataclass(frozen=True)
class Gate:
    """One gate."""

    name: str
    """`licence`, `context`, `languages`, `offline`, `memory` or `latency`."""
    passed: bool
    """Whether the model may take part as far as this goes."""
    reason: str
    """Why, one sentence; also where it is passed."""
