"""Retrieval: the examples most like an input stand in the prompt; no weight is trained.

Choosing in-context examples by similarity: Liu et al. 2021, arXiv 2101.06804; retrieval-augmented generation:
Lewis et al. 2020, arXiv 2005.11401.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sartor.core.base_model import WRITERS, BaseModel
from sartor.core.candidate import Dial, Job
from sartor.core.dataset import TaskFacts
from sartor.core.protocols import Engine, Fit
from sartor.tune.prompted import (
    PROMPTED,
    PromptedFit,
    nearest_to_each,
    prompt_dials,
    writing_flops,
)


class Retrieval:
    name = "retrieval"
    title = "retrieval: the most similar examples in the prompt"
    depth = 2
    family = "off_the_shelf"
    needs_base = True
    does = dict.fromkeys(WRITERS, PROMPTED)
    uses_seed = False

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        return (
            Dial("shots", 4, "Similar examples in the prompt.", choices=(4, 1, 2, 8)),
            *prompt_dials(facts),
        )

    def epochs(self, settings: Mapping[str, Any], facts: TaskFacts) -> tuple[float, ...]:
        return (0,)

    def train_flops(
        self, settings: Mapping[str, Any], facts: TaskFacts, base: BaseModel | None
    ) -> float:
        assert base is not None
        return writing_flops(facts, base.trunk_parameters, num_shots=settings["shots"])

    def begin(self, job: Job, engine: Engine) -> Fit:
        return PromptedFit(job, engine, shots_of=nearest_to_each(job), is_nearest=True)
