"""Tiny folders of models that write, real enough to be read: numpy weights, a word tokenizer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

VOCABULARY, WIDTH, LAYERS, CONTEXT = 11, 8, 2, 34
SIZES = {"vocab_size": VOCABULARY, "hidden_size": WIDTH, "max_position_embeddings": CONTEXT}
CONFIGS: dict[str, dict[str, Any]] = {
    "llama": {
        **SIZES,
        "num_hidden_layers": LAYERS,
        "tie_word_embeddings": True,
        "pad_token_id": None,
    },
    "gpt2": {"vocab_size": VOCABULARY, "n_layer": LAYERS, "n_embd": WIDTH, "n_positions": CONTEXT},
    "gpt_neo": {**SIZES, "num_layers": LAYERS, "attention_types": [[["global", "local"], 1]]},
    "t5": {
        "vocab_size": VOCABULARY,
        "d_model": WIDTH,
        "num_layers": LAYERS,
        "num_decoder_layers": 1,
    },
    "bart": {
        "vocab_size": VOCABULARY,
        "d_model": WIDTH,
        "max_position_embeddings": CONTEXT,
        "encoder_layers": LAYERS,
        "decoder_layers": 1,
    },
}
EMBEDDINGS, SQUARE = (VOCABULARY, WIDTH), (WIDTH, WIDTH)
GPT = {
    "transformer.wte.weight": EMBEDDINGS,
    "transformer.wpe.weight": (CONTEXT, WIDTH),
    "transformer.h.0.mlp.c_fc.weight": SQUARE,
    "transformer.h.1.mlp.c_fc.weight": SQUARE,
}
SHAPES: dict[str, dict[str, tuple[int, ...]]] = {
    "llama": {
        "model.embed_tokens.weight": EMBEDDINGS,
        "model.layers.0.mlp.up_proj.weight": SQUARE,
        "model.layers.1.mlp.up_proj.weight": SQUARE,
    },
    "gpt2": GPT,
    "gpt_neo": GPT,
    "t5": {
        "shared.weight": EMBEDDINGS,
        "encoder.block.0.layer.0.SelfAttention.q.weight": SQUARE,
        "encoder.block.1.layer.0.SelfAttention.q.weight": SQUARE,
        "decoder.block.0.layer.0.SelfAttention.q.weight": SQUARE,
    },
    "bart": {
        "model.shared.weight": EMBEDDINGS,
        "model.encoder.embed_positions.weight": (CONTEXT + 2, WIDTH),
        "model.decoder.embed_positions.weight": (CONTEXT + 2, WIDTH),
        "model.encoder.layers.0.fc1.weight": SQUARE,
        "model.encoder.layers.1.fc1.weight": SQUARE,
        "model.decoder.layers.0.fc1.weight": SQUARE,
    },
}


class WriterFolder:
    """A folder of one of the families above, under construction."""

    def __init__(self, folder: Path, family: str = "llama") -> None:
        self.folder, self.family = folder, family
        folder.mkdir(parents=True)
        self.config()
        self.weights()
        tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
        tokenizer.save(str(folder / "tokenizer.json"))

    def config(self, **changes: Any) -> None:
        """Write config.json with some keys changed; a value `...` leaves the key out."""
        config = {"model_type": self.family, **CONFIGS[self.family], **changes}
        self.write("config.json", {k: value for k, value in config.items() if value is not ...})

    def weights(self, **changes: tuple[int, ...]) -> None:
        """Write the weights with some tensors in another shape."""
        shapes = {**SHAPES[self.family], **changes}
        rng = np.random.default_rng(3)
        tensors = {n: rng.standard_normal(s).astype(np.float32) for n, s in shapes.items()}
        save_file(tensors, self.folder / "model.safetensors")

    def write(self, name: str, document: Any) -> None:
        text = document if isinstance(document, str) else json.dumps(document)
        (self.folder / name).write_text(text, "utf-8")
