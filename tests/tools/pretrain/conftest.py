"""A corpus of a few hundred sentences that the whole recipe can run on in seconds."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from tools.pretrain.sources import KINDS
from tools.pretrain.streams import SHARE_OF_TASK
from tools.pretrain.tokenizer import save, train_tokenizer, vocabulary_texts
from toy_text import sentence


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """OUT with `corpus` and `tokenizer`."""
    folder = tmp_path_factory.mktemp("pretrain")
    corpus = folder / "corpus"
    corpus.mkdir()
    rng = random.Random(0)
    for kind in KINDS:
        for part, num_documents in (("train", 60), ("held_out", 6)):
            rows = [
                {
                    "source": kind,
                    "group": f"{part} {number}",
                    "text": " ".join(sentence(rng) for _ in range(6)),
                }
                for number in range(num_documents)
            ]
            (corpus / f"{kind}.{part}.jsonl").write_text(
                "".join(json.dumps(r) + "\n" for r in rows)
            )
    for part in ("train", "held_out"):
        chats = [
            {
                "source": "toy",
                "task": rng.choice(sorted(SHARE_OF_TASK)),
                "turns": [["user", f"Repeat: {text}"], ["assistant", text]],
            }
            for text in (sentence(rng) for _ in range(40))
        ]
        (corpus / f"chats.{part}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in chats))
    save(train_tokenizer(vocabulary_texts(corpus), vocabulary=400), folder / "tokenizer")
    return folder
