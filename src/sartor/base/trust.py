"""What a model folder may not do. A folder is hostile input: nothing in it may run or fetch code.

transformers and sentence-transformers follow keys of a folder's JSON files to Python code, to other
repositories and to compiled kernels. Each such door is closed here, by rule and before either
library sees the folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sartor.base.chat import check_templates
from sartor.base.documents import TOKENIZER_BYTES, entries, read_document, read_object
from sartor.base.families import (
    FAMILIES,
    LARGEST_FREQUENCY_BASE,
    LARGEST_INTEGER,
    NULL_SIZES,
    SIZES,
    Family,
)
from sartor.base.generation import CACHES, check_generation
from sartor.base.weights import weight_files
from sartor.core.base_model import DECODER, ENCODER, ENCODER_DECODER
from sartor.core.errors import BaseModelError, did_you_mean

CONFIGURATIONS = (
    "config.json",
    "config_sentence_transformers.json",
    "generation_config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "sentence_*_config.json",
    "special_tokens_map.json",
    "tokenizer_config.json",
)
"""Files, by pattern, whose keys the loading libraries act on."""

REFUSED_KEYS = {
    "add_cross_attention": "asks for attention to an encoder that is not there",
    "attribute_map": "gives keys other meanings than they show",
    "auto_map": "makes transformers run Python code that comes with the model",
    "configuration_files": "makes transformers read another configuration than this one",
    "custom_generate": "makes transformers run Python code that comes with the model",
    "custom_pipelines": "makes transformers run Python code that comes with the model",
    "fast_tokenizer_files": "makes transformers read another tokenizer than tokenizer.json",
    "quantization_config": "says that the weights are quantised; they cannot be trained",
    "transformers_weights": "makes transformers read other weights than model.safetensors",
    "trust_remote_code": "makes transformers run Python code that comes with the model",
    "use_bidirectional_attention": "turns the decoder into an encoder, which this family is not",
}
"""Key to what it would do. Empty and false values do nothing and pass."""

ATTENTIONS = frozenset({"eager", "sdpa"})
"""Attention that is part of torch; every other name may be fetched as a compiled kernel."""

ARCHITECTURE_KEYS = {
    "is_decoder": (DECODER, "turns it into a decoder"),
    "is_encoder_decoder": (ENCODER_DECODER, "turns it into an encoder-decoder"),
}
"""Key to the architecture that may have it, and what it would do to another."""

MODULE_TYPE = re.compile(
    r"sentence_transformers\.(models|base\.modules|sentence_transformer\.modules)"
    r"(\.[a-zA-Z_]+)?\.(Transformer|Pooling|Normalize|Dense)"
)
ACTIVATION = re.compile(r"torch\.nn\.modules\.(activation|linear)\.[A-Za-z]+|[a-z0-9_]+")
"""A class of torch, or a word: transformers has a table of those, and no module is one word."""


def check_folder(folder: Path) -> dict[str, Any]:
    """Refuse a model folder that could run code, lead elsewhere or exhaust the machine.

    Args:
        folder: As it would be given to transformers, links followed.

    Returns:
        Its `config.json`.

    Raises:
        BaseModelError: With file, key, value and fix.
    """
    config = read_object(folder / "config.json")
    folders = [folder, *_module_folders(folder)]
    documents = {path: read_document(path) for path in _configurations(folders)}
    for path, document in documents.items():
        _check_keys(path, document)
    _check_links(folders)
    _check_no_adapter(folder)
    architecture = _checked_family(folder / "config.json", config).architecture
    for path, document in documents.items():
        _check_architecture(path, document, architecture)
    _check_numbers(folder / "config.json", config, architecture)
    weight_files(folder)
    _check_tokenizer(folder)
    if architecture != ENCODER:
        _check_attention_types(folder / "config.json", config)
        check_generation(folder, vocabulary=config.get("vocab_size", 0))
        check_templates(folder)
    return config


def _configurations(folders: list[Path]) -> Iterator[Path]:
    for folder in folders:
        for pattern in CONFIGURATIONS:
            yield from sorted(folder.glob(pattern))


def _module_folders(folder: Path) -> list[Path]:
    """Folders of the modules after the trunk, all of known types (sentence-transformers)."""
    path = folder / "modules.json"
    if not path.is_file():
        return []
    modules = read_document(path)
    if not isinstance(modules, list) or not all(isinstance(module, dict) for module in modules):
        raise _refusal(path, "is no list of modules.", "Fetch the model again.")
    return [inner for module in modules if (inner := _module_folder(path, module)).is_dir()]


def _module_folder(path: Path, module: dict[str, Any]) -> Path:
    kind, place = module.get("type"), module.get("path", "")
    if not isinstance(kind, str) or not MODULE_TYPE.fullmatch(kind):
        raise _refusal(
            f"{path} > type",
            f"{kind!r} is no module that can be loaded without running foreign code.",
            "Use a model of the modules Transformer, Pooling, Normalize and Dense.",
        )
    if not isinstance(place, str) or Path(place).is_absolute() or ".." in Path(place).parts:
        raise _refusal(f"{path} > path", f"{place!r} leads out of the folder.")
    return path.parent / place


def _check_keys(path: Path, document: Any) -> None:
    for keys, value in entries(document):
        key = keys[-1] if keys else ""
        where = f"{path} > {'.'.join(keys)}"
        if key in REFUSED_KEYS and value not in (None, False, {}, [], ""):
            raise _refusal(where, f"{_shown(value)} {REFUSED_KEYS[key]}.")
        if key == "cache_implementation" and value is not None and value not in CACHES:
            raise _refusal(
                where, f"{_shown(value)} is no cache that is known.", f"Known: {', '.join(CACHES)}."
            )
        if _names_a_kernel(keys, value):
            raise _refusal(
                where,
                f"{_shown(value)} may be fetched and run as a compiled kernel.",
                f"Delete the key, or set it to one of: {', '.join(sorted(ATTENTIONS))}.",
            )
        if key == "activation_function" and not ACTIVATION.fullmatch(str(value)):
            raise _refusal(where, f"{_shown(value)} is no activation of torch.nn.")


def _names_a_kernel(keys: tuple[str, ...], value: Any) -> bool:
    """Kernels are named, or switched on; a number beside them (`conv_kernel_size`) is a size."""
    is_about_kernels = any("kernel" in key or "implementation" in key for key in keys)
    is_about_kernels &= keys[-1:] != ("cache_implementation",)
    return is_about_kernels and (
        value is True or (isinstance(value, str) and value not in ATTENTIONS)
    )


def _check_links(folders: list[Path]) -> None:
    """A link may not lead out, except within one model's part of a hub cache."""
    root = _cache_root(folders[0]) or folders[0].resolve()
    for folder in folders:
        for path in (folder, *folder.iterdir()):
            if not path.resolve().is_relative_to(root):
                raise _refusal(
                    path,
                    f"is a link out of the folder, to {path.resolve()}.",
                    "Copy the file into the folder.",
                )


