"""Token streams by kind, and the windows that training draws from them.

A step's windows depend on its number alone, so that a training that was stopped goes on with the same texts.

Shape letters: B windows of a step, T tokens of a window, N tokens of a stream.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from tools.pretrain.sources import KINDS
from tools.pretrain.tokenizer import BOS

PASSES = {"novels": 0.6, "dialogue": 6.0, "support": 3.0, "documentation": 2.0, "translation": 3.0}
"""Passes over each kind in one unit of training: what the tasks need is read more often than novels. Up to
four passes are worth almost as much as new text (Muennighoff et al. 2023, arXiv 2305.16264)."""
ENCODED_AT_ONCE = 2_000


@dataclass(frozen=True)
class Streams:
    """Training tokens by kind, documents joined by the begin token."""

    tokens_of: dict[str, np.ndarray]
    """Kind to (N,) uint16."""

    def share_of(self) -> dict[str, float]:
        """Kind to its share of the tokens that training reads."""
        read = {kind: PASSES[kind] * len(tokens) for kind, tokens in self.tokens_of.items()}
        return {kind: number / sum(read.values()) for kind, number in read.items()}

    def windows(self, step: int, *, batch_size: int, length: int, seed: int) -> np.ndarray:
        """(B, T + 1) int64: each row from a kind by its share, at a place of its own.

        Args:
            step: Number of the step.
            batch_size: Rows.
            length: Tokens to predict in each.
            seed: Of the training.
        """
        rng = np.random.default_rng([seed, step])
        shares = self.share_of()
        kinds = rng.choice(list(shares), size=batch_size, p=list(shares.values()))
        rows = []
        for kind in kinds:
            tokens = self.tokens_of[kind]
            start = int(rng.integers(0, len(tokens) - length - 1))
            rows.append(tokens[start : start + length + 1])
        return np.stack(rows).astype(np.int64)


def encode_corpus(folder: Path, part: str) -> dict[str, np.ndarray]:
    """Kind to its tokens (N,) uint16, made once and kept under FOLDER/tokens.

    Args:
        folder: With `corpus` and `tokenizer`.
        part: `train` or `held_out`.
    """
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer" / "tokenizer.json"))
    kept = folder / "tokens"
    kept.mkdir(exist_ok=True)
    streams = {}
    for kind in KINDS:
        file = kept / f"{kind}.{part}.npy"
        if not file.is_file():
            texts = _texts(folder / "corpus" / f"{kind}.{part}.jsonl")
            np.save(file, encode(tokenizer, texts))
        streams[kind] = np.load(file, mmap_mode="r", allow_pickle=False)
    return streams


def encode(tokenizer: Tokenizer, texts: list[str]) -> np.ndarray:
    """Texts as one stream, each after the begin token."""
    begin = tokenizer.token_to_id(BOS)
    parts = []
    for start in range(0, len(texts), ENCODED_AT_ONCE):
        for encoding in tokenizer.encode_batch_fast(texts[start : start + ENCODED_AT_ONCE]):
            parts.append(np.array([begin, *encoding.ids], dtype=np.uint16))
    return np.concatenate(parts)


def _texts(file: Path) -> list[str]:
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]
