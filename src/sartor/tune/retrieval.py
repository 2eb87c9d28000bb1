"""Retrieval: the examples most like an input stand in the prompt; no weight is trained.

Choosing in-context examples by similarity: Liu et al. 2021, arXiv 2101.06804; retrieval-augmented generation:
Lewis et al. 2020, arXiv 2005.11401.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sartor.core.base_model import ASKED, BaseModel
from sartor.core.candidate import Dial, Job
from sartor.core.dataset import TaskFacts
from sartor.core.protocols import Engine, Fit
from sartor.tune.at_once import AtOnce
from sartor.tune.prompted import (
    LOOKED_UP_BY,
    PROMPTED,
    PromptedFit,
    nearest_to_each,
    passages_near,
    prompt_dials,
    writing_flops,
)


class Retrieval(AtOnce):
    name = "retrieval"
    title = "retrieval: similar examples or passages in the prompt"
    depth = 2
    family = "off_the_shelf"
    needs_base = True
    does = dict.fromkeys(ASKED, PROMPTED)
    uses_seed = False

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        """Examples; with documents passages too, and either may be left out."""
        assert base is not None
        doc = "Similar examples in the prompt."
        if not facts.passages:
            return (Dial("shots", 4, doc, choices=(4, 1, 2, 8)), *prompt_dials(facts, base))
        by = Dial(
            "looked_up_by", LOOKED_UP_BY[0], "What passages are found by.", choices=LOOKED_UP_BY
        )
        return (
            Dial("shots", 4, doc, choices=(4, 0, 1, 2, 8), least=0),
            Dial(
                "passages",
                2,
                "Passages of the documents in the prompt.",
                choices=(2, 0, 1, 4),
                second=0,
                least=0,
            ),
            *((by,) if facts.is_conversation else ()),
            *prompt_dials(facts, base),
        )

    def train_flops(
        self, settings: Mapping[str, Any], facts: TaskFacts, base: BaseModel | None
    ) -> float:
        assert base is not None
        return writing_flops(
            facts,
            base,
            num_shots=settings["shots"],
            num_passages=settings.get("passages", 0),
        )

    def begin(self, job: Job, engine: Engine) -> Fit:
        return PromptedFit(
            job,
            engine,
            shots_of=nearest_to_each(job),
            is_nearest=True,
            passages_of=passages_near(job),
        )
