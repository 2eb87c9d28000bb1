"""Token streams by kind, and the windows that training draws from them.

A step's windows depend on its number alone, so that a training that was stopped goes on with the same
texts.

Shape letters: B windows of a step, T tokens of a window, N tokens of a stream.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from tools.pretrain.sources import KINDS
from tools.pretrain.tokenizer import (
    ASSISTANT,
    BOS,
    END_OF_TURN,
    PAD,
    SYSTEM,
    TOKENIZER_FILE,
    USER,
)

SHARE_OF_KIND = {
    "novels": 0.30,
    "dialogue": 0.12,
    "support": 0.24,
    "documentation": 0.13,
    "translation": 0.21,
}
"""Of the plain text that training reads; the recipe's README gives the reasons and the passes that follow."""
SHARE_OF_TASK = {
    "translate": 0.20,
    "answer": 0.10,
    "reply": 0.10,
    "resolve": 0.08,
    "cause": 0.04,
    "summarise": 0.06,
    "choose a domain": 0.11,
    "choose an intent": 0.11,
    "fields": 0.08,
    "from fields": 0.03,
    "next turn": 0.03,
    "exercise": 0.06,
}
"""Of the chats of the second stage; a task without chats leaves its share to the others."""
UNTRAINED = -1
"""Target of a token that nothing is learned from."""
ROLE_TOKENS = {"system": SYSTEM, "user": USER, "assistant": ASSISTANT}
_ENCODED_AT_ONCE = 2_000
_SHUFFLED_WITH = 0


@dataclass(frozen=True)
class Streams:
    """Training tokens by kind, documents in a fixed random order, each after the begin token."""

    tokens_of: dict[str, np.ndarray]
    """Kind to (N,) uint16."""

    def windows(self, step: int, *, batch_size: int, length: int, seed: int) -> np.ndarray:
        """(B, T + 1) int64: each row from a kind by its share, at a place of its own.

        Args:
            step: Number of the step.
            batch_size: Rows.
            length: Tokens to predict in each.
            seed: Of the training.
        """
        rng = np.random.default_rng([seed, step])
        names = [kind for kind, tokens in self.tokens_of.items() if len(tokens) > length + 1]
        shares = np.array([SHARE_OF_KIND[kind] for kind in names])
        rows = []
        for kind in rng.choice(names, size=batch_size, p=shares / shares.sum()):
            tokens = self.tokens_of[kind]
            start = int(rng.integers(0, len(tokens) - length))
            rows.append(tokens[start : start + length + 1])
        return np.stack(rows).astype(np.int64)


@dataclass(frozen=True)
class Instructions:
    """Chats as tokens by task, with what is learned from each."""

    chats_of: dict[str, list[tuple[np.ndarray, np.ndarray]]]
    """Task to tokens and targets; a target is the next token where it belongs to an assistant's turn or ends
    it, else `UNTRAINED`."""
    pad_id: int

    @classmethod
    def of(cls, folder: Path) -> Instructions:
        """From OUT/corpus/chats.train.jsonl."""
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        chats_of: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
        with (folder / "corpus" / "chats.train.jsonl").open(encoding="utf-8") as lines:
            for several in batched(map(json.loads, lines), _ENCODED_AT_ONCE):
                encoded = encode_chats(tokenizer, [row["turns"] for row in several])
                for row, chat in zip(several, encoded, strict=True):
                    chats_of.setdefault(row["task"], []).append(chat)
        return cls(chats_of, tokenizer.token_to_id(PAD))

    def rows(
        self, step: int, *, batch_size: int, length: int, seed: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Tokens and targets (B, T) int64: whole chats one after the other, the rest padding."""
        rng = np.random.default_rng([seed, step, 2])
        tasks = sorted(self.chats_of)
        shares = np.array([SHARE_OF_TASK[task] for task in tasks])
        tokens_BT = np.full((batch_size, length), self.pad_id, dtype=np.int64)
        targets_BT = np.full((batch_size, length), UNTRAINED, dtype=np.int64)
        for row in range(batch_size):
            filled = 0
            while filled < length:
                chats = self.chats_of[rng.choice(tasks, p=shares / shares.sum())]
                tokens, targets = chats[int(rng.integers(len(chats)))]
                if filled and filled + len(tokens) > length:
                    break
                tokens, targets = tokens[:length], targets[:length]
                tokens_BT[row, filled : filled + len(tokens)] = tokens
                targets_BT[row, filled : filled + len(tokens)] = targets
                filled += len(tokens)
        return tokens_BT, targets_BT


def encode_corpus(folder: Path, part: str) -> dict[str, np.ndarray]:
    """Kind to its tokens (N,) uint16, made once and kept under OUT/tokens.

    Args:
        folder: With `corpus` and `tokenizer`.
        part: `train` or `held_out`.
    """
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    kept = folder / "tokens"
    kept.mkdir(exist_ok=True)
    streams = {}
    for kind in KINDS:
        file = kept / f"{kind}.{part}.npy"
        if not file.is_file():
            texts = texts_of(folder / "corpus" / f"{kind}.{part}.jsonl")
            order = np.random.default_rng(_SHUFFLED_WITH).permutation(len(texts))
            tokens = encode(tokenizer, [texts[place] for place in order])
            np.save(file, np.concatenate([np.zeros(0, dtype=np.uint16), *tokens]))
        streams[kind] = np.load(file, mmap_mode="r", allow_pickle=False)
    return streams


def encode(tokenizer: Tokenizer, texts: list[str]) -> list[np.ndarray]:
    """Each text after the begin token, uint16."""
    begin = tokenizer.token_to_id(BOS)
    found = []
    for start in range(0, len(texts), _ENCODED_AT_ONCE):
        for encoding in tokenizer.encode_batch_fast(texts[start : start + _ENCODED_AT_ONCE]):
            found.append(np.array([begin, *encoding.ids], dtype=np.uint16))
    return found


def encode_chats(
    tokenizer: Tokenizer, chats: Sequence[Sequence[Sequence[str]]]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Of each chat what the chat template writes, and the targets of each token; both (T,)."""
    words = [spoken.strip() for turns in chats for _, spoken in turns]
    encodings = iter(tokenizer.encode_batch_fast(words))
    begin, end = tokenizer.token_to_id(BOS), tokenizer.token_to_id(END_OF_TURN)
    found = []
    for turns in chats:
        ids, learned = [begin], [False]
        for role, _ in turns:
            spoken = next(encodings).ids
            ids += [tokenizer.token_to_id(ROLE_TOKENS[role]), *spoken, end]
            learned += [False, *[role == "assistant"] * (len(spoken) + 1)]
        tokens = np.array(ids, dtype=np.int64)
        following = np.where(np.array(learned), tokens, UNTRAINED)
        found.append((tokens[:-1], following[1:]))
    return found


def batched(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Runs of rows (itertools has this from Python 3.12 on)."""
    remaining = iter(rows)
    while several := list(islice(remaining, size)):
        yield several


def texts_of(file: Path) -> list[str]:
    """Texts of a corpus file."""
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]
