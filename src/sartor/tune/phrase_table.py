"""A table of words and phrases with their translations, and how a text is put together from it.

Phrases are the runs of words whose links lead out of neither side (Och and Ney 2004, "The alignment template
approach"). A text is cut into known runs, the likeliest first; nothing is reordered, and no model of the
language smooths what comes out.

Shape letters: P pairs, S words of all texts, T words of all translations, R runs.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sartor.core.tagging import words_of
from sartor.tune.word_alignment import Words, word_links

MOST_WORDS = 80
"""Of a text or a translation that is learned from: every word could go with every other."""
LONGER_TRANSLATION = 2
"""Times the words of a phrase that its translation may have."""
PIECE_COST = 1.0
"""Of each piece that a text is cut into, in nats: longer pieces know more of each other."""
UNKNOWN_COST = 12.0
"""Of a word that stays as it is, in nats."""
SENTENCE_ENDS = ".!?…"
OPENERS = "¿¡([{«“„‹"
"""Marks that no space follows."""
_ODD = np.uint64(0x9E3779B97F4A7C15)

Phrase = tuple[str, str, float]
"""A run of words in lower case, joined by spaces; its translation, with a space in front where one stood
there; what it costs, in nats."""
Table = Mapping[str, tuple[str, float]]
"""Phrase to its translation and cost."""


def learn_phrases(
    texts: Sequence[str], translations: Sequence[str], *, longest: int, seen_least: int = 1
) -> list[Phrase]:
    """The table, in the order of its phrases. Pairs of more than 80 words are left out.

    Args:
        texts: P texts.
        translations: One of each.
        longest: Most words of a phrase.
        seen_least: Times that a phrase of several words must have been seen with its translation.
    """
    said_P = [
        (_spaced_words(a), _spaced_words(b)) for a, b in zip(texts, translations, strict=True)
    ]
    said_P = [pair for pair in said_P if all(0 < len(words) <= MOST_WORDS for words in pair)]
    if not said_P:
        return []
    sources = [[word.strip().lower() for word in words] for words, _ in said_P]
    targets = _as_within_sentences([words for _, words in said_P])
    source, source_forms = _numbered(sources)
    target, _ = _numbered([[word.strip().lower() for word in words] for words in targets])
    spelled, target_forms = _numbered(targets)
    runs = _Runs.of(source, target, spelled, longest=longest)
    return sorted(runs.phrases(source_forms, target_forms, seen_least))


def table_of(phrases: Sequence[Phrase]) -> Table:
    """The phrases, to look up in."""
    return {source: (target, cost) for source, target, cost in phrases}


def translated(text: str, table: Table, *, longest: int) -> str:
    """A text in the words of the table; a word that it does not hold stays as it is.

    Args:
        text: Any text.
        table: Phrase to translation and cost; empty: the text stays as it is.
        longest: Most words of a phrase.
    """
    if not table:
        return text
    words = _spaced_words(text)
    best: list[tuple[float, str]] = [(0.0, "")]
    for end in range(1, len(words) + 1):
        ways = [
            (best[start][0] + cost, best[start][1] + _after(best[start][1], piece))
            for start in range(max(0, end - longest), end)
            for piece, cost in _pieces(words[start:end], table)
        ]
        best.append(min(ways, key=lambda way: way[0]))
    return _begun_like(best[-1][1].strip(), text)


def _pieces(words: Sequence[str], table: Table) -> Iterator[tuple[str, float]]:
    """What a run becomes and costs: what the table says, or of a single word the word."""
    known = table.get(" ".join(word.strip().lower() for word in words))
    if known is not None:
        yield known[0], known[1] + PIECE_COST
    elif len(words) == 1:
        yield words[0], UNKNOWN_COST + PIECE_COST


def _after(said: str, piece: str) -> str:
    """A piece without its space where an opening mark stands before it."""
    return piece.lstrip() if said[-1:] in OPENERS and said else piece


def _begun_like(output: str, text: str) -> str:
    """With a capital where the text has one."""
    begins = next((letter for letter in text if letter.isalpha()), "")
    first = next((place for place, letter in enumerate(output) if letter.isalpha()), None)
    if first is None or not begins.isupper():
        return output
    return output[:first] + output[first].upper() + output[first + 1 :]


def _spaced_words(text: str) -> list[str]:
    """The words of a text, each with a space in front where white space stood, and the first one."""
    places = words_of(text)
    edges = [(-1, -1), *places]
    return [
        (" " if start > end_before else "") + text[start:end]
        for (_, end_before), (start, end) in pairwise(edges)
    ]


def _as_within_sentences(texts: Sequence[Sequence[str]]) -> list[list[str]]:
    """Words that begin a sentence as they are mostly spelled elsewhere (the truecaser of Moses)."""
    firsts = [_first_words(words) for words in texts]
    elsewhere: dict[str, Counter[str]] = {}
    for words, first in zip(texts, firsts, strict=True):
        for place, word in enumerate(words):
            if place not in first:
                elsewhere.setdefault(word.lower(), Counter())[word] += 1
    usual = {low: min(forms, key=lambda f: (-forms[f], f)) for low, forms in elsewhere.items()}
    return [
        [usual.get(word.lower(), word) if p in first else word for p, word in enumerate(words)]
        for words, first in zip(texts, firsts, strict=True)
    ]


def _first_words(words: Sequence[str]) -> set[int]:
    """Places of the words that begin a sentence."""
    found, is_open = set(), True
    for place, word in enumerate(words):
        if is_open and any(letter.isalpha() for letter in word):
            found.add(place)
            is_open = False
        is_open = is_open or word.strip() in SENTENCE_ENDS
    return found


def _numbered(texts: Sequence[Sequence[str]]) -> tuple[Words, list[str]]:
    """Words as numbers, and the form of each number."""
    number_of: dict[str, int] = {}
    ids = [number_of.setdefault(word, len(number_of)) for words in texts for word in words]
    lengths_P = np.array([len(words) for words in texts], dtype=np.int64)
    return Words(np.array(ids, dtype=np.int64), lengths_P), list(number_of)


@dataclass(frozen=True)
class _Runs:
    """Runs of source words; those that are a phrase know where their translation stands."""

    source: Words
    spelled: Words
    key_R: np.ndarray
    """Equal for equal words, (R,) uint64."""
    start_R: np.ndarray
    num_words_R: np.ndarray
    low_R: np.ndarray
    """First word of the translation among all; -1 where a run is no phrase, -2 where none of its words has
    a link."""
    high_R: np.ndarray
    """Last word of the translation."""

    @classmethod
    def of(cls, source: Words, target: Words, spelled: Words, *, longest: int) -> _Runs:
        """All runs up to a length."""
        source_K, target_K = word_links(source, target)
        low_S, high_S = _reach(source_K, target_K, len(source.ids_S))
        low_T, high_T = _reach(target_K, source_K, len(target.ids_S))
        text_S, sums_S = source.text_of_words, _key_sums(source.ids_S)
        found = []
        for num_words in range(1, longest + 1):
            start_R = np.arange(len(text_S) - num_words + 1)
            last_R = start_R + num_words - 1
            start_R = start_R[text_S[start_R] == text_S[last_R]]
            last_R = start_R + num_words - 1
            low_R = np.min([low_S[start_R + k] for k in range(num_words)], axis=0)
            high_R = np.max([high_S[start_R + k] for k in range(num_words)], axis=0)
            widest = max(3, LONGER_TRANSLATION * num_words)
            is_phrase_R = (high_R >= 0) & (high_R - low_R < widest)
            for k in range(widest):
                at_R = np.minimum(low_R + k, len(low_T) - 1)
                leads_out_R = (low_T[at_R] < start_R) | (high_T[at_R] > last_R)
                is_phrase_R &= ~(leads_out_R & (low_R + k <= high_R) & (high_T[at_R] >= 0))
            low_R = _with_unlinked(low_R, high_T, target)
            low_R = np.where(is_phrase_R, low_R, np.where(high_R < 0, -2, -1))
            key_R = _keys(sums_S, start_R, last_R)
            found.append((key_R, start_R, np.full(len(start_R), num_words), low_R, high_R))
        columns = [np.concatenate(column) for column in zip(*found, strict=True)]
        return cls(source, spelled, *columns)

    def phrases(
        self, source_forms: list[str], target_forms: list[str], seen_least: int
    ) -> Iterator[Phrase]:
        """Each known run with the translation it had most often."""
        words = np.array(source_forms, dtype=object)[self.source.ids_S]
        spelled = np.array(target_forms, dtype=object)[self.spelled.ids_S]
        for run, num_same, num_seen in self._most_frequent(seen_least):
            start, num_words = int(self.start_R[run]), int(self.num_words_R[run])
            said = ""
            if self.low_R[run] >= 0:
                said = "".join(spelled[self.low_R[run] : self.high_R[run] + 1])
            cost = round(-math.log(num_same / (num_seen + 1)), 4)
            yield " ".join(words[start : start + num_words]), said, cost

    def _most_frequent(self, seen_least: int) -> Iterator[tuple[int, int, int]]:
        """A run that stands for all of its kind, how often it had this translation, and how often it came."""
        is_said_R = (self.low_R >= 0) | ((self.low_R == -2) & (self.num_words_R == 1))
        said = np.flatnonzero(is_said_R)
        said_keys = _keys(_key_sums(self.spelled.ids_S), self.low_R[said], self.high_R[said])
        said_keys = np.where(self.low_R[said] >= 0, said_keys, np.uint64(0))
        both = self.key_R[said] * _ODD + said_keys
        _, first, num_same = np.unique(both, return_index=True, return_counts=True)
        run, key = said[first], self.key_R[said[first]]
        order = np.lexsort((run, -num_same, key))
        is_best = np.concatenate([[True], key[order][1:] != key[order][:-1]])
        best = order[is_best]
        keys, num_seen = np.unique(self.key_R, return_counts=True)
        seen = num_seen[np.searchsorted(keys, key[best])]
        for one, same, came in zip(run[best], num_same[best], seen, strict=True):
            if same >= seen_least or self.num_words_R[one] == 1:
                yield int(one), int(same), int(came)


def _reach(from_K: np.ndarray, to_K: np.ndarray, num_words: int) -> tuple[np.ndarray, np.ndarray]:
    """First and last word that each word is linked with; a word without links has a huge first and -1."""
    low = np.full(num_words, np.iinfo(np.int64).max // 2)
    high = np.full(num_words, -1)
    np.minimum.at(low, from_K, to_K)
    np.maximum.at(high, from_K, to_K)
    return low, high


def _with_unlinked(low_R: np.ndarray, high_T: np.ndarray, target: Words) -> np.ndarray:
    """The beginnings of translations with the words before them that stand for none: `¿`, articles."""
    is_first_T = np.zeros(len(high_T), dtype=bool)
    is_first_T[target.starts] = True
    places_T = np.arange(len(high_T))
    # Of each word the last one up to it that is linked, or before which the text begins.
    is_stop_T = is_first_T | (np.concatenate([[0], high_T[:-1]]) >= 0)
    begin_T = np.maximum.accumulate(np.where(is_stop_T, places_T, 0))
    return begin_T[np.minimum(low_R, len(high_T) - 1)]


def _key_sums(ids_S: np.ndarray) -> np.ndarray:
    """Running polynomial hashes modulo 2^64, (S + 1,): runs of any length are compared by them."""
    rng = np.random.default_rng(0)
    values = rng.integers(1, 2**63, size=int(ids_S.max(initial=0)) + 1, dtype=np.uint64)
    weighted = values[ids_S] * _powers(len(ids_S))
    return np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(weighted, dtype=np.uint64)])


def _powers(num: int) -> np.ndarray:
    """1, b, b^2, ... modulo 2^64."""
    factors = np.full(num, _ODD, dtype=np.uint64)
    factors[:1] = 1
    return np.cumprod(factors, dtype=np.uint64)


def _keys(sums_S: np.ndarray, first_R: np.ndarray, last_R: np.ndarray) -> np.ndarray:
    """One number for the words from first to last: sums of the same words elsewhere differ by a power."""
    first_R = np.maximum(first_R, 0)
    last_R = np.clip(last_R, 0, len(sums_S) - 2)
    inverse = np.uint64(pow(int(_ODD), -1, 2**64))
    undone = np.full(len(sums_S), inverse, dtype=np.uint64)
    undone[:1] = 1
    powers = np.cumprod(undone, dtype=np.uint64)
    return (sums_S[last_R + 1] - sums_S[first_R]) * powers[first_R]
