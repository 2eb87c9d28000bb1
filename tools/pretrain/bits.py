"""Bits per byte: what a model pays for a text, whatever its tokens are.

Every document is read from its begin; what came before it in a file helps nobody. The begin token itself
is given, not paid for.

Shape letters: B windows of a batch, T tokens of a window, N tokens of a document.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from tools.pretrain.sources import KINDS
from tools.pretrain.streams import encode, texts_of
from tools.pretrain.tokenizer import TOKENIZER_FILE

_BATCH_TOKENS = 8_192


@dataclass(frozen=True)
class HeldOut:
    """Held-out documents of one kind."""

    documents: list[np.ndarray]
    """(N,) token ids each, the begin token first."""
    num_bytes: list[int]
    """UTF-8 bytes of each."""

    def start(self, num_tokens: int) -> HeldOut:
        """The first documents, up to so many tokens; the last one is cut and its bytes with it."""
        documents, num_bytes, left = [], [], num_tokens
        for tokens, size in zip(self.documents, self.num_bytes, strict=True):
            if left < 2:
                break
            cut = tokens[:left]
            documents.append(cut)
            num_bytes.append(round(size * (len(cut) - 1) / max(1, len(tokens) - 1)))
            left -= len(cut)
        return HeldOut(documents, num_bytes)


def held_out(folder: Path) -> dict[str, HeldOut]:
    """Kind to its held-out documents, in a fixed random order."""
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    found = {}
    for kind in KINDS:
        texts = texts_of(folder / "corpus" / f"{kind}.held_out.jsonl")
        texts = [texts[place] for place in np.random.default_rng(0).permutation(len(texts))]
        found[kind] = HeldOut(
            encode(tokenizer, texts), [len(text.encode("utf-8")) for text in texts]
        )
    return found


@torch.no_grad()
def document_bits(
    model: Any, documents: list[np.ndarray], *, length: int, stride: int
) -> np.ndarray:
    """Bits that a model pays for each document.

    Args:
        model: A causal language model of transformers, on any device.
        documents: (N,) token ids each.
        length: Tokens that the model sees at once.
        stride: Tokens by which its window moves; each token is paid for once, with at least
            `length - stride` tokens before it.

    Returns:
        (number of documents,) float64.
    """
    model.eval()
    bits = np.zeros(len(documents))
    windows = [
        (number, *window)
        for number, tokens in enumerate(documents)
        for window in _windows(tokens, length, stride)
    ]
    windows.sort(key=lambda window: -len(window[1]))
    size = max(1, _BATCH_TOKENS // length)
    for start in range(0, len(windows), size):
        batch = windows[start : start + size]
        for (number, _, _), paid in zip(batch, _window_bits(model, batch), strict=True):
            bits[number] += paid
    return bits


def bits_per_byte(model: Any, texts: HeldOut, *, length: int, stride: int) -> float:
    """Bits over bytes of all documents."""
    bits = document_bits(model, texts.documents, length=length, stride=stride)
    return float(bits.sum() / max(1, sum(texts.num_bytes)))


def _windows(tokens: np.ndarray, length: int, stride: int) -> Iterator[tuple[np.ndarray, int]]:
    """Windows of up to T + 1 tokens, and how many of the last of them are paid for."""
    end = min(len(tokens), length + 1)
    yield tokens[:end], end - 1
    while end < len(tokens):
        following = min(len(tokens), end + stride)
        yield tokens[following - length - 1 : following], following - end
        end = following


def _window_bits(model: Any, batch: list[tuple[int, np.ndarray, int]]) -> list[float]:
    longest = max(len(tokens) for _, tokens, _ in batch)
    rows_BT = np.zeros((len(batch), longest), dtype=np.int64)
    is_paid_BT = np.zeros((len(batch), longest - 1), dtype=bool)
    for row, (_, tokens, num_paid) in enumerate(batch):
        rows_BT[row, : len(tokens)] = tokens
        is_paid_BT[row, len(tokens) - 1 - num_paid : len(tokens) - 1] = True
    tokens_BT = torch.from_numpy(rows_BT).to(model.device)
    logits = model(input_ids=tokens_BT[:, :-1], use_cache=False).logits.float()
    loss = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), tokens_BT[:, 1:].flatten(), reduction="none"
    )
    paid_BT = loss.view(len(batch), -1).double().cpu().numpy() * is_paid_BT / np.log(2)
    return paid_BT.sum(axis=1).tolist()


def append_line(file: Path, row: dict[str, Any]) -> None:
    """One row more in a JSONL file."""
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(row) + "\n")
