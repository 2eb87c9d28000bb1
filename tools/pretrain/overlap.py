"""Nothing that is measured on may be learned from: exact texts and runs of eight words.

Runs of thirteen words, as often used, miss short sentences. A text of fewer than eight words is compared
whole; below five words ("thank you") equality says nothing, so such texts are counted and kept.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

RUN_WORDS = 8
LEAST_WORDS = 5
_WORD = re.compile(r"\w+")


def words_of(text: str) -> list[str]:
    """Lower-cased words, signs and spaces left out."""
    return _WORD.findall(text.lower())


def runs_of(words: list[str]) -> Iterator[int]:
    """A 64-bit number for every run of eight words; for fewer, but at least five, one for all."""
    if LEAST_WORDS <= len(words) < RUN_WORDS:
        yield number_of(["whole", *words])
    for start in range(len(words) - RUN_WORDS + 1):
        yield number_of(words[start : start + RUN_WORDS])


def number_of(words: list[str]) -> int:
    """The same words, the same number, on every machine."""
    digest = hashlib.blake2b(" ".join(words).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


@dataclass
class Measured:
    """What is measured on, by its runs of words."""

    sets_of: dict[int, str] = field(default_factory=dict)
    """Run to the set it was first seen in."""
    num_short: Counter[str] = field(default_factory=Counter)
    """Texts too short to compare, by set."""

    @classmethod
    def of(cls, texts: Iterable[tuple[str, str]]) -> Measured:
        """From pairs of a set's name and a text."""
        measured = cls()
        for name, text in texts:
            words = words_of(text)
            if len(words) < LEAST_WORDS:
                measured.num_short[name] += 1
            for run in runs_of(words):
                measured.sets_of.setdefault(run, name)
        return measured

    def found_in(self, text: str) -> str | None:
        """The set that a text overlaps with, or None."""
        return next(
            (self.sets_of[run] for run in runs_of(words_of(text)) if run in self.sets_of), None
        )


class RunFilter:
    """A Bloom filter (Bloom 1970) over a fixed eighth of the runs of a training text.

    It is shipped with the models. Of a text that was learned from, it finds every run of that eighth; of any
    other text about one run in a hundred.

    Args:
        num_runs: Runs that will be added.
    """

    KEPT_ONE_IN = 8
    NUM_BITS_PER_RUN = 10
    NUM_HASHES = 7

    def __init__(self, num_runs: int) -> None:
        self.bits = np.zeros(max(1, num_runs * self.NUM_BITS_PER_RUN // 8), dtype=np.uint8)

    def add(self, run: int) -> None:
        """Remember a run, if it is of the eighth that is kept."""
        if self.is_kept(run):
            for place in self._places(run):
                self.bits[place >> 3] |= 1 << (place & 7)

    def __contains__(self, run: int) -> bool:
        return all(self.bits[place >> 3] >> (place & 7) & 1 for place in self._places(run))

    def share_of(self, text: str) -> float | None:
        """Share of a text's kept runs that were learned from; None where it has none."""
        runs = [run for run in runs_of(words_of(text)) if self.is_kept(run)]
        return sum(run in self for run in runs) / len(runs) if runs else None

    @classmethod
    def is_kept(cls, run: int) -> bool:
        """Whether a run is of the eighth that is remembered."""
        return run % cls.KEPT_ONE_IN == 0

    def _places(self, run: int) -> Iterator[int]:
        first, second = run >> 32, run & 0xFFFFFFFF | 1
        return ((first + n * second) % (8 * len(self.bits)) for n in range(self.NUM_HASHES))
