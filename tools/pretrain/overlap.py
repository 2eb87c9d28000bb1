"""Nothing that is measured on may be learned from: whole texts and runs of eight words.

The search sees running text: a run that goes over the border of two lines is a run. A measured text of
five to seven words counts wherever its words stand in a row. Shorter ones ("thank you") are compared with
whole lines, and only in sources whose lines are rows of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from sartor.base.pretraining import LEAST_WORDS, RUN_WORDS, run_numbers, words_of


class Measured:
    """What is measured on, by its runs of words.

    Args:
        texts: Pairs of a set's name and a text.
    """

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        self.names: list[str] = []
        """Names of the sets; arrays hold places in this list."""
        self.num_texts: Counter[str] = Counter()
        self.short: dict[str, set[str]] = {}
        """Set to its texts of fewer than five words."""
        found: dict[int, tuple[list[np.ndarray], list[int]]] = {
            length: ([], []) for length in range(LEAST_WORDS, RUN_WORDS + 1)
        }
        for name, text in texts:
            words = words_of(text)
            self.num_texts[name] += 1
            if name not in self.names:
                self.names.append(name)
            if len(words) < LEAST_WORDS:
                self.short.setdefault(name, set()).add(" ".join(words))
                continue
            runs, owners = found[min(len(words), RUN_WORDS)]
            runs.append(run_numbers(words, min(len(words), RUN_WORDS)))
            owners.append(self.names.index(name))
        self._runs_of_length = {length: _sorted(*lists) for length, lists in found.items()}
        self._all_short = {text for texts in self.short.values() for text in texts}

    def hits(self, words: list[str]) -> tuple[np.ndarray, set[str]]:
        """Which words of a running text belong to something measured, and to which sets.

        Args:
            words: W words, line borders left out.

        Returns:
            (W,) bool, and names of sets.
        """
        is_hit_W = np.zeros(len(words), dtype=bool)
        names = set()
        for length, (known, owners) in self._runs_of_length.items():
            runs_R = run_numbers(words, length)
            if not len(runs_R) or not len(known):
                continue
            place_R = np.minimum(np.searchsorted(known, runs_R), len(known) - 1)
            for start in np.flatnonzero(known[place_R] == runs_R):
                is_hit_W[start : start + length] = True
                names.add(self.names[owners[place_R[start]]])
        return is_hit_W, names

    def is_in(self, text: str) -> bool:
        """Whether anything measured stands in a text."""
        return bool(self.hits(words_of(text))[0].any())

    def is_short(self, line: str) -> bool:
        """Whether a line is, word for word, a measured text of fewer than five words."""
        return " ".join(words_of(line)) in self._all_short


def _sorted(runs: list[np.ndarray], owners: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Distinct runs in ascending order, and the first set that each was seen in."""
    if not runs:
        return np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64)
    every = np.concatenate(runs)
    owner = np.repeat(owners, [len(part) for part in runs])
    known, first = np.unique(every, return_index=True)
    return known, owner[first]


def count_overlap(texts: Iterable[str], measured: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Runs and whole texts of each measured set that stand in some texts, compared word by word.

    Slower than `Measured` and without its numbers: one checks the other.

    Args:
        texts: Training texts, as running text.
        measured: Pairs of a set's name and a text.

    Returns:
        Set to the number of places in the training texts.
    """
    owner_of: dict[str, str] = {}
    for name, text in measured:
        words = words_of(text)
        if len(words) >= LEAST_WORDS:
            length = min(len(words), RUN_WORDS)
            for start in range(len(words) - length + 1):
                owner_of.setdefault(" ".join(words[start : start + length]), name)
    num_found: Counter[str] = Counter()
    for text in texts:
        words = words_of(text)
        for length in range(LEAST_WORDS, RUN_WORDS + 1):
            for start in range(len(words) - length + 1):
                owner = owner_of.get(" ".join(words[start : start + length]))
                if owner is not None:
                    num_found[owner] += 1
    return dict(num_found)
