"""Held-out rows that base models may have read before: what they score there may be memory.

What a base was pretrained on is told by whoever prepares the rows; nothing is dropped for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sartor.core.conversation import turns_of
from sartor.core.dataset import Count
from sartor.core.hashing import derived_seed
from sartor.core.words import count, counted
from sartor.data.plain_texts import PlainTexts
from sartor.data.rows import TEST, VALID

MOST_ROWS = 20_000
"""Of more rows a split a seeded sample is looked at."""
_SPLITS = {TEST: "test", VALID: "valid"}


@dataclass(frozen=True)
class ReadBefore:
    """The text that base models were pretrained on."""

    bases: tuple[str, ...]
    """Ids of the models that read it."""
    fingerprint: str
    """Content hash of what is known of it."""
    has: Callable[[str], bool | None]
    """Whether a text was read; None where it is too short to tell."""


def contamination_counts(
    texts: PlainTexts, part_N: np.ndarray, known: Sequence[ReadBefore], *, seed: int
) -> list[Count]:
    """How many inputs of test and valid stand in pretraining texts, for the card; no row is shown.

    Args:
        texts: The inputs of all rows.
        part_N: The part of each row.
        known: What was read, and by whom.
        seed: Of the sample of many rows.
    """
    return [count for read in known for count in _counts(texts, part_N, read, seed)]


def _counts(texts: PlainTexts, part_N: np.ndarray, read: ReadBefore, seed: int) -> Iterator[Count]:
    names = " and ".join(read.bases)
    for part, split in _SPLITS.items():
        rows = np.flatnonzero(part_N == part)
        if len(rows) > MOST_ROWS:
            draw = np.random.default_rng(derived_seed(seed, "contamination", split))
            rows = np.sort(draw.permutation(rows)[:MOST_ROWS])
        num_read = sum(_is_read(texts, int(row), read.has) for row in rows)
        if num_read:
            yield Count(
                f"{split} rows known to {names}",
                num_read,
                f"Of {counted(len(rows), f'{split} row')} {count(num_read)} may stand in the text that "
                f"{names} read in pretraining, by runs of eight words: what is scored there may be memory.",
                is_warning=num_read > len(rows) / 100,
            )


def _is_read(texts: PlainTexts, row: int, has: Callable[[str], bool | None]) -> bool:
    text = texts.stored(row)
    turns = [turn.content for turn in turns_of(text)] if texts.are_conversations else [text]
    return any(has(turn) for turn in turns)
