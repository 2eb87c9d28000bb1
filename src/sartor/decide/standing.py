"""What a race leaves: results, settings that were left behind, where each entrant stands.

Shape letters: S scored rows, C labels, R replicates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sartor.core.candidate import Candidate
from sartor.core.endpoint import Asked
from sartor.decide.plan import Allowance


@dataclass(frozen=True)
class Result:
    """A candidate with its answers on the rows that choose."""

    allowance: Allowance
    settings: Mapping[str, Any]
    epochs: float
    """Epochs that its answers come from; 0 where nothing is repeated."""
    logits_RSC: np.ndarray
    decided_RS: np.ndarray
    """Decisions: (R, S), or (R, S, C) for several labels."""
    thresholds: np.ndarray | None
    """Probability from which a label is given, (C,); several labels only."""
    value: float
    """The metric that picks the winner."""
    seconds: float
    """Training and scoring, of this candidate alone."""
    asked: Asked | None = None
    """What its answers took where an API gave them."""

    @property
    def candidate(self) -> Candidate:
        """What it is."""
        return self.allowance.entrant.candidate(self.settings)


@dataclass(frozen=True)
class Stopped:
    """A setting that was left behind."""

    allowance: Allowance
    settings: Mapping[str, Any]
    because: str
    value: float | None
    """On the rows that choose; where not all were scored, the best's value less the distance seen."""
    epochs: float
    seconds: float
    has_failed: bool = False


def stopped(result: Result, because: str) -> Stopped:
    """A result that was left behind, and why."""
    return Stopped(
        result.allowance, result.settings, because, result.value, result.epochs, result.seconds
    )


@dataclass
class Standing:
    """Where one entrant stands after its race."""

    allowance: Allowance
    best: Result | None = None
    stopped: list[Stopped] = field(default_factory=list)
    planned_seconds: float = 0.0
    """Planned work that it has used."""
    trained_epochs: float = 0.0
    """Epochs that the setting trained last has behind it; 0 where nothing is repeated."""
    curbed_after: float | None = None
    """Epochs after which the budget, not the rows that choose, ended the training; None where it did not."""


class Watch:
    """What the race tells whoever watches; this one tells nobody."""

    def begin(self, standing: Standing) -> None:
        """An entrant starts."""

    def tried(self, standing: Standing, num_tried: int, num_settings: int) -> None:
        """One more setting was scored."""

    def trained(self, standing: Standing, epochs: float) -> None:
        """The best setting reached a further rung."""

    def end(self, standing: Standing) -> None:
        """An entrant is done."""
