"""Transfer learning on a frozen trunk: a new output layer over pooled features.

All settings share one pass over the trunk, so a setting costs seconds. A linear probe is the strongest
cheap method there is for sentence encoders (Alain & Bengio 2016, arXiv 1610.01644; SetFit's head, Tunstall et
al. 2022, arXiv 2209.11055).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from sartor.core.base_model import DECODER, ENCODER, BaseModel
from sartor.core.candidate import Dial, Job
from sartor.core.dataset import TaskFacts
from sartor.core.goal import CLASSIFIED, OutputKind
from sartor.core.label_name import AS_EXAMPLE, LABEL_NAME, UNUSED
from sartor.core.protocols import Engine, Fit
from sartor.tune.at_once import AtOnce
from sartor.tune.gradient import label_smoothing_dial
from sartor.tune.pooled import Features, PooledFit
from sartor.tune.zero_shot import worded

POOLINGS = ("mean", "mean+max", "mean+cls", "cls", "max")
CAUSAL_POOLINGS = ("mean", "last", "mean+last")
"""Of a decoder: only its last token has seen the whole text."""
READERS = {ENCODER: CLASSIFIED, DECODER: CLASSIFIED}
"""What a new output layer over frozen features gives, by architecture."""
FEW_STEPS_ROWS = 1000
"""Below these many rows an epoch has so few steps that it takes more of them."""


def pooling_dial(base: BaseModel | None) -> Dial:
    """Which vector stands for a text; the base's own way is tried first."""
    assert base is not None
    known = CAUSAL_POOLINGS if base.architecture == DECODER else POOLINGS
    return Dial(
        "pooling",
        base.pooling,
        "How the trunk's output becomes one vector.",
        choices=tuple(sorted(known, key=lambda p: p != base.pooling)),
    )


class FrozenTrunk(AtOnce):
    """What both heads have in common as methods."""

    depth = 3
    family = "tuned"
    needs_base = True
    does = READERS


class LinearHead(FrozenTrunk):
    name = "head"
    title = "frozen trunk, new output layer (linear)"
    uses_seed = False

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        dials = [
            pooling_dial(base),
            Dial(
                "inverse_regularisation",
                30.0,
                "How freely the layer may follow the examples (scikit-learn's C).",
                low=0.3,
                high=300.0,
                is_log=True,
            ),
        ]
        if facts.output_kind is OutputKind.SINGLE:
            dials.append(label_name_dial(UNUSED, AS_EXAMPLE))
        return tuple(dials)

    def train_flops(
        self, settings: Mapping[str, Any], facts: TaskFacts, base: BaseModel | None
    ) -> float:
        assert base is not None
        return 100 * 6.0 * base.width * facts.num_labels * facts.num_fit

    def begin(self, job: Job, engine: Engine) -> Fit:
        learn = partial(linear_layer, engine=engine)
        return PooledFit(job, engine, learn=learn, pooling=job.settings["pooling"])


class MlpHead(FrozenTrunk):
    name = "mlp_head"
    title = "frozen trunk, new output layers (MLP)"
    uses_seed = True

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        epochs = (20, 40) if facts.num_fit >= FEW_STEPS_ROWS else (40, 80)
        dials = [
            pooling_dial(base),
            Dial("hidden_units", 256, "Width of the hidden layer.", choices=(256, 512)),
            Dial("learning_rate", 6e-3, "Peak step size.", low=1e-3, high=2e-2, is_log=True),
            Dial("weight_decay", 0.01, "Pull towards 0.", low=1e-3, high=0.3, is_log=True, least=0),
            Dial("head_epochs", epochs[0], "Passes over the features.", choices=epochs),
        ]
        if facts.output_kind is OutputKind.SINGLE:
            dials.append(label_smoothing_dial())
        return tuple(dials)

    def train_flops(
        self, settings: Mapping[str, Any], facts: TaskFacts, base: BaseModel | None
    ) -> float:
        assert base is not None
        weights = settings["hidden_units"] * (base.width + facts.num_labels)
        return 6.0 * weights * facts.num_fit * settings["head_epochs"]

    def begin(self, job: Job, engine: Engine) -> Fit:
        learn = partial(two_layers, engine=engine)
        return PooledFit(job, engine, learn=learn, pooling=job.settings["pooling"])


def label_name_dial(*choices: str) -> Dial:
    """With few examples a label's own name is a good one more.

    Args:
        choices: `AS_EXAMPLE` and `UNUSED`; what is tried first stands first.
    """
    doc = "Whether the label's name counts as one more example."
    return Dial(LABEL_NAME, choices[0], doc, choices=choices)


def linear_layer(
    job: Job, features: Features, engine: Engine
) -> tuple[dict[str, np.ndarray], list[int]]:
    """Logistic regression (one a label where there are several), or ridge regression for scores."""
    inputs_ND, targets = features(job.rows.texts), job.rows.targets
    if job.settings.get(LABEL_NAME) == AS_EXAMPLE:
        inputs_ND = np.concatenate([inputs_ND, features(worded(job.facts, "name"))])
        targets = np.concatenate([targets, np.arange(job.facts.num_labels)])
    weight_CD, bias_C = engine.linear(
        inputs_ND,
        targets,
        facts=job.facts,
        inverse_regularisation=job.settings["inverse_regularisation"],
    )
    arrays = {"weight_0": weight_CD.astype(np.float32), "bias_0": bias_C.astype(np.float32)}
    return arrays, list(range(job.facts.num_labels))


def two_layers(
    job: Job, features: Features, engine: Engine
) -> tuple[dict[str, np.ndarray], list[int]]:
    """A hidden layer and an output layer, trained by gradient."""
    layers = engine.mlp(job, features(job.rows.texts))
    names = ("weight_0", "bias_0", "weight_1", "bias_1")
    return dict(zip(names, layers, strict=True)), list(range(job.facts.num_labels))
