"""Texts that say the same in nearly the same words: typed again, corrected, signed by somebody else.

Candidates come from MinHash over runs of four characters and locality-sensitive hashing (Broder 1997; Indyk &
Motwani 1998); each is then compared word by word. Runs of words would miss most short messages: one typo in
eight words changes three of six word trigrams, but four of forty runs of characters.

Shape letters: N texts, R some of them, P pairs, H hashes of a text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np

from sartor.data.comparable import MOST_CHARACTERS, comparable
from sartor.data.kept_texts import KeptTexts
from sartor.data.processes import ALONE, Job, Processes
from sartor.data.same_words import LOOKED_AT_TEXTS, likeness, numbers_of, usual_words

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
_CHUNK_TEXTS, _CHUNK_CHARACTERS = 500, 1 << 17
_PIECE_PAIRS = 256
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
    processes: Processes = ALONE
    """Where pairs are compared word by word."""

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
        kept, pairs = self.compared, pair_P2.tolist()
        pieces = (
            (None, [(kept[first], kept[second]) for first, second in pairs[at : at + _PIECE_PAIRS]])
            for at in range(0, len(pairs), _PIECE_PAIRS)
        )
        found = [likeness for _, piece in self._comparison.map(pieces) for likeness in piece]
        return np.array(found, float)

    @cached_property
    def _comparison(self) -> Job[Sequence[tuple[str, str]], list[float]]:
        return self.processes.job(likenesses, self.usual)


def digests(
    texts: Sequence[str], *, num_counted: int, folder: Path, processes: Processes = ALONE
) -> Digests:
    """Read all texts once.

    Args:
        texts: Any number of them.
        num_counted: So many of the first tell which words are usual, see `same_words.usual_words`.
        folder: Where they lie as they are compared, and 512 bytes each, until the digests are forgotten.
        processes: Where the work is done.
    """
    digest_NH, numbers_N = _on_disk(len(texts), folder), np.empty(len(texts), np.uint64)

    def compared() -> Iterator[str]:
        """The texts as they are compared; their digests are noted on the way."""
        for start, (found, digest_RH, numbers_R) in processes.job(digested, None).map(
            _chunks(texts)
        ):
            end = start + len(found)
            digest_NH[start:end], numbers_N[start:end] = digest_RH, numbers_R
            yield from found

    kept = KeptTexts(compared(), folder)
    counted = range(min(num_counted, LOOKED_AT_TEXTS, len(kept)))
    return Digests(kept, digest_NH, numbers_N, usual_words(kept[at] for at in counted), processes)


def digested(_: None, texts: Sequence[str]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Texts as they are compared, their digests, (R, H), and the hashes of their numbers, (R,)."""
    from rensa import RMinHash

    found = [comparable(text) for text in texts]
    runs = [runs_of(text) for text in found]
    matrix = RMinHash.digest_matrix_from_token_sets(runs, NUM_HASHES, _SEED)
    digest_RH = np.array(matrix.to_rows(), np.uint32).reshape(len(texts), NUM_HASHES)
    return found, digest_RH, np.array([_hashed(numbers_of(text)) for text in found], np.uint64)


def likenesses(usual: Mapping[str, int], pairs: Sequence[tuple[str, str]]) -> list[float]:
    """The likeness of each pair of comparable texts."""
    return [likeness(*pair, usual=usual) for pair in pairs]


def runs_of(text: str) -> list[str]:
    """All runs of four characters of a comparable text."""
    framed = f" {text} "
    return [framed[at : at + RUN_CHARACTERS] for at in range(max(1, len(framed) - 3))]


class Families:
    """Which texts are joined, directly or in a chain; no family grows without bound."""

    def __init__(self, num_texts: int, *, most: int) -> None:
        self._refused: set[int] = set()
        self._parent_N = np.arange(num_texts)
        self._size_N = np.ones(num_texts, np.int64)
        self._most = most

    def may_join(self, pair_P2: np.ndarray) -> np.ndarray:
        """Which pairs are apart, and small enough to be joined, (P,) bool."""
        root_P2 = self._roots(pair_P2)
        is_apart_P = root_P2[:, 0] != root_P2[:, 1]
        is_small_P = self._size_N[root_P2].sum(axis=1) <= self._most
        self._refused.update(root_P2[is_apart_P & ~is_small_P, 0].tolist())
        return is_apart_P & is_small_P

    def join(self, pair_P2: np.ndarray) -> None:
        """Join pairs; the earlier text stays the first of its family."""
        parent_N, size_N = self._parent_N, self._size_N
        for first, second in pair_P2.tolist():
            a, b = sorted((self._root(first), self._root(second)))
            if a != b and size_N[a] + size_N[b] <= self._most:
                parent_N[b] = a
                size_N[a] += size_N[b]

    def firsts(self) -> np.ndarray:
        """The first text of each text's family, (N,)."""
        return self._roots(np.arange(len(self._parent_N)))

    @property
    def num_full(self) -> int:
        """Families that would have grown beyond the bound."""
        return len({self._root(text) for text in self._refused})

    def _roots(self, texts: np.ndarray) -> np.ndarray:
        """The first text of the family of each; on the way there is shorter afterwards."""
        root = self._parent_N[texts]
        while not np.array_equal(above := self._parent_N[root], root):
            root = above
        self._parent_N[texts] = root
        return root

    def _root(self, text: int) -> int:
        parent_N = self._parent_N
        while (above := int(parent_N[text])) != text:
            parent_N[text] = parent_N[above]
            text = above
        return text


def _chunks(texts: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Texts in order, few at a time, since their runs take memory; before them the number of the first."""
    chunk: list[str] = []
    start = num_characters = 0
    for text in texts:
        chunk.append(text[:MOST_CHARACTERS])
        num_characters += len(chunk[-1])
        if len(chunk) == _CHUNK_TEXTS or num_characters > _CHUNK_CHARACTERS:
            yield start, chunk
            start, chunk, num_characters = start + len(chunk), [], 0
    if chunk:
        yield start, chunk


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
