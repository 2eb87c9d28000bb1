"""What several parts of `bench.data` need: messages of the shared sets, their features, and figures."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.document import SHARED, read_rows

BANKING, MULTIDOGO, BITEXT = "banking77", "multidogo", "bitext_support"
_NO_INTENTS = {"contentonly"}
"""Bare answers to a question of the agent."""
_MAX_TOKENS = 256


def has_sets(*names: str) -> bool:
    """Whether the sets lie beside the project."""
    return all((SHARED / "data" / name).is_dir() for name in names)


def banking(split: str) -> tuple[list[str], list[str]]:
    """Texts and labels of a split of BANKING77."""
    rows = read_rows(SHARED / "data" / BANKING / f"{split}.jsonl.gz")
    return [row["text"] for row in rows], [row["label"] for row in rows]


def bitext() -> tuple[list[str], list[str]]:
    """Instructions and intents of the larger Bitext file."""
    rows = read_rows(SHARED / "data" / BITEXT / "templates_6k.jsonl.gz")
    return [row["instruction"] for row in rows], [row["intent"] for row in rows]


def turns() -> tuple[list[str], list[str]]:
    """Different customer turns of MultiDoGO that have one intent of their own."""
    found: dict[str, str] = {}
    for row in read_rows(SHARED / "data" / MULTIDOGO / "train.jsonl.gz"):
        text, intents = row["text"], row["intents"] or []
        if len(intents) == 1 and not _NO_INTENTS & set(intents):
            found.setdefault(text, intents[0])
    return list(found), list(found.values())


def sample(size: int, seed: int, *columns: Sequence[Any]) -> tuple[list[Any], ...]:
    """The same rows of several columns, drawn once; all of them where there are fewer."""
    chosen = np.random.default_rng(seed).permutation(len(columns[0]))[:size]
    return tuple([column[at] for at in chosen.tolist()] for column in columns)


def features(texts: Sequence[str]) -> np.ndarray:
    """What the embedded encoder says of texts, as `sartor data --review` asks it."""
    from sartor.base.resolve import default_bases, resolve
    from sartor.core.base_model import ENCODER
    from sartor.engines.on_use import EngineOnUse
    from sartor.store.artifacts import DiskArtifacts

    base = resolve(default_bases((ENCODER,))[0], offline=True, relative_to=Path())
    with tempfile.TemporaryDirectory() as folder:
        engine = EngineOnUse(DiskArtifacts(Path(folder)), max_tokens=_MAX_TOKENS)
        return np.array(engine.features(base, list(texts), "mean"))


def num_tokens(texts: Sequence[str]) -> int:
    """Pieces between white space."""
    return sum(len(text.split()) for text in texts)


def figure(values: Sequence[float], unit: str = "share") -> dict[str, Any]:
    """The mean of some runs with the lowest and the highest; of one run only the value."""
    found = [round(float(value), 5) for value in values]
    low, high = (min(found), max(found)) if len(found) > 1 else (None, None)
    return {"value": round(float(np.mean(found)), 5), "low": low, "high": high, "unit": unit}
