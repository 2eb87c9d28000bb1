"""Rows that do not belong: novels, manuals, Spanish, programs and keyboard noise among support messages."""

from __future__ import annotations

import json
import lzma
import random
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

import sartor
from bench.data_sets import (
    BANKING,
    BITEXT,
    MULTIDOGO,
    banking,
    bitext,
    features,
    figure,
    sample,
    turns,
)
from bench.document import SHARED, read_rows

NEEDS = (BANKING, MULTIDOGO, BITEXT, "pretrain", "tatoeba_en_es")
AMONG: dict[str, Callable[[], tuple[list[str], list[str]]]] = {
    BANKING: lambda: banking("train"),
    MULTIDOGO: turns,
    BITEXT: bitext,
}
MARKS = {f"foreign rows among {name}": 0.9 for name in AMONG}
FOREIGN_SHARE = 0.05
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_LOOKED_AT = 400


def measured(*, is_quick: bool) -> dict[str, dict[str, Any]]:
    """Average precision of the foreign rows in the ranking."""
    from sklearn.metrics import average_precision_score

    from sartor.data.irrelevant import irrelevant_rows

    found = {}
    for name, read in AMONG.items():
        (texts,) = sample(300 if is_quick else 3_000, 0, read()[0])
        usual_ND, values = features(texts), []
        for seed in range(1 if is_quick else 3):
            foreign = foreign_texts(round(FOREIGN_SHARE * len(texts)), seed=seed)
            mixed = [*texts, *foreign]
            is_foreign_N = np.arange(len(mixed)) >= len(texts)
            rank_N = np.zeros(len(mixed))
            features_ND = np.concatenate([usual_ND, features(foreign)])
            for rank, one in enumerate(irrelevant_rows(mixed, features_ND, seed=seed)):
                rank_N[one.row] = -rank
            values.append(float(average_precision_score(is_foreign_N, rank_N)))
        found[f"foreign rows among {name}"] = figure(values)
    return found


def foreign_texts(count: int, *, seed: int) -> list[str]:
    """So many texts of five kinds in turn."""
    rng = random.Random(seed)
    kinds = [list(kind) for kind in (_novels(), _manuals(), _spanish(), _programs(), _noise(rng))]
    return [rng.choice(kinds[at % len(kinds)]) for at in range(count)]


def _novels() -> Iterator[str]:
    yield from _sentences(SHARED / "data" / "pretrain" / "novels" / "part1.jsonl.xz")


def _manuals() -> Iterator[str]:
    yield from _sentences(SHARED / "data" / "pretrain" / "oss_docs" / "docs.jsonl.xz")


def _sentences(file: Path) -> Iterator[str]:
    with lzma.open(file, "rt", encoding="utf-8") as lines:
        for line in islice(lines, _LOOKED_AT):
            parts = [" ".join(part.split()) for part in json.loads(line)["text"].split("\n")]
            long = [part for part in parts if 60 <= len(part) <= 400]
            yield from long[len(long) // 2 : len(long) // 2 + 3]


def _spanish() -> Iterator[str]:
    folder = SHARED / "data" / "tatoeba_en_es"
    rows = read_rows(folder / "test.jsonl.gz")
    texts = (row["es"] for row in rows)
    yield from islice((text for text in texts if len(text) >= 25), _LOOKED_AT)


def _programs() -> Iterator[str]:
    """Pieces of the product's own source."""
    for file in sorted(Path(sartor.__file__).parent.rglob("*.py"))[:80]:
        lines = file.read_text("utf-8").splitlines()
        yield "\n".join(lines[len(lines) // 2 : len(lines) // 2 + 5])


def _noise(rng: random.Random) -> Iterator[str]:
    for _ in range(100):
        words = rng.randint(1, 4)
        yield " ".join(
            "".join(rng.choices(rng.choice(_KEYS), k=rng.randint(4, 12))) for _ in range(words)
        )