def _cache_root(folder: Path) -> Path | None:
    """`models--org--name` of a snapshot in a hub cache, whose files are links to `blobs/`."""
    snapshots = folder.resolve().parent
    is_cached = snapshots.name == "snapshots" and snapshots.parent.name.startswith("models--")
    return snapshots.parent if is_cached else None


def _check_no_adapter(folder: Path) -> None:
    path = folder / "adapter_config.json"
    if path.exists():
        raise _refusal(
            path,
            "makes this an adapter, whose base model would be fetched from wherever it says.",
            "Merge the adapter into its base model and give that folder.",
        )


def _checked_family(path: Path, config: dict[str, Any]) -> Family:
    family = config.get("model_type")
    if not isinstance(family, str) or family not in FAMILIES:
        raise _refusal(
            f"{path} > model_type",
            f"{_shown(family)} is no family that is supported.",
            did_you_mean(str(family), FAMILIES),
        )
    return FAMILIES[family]


def _check_architecture(path: Path, document: Any, architecture: str) -> None:
    for keys, value in entries(document):
        owner, effect = ARCHITECTURE_KEYS.get(keys[-1] if keys else "", (architecture, ""))
        if owner != architecture and value not in (None, False):
            raise _refusal(
                f"{path} > {'.'.join(keys)}",
                f"{_shown(value)} {effect}; this family is made of {architecture}s.",
            )
        if keys == ("is_encoder_decoder",) and owner == architecture and value is not True:
            raise _refusal(
                f"{path} > is_encoder_decoder",
                f"{_shown(value)} denies that this is an encoder-decoder.",
                "Delete the key, or fetch the model again.",
            )


def _check_numbers(path: Path, config: dict[str, Any], architecture: str) -> None:
    for keys, value in entries(config):
        sizes = SIZES.get(keys[-1]) if len(keys) == 1 else None
        if value is None and architecture != ENCODER and keys[-1] in NULL_SIZES:
            continue
        if sizes is not None and not (type(value) is int and value in sizes):
            raise _refusal(
                f"{path} > {keys[-1]}",
                f"{_shown(value)} is no whole number from {sizes.start} to {sizes.stop - 1:,}.",
                "Fetch the model again, or use another one.",
            )
        largest = LARGEST_FREQUENCY_BASE if keys[-1] == "rope_theta" else LARGEST_INTEGER
        if isinstance(value, int | float) and not abs(value) <= largest:
            raise _refusal(
                f"{path} > {'.'.join(keys)}",
                f"{_shown(value)} is larger than any number of a real model.",
                "Fetch the model again, or use another one.",
            )


def _check_attention_types(path: Path, config: dict[str, Any]) -> None:
    """GPT-Neo writes its layers as `[[["global", "local"], 12]]`, which is multiplied out."""
    types = config.get("attention_types")
    if types is None:
        return
    try:
        named = {name for names, _ in types for name in names}
        num_layers = sum(len(names) * times for names, times in types)
        is_sound = all(isinstance(names, list) and type(times) is int for names, times in types)
    except (TypeError, ValueError):
        is_sound = False
    if not is_sound or not named <= {"global", "local"} or num_layers != config.get("num_layers"):
        raise _refusal(
            f"{path} > attention_types",
            f"{_shown(types)} does not say `global` or `local` for each layer.",
            "Fetch the model again, or use another one.",
        )


def _check_tokenizer(folder: Path) -> None:
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise _refusal(
            path,
            "does not exist: the model has no fast tokenizer.",
            "Make one with transformers, `AutoTokenizer.from_pretrained(FOLDER)"
            ".save_pretrained(FOLDER)`, or use another model.",
        )
    if not isinstance(read_object(path, limit_bytes=TOKENIZER_BYTES).get("model"), dict):
        raise _refusal(path, "has no `model`: it is no fast tokenizer.", "Fetch the model again.")


def _shown(value: Any) -> str:
    text = repr(value)
    return f"`{text if len(text) <= 80 else text[:77] + '...'}`"


def _refusal(where: Path | str, problem: str, fix: str | None = None) -> BaseModelError:
    return BaseModelError(
        where=str(where),
        problem=problem,
        fix=fix or "Use a model without it; delete the key only if you know what the model loses.",
    )
