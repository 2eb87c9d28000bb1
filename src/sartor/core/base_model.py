"""A pretrained model as a value: what is known of it without loading its weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ENCODER, DECODER, ENCODER_DECODER = "encoder", "decoder", "encoder-decoder"
"""Architectures: reads; writes on; reads one text and writes another."""
WRITERS = (DECODER, ENCODER_DECODER)


@dataclass(frozen=True)
class BaseModel:
    """A pretrained model with its card."""

    id: str
    """What the user and the screen call it: a hub id, or the name of a local folder."""
    hub_id: str | None
    """The hub id where one is known, for the model card; never a path."""
    folder: Path
    """Local folder with config.json, tokenizer.json and safetensors."""
    source: str
    """`embedded`, `local` or `hub`."""
    architecture: str
    """`encoder`."""
    family: str
    """`model_type` of config.json: bert, roberta, modernbert, ..."""
    num_parameters: int
    """All parameters, embeddings included, read from the safetensors headers."""
    num_layers: int
    """Transformer layers."""
    width: int
    """Hidden size."""
    vocabulary: int
    """Token embeddings."""
    context_tokens: int
    """Longest input in tokens."""
    licence: str
    """SPDX name or `unknown`."""
    pooling: str
    """How sentence vectors are made: `mean`, `cls` or `max`; `mean` where the folder is silent."""
    fingerprint: str
    """Content hash of configuration, tokenizer and weights."""
    is_sentence_encoder: bool = False
    """Whether it was trained to put a text into one vector: its folder says how it is pooled."""
    multiplied_parameters: int | None = None
    """Parameters multiplied for every token, shared layers counted at each use; None: unknown."""

    @property
    def trunk_parameters(self) -> int:
        """Parameters that are multiplied for every token: all but the embeddings."""
        if self.multiplied_parameters is not None:
            return self.multiplied_parameters
        return max(0, self.num_parameters - self.vocabulary * self.width)
