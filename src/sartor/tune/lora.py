"""Transfer learning, LoRA: low-rank adapters on every linear layer; the base stays as it is.

Hu et al. 2021, arXiv 2106.09685. Step size about ten times that of full fine-tuning, nearly independent of
the rank; all linear layers; small batches (Schulman et al. 2025, "LoRA without regret").
"""

from __future__ import annotations

from sartor.core.base_model import WRITERS, BaseModel
from sartor.core.candidate import Dial
from sartor.core.dataset import TaskFacts
from sartor.tune.gradient import (
    LARGEST_STEP,
    GradientMethod,
    step_dial,
    step_size,
    training_dials,
)


class Lora(GradientMethod):
    name = "lora"
    title = "LoRA tuning"
    depth = 5
    trains = "lora"
    backward = 1.6

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        rate = LARGEST_STEP
        if base is not None and base.architecture in WRITERS:
            rate = min(rate, 10 * step_size(2e-4, base))
        return (
            Dial("rank", 16, "Rank of an adapter.", choices=(16, 8, 32)),
            Dial("alpha", 32, "Scale of an adapter, over its rank.", choices=(32,)),
            Dial("dropout", 0.0, "Before an adapter.", choices=(0.0,), least=0.0, most=0.9),
            step_dial(rate),
            *training_dials(facts, base),
        )
