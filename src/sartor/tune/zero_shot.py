"""Zero-shot: no training example is used, only what the task is called.

A writer gets an instruction. With an encoder, the text stands beside the names of the labels: cosine
similarity with each label's name or description, written into a phrase (Yin et al. 2019, arXiv 1909.00161;
for sentence encoders Schopf et al. 2022, arXiv 2211.16285). The wording moves the result by many points
(Sclar et al. 2023, arXiv 2310.11324), so several are tried and `valid` chooses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sartor.core.base_model import ASKED, ENCODER, BaseModel
from sartor.core.candidate import Dial, Job
from sartor.core.dataset import TaskFacts
from sartor.core.goal import OutputKind
from sartor.core.protocols import Engine, Fit
from sartor.core.words import readable_label
from sartor.tune.at_once import AtOnce
from sartor.tune.pooled import Features, PooledFit, unit
from sartor.tune.prompted import PROMPTED, PromptedFit, prompt_dials, writing_flops

PHRASINGS = {
    "name": "{name}",
    "description": "{description}",
    "name and description": "{name}: {description}",
    "about": "This message is about {name}.",
    "question": "I have a question about {name}.",
    "topic": "Topic: {name}",
    "wants": "The person wants help with {name}.",
    "category": "{name} is the category of this text.",
}
ALL = "mean of all"
"""The phrasing that averages over every other one."""
SCALE = 20.0
"""Turns cosines into logits, as sentence-transformers does; calibration sets the final scale."""


class ZeroShot(AtOnce):
    name = "zero_shot"
    title = "zero-shot: the base as it is, told what to do"
    depth = 1
    family = "off_the_shelf"
    needs_base = True
    does = {  # noqa: RUF012
        ENCODER: frozenset({OutputKind.SINGLE, OutputKind.MULTI}),
        **dict.fromkeys(ASKED, PROMPTED),
    }
    uses_seed = False

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        if base is not None and base.architecture in ASKED:
            return prompt_dials(facts, base)
        choices = (*phrasings_for(facts), ALL)
        return (Dial("phrasing", choices[0], "How a label is put into words.", choices=choices),)

    def train_flops(
        self, settings: Mapping[str, Any], facts: TaskFacts, base: BaseModel | None
    ) -> float:
        assert base is not None
        if base.architecture in ASKED:
            return writing_flops(facts, base, num_shots=0)
        return 2.0 * base.width * facts.num_labels * facts.num_fit

    def begin(self, job: Job, engine: Engine) -> Fit:
        assert job.base is not None
        if job.base.architecture in ASKED:
            return PromptedFit(job, engine, shots_of=None)
        return PooledFit(job, engine, learn=label_vectors, pooling=job.base.pooling)


def label_vectors(job: Job, features: Features) -> tuple[dict[str, np.ndarray], list[int]]:
    """One output a label: the unit vector of its wording."""
    facts, phrasing = job.facts, job.settings["phrasing"]
    chosen = phrasings_for(facts) if phrasing == ALL else (phrasing,)
    vectors_CD = unit(np.mean([features(worded(facts, phrase)) for phrase in chosen], axis=0))
    arrays = {
        "weight_0": (SCALE * vectors_CD).astype(np.float32),
        "bias_0": np.zeros(facts.num_labels, dtype=np.float32),
    }
    return arrays, list(range(facts.num_labels))


def phrasings_for(facts: TaskFacts) -> tuple[str, ...]:
    """Those that this task can fill in: without descriptions, those that need only names."""
    return tuple(p for p in PHRASINGS if facts.descriptions or "description" not in p)


def worded(facts: TaskFacts, phrasing: str) -> list[str]:
    """Each label in a phrase; a label without a description is described by its name."""
    return [
        PHRASINGS[phrasing].format(
            name=readable_label(label),
            description=facts.descriptions.get(label) or readable_label(label),
        )
        for label in facts.labels
    ]
