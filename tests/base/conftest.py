"""Tiny model folders, real enough to be read: numpy weights, a word tokenizer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

VOCABULARY, WIDTH, LAYERS, POSITIONS = 11, 8, 2, 34

BERT = {
    "architectures": ["BertModel"],
    "model_type": "bert",
    "hidden_size": WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "vocab_size": VOCABULARY,
    "max_position_embeddings": POSITIONS,
    "type_vocab_size": 2,
    "_name_or_path": "/home/someone/bert",
    "hidden_act": "gelu",
    "is_decoder": False,
}


def bert_weights() -> dict[str, np.ndarray]:
    shapes = {
        "embeddings.word_embeddings.weight": (VOCABULARY, WIDTH),
        "embeddings.position_embeddings.weight": (POSITIONS, WIDTH),
        "encoder.layer.0.output.dense.weight": (WIDTH, 16),
        "encoder.layer.1.output.dense.weight": (WIDTH, 16),
        "cls.predictions.bias": (VOCABULARY,),
    }
    weights = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    return {**weights, "embeddings.position_ids": np.arange(POSITIONS)[None]}


class ModelFolder:
    """A model folder under construction."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.write("config.json", BERT)
        tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
        tokenizer.save(str(folder / "tokenizer.json"))
        save_file(bert_weights(), folder / "model.safetensors")

    def write(self, name: str, document: Any) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document if isinstance(document, str) else json.dumps(document))

    def config(self, **changes: Any) -> None:
        self.write("config.json", {**BERT, **changes})


@pytest.fixture
def model(tmp_path: Path) -> ModelFolder:
    return ModelFolder(tmp_path / "tiny-bert")


@pytest.fixture
def make_model() -> Callable[[Path], ModelFolder]:
    return ModelFolder
