"""What plans count on: operations in a second on the machine at hand, in coarse steps.

Budgets are accounted in planned seconds, so that equal runs decide alike; a machine that is measured twice is
never measured the same. So its speed beside that of two plain CPU cores is rounded to half octaves, and a
workspace keeps what was measured first.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from sartor.core.base_model import BaseModel
from sartor.core.speed import Speed

PLANNED_FLOPS_PER_SECOND = 2e11
"""Operations in a second that the reference machine does on short texts, all around the layers included: half
of what it does of layers alone."""
NARROW_WIDTH = 256
"""Narrower layers keep no processor busy: half the width, half the pace."""
REFERENCE = Speed(
    device="2 CPU threads",
    small_flops_per_second=3.75e11,
    large_flops_per_second=3.3e11,
    copied_bytes_per_second=3.9e10,
)
"""Two cores with bf16 products, measured on 2026-11-24 by `engines.speed`."""
STEPS_PER_OCTAVE = 2
LEAST_FACTOR, MOST_FACTOR = 1 / 64, 4096.0


@dataclass(frozen=True)
class Pace:
    """How fast a machine is beside the reference, at the two widths that are measured."""

    small_factor: float = 1.0
    large_factor: float = 1.0

    def flops_per_second(self, base: BaseModel | None) -> float:
        """Planned operations in a second; where no model runs here, the reference's.

        Between the two widths the logarithm is interpolated; beyond them theirs counts.
        """
        if base is None or base.endpoint is not None:
            return PLANNED_FLOPS_PER_SECOND
        speed = Speed("", self.small_factor, self.large_factor, 0.0)
        factor = speed.flops_per_second(base.width) * min(1.0, base.width / NARROW_WIDTH)
        return PLANNED_FLOPS_PER_SECOND * factor

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


REFERENCE_PACE = Pace()
"""Of the reference machine."""


def pace_of(speed: Speed) -> Pace:
    """The pace of a machine that was measured."""
    return Pace(
        _rounded(speed.small_flops_per_second / REFERENCE.small_flops_per_second),
        _rounded(speed.large_flops_per_second / REFERENCE.large_flops_per_second),
    )


def _rounded(factor: float) -> float:
    bounded = min(MOST_FACTOR, max(LEAST_FACTOR, factor))
    return float(2.0 ** (round(STEPS_PER_OCTAVE * math.log2(bounded)) / STEPS_PER_OCTAVE))
