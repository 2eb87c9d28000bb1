"""Decoders that classify by a new output layer, under the names of the methods that rate the labels' names.

What the two can do differs with the data: names say something before any training, and a new layer learns
more from many rows (Zhao et al. 2021, arXiv 2102.09690; Li et al. 2023, arXiv 2310.01208). They also learn at
different pace, so that a first look at both in one search would favour the quicker one. So each takes part on
its own. The layer is the one that transformers calls sequence classification; of a family without one it is
a linear layer over the last token.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sartor.core.base_model import DECODER, BaseModel
from sartor.core.candidate import Dial, Job
from sartor.core.dataset import TaskFacts
from sartor.core.goal import CLASSIFIED, OutputKind
from sartor.core.output_form import CLASS_HEAD
from sartor.core.protocols import Engine, Fit
from sartor.tune.few_shot import FewShot, example_vectors, vector_dials
from sartor.tune.full import Full
from sartor.tune.gradient import output_layer_dials
from sartor.tune.head import pooling_dial
from sartor.tune.last_layers import LastLayers
from sartor.tune.lora import Lora
from sartor.tune.pooled import PooledFit
from sartor.tune.prompted import output_dial


class FewShotVectors(FewShot):
    title = "few-shot: some examples beside the text as vectors, no training"
    does = {DECODER: frozenset({OutputKind.SINGLE, OutputKind.MULTI})}  # noqa: RUF012

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        return (*vector_dials(facts), pooling_dial(base), output_dial(CLASS_HEAD))

    def train_flops(
        self, settings: Mapping[str, Any], facts: TaskFacts, base: BaseModel | None
    ) -> float:
        assert base is not None
        return 2.0 * base.width * settings["shots"] * facts.num_labels * facts.num_fit

    def begin(self, job: Job, engine: Engine) -> Fit:
        return PooledFit(job, engine, learn=example_vectors, pooling=job.settings["pooling"])


class LastLayersHead(LastLayers):
    title = "tuning of the last layers and a new output layer"
    does = {DECODER: CLASSIFIED}  # noqa: RUF012

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        return _with_output_layer(super().dials(facts, base), facts, base)


class LoraHead(Lora):
    title = "LoRA tuning and a new output layer"
    does = {DECODER: CLASSIFIED}  # noqa: RUF012

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        return _with_output_layer(super().dials(facts, base), facts, base)


class FullHead(Full):
    title = "full fine-tuning with a new output layer"
    does = {DECODER: CLASSIFIED}  # noqa: RUF012

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        return _with_output_layer(super().dials(facts, base), facts, base)


def _with_output_layer(
    dials: Iterable[Dial], facts: TaskFacts, base: BaseModel | None
) -> tuple[Dial, ...]:
    """A method's own dials, and those of an output layer in place of those of writing."""
    assert base is not None
    new = [*output_layer_dials(facts, base), output_dial(CLASS_HEAD)]
    replaced = {dial.name for dial in new}
    return (*(dial for dial in dials if dial.name not in replaced), *new)
