"""What is known of a base model from its folder: sizes, pooling, licence, fingerprint."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sartor.base.catalogue import licences
from sartor.base.documents import FETCH_AGAIN, read_document, read_object
from sartor.base.families import FAMILIES, Family
from sartor.base.trust import check_folder
from sartor.base.weights import INDEX, TensorShapes, read_shapes, weight_files
from sartor.core.base_model import BaseModel
from sartor.core.errors import BaseModelError
from sartor.core.hashing import content_hash, file_hash

CARD_BYTES = 64 * 1024
"""How much of README.md is searched for its front matter."""
FINGERPRINTED = (
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    INDEX,
)
"""Files beside the weights that change what a model answers."""


def read_card(
    folder: Path, *, id: str, source: str, hub_id: str | None = None, licence: str | None = None
) -> BaseModel:
    """Check a model folder and describe it, without loading a weight.

    Args:
        folder: Local folder.
        id: What the user calls the model.
        source: `embedded`, `local` or `hub`.
        hub_id: Its id on the hub, where it is known.
        licence: SPDX name, where it is known; else the folder's README.md is asked.

    Raises:
        BaseModelError: The folder is incomplete, inconsistent or not to be trusted.
    """
    config = check_folder(folder)
    family = FAMILIES[config["model_type"]]
    shapes = read_shapes(weight_files(folder))
    width = _size(folder, config, family.width_key)
    num_layers = _size(folder, config, family.layers_key)
    vocabulary = _size(folder, config, "vocab_size")
    _check_against_weights(folder, config, family, shapes)
    return BaseModel(
        id=id,
        hub_id=hub_id,
        folder=folder,
        source=source,
        architecture="encoder",
        family=config["model_type"],
        num_parameters=shapes.num_parameters,
        num_layers=num_layers,
        width=width,
        vocabulary=vocabulary,
        context_tokens=_context_tokens(folder, config, family),
        licence=licence or read_licence(folder),
        pooling=read_pooling(folder),
        is_sentence_encoder=_pooling_file(folder) is not None,
        fingerprint=_fingerprint(folder),
        multiplied_parameters=shapes.multiplied(
            shared_layer_uses=num_layers // config.get("num_hidden_groups", 1)
        ),
    )


def read_licence(folder: Path) -> str:
    """The licence that the model card's front matter names, or `unknown`.

    Source: https://huggingface.co/docs/hub/model-cards, key `license`, one value or a list.
    """
    path = folder / "README.md"
    if not path.is_file():
        return "unknown"
    with path.open("rb") as file:
        text = file.read(CARD_BYTES).decode("utf-8", errors="replace").replace("\r\n", "\n")
    front_matter = re.match(r"\ufeff?---\n(.*?)\n---", text, re.DOTALL)
    if not front_matter:
        return "unknown"
    found = re.search(
        r"^license:[ \t]*(?:\n\s*-\s*)?[\"']?(\w[\w.+-]*)", front_matter[1], re.MULTILINE
    )
    name = found[1].lower() if found else "other"
    return "unknown" if name in ("other", "unknown") else _spdx(name)


def _spdx(name: str) -> str:
    """The hub writes licences in small letters; SPDX (spdx.org/licenses) does not."""
    return next((licence for licence in licences() if licence.lower() == name), name)


def read_pooling(folder: Path) -> str:
    """How the model's authors make sentence vectors; `mean` where the folder is silent.

    Of several poolings joined, the first of mean, cls and max: methods try the others themselves.

    Raises:
        BaseModelError: It is none that an encoder's trunk offers here.
    """
    path = _pooling_file(folder)
    if path is None:
        return "mean"
    modes = _pooling_modes(read_object(path))
    known = [mode for mode in ("mean", "cls", "max") if mode in modes]
    if known:
        return known[0]
    raise BaseModelError(
        where=f"{path} > pooling_mode",
        problem=f"{', '.join(modes) or 'nothing'} is no pooling that is supported.",
        fix="Use a model with mean, cls or max pooling.",
    )


def _pooling_file(folder: Path) -> Path | None:
    modules = folder / "modules.json"
    if not modules.is_file():
        return None
    places = [m.get("path", "") for m in read_document(modules) if m["type"].endswith(".Pooling")]
    path = folder / places[0] / "config.json" if places else None
    return path if path is not None and path.is_file() else None


def _pooling_modes(config: dict[str, Any]) -> list[str]:
    """Poolings by name, from the newer key `pooling_mode` or the older switches."""
    if "pooling_mode" in config:
        given = config["pooling_mode"]
        modes = [str(mode) for mode in (given if isinstance(given, list) else [given])]
    else:
        switches = [key for key, value in config.items() if value is True]
        modes = [k.removeprefix("pooling_mode_") for k in switches if k.startswith("pooling_mode_")]
    # Mean over the root of the length differs from the mean by a factor per text only.
    older = {"mean_tokens": "mean", "cls_token": "cls", "max_tokens": "max"}
    return [older.get(mode, mode).replace("mean_sqrt_len_tokens", "mean") for mode in modes]


def _size(folder: Path, config: dict[str, Any], key: str) -> int:
    if key not in config:
        raise BaseModelError(
            where=f"{folder / 'config.json'} > {key}", problem="is missing.", fix=FETCH_AGAIN
        )
    return int(config[key])


def _context_tokens(folder: Path, config: dict[str, Any], family: Family) -> int:
    positions = _size(folder, config, "max_position_embeddings")
    if positions <= family.reserved_positions:
        raise BaseModelError(
            where=f"{folder / 'config.json'} > max_position_embeddings",
            problem=f"`{positions}` leaves no position for a token.",
            fix=FETCH_AGAIN,
        )
    return positions - family.reserved_positions


def _check_against_weights(
    folder: Path, config: dict[str, Any], family: Family, shapes: TensorShapes
) -> None:
    """Sizes that the weights do not have would be filled with random numbers, in silence."""
    embeddings = shapes.token_embeddings
    if embeddings is None:
        raise BaseModelError(
            where=str(folder), problem="its weights hold no token embeddings.", fix=FETCH_AGAIN
        )
    width = config.get("embedding_size", config[family.width_key])
    expected = (config["vocab_size"], width)
    if embeddings != expected:
        raise _disagreement(folder, "vocab_size", f"{expected} token embeddings", str(embeddings))
    if shapes.num_layers is not None and config[family.layers_key] != shapes.num_layers:
        said = f"{config[family.layers_key]} layers"
        raise _disagreement(folder, family.layers_key, said, str(shapes.num_layers))


def _disagreement(folder: Path, key: str, said: str, found: str) -> BaseModelError:
    return BaseModelError(
        where=f"{folder / 'config.json'} > {key}",
        problem=f"speaks of {said}, the weights hold {found}.",
        fix=FETCH_AGAIN,
    )


def _fingerprint(folder: Path) -> str:
    present = [folder / name for name in FINGERPRINTED if (folder / name).is_file()]
    pooling = _pooling_file(folder)
    files = [*present, *weight_files(folder), *([pooling] if pooling else [])]
    return content_hash(
        sorted([file.relative_to(folder).as_posix(), file_hash(file)] for file in files)
    )
