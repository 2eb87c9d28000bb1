"""What the verbs of `flow` return."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sartor.core.decision import Decision
    from sartor.core.insight import Insight
    from sartor.core.readiness import Readiness


@dataclass(frozen=True)
class Initialised:
    """What `init` wrote and what it recognised."""

    goal_file: Path
    notes: tuple[str, ...]
    task: str
    output_kind: str
    columns: dict[str, str]
    num_labels: int
    num_examples: int
    is_counted: bool = True
    """Whether the examples were counted; else their number was told from the size of the files."""
    format: str | None = None
    """How the rows are spelled; None to classify, or where it was not recognised."""
    languages: dict[str, str] = field(default_factory=dict)
    """To translate: `from` and `to`, as far as they were recognised."""


@dataclass(frozen=True)
class Described:
    """Prepared data, judged and described for people."""

    readiness: Readiness
    page: Path
    """`data.html`."""


@dataclass(frozen=True)
class Seen:
    """What messages are about, for people."""

    insight: Insight
    page: Path
    """`insight.html`."""


@dataclass(frozen=True)
class PlanRow:
    """What one entrant would do."""

    method: str
    title: str
    base: str | None
    num_settings: int
    epochs: float
    """Planned epochs of the best setting; 0 where nothing is repeated."""
    planned_seconds: float
    share: float
    """Of the whole plan, 0 to 1."""
    left_out_because: str | None
    planned_usd: float = 0.0
    """Money for its API, with a margin."""


@dataclass(frozen=True)
class Plan:
    """What a run would do."""

    rows: tuple[PlanRow, ...]
    rule: str
    seconds: float
    """Planned, all entrants together."""
    data: dict[str, Any]
    notes: tuple[str, ...]
    usd: float = 0.0
    """Planned for APIs, all entrants together, with a margin."""


@dataclass(frozen=True)
class RunResult:
    """A finished run."""

    run: str
    folder: Path
    decision: Decision
    report: Path
    package: Path | None
    is_reused: bool
    """Whether it had been finished before and nothing had to be done."""


@dataclass(frozen=True)
class InputRow:
    """One message to answer."""

    place: str
    text: str
    fields: dict[str, Any]
