"""Held-out rows that nearly stand in train: the nearest training row of each, by features.

Equal texts are found by `duplicates`; this finds the reworded ones. Nothing is changed by it.

Shape letters: N rows, D features, H held-out rows, T training rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sartor.core.dataset import Count
from sartor.core.words import counted
from sartor.data.neighbours import nearest_of, unit_rows
from sartor.data.personal import excerpt
from sartor.data.rows import TEST, TRAIN, VALID

LEAK_COSINE = 0.95
"""From here on two messages are taken for one in other words; of MiniLM, and of encoders trained like it."""
MAX_HELD_OUT = 2_000
"""Of more held-out rows a seeded sample is looked at."""
MAX_TRAIN = 100_000
_SPLITS = {VALID: "valid", TEST: "test"}


@dataclass(frozen=True)
class NearestPair:
    """A held-out row and the training row most like it."""

    held_out: int
    train: int
    cosine: float
    """1 is the same direction; rounded to five digits."""


@dataclass(frozen=True)
class NearestLeaks:
    """The nearest training rows of one held-out split."""

    split: str
    """`valid` or `test`."""
    pairs: tuple[NearestPair, ...]
    """One for each row of the sample, the nearest first; equal ones by row."""
    num_rows: int
    """Rows of the split, looked at or not."""
    threshold: float

    @property
    def flagged(self) -> tuple[NearestPair, ...]:
        """Pairs at or above the threshold."""
        return tuple(pair for pair in self.pairs if pair.cosine >= self.threshold)

    def count(self, texts: Sequence[str], places: Sequence[str]) -> Count | None:
        """What the card says; None where no pair is near.

        Args:
            texts: The inputs by row.
            places: `file:line` by row.
        """
        if not self.flagged:
            return None
        share = 100 * len(self.flagged) / len(self.pairs)
        note = (
            f"{share:.1f} % of {counted(len(self.pairs), f'{self.split} row')} looked at nearly stand in "
            f"train (cosine at least {self.threshold:g}), so scores flatter what is new; all were kept."
        )
        examples = tuple(
            f"{places[pair.held_out]} ~ {places[pair.train]} ({pair.cosine:.3f}): "
            f"{excerpt(texts[pair.held_out])} ~ {excerpt(texts[pair.train])}"
            for pair in self.flagged[:3]
        )
        return Count(f"{self.split} rows nearly in train", len(self.flagged), note, examples)


def nearest_leaks(
    features_ND: np.ndarray, part_N: np.ndarray, *, threshold: float = LEAK_COSINE, seed: int = 0
) -> list[NearestLeaks]:
    """Look for each held-out row's nearest training row.

    Args:
        features_ND: Features of all rows.
        part_N: Train, valid, test or dropped, as in `rows`.
        threshold: Least cosine of a leak.
        seed: For the samples.

    Returns:
        For valid and for test, where they have rows and train has some.
    """
    from threadpoolctl import threadpool_limits

    rng = np.random.default_rng(seed)
    train_T = _sample(np.flatnonzero(part_N == TRAIN), MAX_TRAIN, rng)
    found = []
    with threadpool_limits(1):  # sums of several threads differ in their last bits
        unit_TD = unit_rows(features_ND[train_T])
        for part, split in _SPLITS.items():
            rows = np.flatnonzero(part_N == part)
            held_H = _sample(rows, MAX_HELD_OUT, rng)
            if not held_H.size or not train_T.size:
                continue
            near_HK, cosine_HK = nearest_of(unit_rows(features_ND[held_H]), unit_TD)
            pairs = [
                NearestPair(int(held_H[h]), int(train_T[near_HK[h, 0]]), float(cosine_HK[h, 0]))
                for h in range(len(held_H))
            ]
            pairs.sort(key=lambda pair: (-pair.cosine, pair.held_out))
            found.append(NearestLeaks(split, tuple(pairs), len(rows), threshold))
    return found


def _sample(rows: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    return rows if len(rows) <= most else np.sort(rng.permutation(rows)[:most])
