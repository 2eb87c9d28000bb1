"""What the verbs of `flow` return."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sartor.core.decision import Decision
    from sartor.core.insight import Insight
    from sartor.core.licence import LicenceFinding
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


@dataclass(frozen=True)
class ListedModel:
    """A model in a list."""

    id: str
    """Hub id; of an embedded model its short name."""
    hub_id: str | None
    """Where it is on the hub."""
    architecture: str
    family: str
    parameters: int | None
    """None where the number is not known for certain."""
    context_tokens: int | None
    licence: str
    """SPDX name or the hub's, or `unknown`."""
    languages: tuple[str, ...] | None
    """ISO 639 codes; None where its makers name none."""
    num_languages: int | None
    """As many as they speak of."""
    instruction_tuned: bool | None
    """None where it is not known."""
    chat_template: bool | None
    date: str | None
    """Year or month of its release."""
    at_hand: str | None
    """`embedded` or `cached`; None where it would have to be fetched or installed."""
    tasks: tuple[str, ...]
    """Tasks that it can be tried for; none where its family is not read."""
    is_read: bool
    """Whether this version of Sartor loads its family."""


@dataclass(frozen=True)
class ModelList:
    """Models that pass some filters."""

    catalogue_date: str
    models: tuple[ListedModel, ...]
    left_out_unknown: dict[str, int]
    """Filter to the models of which what it asks is not known; they are not listed."""
    unread: dict[str, str]
    """Cached models that are in no catalogue and cannot be described, each with the reason."""


@dataclass(frozen=True)
class ExplainedModel:
    """All that is known of one model."""

    id: str
    model: ListedModel | None
    """None where its folder does not say of which family it is, or of one that is not known."""
    sizes: dict[str, int]
    trained_on: str | None
    note: str | None
    stated_in: str | None
    """The user's file that its entry stands in; None: Sartor's own catalogue."""
    is_in_catalogue: bool
    folder: Path | None
    """Where it is on this machine."""
    source: str | None
    """`embedded`, `cached` or `local`; None where it is not on this machine."""
    refusal: str | None
    """Why Sartor does not use it; None: it does, as far as is known."""
    compared_with: str | None
    """The entry that the folder was compared with."""
    disagreements: tuple[dict[str, Any], ...]
    """`what`, `catalogue`, `folder`: where they say different things."""
    licences: tuple[LicenceFinding, ...]
    """The verdict on each use."""
    catalogue_date: str
