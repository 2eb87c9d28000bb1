"""The weights of a model folder: which files they are in, and an encoder's tensors by their shapes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sartor.base.documents import FETCH_AGAIN, read_object
from sartor.base.headers import StoredTensor, read_header
from sartor.core.errors import BaseModelError

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
PICKLES = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"})
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
    stored = stored_tensors(files)
    return TensorShapes(
        {
            n: tensor.shape
            for n, tensor in stored.items()
            if n.split(".")[0] not in PRETRAINING_HEADS
        }
    )


def stored_tensors(files: tuple[Path, ...]) -> dict[str, StoredTensor]:
    """Every float tensor of the files by name."""
    stored = {name: tensor for file in files for name, tensor in read_header(file).items()}
    return {name: tensor for name, tensor in stored.items() if tensor.is_float}


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
