"""Which weights a method trains: the last layers, low-rank adapters, or all of them.

`pairs` trains all of them without an output layer, so that texts of one label come to lie together.

Shape letters: N texts, B rows of a batch, T tokens, D width, C labels, H inputs of the output layer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from transformers.pytorch_utils import Conv1D

from sartor.core.candidate import Job
from sartor.core.goal import OutputKind
from sartor.core.tagging import num_tags
from sartor.engines.encoder import Model, layer_list, load_classifier, load_trunk
from sartor.engines.features import pool_all
from sartor.engines.precision import bf16_products, has_bf16_products
from sartor.engines.vocabulary import UsedRows

if TYPE_CHECKING:
    from peft import LoraConfig


class PooledClassifier(torch.nn.Module):
    """Trunk, pooling, one linear layer: sentence-transformers' Transformer, Pooling and Dense."""

    def __init__(self, trunk: Model, *, pooling: str, num_labels: int) -> None:
        super().__init__()
        self.trunk: Model = trunk
        self.head = torch.nn.Linear(trunk.config.hidden_size, num_labels)
        torch.nn.init.normal_(self.head.weight, std=0.02)
        torch.nn.init.zeros_(self.head.bias)
        self.dropout = torch.nn.Dropout(0.1)
        self.pooling = pooling

    @property
    def config(self) -> Any:
        return self.trunk.config

    def forward(self, tokens_BT: torch.Tensor, mask_BT: torch.Tensor) -> torch.Tensor:
        return self.head(self.dropout(_pooled(self.trunk, tokens_BT, mask_BT, self.pooling)))


class SentenceEncoder(torch.nn.Module):
    """Trunk and pooling: a unit vector for each text, and no output layer."""

    def __init__(self, trunk: Model, *, pooling: str) -> None:
        super().__init__()
        self.trunk: Model = trunk
        self.pooling = pooling

    @property
    def config(self) -> Any:
        return self.trunk.config

    def forward(self, tokens_BT: torch.Tensor, mask_BT: torch.Tensor) -> torch.Tensor:
        """Unit vectors (B, D)."""
        pooled_BD = _pooled(self.trunk, tokens_BT, mask_BT, self.pooling)
        return torch.nn.functional.normalize(pooled_BD, dim=1)


def _pooled(
    trunk: Model, tokens_BT: torch.Tensor, mask_BT: torch.Tensor, pooling: str
) -> torch.Tensor:
    """One vector of each text, (B, H)."""
    hidden_BTD = trunk(input_ids=tokens_BT, attention_mask=mask_BT).last_hidden_state
    return pool_all(hidden_BTD, mask_BT, [pooling])[:, 0]


class TokenClassifier(torch.nn.Module):
    """Trunk and one linear layer over every token: what transformers calls token classification."""

    def __init__(self, trunk: Model, *, num_tags: int) -> None:
        super().__init__()
        self.trunk: Model = trunk
        self.head = torch.nn.Linear(trunk.config.hidden_size, num_tags)
        torch.nn.init.normal_(self.head.weight, std=0.02)
        torch.nn.init.zeros_(self.head.bias)
        self.dropout = torch.nn.Dropout(0.1)

    @property
    def config(self) -> Any:
        return self.trunk.config

    def forward(self, tokens_BT: torch.Tensor, mask_BT: torch.Tensor) -> torch.Tensor:
        """Scores of tags (B, T, C)."""
        hidden_BTD = self.trunk(input_ids=tokens_BT, attention_mask=mask_BT).last_hidden_state
        return self.head(self.dropout(hidden_BTD))


class NativeClassifier(torch.nn.Module):
    """The output layer that `transformers` itself defines for the family, behind the same call."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model: Model = model

    @property
    def config(self) -> Any:
        return self.model.config

    @property
    def trunk(self) -> Model:
        return self.model.base_model

    def forward(self, tokens_BT: torch.Tensor, mask_BT: torch.Tensor) -> torch.Tensor:
        return self.model(input_ids=tokens_BT, attention_mask=mask_BT).logits


@dataclass(frozen=True)
class Adapted:
    """A model and the part of it that learns."""

    model: Model
    """Takes (tokens_BT, mask_BT), gives logits (B, C); of a tagger (B, T, C); vectors (B, D) for pairs."""
    trains: str
    """`head`, `last_layers`, `lora`, `all` or `pairs`."""
    head: Mapping[str, torch.nn.Parameter]
    """New weights: they start from nothing, so they learn faster."""
    body: Mapping[str, torch.nn.Parameter]
    """Pretrained weights, or adapters of them."""
    learns_words: bool
    """Whether the embedding table is among the body."""
    lora: LoraConfig | None = None
    """PEFT's description of the adapters, where there are any."""
    may_round: bool = False
    """Whether products may be made in bf16 while it learns: scores and similarities need every digit, and an
    output layer alone costs nothing."""

    def learning(self, *inputs: torch.Tensor) -> torch.Tensor:
        """What the model gives while it learns, in fp32, whatever its products are made in."""
        device = inputs[0].device
        with bf16_products(device, is_on=self.may_round and has_bf16_products(device)):
            found: torch.Tensor = self.model(*inputs)
        return found.float()

    def with_words(self, used: UsedRows) -> Adapted:
        """The same, but of the embedding table only the rows in use learn."""
        table, rows = used.full.weight, used.compact.get_parameter("weight")
        return replace(self, body={n: rows if p is table else p for n, p in self.body.items()})


