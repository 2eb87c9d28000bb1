"""Known wordings of spans: which ones the rows hold, how often, and where they stand in a text."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sartor.core.dataset import Split
from sartor.core.tagging import Place, Span, words_of

Wording = tuple[str, ...]
"""Words of a span, in one case."""


@dataclass(frozen=True)
class Mark:
    """A wording found in a text."""

    first: int
    """Number of its first word."""
    last: int
    label: str


@dataclass(frozen=True)
class Surfaces:
    """Wordings and their most frequent label."""

    label_of: Mapping[Wording, str]
    is_cased: bool
    """Whether upper and lower case differ."""

    @cached_property
    def longest(self) -> int:
        """Words of the longest wording; 0 where there is none."""
        return max(map(len, self.label_of), default=0)

    def found(self, text: str, words: Sequence[Place]) -> list[Mark]:
        """Known wordings from left to right, the longest at each place; none overlaps another."""
        return matches(in_case(text, words, self.is_cased), self.label_of, self.longest)

    def facts(self) -> list[list[Any]]:
        """In a form for JSON."""
        return [[list(wording), label] for wording, label in sorted(self.label_of.items())]

    @classmethod
    def stored(cls, facts: Iterable[Sequence[Any]], *, is_cased: bool) -> Surfaces:
        """From `facts`."""
        return cls({tuple(wording): label for wording, label in facts}, is_cased)


class SurfaceCounts:
    """How often each wording is marked with which label in some rows.

    Args:
        rows: With spans.
        is_cased: Whether upper and lower case differ.
    """

    def __init__(self, rows: Split, *, is_cased: bool) -> None:
        self.is_cased = is_cased
        counts: dict[Wording, Counter[str]] = defaultdict(Counter)
        self.of_row: list[Counter[tuple[Wording, str]]] = []
        for text, spans in zip(rows.texts, rows.targets, strict=True):
            own = Counter((wording(text, span, is_cased), span[2]) for span in spans)
            self.of_row.append(own)
            for (words, label), times in own.items():
                counts[words][label] += times
        counts.pop((), None)
        self.counts = dict(counts)
        self.longest = max(map(len, self.counts), default=0)

    def surfaces(self) -> Surfaces:
        """All wordings."""
        labels = {words: most_frequent(counts) for words, counts in self.counts.items()}
        return Surfaces(labels, self.is_cased)

    def found_without(self, row: int, text: str, words: Sequence[Place]) -> list[Mark]:
        """What a row's text would hold of wordings that other rows mark.

        Learned from one's own marks, a wording's presence would look like a proof.
        """
        own = self.of_row[row]
        if not own:
            known: Mapping[Wording, str] = _Majority(self.counts)
        else:
            hidden = {w: self._without(w, own) for w, _ in own}
            known = _Majority(self.counts, hidden)
        return matches(in_case(text, words, self.is_cased), known, self.longest)

    def _without(self, words: Wording, own: Counter[tuple[Wording, str]]) -> Counter[str]:
        left = {label: n - own[(words, label)] for label, n in self.counts[words].items()}
        return Counter({label: n for label, n in left.items() if n > 0})


class _Majority(Mapping[Wording, str]):
    """Wording to label, with some wordings counted differently."""

    def __init__(
        self,
        counts: Mapping[Wording, Counter[str]],
        instead: Mapping[Wording, Counter[str]] | None = None,
    ) -> None:
        self._counts, self._instead = counts, instead or {}

    def __getitem__(self, words: Wording) -> str:
        counts = self._instead.get(words)
        counts = self._counts[words] if counts is None else counts
        if not counts:
            raise KeyError(words)
        return most_frequent(counts)

    def __iter__(self):  # type: ignore[no-untyped-def]
        return (words for words in self._counts if words in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def matches(spoken: Sequence[str], known: Mapping[Wording, str], longest: int) -> list[Mark]:
    """Wordings in a row of words, from left to right, the longest first."""
    found: list[Mark] = []
    at = 0
    while at < len(spoken):
        for length in range(min(longest, len(spoken) - at), 0, -1):
            label = known.get(tuple(spoken[at : at + length]))
            if label is not None:
                found.append(Mark(at, at + length - 1, label))
                at += length - 1
                break
        at += 1
    return found


def wording(text: str, span: Span, is_cased: bool) -> Wording:
    """The words of a span."""
    part = text[span[0] : span[1]]
    return tuple(in_case(part, words_of(part), is_cased))


def in_case(text: str, words: Sequence[Place], is_cased: bool) -> list[str]:
    """Words of a text, in small letters unless case counts."""
    spoken = [text[start:end] for start, end in words]
    return spoken if is_cased else [word.casefold() for word in spoken]


def most_frequent(counts: Counter[str]) -> str:
    """The most frequent label; of equals the first by name."""
    return min(counts, key=lambda label: (-counts[label], label))
