"""Contrastive tuning for few examples: pairs of one label draw the encoder, then a linear layer on top.

A new output layer over C labels learns little from ten rows of each; the pairs among them are a hundred
times as many (Khosla et al. 2020, arXiv 2004.11362; SetFit: Tunstall et al. 2022, arXiv 2209.11055). With
thousands of rows that is no gain over full fine-tuning, and every step reads twice as many texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sartor.core.base_model import ENCODER, BaseModel
from sartor.core.candidate import Dial
from sartor.core.dataset import TaskFacts
from sartor.core.goal import OutputKind
from sartor.core.label_name import AS_EXAMPLE, UNUSED
from sartor.tune.gradient import (
    GradientMethod,
    step_dial,
    step_size,
    trained_flops,
)
from sartor.tune.head import label_name_dial


class Contrastive(GradientMethod):
    name = "contrastive"
    title = "contrastive tuning of pairs, then a linear layer"
    depth = 6
    does = {ENCODER: frozenset({OutputKind.SINGLE})}  # noqa: RUF012
    trains = "pairs"
    most_rows = 1500
    steps_before_score = 20

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        assert base is not None
        return (
            step_dial(step_size(8e-5, base)),
            Dial("batch_size", 32, "Texts of one step, each with a partner.", choices=(32, 16)),
            Dial("pooling", base.pooling, "How tokens become one vector.", choices=(base.pooling,)),
            Dial(
                "temperature",
                0.07,
                "Divides similarities: the smaller, the more the nearest count.",
                low=0.03,
                high=0.2,
                is_log=True,
            ),
            Dial(
                "token_dropout",
                0.2,
                "Share of each text's tokens that go unread at a step.",
                choices=(0.2, 0.3, 0.1),
                least=0.0,
                most=0.9,
            ),
            label_name_dial(AS_EXAMPLE, UNUSED),
            Dial(
                "inverse_regularisation",
                10.0,
                "C of the linear layer; larger fits harder.",
                choices=(10.0, 30.0, 3.0),
            ),
        )

    def train_flops(
        self, settings: Mapping[str, Any], facts: TaskFacts, base: BaseModel | None
    ) -> float:
        """Of every row and its partner; then all rows once more, for the linear layer."""
        forward_only = trained_flops(base, facts, backward=0.0)
        return 2 * trained_flops(base, facts, backward=2.0) + forward_only
