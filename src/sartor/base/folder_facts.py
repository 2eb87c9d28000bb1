"""What a model's folder says of itself, without loading it and without refusing it: for people who compare.

Whether Sartor would use the folder is `card.read_card`'s to say; here its refusal is a fact like the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sartor.base.card import read_licences
from sartor.base.catalogue import StatedSizes
from sartor.base.chat import has_chat_template
from sartor.base.documents import read_object
from sartor.base.families import FAMILIES
from sartor.base.front_matter import read_front_matter
from sartor.base.sizes import read_sizes
from sartor.base.trust import check_folder
from sartor.core.base_model import WRITERS
from sartor.core.errors import BaseModelError

KEYS: dict[str, tuple[str, ...]] = {
    "layers": ("num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers"),
    "decoder_layers": ("num_decoder_layers", "decoder_layers"),
    "width": ("hidden_size", "n_embd", "dim", "d_model"),
    "heads": (
        *("num_attention_heads", "n_head", "n_heads", "num_heads"),
        "encoder_attention_heads",
    ),
    "kv_heads": ("num_key_value_heads",),
    "head_width": ("head_dim", "d_kv"),
    "embedding_width": ("embedding_size",),
    "inner_width": (
        *("intermediate_size", "n_inner", "hidden_dim", "encoder_ffn_dim", "d_ff"),
        "ffn_dim",
    ),
    "vocabulary": ("vocab_size",),
    "context_tokens": ("max_position_embeddings", "n_positions"),
}
"""Size to the keys of config.json that may hold it; families differ."""


@dataclass(frozen=True)
class FolderFacts:
    """What config.json, weights and model card of a folder say."""

    family: str | None
    """`model_type`."""
    architecture: str | None
    """None where the family is not known here."""
    sizes: StatedSizes = field(default_factory=StatedSizes)
    """As config.json has them."""
    parameters: int | None = None
    """Counted in the headers of the weights; None where those could not be read."""
    tied_output: bool | None = None
    """Whether the output layer is the token embeddings; None where the weights could not be read."""
    has_chat_template: bool | None = None
    """None where it cannot be read."""
    licences: tuple[str, ...] = ()
    """That the model card names."""
    languages: tuple[str, ...] = ()
    """That the model card names."""
    refusal: str | None = None
    """Why Sartor does not use the folder; None: it does."""


def read_folder_facts(folder: Path) -> FolderFacts:
    """Read a folder.

    Raises:
        BaseModelError: It has no config.json, or one that cannot be read.
    """
    config = read_object(folder / "config.json")
    text_config = config.get("text_config")
    said = text_config if isinstance(text_config, dict) else config
    model_type = config.get("model_type")
    family = FAMILIES.get(model_type) if isinstance(model_type, str) else None
    reserved = family.reserved_positions if family else 0
    facts = FolderFacts(
        family=model_type if isinstance(model_type, str) else None,
        architecture=family.architecture if family else None,
        sizes=sizes_of(said, reserved_positions=reserved),
        licences=read_licences(folder),
        languages=read_front_matter(folder).get("language", ()),
    )
    return _with_weights(facts, folder)


def sizes_of(config: Mapping[str, Any], *, reserved_positions: int = 0) -> StatedSizes:
    """Sizes in a config.json, by the names of the catalogue; what is no whole number is left out."""
    found = {name: _number(config, keys) for name, keys in KEYS.items()}
    if found["context_tokens"] is not None:
        found["context_tokens"] = max(1, found["context_tokens"] - reserved_positions)
    return StatedSizes(**found)


def _number(config: Mapping[str, Any], keys: tuple[str, ...]) -> int | None:
    values = (config.get(key) for key in keys)
    return next((value for value in values if type(value) is int and value > 0), None)


def _with_weights(facts: FolderFacts, folder: Path) -> FolderFacts:
    """With what only a folder tells that can be trusted and is complete."""
    try:
        config = check_folder(folder)
        family = FAMILIES[config["model_type"]]
        sizes = read_sizes(folder, config, family)
    except BaseModelError as error:
        return replace(facts, refusal=f"{error.where}: {error.problem}")
    is_writer = family.architecture in WRITERS
    return replace(
        facts,
        parameters=sizes.num_parameters,
        tied_output=sizes.tied_output if is_writer else None,
        has_chat_template=has_chat_template(folder) if is_writer else None,
    )
