"""The two sizes: plain Llama (Touvron et al. 2023, arXiv 2302.13971), as transformers defines it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from transformers import LlamaConfig

CONTEXT = 1024
"""Tokens; the last fifth of the training reads windows of this length."""


@dataclass(frozen=True)
class Size:
    """Shape and training of one model."""

    width: int
    num_layers: int
    num_heads: int
    num_key_value_heads: int
    hidden: int
    matrix_learning_rate: float
    """Of Muon, for the matrices of the layers."""
    table_learning_rate: float
    """Of AdamW, for the table of embeddings and the norms."""


SIZES = {
    "nano": Size(128, 3, 4, 2, 320, 4e-3, 4e-3),
    "mini": Size(288, 7, 6, 3, 768, 3e-3, 3e-3),
}
"""Output and input embeddings are one table: at this size it is most of the weights."""


def config_of(size: Size, *, vocabulary: int, pad_id: int, bos_id: int, eos_id: int) -> LlamaConfig:
    """The configuration as it is shipped."""
    return LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=size.width,
        intermediate_size=size.hidden,
        num_hidden_layers=size.num_layers,
        num_attention_heads=size.num_heads,
        num_key_value_heads=size.num_key_value_heads,
        max_position_embeddings=CONTEXT,
        rope_theta=10_000.0,
        tie_word_embeddings=True,
        pad_token_id=pad_id,
        bos_token_id=bos_id,
        eos_token_id=eos_id,
        attention_bias=False,
        mlp_bias=False,
    )


def model_folder(out: Path, name: str) -> Path:
    """Where a size is shipped from."""
    return out / "models" / f"sartor-{name}"
