"""Whether a text stands in what the embedded language models were pretrained on.

A test text that the base model has read measures memory, not skill. The models ship with numbers of
eight-word runs of their pretraining text, so that anyone can ask for their own test rows.

Shape letters: W words of a text, R runs of a text, F runs that the filter remembers.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

import numpy as np

from sartor.core.errors import BaseModelError

FILTER_FILE = "pretraining_runs.npz"
"""In a model's folder, or beside the folders of models that read the same texts."""
RUN_WORDS = 8
"""Words of a run. Runs of thirteen, as often used, miss short sentences."""
LEAST_WORDS = 5
"""Texts of five to seven words are compared whole; below that equality says nothing ("thank you")."""
_WORD = re.compile(r"\w+")
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_WHOLE = np.uint64(0x5741_4F4C_4557_484F)
"""Tells a whole short text from a run of the same words."""


def words_of(text: str) -> list[str]:
    """Lower-cased words, signs and spaces left out."""
    return _WORD.findall(text.lower())


def run_numbers(words: list[str], num_words: int = RUN_WORDS) -> np.ndarray:
    """A 64-bit number for every run of words, the same on every machine.

    Args:
        words: The W words of a text.
        num_words: Words of a run.

    Returns:
        (W - num_words + 1,) uint64, empty where the text is shorter than a run.
    """
    if len(words) < num_words:
        return np.zeros(0, dtype=np.uint64)
    words_W = np.array([_word_number(word) for word in words], dtype=np.uint64)
    num_runs = len(words) - num_words + 1
    runs_R = np.zeros(num_runs, dtype=np.uint64)
    for offset in range(num_words):
        runs_R = runs_R * _MULTIPLIER + words_W[offset : offset + num_runs]
    return _mixed(runs_R)


def whole_number(words: list[str]) -> np.ndarray:
    """The number of a text of five to seven words, (1,) uint64; of any other text (0,)."""
    is_short = LEAST_WORDS <= len(words) < RUN_WORDS
    return run_numbers(words, len(words)) ^ _WHOLE if is_short else np.zeros(0, dtype=np.uint64)


class PretrainingFilter:
    """Numbers of runs, cut to `num_bits` bits, sorted.

    A run that was read is always found, if it was remembered; any other run is found with a probability of
    `false_positive_share`.

    Args:
        numbers_F: Remembered numbers, (F,), ascending, below 2 ** `num_bits`.
        num_bits: Bits of a number.
        asked_one_in: Only runs whose number divides by this are looked up; the others were not remembered.
    """

    def __init__(self, numbers_F: np.ndarray, *, num_bits: int, asked_one_in: int) -> None:
        self.numbers_F = numbers_F
        self.num_bits = num_bits
        self.asked_one_in = asked_one_in

    @classmethod
    def load(cls, file: Path) -> PretrainingFilter:
        """Read what `save` wrote.

        Raises:
            BaseModelError: The file is absent or not such a filter.
        """
        try:
            with np.load(file, allow_pickle=False) as arrays:
                numbers_F = np.cumsum(arrays["gaps"].astype(np.uint64), dtype=np.uint64)
                num_bits, asked_one_in = (int(value) for value in arrays["settings"])
        except (OSError, ValueError, KeyError) as error:
            raise BaseModelError(
                where=str(file),
                problem="is not a filter of pretraining text.",
                fix="Install the model's package again.",
            ) from error
        return cls(numbers_F, num_bits=num_bits, asked_one_in=asked_one_in)

    def save(self, file: Path) -> None:
        """As gaps between numbers, compressed: about 12 bits a run."""
        gaps = np.diff(self.numbers_F, prepend=np.uint64(0))
        gaps = gaps.astype(np.uint16 if gaps.max(initial=0) < 1 << 16 else np.uint64)
        settings = np.array([self.num_bits, self.asked_one_in], dtype=np.int64)
        with file.open("wb") as opened:
            np.savez_compressed(opened, gaps=gaps, settings=settings)

    @property
    def false_positive_share(self) -> float:
        """Share of unread runs that are found all the same, 0 to 1."""
        return len(self.numbers_F) / 2**self.num_bits

    def share_found(self, text: str) -> float | None:
        """Share of a text's looked-up runs that were read, 0 to 1; None where it has none to look up."""
        runs_R = self._asked(text)
        return float(self._has(runs_R).mean()) if len(runs_R) else None

    def is_in(self, text: str) -> bool | None:
        """Whether a text, or a passage of it, was read.

        One run is enough in a text of up to 32 looked-up runs; longer texts need one more for each
        further 32, so that neither chance nor a quoted phrase counts as having read a page.

        Returns:
            None where the text is too short, or by chance has no run that is looked up.
        """
        runs_R = self._asked(text)
        if not len(runs_R):
            return None
        return int(self._has(runs_R).sum()) >= 1 + (len(runs_R) - 1) // 32

    def _asked(self, text: str) -> np.ndarray:
        words = words_of(text)
        runs_R = run_numbers(words)
        asked_R = runs_R[runs_R % np.uint64(self.asked_one_in) == 0]
        return np.concatenate([whole_number(words), asked_R])

    def _has(self, runs_R: np.ndarray) -> np.ndarray:
        cut_R = cut(runs_R, self.num_bits)
        place_R = np.searchsorted(self.numbers_F, cut_R)
        place_R = np.minimum(place_R, len(self.numbers_F) - 1)
        return self.numbers_F[place_R] == cut_R


def cut(runs_R: np.ndarray, num_bits: int) -> np.ndarray:
    """The upper bits of numbers; the lower ones choose which runs are remembered."""
    return runs_R >> np.uint64(64 - num_bits)


def filter_beside(folder: Path) -> Path | None:
    """The filter of a model's pretraining text, where one is shipped with it.

    Args:
        folder: Of the model.
    """
    places = (folder / FILTER_FILE, folder.parent / FILTER_FILE)
    return next((place for place in places if place.is_file()), None)


def is_in_pretraining(text: str, file: Path) -> bool | None:
    """Whether a text was read in pretraining, by the filter that stands beside a model.

    Args:
        text: Any text, best one of the test rows.
        file: What `filter_beside` finds.

    Returns:
        As `PretrainingFilter.is_in`.
    """
    return _loaded(file).is_in(text)


@lru_cache(maxsize=2)
def _loaded(file: Path) -> PretrainingFilter:
    return PretrainingFilter.load(file)


@lru_cache(maxsize=1 << 18)
def _word_number(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Every input bit moves every output bit (finaliser of MurmurHash3)."""
    for multiplier in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        numbers = (numbers ^ (numbers >> np.uint64(33))) * np.uint64(multiplier)
    return numbers ^ (numbers >> np.uint64(33))
