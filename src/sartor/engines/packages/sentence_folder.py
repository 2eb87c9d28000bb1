"""Folders for sentence-transformers: Transformer, Pooling, Normalize, Dense (`pooled_head`).

Shape letters: N texts, T tokens, D width of a pooled text, H outputs of the last layer, C labels.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from sartor.core.candidate import Fitted
from sartor.engines.features import last_token
from sartor.engines.packages.card import ONNX_FILE, max_tokens_of, write_json
from sartor.engines.packages.onnx_export import export_onnx
from sartor.engines.packages.pretrained_files import (
    load_trunk,
    overlay,
    save_model,
    save_tokenizer,
    tensors,
)

POOLING_ORDER = ("cls", "max", "mean", "last")
"""Order in which sentence-transformers joins several poolings, however they are named."""
ACTIVATIONS: dict[str, type[torch.nn.Module]] = {
    "relu": torch.nn.ReLU,
    "gelu": torch.nn.GELU,
    "tanh": torch.nn.Tanh,
    "identity": torch.nn.Identity,
}
ABSENT_LOGIT = -1e4
"""Logit of a label for which no output stands: probability 0 in fp32."""
MODULE_PATH = "sentence_transformers.models."
"""Where every version since 0.3 finds its modules."""


def write_sentence_folder(fitted: Fitted, folder: Path) -> int:
    """The base's trunk, with `trunk.` tensors laid over it where it was tuned, and the head."""
    assert fitted.base is not None
    trunk = load_trunk(fitted.base)
    learned = {
        name.removeprefix("trunk."): array
        for name, array in fitted.arrays.items()
        if name.startswith("trunk.")
    }
    overlay(trunk, learned, missing=set())
    return save_sentence_folder(fitted, trunk, folder)


def save_sentence_folder(fitted: Fitted, trunk: Any, folder: Path) -> int:
    """Write the modules and their ONNX form; give back the id that pads.

    The native model's output is one logit for each output of the last layer, `scale` included;
    ONNX gives one for each label.
    """
    save_model(trunk, fitted, folder, with_labels=False)
    save_tokenizer(fitted, folder)
    layers = _layers(fitted)
    modules = [("Transformer", ""), ("Pooling", "1_Pooling")]
    if fitted.facts["normalise"]:
        modules.append(("Normalize", "2_Normalize"))
    first_dense = len(modules)
    modules += [("Dense", f"{first_dense + i}_Dense") for i in range(len(layers))]
    _write_modules(modules, fitted, folder)
    _write_pooling(fitted, trunk.config.hidden_size, folder / "1_Pooling")
    for number, layer in enumerate(layers):
        is_last = number == len(layers) - 1
        activation = "identity" if is_last else fitted.facts["activation"]
        _write_dense(layer, activation, folder / f"{first_dense + number}_Dense")
    export_onnx(PooledLogits(trunk, fitted, layers), folder / ONNX_FILE)
    return int(trunk.config.pad_token_id or 0)


def is_head_array(name: str) -> bool:
    """Whether an array belongs to the layers after pooling."""
    return name.startswith(("weight_", "bias_"))


class PooledLogits(torch.nn.Module):
    """Trunk, pooling and layers in one, as ONNX needs them; one logit for each label.

    Args:
        trunk: A transformers model without output layer.
        fitted: Its facts say how to pool, normalise and map outputs to labels.
        layers: What follows the pooling.
    """

    def __init__(self, trunk: Any, fitted: Fitted, layers: list[torch.nn.Linear]) -> None:
        super().__init__()
        self.trunk = trunk
        self.poolings = _poolings(fitted)
        self.normalise = bool(fitted.facts["normalise"])
        self.activation = ACTIVATIONS[fitted.facts["activation"]]()
        self.layers = torch.nn.ModuleList(layers)
        self.outputs_CK = _outputs_of_labels(fitted)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        hidden_NTD = self.trunk(input_ids=input_ids, attention_mask=attention_mask)[0]
        pooled_ND = torch.cat(
            [_pool(hidden_NTD, attention_mask, pooling) for pooling in self.poolings], dim=1
        )
        if self.normalise:
            pooled_ND = torch.nn.functional.normalize(pooled_ND, p=2.0, dim=1)
        for layer in self.layers[:-1]:
            pooled_ND = self.activation(layer(pooled_ND))
        outputs_NH = self.layers[-1](pooled_ND)
        if self.outputs_CK is None:
            return outputs_NH
        absent_N1 = torch.full_like(outputs_NH[:, :1], ABSENT_LOGIT)
        return torch.cat([outputs_NH, absent_N1], dim=1)[:, self.outputs_CK].amax(dim=2)


