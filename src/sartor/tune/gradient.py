"""What last layers, LoRA and full fine-tuning share: the dials of the training loop and its rungs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sartor.core.base_model import ENCODER, WRITERS, BaseModel
from sartor.core.candidate import Dial, Job
from sartor.core.dataset import TaskFacts
from sartor.core.decoding import TURN_TOKENS, WRITING_SLOWNESS
from sartor.core.goal import CLASSIFIED, OutputKind
from sartor.core.output_form import CLASS_HEAD, LABELS, OUTPUT
from sartor.core.protocols import Engine, Fit
from sartor.tune.decoding import decoding_dials
from sartor.tune.prompted import PROMPTED, output_dial

READ = CLASSIFIED | {OutputKind.SPANS}
"""Kinds of output that an encoder with a new output layer gives."""

RUNGS = (0.25, 0.5, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
"""Epochs at which a trial is scored and may stop."""
SMALL_DATA_ROWS = 3000
REFERENCE_WIDTH = 384
LARGEST_STEP = 1e-3
OUTPUT_SLOWNESS = 3.0
"""How much longer an operation of the output layer takes, with softmax and loss; for the plan only."""
SMALLER_STEP = 0.4
"""The second step size tried, as a share of the first."""


class GradientMethod:
    """What last layers, LoRA and full fine-tuning have in common as methods."""

    family = "tuned"
    needs_base = True
    does = {ENCODER: READ, **dict.fromkeys(WRITERS, PROMPTED)}  # noqa: RUF012
    uses_seed = True
    trains: str
    """What learns, by the engine's name for it."""
    backward: float
    """Operations of the way back over those of the way forth; for the plan only."""

    def epochs(self, settings: Mapping[str, Any], facts: TaskFacts) -> tuple[float, ...]:
        return RUNGS

    def train_flops(
        self, settings: Mapping[str, Any], facts: TaskFacts, base: BaseModel | None
    ) -> float:
        writes = settings.get(OUTPUT) != CLASS_HEAD
        return trained_flops(base, facts, backward=self.backward, writes=writes)

    def begin(self, job: Job, engine: Engine) -> Fit:
        return engine.tune(job, trains=self.trains)


def training_dials(facts: TaskFacts, base: BaseModel | None) -> list[Dial]:
    """Dials that every gradient method has, with their defaults."""
    assert base is not None
    if base.architecture in WRITERS:
        batch = Dial("batch_size", 16, "Conversations of one step.", choices=(16, 8))
        if facts.output_kind is OutputKind.SINGLE:
            return [batch, output_dial(LABELS)]
        return [batch, *decoding_dials(facts)]
    return output_layer_dials(facts, base)


def output_layer_dials(facts: TaskFacts, base: BaseModel) -> list[Dial]:
    """Dials of the training loop where a new output layer learns too."""
    shared = [
        batch_dial(facts),
        Dial("head_factor", 10.0, "The output layer's step size over the body's.", choices=(10.0,)),
        Dial("warm_start", True, "Start the output layer from a linear probe.", choices=(True,)),
    ]
    if facts.output_kind is OutputKind.SPANS:
        return shared
    poolings: tuple[str, ...] = ("native", base.pooling)
    if base.is_writer:
        poolings = ("native",) if base.has_class_head else ("last",)
    elif base.is_sentence_encoder:
        # It was trained to speak through its pooled vector; the family's own head starts from nothing.
        poolings = (base.pooling, "native")
    doc = "`native`: the output layer of transformers for this family; else the pooled vector."
    dials = [shared[0], Dial("pooling", poolings[0], doc, choices=poolings), *shared[1:]]
    if facts.output_kind is OutputKind.SINGLE:
        dials.append(label_smoothing_dial())
    return dials


def label_smoothing_dial() -> Dial:
    """For one label a text: certain targets make a model more certain than it is right."""
    doc = "Share of the target spread over the other labels."
    return Dial("label_smoothing", 0.1, doc, choices=(0.1, 0.0), least=0.0, most=0.9)


def step_dial(rate: float) -> Dial:
    """The dial that matters most: the default, then a smaller step, then what the search proposes.

    The first two are named because a plan may have room for no more, and a draw from the whole range is
    mostly worse than either.
    """
    return Dial(
        "learning_rate",
        rate,
        "Peak step size.",
        low=rate / 5,
        high=4 * rate,
        is_log=True,
        second=float(f"{SMALLER_STEP * rate:.2g}"),
    )


def batch_dial(facts: TaskFacts) -> Dial:
    """Texts of one step: of few rows fewer, so that an epoch still has steps."""
    choices = (32, 16) if facts.num_fit >= SMALL_DATA_ROWS else (16, 32)
    return Dial("batch_size", choices[0], "Texts of one step.", choices=choices)


def step_size(at_reference: float, base: BaseModel) -> float:
    """A default learning rate for pretrained weights, by the width of the base.

    The wider the base, the smaller its steps. Of an encoder 2e-4 at 384 becomes 5e-5 at 768 and 2.8e-5 at
    1024, which Devlin et al. 2018 (arXiv 1810.04805, appendix A.3) found for BERT base and large; of a
    writer 2e-5 at 4096, what supervised fine-tuning of models with 7 billion weights takes. Never over 1e-3.

    Args:
        at_reference: The rate that was found for a width of 384.
        base: Whose weights learn.
    """
    power = 1 if base.architecture in WRITERS else 2
    rate = at_reference * (REFERENCE_WIDTH / base.width) ** power
    return float(f"{min(rate, LARGEST_STEP):.2g}")


def trained_flops(
    base: BaseModel | None, facts: TaskFacts, *, backward: float, writes: bool = True
) -> float:
    """Planned operations of one epoch and of scoring it once: 2 per weight and token forward.

    Kaplan et al. 2020, arXiv 2001.08361, section 2.1.

    Args:
        base: Whose trunk learns.
        facts: Of the task.
        backward: Operations of the way back, over those of the way forth.
        writes: Whether a writer learns to write, and not a new output layer for classes.
    """
    assert base is not None
    if not (base.is_writer and writes):
        tokens = facts.mean_tokens * (facts.num_fit * (1.0 + backward) + facts.num_scored)
        return 2.0 * base.trunk_parameters * tokens
    answer_tokens = facts.mean_answer_tokens or facts.label_tokens / facts.num_labels
    read = base.trunk_parameters * (facts.mean_tokens + TURN_TOKENS + answer_tokens)
    written = OUTPUT_SLOWNESS * base.output_parameters * answer_tokens
    learned = 2.0 * (read + written) * facts.num_fit * (1.0 + backward)
    return learned + _scoring_flops(facts, base)


def _scoring_flops(facts: TaskFacts, base: BaseModel) -> float:
    """Operations of the answers that choose, once: what is written fills no processor, what is rated does."""
    answer_tokens = WRITING_SLOWNESS * facts.mean_answer_tokens or facts.label_tokens
    read = base.trunk_parameters * (facts.mean_tokens + TURN_TOKENS)
    answered = (base.trunk_parameters + base.output_parameters) * answer_tokens
    return 2.0 * (read + answered) * facts.num_scored
