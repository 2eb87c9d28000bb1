"""The decision: the ranking, the verdict, the evidence and the advice. Becomes `decision.json`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from sartor.core.licence import LicenceFinding
from sartor.core.score import Comparison, Cost, Estimate

SCHEMA = 1
CLOCK_KEYS = frozenset(
    {
        "seconds",
        "cost",
        "predicted_cost",
        "finished_at",
        "machine",
        "test_looks",
        "share_of_seconds",
    }
)
"""Keys of `decision.json` that hold clocks, places or history: they differ between equal runs."""


class Verdict(StrEnum):
    """The four answers; each is of full standing."""

    SHIP = "ship"
    STAY_OFF_THE_SHELF = "stay_off_the_shelf"
    NO_MODEL_NEEDED = "no_model_needed"
    NOT_YET = "not_yet"


@dataclass(frozen=True)
class CandidateResult:
    """One candidate in the decision: the best setting of a method, or a setting left behind."""

    candidate: str
    base: str | None
    method: str
    title: str
    settings: dict[str, Any]
    origins: dict[str, str]
    """Setting to `given`, `searched` or `default`."""
    state: str
    """`finalist`, `stopped`, `failed` or `winner`."""
    stopped_because: str | None
    valid: dict[str, Estimate]
    """Metric to estimate on the rows that choose."""
    test: dict[str, Estimate] | None
    """Metric to estimate on `test`, mean of the seeds; None unless a finalist."""
    test_seeds: dict[str, tuple[float, ...]] | None
    """Metric to one value per seed."""
    cost: Cost
    predicted_cost: Cost
    versus_winner: Comparison | None
    """On `test`, where there is one, else on the rows that choose."""
    is_no_worse: bool | None = None
    """Shown to be no worse than the best by more than the tolerance; None where not examined."""
    share_of_budget: float = 0.0
    """Share of the run's planned work spent on this method, 0 to 1."""


@dataclass(frozen=True)
class TargetResult:
    """A mark and what became of it."""

    metric: str
    at_least: float | None
    at_most: float | None
    value: float
    low: float
    high: float
    met: bool
    probability: float
    """Probability that the mark is truly met, given the test rows (bootstrap), 0 to 1."""


@dataclass(frozen=True)
class CurvePoint:
    """A point of the risk-coverage curve."""

    coverage: float
    """Share of messages answered alone."""
    precision: float
    """Share of those that are right."""


@dataclass(frozen=True)
class Automation:
    """What the winner may answer alone."""

    precision_promised: float
    threshold: float
    """Least calibrated confidence at which it answers alone; above 1: never."""
    rate: Estimate
    """Share of `test` messages answered alone."""
    precision: Estimate
    """Share of those that are right."""
    curve: tuple[CurvePoint, ...]
    expected_calibration_error: Estimate
    reliability: tuple[tuple[float, float, int], ...]
    """Bins of the confidence: mean confidence, share right, rows."""
    out_of_scope: dict[str, Any]
    """`threshold`, `keep_share`, and, where such texts were at hand, `recall` on them."""
    basis: str = "shown"
    """`shown`: the promise was tested on the rows that choose, with 90 % certainty; `expected`:
    too few rows for that, the calibration expects it."""


@dataclass(frozen=True)
class Decision:
    """What was decided and on what evidence. Everything a report or a program needs."""

    run: str
    verdict: Verdict
    headline: str
    """One sentence a manager understands."""
    reason: str
    rule: str
    """The rule as it was written down before the first trial."""
    metric: str
    """The metric that picked the winner."""
    winner: dict[str, Any] | None
    candidates: tuple[CandidateResult, ...]
    """Ranked by the metric on the rows that choose."""
    targets: tuple[TargetResult, ...]
    data: dict[str, Any]
    """`hash`, `num_examples` by split."""
    advice: tuple[str, ...]
    automation: Automation | None
    details: dict[str, Any]
    """For the report, winner on test: `labels` [{label, precision, recall, f1, num_examples}],
    `confusions` [{true, predicted, num_examples, example}], `errors` [{text, true, predicted,
    confidence, source}]."""
    environment: dict[str, Any]
    """`versions`, `machine`, `seeds`."""
    test_looks: int
    """How often this test set has been looked at in this workspace, this time included."""
    seconds: float
    is_cut_short: bool = False
    """Whether the wall clock stopped the run before the plan was done."""
    learning_curve: dict[str, Any] = field(default_factory=dict)
    """Empty until measured."""
    tolerance: float | None = None
    """How much worse than the best a cheaper candidate may be, in units of `metric`."""
    licences: tuple[LicenceFinding, ...] = ()
    """Of each base, whether its licences allow the use that the goal states; empty where it states none."""

    def as_dict(self) -> dict[str, Any]:
        """The document of `decision.json`, JSON-like throughout."""
        return {"schema": SCHEMA, **_plain(asdict(self))}


def decision_from(document: dict[str, Any]) -> Decision:
    """The decision that `as_dict` described."""
    from pydantic import TypeAdapter

    fields = {key: value for key, value in document.items() if key != "schema"}
    return TypeAdapter(Decision).validate_python(fields)


def without_clocks(document: Any) -> Any:
    """A decision document without what may differ between equal runs (law 6)."""
    if isinstance(document, dict):
        return {k: without_clocks(v) for k, v in document.items() if k not in CLOCK_KEYS}
    if isinstance(document, list):
        return [without_clocks(item) for item in document]
    return document


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, StrEnum):
        return str(value)
    return value.item() if hasattr(value, "item") else value