def _pool(hidden_NTD: torch.Tensor, mask_NT: torch.Tensor, pooling: str) -> torch.Tensor:
    """As sentence-transformers' Pooling does it, padding left out."""
    if pooling == "cls":
        return hidden_NTD[:, 0]
    if pooling == "last":
        return last_token(hidden_NTD, mask_NT)
    is_token_NT1 = mask_NT.unsqueeze(-1).to(hidden_NTD.dtype)
    if pooling == "mean":
        return (hidden_NTD * is_token_NT1).sum(1) / is_token_NT1.sum(1).clamp(min=1e-9)
    return hidden_NTD.masked_fill(is_token_NT1 == 0, -1e9).amax(dim=1)


def _poolings(fitted: Fitted) -> list[str]:
    asked = fitted.facts["pooling"].split("+")
    return [pooling for pooling in POOLING_ORDER if pooling in asked]


def _outputs_of_labels(fitted: Fitted) -> torch.Tensor | None:
    """Outputs that stand for each label, (C, K), the first repeated where a label has fewer.

    A label without any is given the column after the last, which is constant.
    None where output and label are the same.
    """
    num_labels = max(1, len(fitted.labels))
    output_labels = np.asarray(fitted.facts.get("output_labels") or range(num_labels))
    if np.array_equal(output_labels, np.arange(num_labels)):
        return None
    of_label = [np.flatnonzero(output_labels == label) for label in range(num_labels)]
    most = max(len(outputs) for outputs in of_label)
    outputs_CK = np.full((num_labels, most), len(output_labels), dtype=np.int64)
    for label, outputs in enumerate(of_label):
        if len(outputs):
            outputs_CK[label] = np.pad(outputs, (0, most - len(outputs)), mode="edge")
    return torch.from_numpy(outputs_CK)


def _layers(fitted: Fitted) -> list[torch.nn.Linear]:
    """The layers after pooling, `scale` multiplied into the last one."""
    head = tensors({name: a for name, a in fitted.arrays.items() if is_head_array(name)})
    layers = []
    for number in range(sum(name.startswith("weight_") for name in head)):
        weight, bias = head[f"weight_{number}"], head[f"bias_{number}"]
        layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
        layer.weight.data, layer.bias.data = weight, bias
        layers.append(layer)
    scale = float(fitted.facts.get("scale", 1.0))
    layers[-1].weight.data *= scale
    layers[-1].bias.data *= scale
    return layers


def _write_modules(modules: list[tuple[str, str]], fitted: Fitted, folder: Path) -> None:
    entries = [
        {"idx": number, "name": str(number), "path": path, "type": MODULE_PATH + name}
        for number, (name, path) in enumerate(modules)
    ]
    for _, path in modules:
        (folder / path).mkdir(exist_ok=True)
    write_json(entries, folder / "modules.json")
    limits = {"max_seq_length": max_tokens_of(fitted), "do_lower_case": False}
    write_json(limits, folder / "sentence_bert_config.json")
    write_json({"prompts": {}}, folder / "config_sentence_transformers.json")


def _write_pooling(fitted: Fitted, width: int, folder: Path) -> None:
    poolings = _poolings(fitted)
    config = {
        "word_embedding_dimension": width,
        "pooling_mode_cls_token": "cls" in poolings,
        "pooling_mode_max_tokens": "max" in poolings,
        "pooling_mode_mean_tokens": "mean" in poolings,
        "pooling_mode_mean_sqrt_len_tokens": False,
        "pooling_mode_lasttoken": "last" in poolings,
    }
    write_json(config, folder / "config.json")


def _write_dense(layer: torch.nn.Linear, activation: str, folder: Path) -> None:
    from safetensors.torch import save_file

    kind = ACTIVATIONS[activation]
    config = {
        "in_features": layer.in_features,
        "out_features": layer.out_features,
        "bias": True,
        "activation_function": f"{kind.__module__}.{kind.__name__}",
    }
    write_json(config, folder / "config.json")
    weights = {"linear.weight": layer.weight.detach(), "linear.bias": layer.bias.detach()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
