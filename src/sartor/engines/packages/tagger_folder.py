"""Folders of models that mark spans: a token classifier of transformers, or its two parts (`tagger`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from sartor.core.candidate import Fitted
from sartor.core.errors import PackageError
from sartor.engines.adapt import TokenClassifier
from sartor.engines.packages.card import HEADED_FAMILIES, ONNX_FILE
from sartor.engines.packages.onnx_export import NativeLogits, export_onnx
from sartor.engines.packages.pretrained_files import (
    load_tagger,
    load_trunk,
    overlay,
    save_model,
    save_tokenizer,
    tensors,
)
from sartor.engines.packages.rules_folder import write_tagging
from sartor.engines.packages.transformer_folder import PEFT_PREFIX, write_adapter
from sartor.engines.windows import OVERLAP, WINDOW_FILL

OUTPUT = {"weight_0": "weight", "bias_0": "bias"}
"""Of the output layer: name among what was learned, and name in the layer."""


def write_tagger_folder(fitted: Fitted, folder: Path) -> int:
    """The model with its output layer, its ONNX form, and how words and windows are made."""
    assert fitted.base is not None
    save_tokenizer(fitted, folder)
    write_tagging(fitted, folder, window_fill=WINDOW_FILL, overlap=OVERLAP)
    if fitted.base.family in HEADED_FAMILIES:
        return _save_apart(fitted, folder)
    model, missing = load_tagger(fitted)
    trunk = f"{model.base_model_prefix}."
    layer = _output_name(model, trunk)
    output = {f"{layer}.{name}": fitted.arrays[ours] for ours, name in OUTPUT.items()}
    overlay(model, {**_trunk_arrays(fitted, trunk), **output}, missing=missing)
    _merge_adapter(model.base_model, fitted, folder)
    save_model(model, fitted, folder, with_labels=True)
    export_onnx(NativeLogits(model), folder / ONNX_FILE, is_by_token=True)
    return int(model.config.pad_token_id or 0)


def _save_apart(fitted: Fitted, folder: Path) -> int:
    """Trunk and `head.safetensors`, where the family's own token classifier has a layer between them."""
    from safetensors.torch import save_file

    assert fitted.base is not None
    trunk = load_trunk(fitted.base)
    overlay(trunk, _trunk_arrays(fitted, ""), missing=set())
    _merge_adapter(trunk, fitted, folder)
    save_model(trunk, fitted, folder, with_labels=False)
    head = tensors({name: fitted.arrays[ours] for ours, name in OUTPUT.items()})
    save_file(head, folder / "head.safetensors", metadata={"format": "pt"})
    model = TokenClassifier(trunk, num_tags=len(fitted.arrays["bias_0"]))
    model.head.load_state_dict(head)
    export_onnx(model, folder / ONNX_FILE, is_by_token=True)
    return int(trunk.config.pad_token_id or 0)


def _trunk_arrays(fitted: Fitted, prefix: str) -> dict[str, np.ndarray]:
    """What the trunk learned, by its names under a prefix; adapters are not among it."""
    return {
        prefix + name.removeprefix("trunk."): array
        for name, array in fitted.arrays.items()
        if name.startswith("trunk.")
    }


def _merge_adapter(trunk: Any, fitted: Fitted, folder: Path) -> None:
    """Write `adapter/`, where one was learned, and merge it into the trunk in place."""
    learned = {n: a for n, a in fitted.arrays.items() if n.startswith(PEFT_PREFIX)}
    if learned:
        merged = write_adapter(
            trunk, fitted, learned, folder / "adapter", task_type="FEATURE_EXTRACTION"
        )
        assert merged is trunk, "PEFT merges in place"


def _output_name(model: Any, trunk: str) -> str:
    """The one layer that stands behind the trunk."""
    names = {name for name, _ in model.named_parameters() if not name.startswith(trunk)}
    layers = {name.rpartition(".")[0] for name in names}
    if len(layers) != 1 or len(names) != len(OUTPUT):
        raise PackageError(
            where=type(model).__name__,
            problem=f"has {', '.join(sorted(names))} behind its trunk, and not one output layer.",
            fix="Choose a base of another family under `bases:`.",
        )
    return layers.pop()
