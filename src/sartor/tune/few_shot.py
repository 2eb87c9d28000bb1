"""Few-shot: some examples stand beside the text; no weight is trained.

A writer gets them in its prompt (Brown et al. 2020, arXiv 2005.14165). With an encoder, by label:
`prototype`: the mean of a label's examples (Snell et al. 2017, arXiv 1703.05175). `nearest`: the one
example that is most like the text (Khandelwal et al. 2020, arXiv 1911.00172, in its simplest form).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sartor.core.base_model import ASKED, ENCODER, BaseModel
from sartor.core.candidate import Dial, Job
from sartor.core.dataset import TaskFacts
from sartor.core.goal import OutputKind
from sartor.core.hashing import derived_seed
from sartor.core.label_name import AS_EXAMPLE, LABEL_NAME, UNUSED
from sartor.core.protocols import Engine, Fit
from sartor.tune.at_once import AtOnce
from sartor.tune.head import label_name_dial
from sartor.tune.pooled import Features, PooledFit, unit
from sartor.tune.prompted import (
    PROMPTED,
    PromptedFit,
    prompt_dials,
    same_for_all,
    writing_flops,
)
from sartor.tune.zero_shot import SCALE, worded

SHOTS = (1, 4, 8, 16)


class FewShot(AtOnce):
    name = "few_shot"
    title = "few-shot: some examples, no training"
    depth = 2
    family = "off_the_shelf"
    needs_base = True
    does = {  # noqa: RUF012
        ENCODER: frozenset({OutputKind.SINGLE, OutputKind.MULTI}),
        **dict.fromkeys(ASKED, PROMPTED),
    }
    uses_seed = True

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        if base is not None and base.architecture in ASKED:
            return (
                Dial("shots", 4, "Examples in the prompt.", choices=(4, 1, 2, 8)),
                Dial("draw", 0, "Which draw of examples.", choices=(0, 1, 2), least=0),
                *prompt_dials(facts, base),
            )
        return vector_dials(facts)

    def train_flops(
        self, settings: Mapping[str, Any], facts: TaskFacts, base: BaseModel | None
    ) -> float:
        assert base is not None
        if base.architecture in ASKED:
            return writing_flops(facts, base, num_shots=settings["shots"])
        return 2.0 * base.width * settings["shots"] * facts.num_labels * facts.num_fit

    def begin(self, job: Job, engine: Engine) -> Fit:
        assert job.base is not None
        if job.base.architecture in ASKED:
            return PromptedFit(job, engine, shots_of=same_for_all(job))
        return PooledFit(job, engine, learn=example_vectors, pooling=job.base.pooling)


def vector_dials(facts: TaskFacts) -> tuple[Dial, ...]:
    """Which examples stand for a label, as vectors."""
    affordable = tuple(s for s in SHOTS if s <= max(1, 2 * facts.smallest_class))
    return (
        Dial("shots", affordable[-1], "Examples of each label.", choices=affordable),
        Dial(
            "form",
            "prototype",
            "Compare with the mean of a label's examples, or with each of them.",
            choices=("prototype", "nearest"),
        ),
        label_name_dial(AS_EXAMPLE, UNUSED),
    )


def example_vectors(job: Job, features: Features) -> tuple[dict[str, np.ndarray], list[int]]:
    """One output a label (prototype) or an example (nearest).

    A label without an example gets an output that is as unlike every text as can be.
    """
    texts, label_of = draw_examples(job)
    vectors_ND = features(texts)
    if job.settings[LABEL_NAME] == AS_EXAMPLE:
        # Asked for on their own, as zero-shot does: the same pass, the same bits.
        vectors_ND = np.concatenate([vectors_ND, features(worded(job.facts, "name"))])
        label_of = [*label_of, *range(job.facts.num_labels)]
    present = sorted(set(label_of))
    if job.settings["form"] == "prototype":
        of_label = np.asarray(label_of)
        vectors_ND = unit(np.stack([vectors_ND[of_label == c].mean(axis=0) for c in present]))
        label_of = present
    absent = sorted(set(range(job.facts.num_labels)) - set(present))
    nothing_ND = np.zeros((len(absent), vectors_ND.shape[1]))
    bias_O = np.repeat([0.0, -SCALE], [len(vectors_ND), len(absent)])
    arrays = {
        "weight_0": (SCALE * np.concatenate([vectors_ND, nothing_ND])).astype(np.float32),
        "bias_0": bias_O.astype(np.float32),
    }
    return arrays, [*label_of, *absent]


def draw_examples(job: Job) -> tuple[list[str], list[int]]:
    """Texts and label indices of the drawn examples, label by label."""
    rng = np.random.default_rng(derived_seed(job.seed, "shots"))
    texts: list[str] = []
    label_of: list[int] = []
    for label in range(job.facts.num_labels):
        has_label_N = (
            job.rows.targets[:, label]
            if job.facts.output_kind is OutputKind.MULTI
            else job.rows.targets == label
        )
        drawn = rng.permutation(np.flatnonzero(has_label_N))[: job.settings["shots"]]
        texts += [job.rows.texts[int(row)] for row in drawn]
        label_of += [label] * len(drawn)
    return texts, label_of
