"""Texts that say the same in nearly the same words: typed again, corrected, signed by somebody else.

Candidates come from MinHash over runs of four characters and locality-sensitive hashing (Broder 1997; Indyk &
Motwani 1998); each is then compared word by word. Runs of words would miss most short messages: one typo in
eight words changes three of six word trigrams, but four of forty runs of characters.

Shape letters: N texts, R some of them, P pairs, H hashes of a text.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np

from sartor.data.comparable import comparable
from sartor.data.kept_texts import KeptTexts
from sartor.data.same_words import likeness, numbers_of

RUN_CHARACTERS = 4
NUM_HASHES, HASHES_PER_BAND = 128, 4
"""32 bands of four: a pair whose runs overlap by two thirds is a candidate with a probability of 0.999."""
LEAST_ESTIMATE = 0.45
"""Share of equal hashes below which a candidate is not compared word by word."""
NEIGHBOURS = 4
"""In a bucket every text is compared with so many others, and with the first: the buckets of template texts
are large, and their pairs would grow with the square."""
MOST_FAILED, MOST_FAILED_LIKELY = 24, 96
"""Two texts that were both compared so often in vain are compared no more; the second where it is likely
that they are alike, so that templates with other words in them do not hide those that are."""
LIKELY_ESTIMATE = 0.65
_SEED = 0
_CHUNK_TEXTS, _CHUNK_CHARACTERS = 1_000, 1 << 17
_BLOCK_PAIRS = 1 << 14
_MIX = np.uint64(0x9E3779B97F4A7C15)
_BAND_MIX = np.uint64(0x100000001B3)
IsOpen = Callable[[np.ndarray], np.ndarray]
"""Given pairs, (P, 2), which of them are still worth a comparison, (P,) bool."""
Found = Iterator[tuple[np.ndarray, np.ndarray]]
"""Pairs, (P, 2), and their likeness, (P,), block by block."""


@dataclass(frozen=True)
class Digests:
    """What is known of the texts while near-duplicates are looked for; all of it lies on disk."""

    compared: KeptTexts
    """The texts as they are compared."""
    digest_NH: np.ndarray
    """Least hashes of each text's runs of characters, uint32."""
    numbers_N: np.ndarray
    """Hash of the numbers in a text, uint64: near-duplicates have the same."""
    usual: Mapping[str, int]
    """In how many texts a word stands; tells what was mistyped."""

    def among(self, text_R: np.ndarray, *, threshold: float, is_open: IsOpen) -> Found:
        """Near-duplicates among some texts.

        Args:
            text_R: The texts that take part, (R,).
            threshold: Likeness from which a pair counts, 0 to 1.
            is_open: Pairs that are joined already need no comparison.
        """
        bands = map(_within_buckets, self._keys(text_R))
        yield from self._compared((text_R[pair_P2] for pair_P2 in bands), threshold, is_open)

    def across(
        self, text_R: np.ndarray, other_R: np.ndarray, *, threshold: float, is_open: IsOpen
    ) -> Found:
        """Near-duplicates of some texts among others; the others' stand second in the pairs."""
        keys = zip(self._keys(text_R), self._keys(other_R), strict=True)
        bands = (_between_buckets(*pair) for pair in keys)
        pairs = (np.stack([text_R[a], other_R[b]], axis=1) for a, b in bands)
        yield from self._compared(pairs, threshold, is_open)

    def _keys(self, text_R: np.ndarray) -> Iterator[np.ndarray]:
        """The bucket of each text, band by band."""
        for start in range(0, NUM_HASHES, HASHES_PER_BAND):
            key_R = self.numbers_N[text_R]
            for hash_ in range(start, start + HASHES_PER_BAND):
                key_R = key_R * _BAND_MIX ^ (self.digest_NH[text_R, hash_] * _MIX)
            yield key_R

    def _compared(
        self, candidates: Iterable[np.ndarray], threshold: float, is_open: IsOpen
    ) -> Found:
        num_failed_N = np.zeros(len(self.numbers_N), np.int32)
        for pair_P2 in (block for band in candidates for block in _blocks(band)):
            pair_P2 = pair_P2[num_failed_N[pair_P2].min(axis=1) < MOST_FAILED_LIKELY]
            pair_P2 = pair_P2[is_open(pair_P2)]
            estimate_P = self._estimate(pair_P2)
            is_fresh_P = num_failed_N[pair_P2].min(axis=1) < MOST_FAILED
            least_P = np.where(is_fresh_P, LEAST_ESTIMATE, LIKELY_ESTIMATE)
            pair_P2 = pair_P2[estimate_P >= least_P]
            likeness_P = self._likeness(pair_P2)
            is_alike_P = likeness_P >= threshold
            np.add.at(num_failed_N, pair_P2[~is_alike_P].ravel(), 1)
            if is_alike_P.any():
                yield pair_P2[is_alike_P], likeness_P[is_alike_P]

    def _estimate(self, pair_P2: np.ndarray) -> np.ndarray:
        """Share of equal hashes, which estimates the Jaccard index, (P,)."""
        return (self.digest_NH[pair_P2[:, 0]] == self.digest_NH[pair_P2[:, 1]]).mean(axis=1)

    def _likeness(self, pair_P2: np.ndarray) -> np.ndarray:
        kept = self.compared
        pairs = ((kept[first], kept[second]) for first, second in pair_P2.tolist())
        return np.array([likeness(*pair, usual=self.usual) for pair in pairs], float)


