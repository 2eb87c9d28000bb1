"""Transfer learning on a frozen trunk, for spans: a new output layer says a tag for every word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sartor.core.base_model import ENCODER, BaseModel
from sartor.core.candidate import Dial
from sartor.core.dataset import TaskFacts
from sartor.core.goal import OutputKind
from sartor.core.tagging import num_tags
from sartor.tune.gradient import GradientMethod, batch_dial

SHARE_OF_A_FIRST_PASS = 0.1
"""Of the one pass over the trunk that all its settings share, what one of them is charged; for the plan."""


class TokenHead(GradientMethod):
    name = "token_head"
    title = "frozen trunk, new output layer over words"
    depth = 3
    trains = "head"
    does = {ENCODER: frozenset({OutputKind.SPANS})}  # noqa: RUF012

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        return (
            Dial("learning_rate", 2e-3, "Peak step size.", low=2e-4, high=2e-2, is_log=True),
            batch_dial(facts),
            Dial("head_factor", 1.0, "The output layer's step size over that.", choices=(1.0,)),
            Dial(
                "warm_start", True, "Start the output layer from a linear probe.", choices=(True,)
            ),
        )

    def train_flops(
        self, settings: Mapping[str, Any], facts: TaskFacts, base: BaseModel | None
    ) -> float:
        assert base is not None
        tokens = facts.num_fit * facts.mean_tokens
        output = 6.0 * base.width * num_tags(facts.labels)
        return tokens * (output + SHARE_OF_A_FIRST_PASS * 2.0 * base.trunk_parameters)
