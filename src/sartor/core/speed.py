"""How fast a machine learns, as a value."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

SMALL_WIDTH, LARGE_WIDTH = 384, 1024
"""Widths of the layers by which speed is measured: of a small encoder, and of a model of a billion weights
the least."""


@dataclass(frozen=True)
class Speed:
    """What a machine was measured to do."""

    device: str
    """Name of the GPU, or the CPU's threads."""
    small_flops_per_second: float
    """Operations of training in a second, 6 for each weight and token, at `SMALL_WIDTH`."""
    large_flops_per_second: float
    """The same at `LARGE_WIDTH`."""
    copied_bytes_per_second: float
    """Bytes of memory read and written in a second."""

    def flops_per_second(self, width: int) -> float:
        """Of layers of some width: between the two measured, by the logarithm; beyond them, theirs."""
        small, large = (math.log(w) for w in (SMALL_WIDTH, LARGE_WIDTH))
        share = min(1.0, max(0.0, (math.log(width) - small) / (large - small)))
        return self.small_flops_per_second ** (1 - share) * self.large_flops_per_second**share

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
