"""Transfer learning, last layers: the upper layers learn, the lower ones stay and run once.

Howard & Ruder 2018, arXiv 1801.06146 (gradual unfreezing); Lee et al. 2019, arXiv 1911.03090 (a quarter of
the layers reaches 90 % of full fine-tuning).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Dial
from sartor.core.dataset import TaskFacts
from sartor.core.output_form import CLASS_HEAD, OUTPUT
from sartor.tune.gradient import (
    GradientMethod,
    step_dial,
    step_size,
    trained_flops,
    training_dials,
)


class LastLayers(GradientMethod):
    name = "last_layers"
    title = "tuning of the last layers"
    depth = 4
    trains = "last_layers"
    backward = 2.0

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        assert base is not None
        rate = step_size(2e-4, base)
        choices = tuple(k for k in (2, 1, 3) if k < base.num_layers) or (1,)
        return (
            Dial(
                "num_layers",
                choices[0],
                "How many of the last layers learn.",
                choices=choices,
                most=base.num_layers,
            ),
            step_dial(rate),
            *training_dials(facts, base),
        )

    def train_flops(
        self, settings: Mapping[str, Any], facts: TaskFacts, base: BaseModel | None
    ) -> float:
        """What is frozen is read once for all epochs, but anew in each where a writer learns to write."""
        assert base is not None
        share = settings["num_layers"] / base.num_layers
        if base.is_writer and settings.get(OUTPUT) != CLASS_HEAD:
            return trained_flops(base, facts, backward=self.backward * share)
        return super().train_flops(settings, facts, base) * share