def adapt(job: Job, *, trains: str) -> Adapted:
    """Load the base with a new output layer and decide what learns.

    Args:
        job: `settings` hold `pooling` and, by method, `num_layers` or rank, alpha and dropout.
        trains: `head`, `last_layers`, `lora`, `all` or `pairs`.
    """
    assert job.base is not None
    torch.manual_seed(job.seed)
    model = _without_output_layer(job) if trains == "pairs" else _classifier(job)
    head_names = _head_names(model)
    model.requires_grad_(False)
    lora = None
    if trains == "lora":
        from sartor.engines.lora import inject

        lora = lora_config(model.trunk, job.settings)
        inject(lora, model.trunk)
        learning = [name for name, _ in model.named_parameters() if "lora_" in name]
    else:
        learning = _layers_that_learn(model, trains, job.settings)
    parameters = dict(model.named_parameters())
    for name in [*head_names, *learning]:
        parameters[name].requires_grad_(True)
    return Adapted(
        model=model,
        trains=trains,
        head={name: parameters[name] for name in head_names},
        body={name: parameters[name] for name in learning},
        learns_words=trains in ("all", "pairs"),
        lora=lora,
        may_round=trains not in ("head", "pairs") and job.facts.output_kind is not OutputKind.SCORE,
    )


def _without_output_layer(job: Job) -> Model:
    assert job.base is not None
    return SentenceEncoder(load_trunk(job.base), pooling=job.settings["pooling"])


def _classifier(job: Job) -> Model:
    assert job.base is not None
    if job.facts.output_kind is OutputKind.SPANS:
        return TokenClassifier(load_trunk(job.base), num_tags=num_tags(job.facts.labels))
    pooling = job.settings["pooling"]
    if pooling == "native":
        return NativeClassifier(load_classifier(job.base, job.facts))
    trunk = load_trunk(job.base)
    return PooledClassifier(trunk, pooling=pooling, num_labels=job.facts.num_labels)


def _head_names(model: Model) -> list[str]:
    """Everything that is neither embeddings nor transformer layers: poolers and output layers."""
    trunk = {id(parameter) for parameter in model.trunk.parameters()}
    pooler = getattr(model.trunk, "pooler", None)
    pooled = (
        {id(p) for p in pooler.parameters()}
        if isinstance(model, NativeClassifier) and pooler
        else set()
    )
    return [n for n, p in model.named_parameters() if id(p) not in trunk or id(p) in pooled]


def _layers_that_learn(model: Model, trains: str, settings: Mapping[str, Any]) -> list[str]:
    trunk_prefix = next(n for n, module in model.named_modules() if module is model.trunk)
    names = [n for n, _ in model.trunk.named_parameters()]
    if trains == "head":
        return []
    if trains == "last_layers":
        layers_name, layers = layer_list(model.trunk)
        first = len(layers) - settings["num_layers"]
        kept = tuple(f"{layers_name}.{i}." for i in range(first, len(layers)))
        names = [n for n in names if n.startswith(kept)]
    head = set(_head_names(model))
    full_names = [f"{trunk_prefix}.{n}" for n in names]
    return [n for n in full_names if n not in head and ".pooler." not in n]


def lora_config(trunk: Model, settings: Mapping[str, Any]) -> LoraConfig:
    """PEFT's own description of adapters around every linear layer of every transformer layer.

    All linear layers: attention alone loses even at equal parameter count (Schulman et al. 2025,
    "LoRA without regret"). LoRA: Hu et al. 2021, arXiv 2106.09685.
    """
    from peft import LoraConfig  # seconds to import, and most candidates need none of it

    layers_name, layers = layer_list(trunk)
    kinds = (torch.nn.Linear, Conv1D)
    linears = {n for n, module in layers[0].named_modules() if isinstance(module, kinds)}
    any_linear = "|".join(re.escape(name) for name in sorted(linears))
    return LoraConfig(
        r=settings["rank"],
        lora_alpha=settings["alpha"],
        lora_dropout=settings["dropout"],
        target_modules=rf"(?:.*\.)?{re.escape(layers_name)}\.\d+\.(?:{any_linear})",
        fan_in_fan_out=any(isinstance(module, Conv1D) for module in layers[0].modules()),
    )