def digests(texts: Iterable[str], *, usual: Mapping[str, int], folder: Path) -> Digests:
    """Read all texts once.

    Args:
        texts: Any number of them.
        usual: See `same_words.usual_words`.
        folder: Where they lie as they are compared, and 512 bytes each, until the digests are forgotten.
    """
    from rensa import RMinHash

    kept = KeptTexts(map(comparable, texts), folder)
    digest_NH, numbers_N = _on_disk(len(kept), folder), np.empty(len(kept), np.uint64)
    start = 0
    for chunk in _chunks(kept):
        end = start + len(chunk)
        runs = [runs_of(text) for text in chunk]
        matrix = RMinHash.digest_matrix_from_token_sets(runs, NUM_HASHES, _SEED)
        digest_NH[start:end] = matrix.to_rows()
        numbers_N[start:end] = [_hashed(numbers_of(text)) for text in chunk]
        start = end
    return Digests(kept, digest_NH, numbers_N, usual)


def runs_of(text: str) -> list[str]:
    """All runs of four characters of a comparable text."""
    framed = f" {text} "
    return [framed[at : at + RUN_CHARACTERS] for at in range(max(1, len(framed) - 3))]


class Families:
    """Which texts are joined, directly or in a chain; no family grows without bound."""

    def __init__(self, num_texts: int, *, most: int) -> None:
        self._refused: set[int] = set()
        self._parent = array("q", range(num_texts))
        self._size = array("q", [1]) * num_texts
        self._most = most

    def may_join(self, pair_P2: np.ndarray) -> np.ndarray:
        """Which pairs are apart, and small enough to be joined, (P,) bool."""
        may_P = np.empty(len(pair_P2), bool)
        for at, (first, second) in enumerate(pair_P2.tolist()):
            a, b = self._root(first), self._root(second)
            may_P[at] = a != b and self._size[a] + self._size[b] <= self._most
            if a != b and not may_P[at]:
                self._refused.add(a)
        return may_P

    def join(self, pair_P2: np.ndarray) -> None:
        """Join pairs; the earlier text stays the first of its family."""
        for first, second in pair_P2.tolist():
            a, b = sorted((self._root(first), self._root(second)))
            if a != b and self._size[a] + self._size[b] <= self._most:
                self._parent[b] = a
                self._size[a] += self._size[b]

    def firsts(self) -> np.ndarray:
        """The first text of each text's family, (N,)."""
        return np.array([self._root(text) for text in range(len(self._parent))], np.int64)

    @property
    def num_full(self) -> int:
        """Families that would have grown beyond the bound."""
        return len({self._root(text) for text in self._refused})

    def _root(self, text: int) -> int:
        parent = self._parent
        while parent[text] != text:
            parent[text] = parent[parent[text]]
            text = parent[text]
        return text


def _chunks(texts: KeptTexts) -> Iterator[list[str]]:
    """Texts in their order, so few at a time that their runs take little memory."""
    chunk: list[str] = []
    num_characters = 0
    for text in map(texts.__getitem__, range(len(texts))):
        chunk.append(text)
        num_characters += len(text)
        if len(chunk) == _CHUNK_TEXTS or num_characters > _CHUNK_CHARACTERS:
            yield chunk
            chunk, num_characters = [], 0
    if chunk:
        yield chunk


def _on_disk(num_texts: int, folder: Path) -> np.ndarray:
    """Room for digests that takes no memory of its own, and is given back with its last user."""
    if not num_texts:
        return np.empty((0, NUM_HASHES), np.uint32)
    with TemporaryFile(dir=folder) as file:
        return np.memmap(file, np.uint32, "w+", shape=(num_texts, NUM_HASHES))


def _hashed(words: Sequence[str]) -> int:
    if not words:
        return 0
    digest = hashlib.blake2b(" ".join(words).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def _within_buckets(key_R: np.ndarray) -> np.ndarray:
    """Texts with equal keys, (P, 2): each with the next few, and with the first of its bucket."""
    order = np.argsort(key_R, kind="stable")
    sorted_R = key_R[order]
    is_new_R = np.ones(len(order), bool)
    is_new_R[1:] = sorted_R[1:] != sorted_R[:-1]
    at_R = np.flatnonzero(~is_new_R)
    first_R = np.maximum.accumulate(np.where(is_new_R, np.arange(len(order)), 0))[at_R]
    pairs = [order[first_R] * len(order) + order[at_R]]
    for step in range(1, NEIGHBOURS + 1):
        at_R = np.flatnonzero(sorted_R[step:] == sorted_R[:-step])
        pairs.append(order[at_R] * len(order) + order[at_R + step])
    return np.stack(np.divmod(np.unique(np.concatenate(pairs)), max(1, len(order))), axis=1)


def _between_buckets(key_R: np.ndarray, other_key_R: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of texts and of others with equal keys: each of the others with a few texts."""
    order = np.argsort(key_R, kind="stable")
    sorted_R = key_R[order]
    start_R = np.searchsorted(sorted_R, other_key_R)
    num_R = np.searchsorted(sorted_R, other_key_R, side="right") - start_R
    texts, others = [], []
    for step in range(NEIGHBOURS + 1):
        at_R = np.flatnonzero(num_R > step)
        shift_R = (at_R * (NEIGHBOURS + 1) * (num_R[at_R] > NEIGHBOURS + 1) + step) % num_R[at_R]
        texts.append(order[start_R[at_R] + shift_R])
        others.append(at_R)
    return np.concatenate(texts), np.concatenate(others)


def _blocks(pair_P2: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(pair_P2), _BLOCK_PAIRS):
        yield pair_P2[start : start + _BLOCK_PAIRS]
