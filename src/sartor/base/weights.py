"""What safetensors files say of themselves, without reading a weight.

Source: the safetensors format, https://github.com/huggingface/safetensors#format.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sartor.base.documents import (
    FETCH_AGAIN,
    is_lfs_pointer,
    lfs_pointer_error,
    read_object,
)
from sartor.core.errors import BaseModelError

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
PICKLES = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"})
HEADER_BYTES = 100_000_000
"""Largest header that the format allows."""
SHARD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.safetensors")
EMBEDDINGS = re.compile(r"(^|\.)embeddings\.")
TOKEN_EMBEDDINGS = re.compile(r"(^|\.)embeddings\.(word|tok)_embeddings\.weight$")
LAYER = re.compile(r"(?:^|\.)layers?\.(\d+)\.")
PRETRAINING_HEADS = frozenset(
    {
        "classifier",
        "cls",
        "decoder",
        "discriminator_predictions",
        "generator_lm_head",
        "generator_predictions",
        "head",
        "lm_head",
        "lm_predictions",
        "mask_predictions",
        "pre_classifier",
        "predictions",
        "qa_outputs",
        "score",
        "sop_classifier",
        "vocab_layer_norm",
        "vocab_projector",
        "vocab_transform",
    }
)
"""First parts of names that belong to an old task's output layers, which no candidate loads."""


@dataclass(frozen=True)
class TensorShapes:
    """The trunk's float tensors by name."""

    shapes: Mapping[str, tuple[int, ...]]

    @property
    def num_parameters(self) -> int:
        """All parameters of the trunk, embeddings included."""
        return sum(math.prod(shape) for shape in self.shapes.values())

    @property
    def num_layers(self) -> int | None:
        """Transformer layers, None where they are not numbered (ALBERT shares one)."""
        found = [LAYER.search(name) for name in self.shapes]
        numbers = [int(match[1]) for match in found if match]
        return max(numbers) + 1 if numbers else None

    @property
    def token_embeddings(self) -> tuple[int, ...] | None:
        """Shape of the token embeddings, (vocabulary, width)."""
        shapes = (s for name, s in self.shapes.items() if TOKEN_EMBEDDINGS.search(name))
        return next(shapes, None)

    def multiplied(self, *, shared_layer_uses: int) -> int:
        """Parameters multiplied for every token: all but the embeddings, shared ones each time.

        Args:
            shared_layer_uses: How often a token passes through each of ALBERT's shared layers.
        """
        return sum(
            math.prod(shape) * (shared_layer_uses if "albert_layer_groups" in name else 1)
            for name, shape in self.shapes.items()
            if not EMBEDDINGS.search(name)
        )


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The files that transformers would load: one, or the shards that an index names.

    Raises:
        BaseModelError: There are only pickles, or nothing, or the index leads elsewhere.
    """
    if (folder / WEIGHTS).is_file():
        return (folder / WEIGHTS,)
    if not (folder / INDEX).is_file():
        raise _no_safetensors(folder)
    shards = read_object(folder / INDEX).get("weight_map")
    if not isinstance(shards, dict) or not shards:
        raise BaseModelError(
            where=f"{folder / INDEX} > weight_map",
            problem=f"is {shards!r}, not a map from tensors to files.",
            fix=FETCH_AGAIN,
        )
    return tuple(_shard(folder, name) for name in sorted({str(v) for v in shards.values()}))


def read_shapes(files: tuple[Path, ...]) -> TensorShapes:
    """The trunk's tensors, from the headers alone.

    Raises:
        BaseModelError: A file is no safetensors file, or cut short.
    """
    shapes = {
        name: shape for file in files for name, dtype, shape in _header(file) if _is_float(dtype)
    }
    return TensorShapes(
        {n: shape for n, shape in shapes.items() if n.split(".")[0] not in PRETRAINING_HEADS}
    )


def _shard(folder: Path, name: str) -> Path:
    if not SHARD.fullmatch(name):
        raise BaseModelError(
            where=f"{folder / INDEX} > weight_map",
            problem=f"names {name!r}, which is no safetensors file in this folder.",
            fix="Check where this folder comes from, or use another model.",
        )
    if not (folder / name).is_file():
        raise BaseModelError(
            where=str(folder / name),
            problem=f"does not exist, though {INDEX} names it.",
            fix=FETCH_AGAIN,
        )
    return folder / name


def _no_safetensors(folder: Path) -> BaseModelError:
    pickles = sorted(path.name for path in folder.iterdir() if path.suffix in PICKLES)
    if not pickles:
        return BaseModelError(
            where=str(folder),
            problem=f"has no `{WEIGHTS}`; weights in other formats are not fetched or loaded.",
            fix="Choose a model, or a revision of this one, that has safetensors.",
        )
    return BaseModelError(
        where=str(folder / pickles[0]),
        problem="is a pickle, which can run code when it is opened, and there are no safetensors.",
        fix=(
            "If you trust it, convert it once with transformers: "
            f"`AutoModel.from_pretrained('{folder.name}').save_pretrained('{folder.name}-safe')`; "
            "or fetch a revision of the model that has safetensors."
        ),
    )


def _header(path: Path) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """Name, type and shape of each tensor of one file."""
    num_bytes = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        if is_lfs_pointer(start + file.read(32)):
            raise lfs_pointer_error(path)
        length = int.from_bytes(start, "little")
        if len(start) < 8 or length > min(HEADER_BYTES, num_bytes - 8):
            raise _broken(path, f"its header would have {length:,} of the file's {num_bytes:,}")
        file.seek(8)
        header = _parsed_header(path, file.read(length))
    tensors = [_tensor(path, name, entry) for name, entry in header.items()]
    expected = 8 + length + max((end for *_, end in tensors), default=0)
    if expected != num_bytes:
        raise _broken(path, f"it has {num_bytes:,} and should have {expected:,}")
    return ((name, dtype, shape) for name, dtype, shape, _ in tensors)


def _parsed_header(path: Path, content: bytes) -> dict[str, Any]:
    try:
        header = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _broken(path, f"its header of {len(content):,} is no JSON") from error
    if not isinstance(header, dict):
        raise _broken(path, f"its header of {len(content):,} is no JSON object")
    return {name: entry for name, entry in header.items() if name != "__metadata__"}


def _tensor(path: Path, name: str, entry: Any) -> tuple[str, str, tuple[int, ...], int]:
    try:
        dtype, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        is_sound = all(type(n) is int and n >= 0 for n in [*shape, begin, end])
    except (TypeError, KeyError, ValueError) as error:
        raise _broken(path, f"the header's entry for {name!r} is none, counted in") from error
    if not is_sound or end < begin:
        raise _broken(path, f"the header's entry for {name!r} has impossible numbers of")
    return name, str(dtype), tuple(shape), end


def _is_float(dtype: str) -> bool:
    return dtype.startswith(("F", "BF"))


def _broken(path: Path, how: str) -> BaseModelError:
    return BaseModelError(
        where=str(path),
        problem=f"is no whole safetensors file: {how} bytes.",
        fix=FETCH_AGAIN,
    )
