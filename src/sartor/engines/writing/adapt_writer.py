"""Which weights of a writer learn: the last layers, low-rank adapters, or all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from transformers.pytorch_utils import Conv1D

from sartor.core.errors import TrialError
from sartor.engines.adapt import Adapted
from sartor.engines.encoder import Model
from sartor.engines.lora import inject

if TYPE_CHECKING:
    from peft import LoraConfig


def adapt_writer(model: Model, *, trains: str, settings: Mapping[str, Any]) -> Adapted:
    """Decide what learns of a loaded writer, in place. No weight is new, so there is no head.

    Args:
        model: Of `transformers`.
        trains: `last_layers`, `lora` or `all`.
        settings: By method `num_layers`, or `rank`, `alpha` and `dropout`.
    """
    model.requires_grad_(False)
    lora = None
    if trains == "lora":
        lora = lora_config(model, settings)
        inject(lora, model)
        learning = [name for name, _ in model.named_parameters() if "lora_" in name]
    elif trains == "last_layers":
        name, layers = layer_lists(model)[-1]
        first = len(layers) - settings["num_layers"]
        kept = tuple(f"{name}.{index}." for index in range(first, len(layers)))
        learning = [n for n, _ in model.named_parameters() if n.startswith(kept)]
    else:
        learning = [name for name, _ in model.named_parameters()]
    parameters = dict(model.named_parameters())
    for name in learning:
        parameters[name].requires_grad_(True)
    body = {name: parameters[name] for name in learning}
    return Adapted(model=model, trains=trains, head={}, body=body, learns_words=False, lora=lora)


def layer_lists(model: Model) -> list[tuple[str, torch.nn.ModuleList]]:
    """Transformer layers by name; of an encoder-decoder the encoder's, then the decoder's."""
    found: list[tuple[str, torch.nn.ModuleList]] = []
    for name, module in model.named_modules():
        is_inside = any(name.startswith(f"{outer}.") for outer, _ in found)
        if isinstance(module, torch.nn.ModuleList) and not is_inside:
            found.append((name, module))
    if not found:
        raise TrialError(
            where=str(model.config.model_type),
            problem="has no list of transformer layers.",
            fix="Choose another family under `bases:`, or leave out `last_layers` and `lora`.",
        )
    return found


def lora_config(model: Model, settings: Mapping[str, Any]) -> LoraConfig:
    """PEFT's own description of adapters around every linear layer of every transformer layer."""
    from peft import LoraConfig

    lists = layer_lists(model)
    linears = {
        name
        for _, layers in lists
        for layer in layers
        for name, module in layer.named_modules()
        if isinstance(module, torch.nn.Linear | Conv1D)
    }
    has_conv = any(isinstance(module, Conv1D) for module in model.modules())
    any_list = "|".join(re.escape(name) for name, _ in lists)
    any_linear = "|".join(re.escape(name) for name in sorted(linears))
    return LoraConfig(
        r=settings["rank"],
        lora_alpha=settings["alpha"],
        lora_dropout=settings["dropout"],
        target_modules=rf"(?:.*\.)?(?:{any_list})\.\d+\.(?:{any_linear})",
        fan_in_fan_out=has_conv,
        task_type="SEQ_2_SEQ_LM" if model.config.is_encoder_decoder else "CAUSAL_LM",
    )
