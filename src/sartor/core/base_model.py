"""A pretrained model as a value: what is known of it without loading its weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sartor.core.endpoint import Endpoint

ENCODER, DECODER, ENCODER_DECODER = "encoder", "decoder", "encoder-decoder"
"""Architectures: reads; writes on; reads one text and writes another."""
WRITERS = frozenset({DECODER, ENCODER_DECODER})
"""Architectures that write texts."""
API = "api"
"""Stands for an architecture where a model is asked over the network and nothing of it is here."""
ASKED = WRITERS | {API}
"""What answers prompts."""
LOAD_AGAIN = "Download it again, or choose another one under `bases:`."
"""What to do about a base whose files make no sense."""


@dataclass(frozen=True)
class BaseModel:
    """A pretrained model with its card."""

    id: str
    """What the user and the screen call it: a hub id, or the name of a local folder."""
    hub_id: str | None
    """The hub id where one is known, for the model card; never a path."""
    folder: Path
    """Local folder with config.json, tokenizer.json and safetensors; of an API empty."""
    source: str
    """`embedded`, `local`, `hub` or `api`."""
    architecture: str
    """`encoder` (reads and decides), `decoder` (reads and writes with the same layers) or
    `encoder-decoder` (reads with one stack of layers, writes with another); or `api`."""
    family: str
    """`model_type` of config.json: bert, modernbert, llama, t5, ..."""
    num_parameters: int
    """All parameters, embeddings included, read from the safetensors headers. Of writers the output layer
    too, once where it is the embeddings'."""
    num_layers: int
    """Transformer layers; of an encoder-decoder those that read."""
    width: int
    """Hidden size."""
    vocabulary: int
    """Token embeddings."""
    context_tokens: int
    """Longest input in tokens; of a decoder input and answer together."""
    licence: str
    """SPDX name or `unknown`."""
    pooling: str
    """How sentence vectors are made: `mean`, `cls` or `max`, of a decoder also `last` (its last token);
    `mean` where the folder is silent."""
    fingerprint: str
    """Content hash of configuration, tokenizer, chat template and weights."""
    is_sentence_encoder: bool = False
    """Whether it was trained to put a text into one vector: its folder says how it is pooled."""
    has_class_head: bool = True
    """Whether transformers knows the family with an output layer for labels."""
    multiplied_parameters: int | None = None
    """Parameters multiplied for every token, shared layers counted at each use; None: unknown."""
    decoder_layers: int = 0
    """Layers that write, of an encoder-decoder; else 0."""
    decoder_parameters: int = 0
    """Of `trunk_parameters` those that only written tokens pass through, in an encoder-decoder; else 0."""
    has_chat_template: bool = False
    """Whether its makers say how a conversation is written out for it."""
    tied_output: bool = False
    """Whether the output layer of a writer is its token embeddings."""
    window_tokens: int | None = None
    """Tokens back to which layers with a sliding window look; None: every layer sees everything."""
    endpoint: Endpoint | None = None
    """Where it is asked; None where its weights are here."""

    @property
    def is_writer(self) -> bool:
        """Whether it can write texts."""
        return self.architecture in ASKED

    @property
    def trunk_parameters(self) -> int:
        """Parameters that are multiplied for every token: all but embeddings and output layer."""
        if self.multiplied_parameters is not None:
            return self.multiplied_parameters
        return max(0, self.num_parameters - self.vocabulary * self.width)

    @property
    def output_parameters(self) -> int:
        """Parameters multiplied besides for every token that is scored or written: the output layer's."""
        return self.vocabulary * self.width if self.is_writer else 0
