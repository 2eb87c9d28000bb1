"""Measured numbers: never without interval and count (law 2)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Estimate:
    """A metric's value with its interval."""

    value: float
    low: float
    """Lower end of the 95 % interval."""
    high: float
    """Upper end of the 95 % interval."""
    num_examples: int
    """Rows it was measured on."""
    method: str
    """How the interval was made: `cluster bootstrap`, `Clopper-Pearson`, ..."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Cost:
    """What a candidate costs. None where it was not measured."""

    train_seconds: float | None = None
    train_usd: float | None = None
    usd_per_1k_requests: float | None = None
    """Computed from operations and bytes per request x prices: the same every time."""
    latency_ms_p50: float | None = None
    """Measured, one message at a time."""
    latency_ms_p95: float | None = None
    peak_memory_bytes: int | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Comparison:
    """A candidate against the winner, on the same rows."""

    difference: float
    """Candidate minus winner, in units of the metric."""
    low: float
    high: float
    p_value: float
    """Two-sided, Holm-corrected over the candidates compared."""
    test: str
    """`exact McNemar` or `paired cluster bootstrap`."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
