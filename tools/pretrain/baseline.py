"""What the 5-gram model pays for the held-out documents: the figure to beat.

It learns from exactly the training text of the models, and is asked twice: learned from all kinds, and
from the asked kind alone. The cheaper answer counts, kind by kind, which favours it. Of a kind that is
more than half of the text the first answer is enough.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from sartor.evaluate.kneser_ney import KneserNey
from tools.pretrain.bits import HeldOut, held_out
from tools.pretrain.sources import KINDS
from tools.pretrain.streams import encode_corpus
from tools.pretrain.tokenizer import TOKENIZER_FILE

BASELINE_FILE = "kneser_ney.json"


def measure_baseline(folder: Path) -> dict[str, Any]:
    """Write OUT/kneser_ney.json: kind to bits per byte and to the bits of each document.

    Args:
        folder: With `corpus` and `tokenizer`.
    """
    vocabulary = Tokenizer.from_file(str(folder / TOKENIZER_FILE)).get_vocab_size()
    streams = {
        kind: np.asarray(tokens, dtype=np.int64)
        for kind, tokens in encode_corpus(folder, "train").items()
        if len(tokens)
    }
    texts = {kind: text for kind, text in held_out(folder).items() if text.documents}
    every = np.concatenate([streams[kind] for kind in KINDS if kind in streams])
    of_all = _learned_bits(every, vocabulary, texts)
    found = {}
    for kind, text in texts.items():
        answers = {"from_all_kinds": of_all[kind]}
        if len(streams[kind]) <= len(every) / 2:
            of_kind = _learned_bits(streams[kind], vocabulary, {kind: text})
            answers["from_this_kind"] = of_kind[kind]
        num_bytes = sum(text.num_bytes)
        paid = {name: round(float(bits.sum()) / num_bytes, 4) for name, bits in answers.items()}
        best = answers[min(paid, key=lambda name: paid[name])]
        found[kind] = {
            "bits_per_byte": min(paid.values()),
            **paid,
            "document_bits": best.round(2).tolist(),
            "document_bits_from_all_kinds": of_all[kind].round(2).tolist(),
        }
    (folder / BASELINE_FILE).write_text(json.dumps(found) + "\n", "utf-8")
    return found


def _learned_bits(
    tokens_N: np.ndarray, vocabulary: int, texts: dict[str, HeldOut]
) -> dict[str, np.ndarray]:
    """Kind to the bits of each of its documents."""
    model = KneserNey(tokens_N, vocabulary=vocabulary)
    return {
        kind: np.array([model.bits(tokens.astype(np.int64))[1:].sum() for tokens in text.documents])
        for kind, text in texts.items()
    }
