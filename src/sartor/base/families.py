"""Encoder families that can be loaded without code of their own, and how they name their sizes.

The names are those of the configuration classes in transformers.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """How `config.json` of one family is read."""

    layers_key: str = "num_hidden_layers"
    """Key of the number of transformer layers."""
    width_key: str = "hidden_size"
    """Key of the hidden size."""
    reserved_positions: int = 0
    """Positions that no token can take: RoBERTa counts from the padding id plus one, 2."""


FAMILIES: dict[str, Family] = {
    "albert": Family(),
    "bert": Family(),
    "camembert": Family(reserved_positions=2),
    "deberta": Family(),
    "deberta-v2": Family(),
    "distilbert": Family(layers_key="n_layers", width_key="dim"),
    "electra": Family(),
    "modernbert": Family(),
    "mpnet": Family(reserved_positions=2),
    "roberta": Family(reserved_positions=2),
    "xlm-roberta": Family(reserved_positions=2),
}
"""`model_type` to family; anything else is refused."""

SIZES: dict[str, range] = {
    "_num_labels": range(1, 1_000_001),
    "dim": range(1, 65_537),
    "embedding_size": range(1, 65_537),
    "hidden_dim": range(1, 1_000_001),
    "hidden_size": range(1, 65_537),
    "inner_group_num": range(1, 513),
    "intermediate_size": range(1, 1_000_001),
    "max_position_embeddings": range(1, 1_000_001),
    "max_relative_positions": range(-1, 100_001),
    "n_heads": range(1, 1_025),
    "n_layers": range(1, 513),
    "num_attention_heads": range(1, 1_025),
    "num_hidden_groups": range(1, 513),
    "num_hidden_layers": range(1, 513),
    "num_labels": range(1, 1_000_001),
    "position_buckets": range(-1, 100_001),
    "relative_attention_num_buckets": range(1, 100_001),
    "type_vocab_size": range(1_025),
    "vocab_size": range(1, 2_000_001),
}
"""What is taken for the size of a real encoder; more would be memory that its maker asks for."""

LARGEST_INTEGER = 10_000_000
"""Above every other number in a real encoder's configuration."""
