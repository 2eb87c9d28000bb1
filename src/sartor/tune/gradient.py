"""What last layers, LoRA and full fine-tuning share: the dials of the training loop and its rungs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Dial, Job
from sartor.core.dataset import TaskFacts
from sartor.core.goal import CLASSIFIED, OutputKind
from sartor.core.protocols import Engine, Fit

RUNGS = (0.25, 0.5, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
"""Epochs at which a trial is scored and may stop."""
SMALL_DATA_ROWS = 3000
REFERENCE_WIDTH = 384
LARGEST_STEP = 1e-3


class GradientMethod:
    """What last layers, LoRA and full fine-tuning have in common as methods."""

    family = "tuned"
    needs_base = True
    output_kinds = CLASSIFIED
    uses_seed = True
    trains: str
    """What learns, by the engine's name for it."""

    def epochs(self, settings: Mapping[str, Any], facts: TaskFacts) -> tuple[float, ...]:
        return RUNGS

    def begin(self, job: Job, engine: Engine) -> Fit:
        return engine.tune(job, trains=self.trains)


def training_dials(facts: TaskFacts, base: BaseModel | None) -> list[Dial]:
    """Dials that every gradient method has, with their defaults."""
    assert base is not None
    poolings = ("native", base.pooling)
    if base.is_sentence_encoder:
        # It was trained to speak through its pooled vector; the family's own head starts from nothing.
        poolings = (base.pooling, "native")
    dials = [
        Dial(
            "batch_size",
            32 if facts.num_fit >= SMALL_DATA_ROWS else 16,
            "Texts of one step.",
            choices=(32, 16) if facts.num_fit >= SMALL_DATA_ROWS else (16, 32),
        ),
        Dial(
            "pooling",
            poolings[0],
            "`native`: the output layer of transformers for this family; else the pooled vector.",
            choices=poolings,
        ),
        Dial("head_factor", 10.0, "The output layer's step size over the body's.", choices=(10.0,)),
        Dial("warm_start", True, "Start the output layer from a linear probe.", choices=(True,)),
    ]
    if facts.output_kind is OutputKind.SINGLE:
        dials.append(
            Dial(
                "label_smoothing",
                0.1,
                "Share of the target spread over the other labels.",
                choices=(0.1, 0.0),
                least=0.0,
                most=0.9,
            )
        )
    return dials


def step_size(at_reference: float, base: BaseModel) -> float:
    """A default learning rate for pretrained weights, by the width of the base.

    The wider the base, the smaller its steps: 2e-4 at 384 becomes 5e-5 at 768 and 2.8e-5 at 1024, which
    Devlin et al. 2018 (arXiv 1810.04805, appendix A.3) found for BERT base and large. Never over 1e-3.

    Args:
        at_reference: The rate that was found for a width of 384.
        base: Whose weights learn.
    """
    rate = at_reference * (REFERENCE_WIDTH / base.width) ** 2
    return float(f"{min(rate, LARGEST_STEP):.2g}")


def trained_flops(base: BaseModel | None, facts: TaskFacts, *, backward: float) -> float:
    """Operations of one epoch: 2 per weight and token forward, `backward` times that on the way back.

    Kaplan et al. 2020, arXiv 2001.08361, section 2.1.
    """
    assert base is not None
    tokens = facts.num_fit * facts.mean_tokens
    return 2.0 * base.trunk_parameters * tokens * (1.0 + backward)
