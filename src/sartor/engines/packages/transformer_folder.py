"""Folders for plain transformers and PEFT: a classifier of the base's family, adapters merged in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from sartor.core.candidate import Fitted
from sartor.engines.packages.card import ONNX_FILE, public_name
from sartor.engines.packages.onnx_export import NativeLogits, export_onnx
from sartor.engines.packages.pretrained_files import (
    load_classifier,
    load_trunk,
    overlay,
    quiet_transformers,
    refuse_random,
    save_model,
    save_tokenizer,
    tensors,
)
from sartor.engines.packages.sentence_folder import is_head_array, save_sentence_folder

PEFT_PREFIX = "base_model.model."


def write_transformer_folder(fitted: Fitted, folder: Path) -> int:
    """A classifier whose learned tensors lie over the base's (`class_head`)."""
    model, missing = load_classifier(fitted)
    overlay(model, fitted.arrays, missing=missing)
    return _save_classifier(model, fitted, folder)


def write_adapter_folder(fitted: Fitted, folder: Path) -> int:
    """`adapter/` as PEFT reads it, and the merged model at the top (`adapter`).

    With `pooling` other than `native` the adapter sits in the bare trunk, and the merged model is
    a sentence-transformers folder.
    """
    learned = {name: array for name, array in fitted.arrays.items() if not is_head_array(name)}
    is_native = fitted.facts.get("pooling", "native") == "native"
    if is_native:
        model, missing = load_classifier(fitted)
        refuse_random({name for name in missing if PEFT_PREFIX + name not in learned})
    else:
        assert fitted.base is not None
        model = load_trunk(fitted.base)
    task_type = "SEQ_CLS" if is_native else "FEATURE_EXTRACTION"
    merged = write_adapter(model, fitted, learned, folder / "adapter", task_type=task_type)
    if is_native:
        return _save_classifier(merged, fitted, folder)
    return save_sentence_folder(fitted, merged, folder)


def _save_classifier(model: Any, fitted: Fitted, folder: Path) -> int:
    save_model(model, fitted, folder, with_labels=True)
    save_tokenizer(fitted, folder)
    export_onnx(NativeLogits(model), folder / ONNX_FILE)
    return int(model.config.pad_token_id or 0)


def write_adapter(
    model: Any, fitted: Fitted, learned: dict[str, np.ndarray], folder: Path, *, task_type: str
) -> Any:
    """Write PEFT's two files and give back the model with the adapter merged in.

    Args:
        model: Of `transformers`, without adapters.
        fitted: With PEFT's settings.
        learned: Tensors by PEFT's names.
        folder: Made here.
        task_type: PEFT's name for what the model does.
    """
    from peft import LoraConfig, get_peft_model, set_peft_model_state_dict
    from safetensors.torch import save_file

    config = LoraConfig(
        **_lora_keys(fitted),
        task_type=task_type,
        modules_to_save=_whole_modules(learned) or None,
        inference_mode=True,
    )
    with quiet_transformers():
        adapted = get_peft_model(model, config)
    _check_names(set_peft_model_state_dict(adapted, tensors(learned)))
    assert fitted.base is not None
    # PEFT notes the folder that the model was loaded from: a path of this machine.
    config.base_model_name_or_path = fitted.base.hub_id or public_name(fitted.base)
    folder.mkdir()
    config.save_pretrained(str(folder))
    save_file(tensors(learned), folder / "adapter_model.safetensors", metadata={"format": "pt"})
    return adapted.merge_and_unload().eval()


def _lora_keys(fitted: Fitted) -> dict[str, Any]:
    """PEFT's settings as they were trained, less those that this file decides."""
    ours = (
        "peft_type",
        "task_type",
        "modules_to_save",
        "inference_mode",
        "base_model_name_or_path",
    )
    return {key: value for key, value in fitted.facts["lora_config"].items() if key not in ours}


def _whole_modules(learned: dict[str, np.ndarray]) -> list[str]:
    """Modules saved whole beside the adapter: output layers, and poolers that learned."""
    whole = [name.removeprefix(PEFT_PREFIX) for name in learned if ".lora_" not in name]
    return sorted({_owner(name) for name in whole})


def _owner(name: str) -> str:
    """`classifier.dense.weight` to `classifier`, `bert.pooler.dense.bias` to `pooler`."""
    parts = name.split(".")
    return "pooler" if "pooler" in parts else parts[0]


def _check_names(result: Any) -> None:
    """PEFT skips what it does not know; here that would be a model other than the measured one."""
    left_out = [
        name for name in result.missing_keys if "lora_" in name or "modules_to_save" in name
    ]
    assert not result.unexpected_keys, f"not in the adapted model: {result.unexpected_keys[:3]}"
    assert not left_out, f"not in what was learned: {left_out[:3]}"
