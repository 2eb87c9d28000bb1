"""Loads base models whole, and writes model and tokenizer files that every reader accepts."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoConfig, AutoModelForTokenClassification
from transformers.utils import logging

from sartor.core.base_model import DECODER, BaseModel
from sartor.core.candidate import Fitted
from sartor.core.errors import PackageError
from sartor.core.goal import OutputKind
from sartor.engines import encoder
from sartor.engines.packages.card import WRITTEN_KINDS, max_tokens_of
from sartor.engines.padding import padding_id
from sartor.engines.pretrained import PROBLEM_TYPES

TOKENIZER_FILES = (
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "spm.model",
    "sentencepiece.bpe.model",
)
"""Copied as they are; `tokenizer.json` and `tokenizer_config.json` are rewritten."""
LOCAL_KEYS = ("_name_or_path", "name_or_path", "auto_map", "torch_dtype", "dtype")
"""Of the base's configuration files: where it lay, code to run, and how it was stored."""


def tensors(arrays: Mapping[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """Arrays as contiguous fp32 tensors."""
    return {
        name: torch.from_numpy(np.array(array, dtype=np.float32)) for name, array in arrays.items()
    }


def load_trunk(base: BaseModel) -> Any:
    """The base without any output layer."""
    with _drawn_alike():
        return encoder.load_trunk(base)


def load_classifier(fitted: Fitted) -> tuple[Any, set[str]]:
    """The base with its family's output layer for the task's labels.

    Returns:
        The model, and the names of tensors that the base does not bring.
    """
    assert fitted.base is not None
    config = AutoConfig.from_pretrained(fitted.base.folder, **_label_keys(fitted))
    with _drawn_alike():
        return encoder.load_configured_classifier(fitted.base, config)


def load_tagger(fitted: Fitted) -> tuple[Any, set[str]]:
    """The base with its family's output layer over tokens, one output a tag.

    Returns:
        The model, and the names of tensors that the base does not bring.
    """
    assert fitted.base is not None
    config = AutoConfig.from_pretrained(fitted.base.folder, **_label_keys(fitted))
    with _drawn_alike():
        return encoder.load_reader(AutoModelForTokenClassification, fitted.base, config)


def overlay(model: Any, learned: Mapping[str, np.ndarray], *, missing: set[str]) -> None:
    """Put learned tensors over the base's.

    Args:
        model: A transformers model, changed in place.
        learned: Tensors by their names in its state dict.
        missing: Names that the base does not bring: all must be learned.

    Raises:
        PackageError: A name or shape that the model does not have, or a tensor left random.
    """
    shapes = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    wrong = [name for name, array in learned.items() if shapes.get(name) != array.shape]
    if wrong:
        raise PackageError(
            where=wrong[0],
            problem=f"has shape {learned[wrong[0]].shape}, the base {shapes.get(wrong[0])}.",
            fix="Train again with the base model that the run started from.",
        )
    refuse_random(missing - set(learned))
    model.load_state_dict(tensors(learned), strict=False)


def refuse_random(names: set[str]) -> None:
    """A tensor that neither the base nor the training brings must not be shipped."""
    if names:
        raise PackageError(
            where=min(names),
            problem=f"is in neither the base model nor what was learned ({len(names)} such).",
            fix="Train again with the base model that the run started from.",
        )


def save_model(model: Any, fitted: Fitted, folder: Path, *, with_labels: bool) -> None:
    """Write `model.safetensors` and `config.json`.

    The configuration is the base's own file with our keys, not what transformers 5 would write:
    transformers 4 does not read all of that.
    """
    assert fitted.base is not None
    with quiet_transformers():
        model.save_pretrained(folder, safe_serialization=True)
    source = fitted.base.folder / "config.json"
    config = _without_local_keys(json.loads(source.read_text(encoding="utf-8")))
    config |= {"architectures": [type(model).__name__], "torch_dtype": "float32"}
    if _is_read(fitted):
        config["pad_token_id"] = padding_id(fitted.base)
    if with_labels:
        config |= _label_keys(fitted)
        config.pop("num_labels")  # stored as the length of id2label
    _write(config, folder / "config.json")


def _is_read(fitted: Fitted) -> bool:
    """Whether a decoder gives labels or scores: padding then says where a text ends."""
    assert fitted.base is not None
    return fitted.base.architecture == DECODER and fitted.kind not in WRITTEN_KINDS


def save_tokenizer(fitted: Fitted, folder: Path) -> None:
    """Write the base's tokenizer, free of padding and cutting that its makers left in the file."""
    assert fitted.base is not None
    source = fitted.base.folder
    for name in TOKENIZER_FILES:
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)
    tokenizer = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    _write(tokenizer | {"truncation": None, "padding": None}, folder / "tokenizer.json")
    padding: dict[str, Any] = {}
    if _is_read(fitted):
        names = encoder.load_tokenizer(fitted.base, 0)
        padding["pad_token"] = names.id_to_token(padding_id(fitted.base))
        padding["padding_side"] = "right"
    _write(_tokenizer_config(fitted) | padding, folder / "tokenizer_config.json")


def _tokenizer_config(fitted: Fitted) -> dict[str, Any]:
    """The base's, in words that transformers 4 reads too."""
    assert fitted.base is not None
    path = fitted.base.folder / "tokenizer_config.json"
    if not path.is_file():
        raise PackageError(
            where=str(path),
            problem="is missing; without it nobody knows which token pads.",
            fix="Add the file from the base model's page.",
        )
    config = _without_local_keys(json.loads(path.read_text(encoding="utf-8")))
    if config.get("tokenizer_class") in (None, "TokenizersBackend"):
        config["tokenizer_class"] = "PreTrainedTokenizerFast"
    if isinstance(config.get("extra_special_tokens"), list):
        config["additional_special_tokens"] = config.pop("extra_special_tokens")
    for key in ("is_local", "backend", "local_files_only", "max_length", "truncation_side"):
        config.pop(key, None)
    return config | {"model_max_length": max_tokens_of(fitted)}


def _without_local_keys(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in LOCAL_KEYS}


def _label_keys(fitted: Fitted) -> dict[str, Any]:
    """Names of the outputs, by the keys of transformers; a tagger's are its tags."""
    names = list(fitted.facts.get("tags") or fitted.labels) or ["score"]
    keys: dict[str, Any] = {
        "num_labels": len(names),
        "id2label": dict(enumerate(names)),
        "label2id": {name: number for number, name in enumerate(names)},
    }
    kind = OutputKind(fitted.facts["output_kind"])
    return keys | ({"problem_type": PROBLEM_TYPES[kind]} if kind in PROBLEM_TYPES else {})


@contextmanager
def _drawn_alike() -> Iterator[None]:
    """What a base lacks (a pooler, an output layer) is drawn the same every time, and no other draw moves."""
    with quiet_transformers(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """No progress bars and no remarks on new output layers: the checks here say what matters."""
    level, had_bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            # PEFT asks for it under its older name; nothing that a user could mend.
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
            yield
    finally:
        logging.set_verbosity(level)
        if had_bars:
            logging.enable_progress_bar()


def _write(document: Any, path: Path) -> None:
    text = json.dumps(document, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
