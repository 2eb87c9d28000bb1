"""Replaces personal data by placeholders that keep its kind and tell equal values from different ones.

The texts of one document (a conversation, a mail thread) are replaced together: `<PHONE_1>` is the
same number in each of them. The way back exists only where a key file was asked for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sartor.core.dataset import Count
from sartor.data.personal_finder import PLACEHOLDER, Finder
from sartor.data.personal_kinds import MEANINGS, NUMBER, PHONE, REFERENCE, Found, apart, overlaps
from sartor.data.personal_same import SameValues, comparable

_NUMBERED = re.compile(r"<([A-Z_]{1,30})_([0-9]{1,9})>")
_TOKEN = re.compile(r"(?<!\w)#?[^\W_][\w/-]{3,38}(?!\w)")
_KNOWN_AGAIN = (REFERENCE, PHONE, NUMBER)
_MAX_EXAMPLES = 3


@dataclass(frozen=True)
class Replaced:
    """The texts of a document without personal data."""

    texts: tuple[str, ...]
    counts: Mapping[str, int]
    """Kind to the pieces that were replaced, repetitions included."""
    num_values: Mapping[str, int]
    """Kind to the different values."""
    recognisers: tuple[str, ...]
    """What looked for them."""
    values: Mapping[str, str] = field(repr=False)
    """Placeholder to value as first written: personal data, for a key file and nothing else."""


@dataclass(frozen=True)
class Replacer:
    """Puts placeholders for what a finder finds."""

    finder: Finder = field(default_factory=Finder)

    def replace(self, texts: Sequence[str]) -> Replaced:
        """Replace personal data in the texts of one document.

        A number that one text introduces (`my order is 48213`) is replaced in the others too, where it
        stands alone. Placeholders that are there already stay, and new ones number on behind them.

        Args:
            texts: The document's texts, in their order.
        """
        found_by_text = self._found(texts)
        same = SameValues()
        for text in texts:
            for kind, number in _NUMBERED.findall(text) if "<" in text else ():
                same.start_behind(kind, int(number))
        counts: Counter[str] = Counter()
        values: dict[str, str] = {}
        replaced = []
        for text, found in zip(texts, found_by_text, strict=True):
            counts.update(one.kind for one in found)
            replaced.append(_with_placeholders(text, found, same, values))
        num_values = Counter(placeholder[1:].rpartition("_")[0] for placeholder in values)
        return Replaced(
            tuple(replaced),
            {kind: counts[kind] for kind in MEANINGS if counts[kind]},
            {kind: num_values[kind] for kind in MEANINGS if num_values[kind]},
            self.finder.recognisers,
            values,
        )

    def _found(self, texts: Sequence[str]) -> list[tuple[Found, ...]]:
        """What each text holds, numbers known from the other texts included."""
        found_by_text = [self.finder.find(text) for text in texts]
        known = {
            comparable(one.kind, text[one.start : one.end]): one.kind
            for text, found in zip(texts, found_by_text, strict=True)
            for one in found
            if one.kind in _KNOWN_AGAIN and " " not in text[one.start : one.end]
        }
        if not known:
            return found_by_text
        return [
            apart((*found, *_known_again(text, known))) if any(map(str.isdecimal, text)) else found
            for text, found in zip(texts, found_by_text, strict=True)
        ]


def _known_again(text: str, known: Mapping[str, str]) -> list[Found]:
    """Numbers of the document where they stand alone."""
    kept = (
        [match.span() for match in PLACEHOLDER.finditer(text)]
        if "<" in text or "{{" in text
        else []
    )
    return [
        Found(*match.span(), known[form])
        for match in _TOKEN.finditer(text)
        if (form := comparable(REFERENCE, match[0])) in known and not overlaps(kept, *match.span())
    ]


def _with_placeholders(
    text: str, found: Sequence[Found], same: SameValues, values: dict[str, str]
) -> str:
    parts, at = [], 0
    for start, end, kind in found:
        number, is_new = same.number(kind, text[start:end])
        placeholder = f"<{kind}_{number}>"
        if is_new:
            values[placeholder] = text[start:end]
        parts += [text[at:start], placeholder]
        at = end
    return "".join((*parts, text[at:]))


def restore(texts: Sequence[str], key: Mapping[str, str]) -> tuple[str, ...]:
    """Put the values back; one that was written in several ways comes back as it was first written.

    Args:
        texts: Replaced texts of one document, or what a model wrote in their terms.
        key: Placeholder to value, as `KeyFile.read` gives it. Other placeholders stay.
    """
    return tuple(_NUMBERED.sub(lambda match: key.get(match[0], match[0]), text) for text in texts)


class Audit:
    """Counts what was found over many documents, without keeping any of it.

    Args:
        is_replaced: Whether placeholders were put for it.
    """

    def __init__(self, *, is_replaced: bool = True) -> None:
        self._is_replaced = is_replaced
        self._num_documents: Counter[str] = Counter()
        self._num_pieces: Counter[str] = Counter()
        self._places: dict[str, list[str]] = {}

    def add(self, place: str, counts: Mapping[str, int]) -> None:
        """Count a document.

        Args:
            place: Where it stands: `messages.csv:17`.
            counts: What was found in it: `Replaced.counts`.
        """
        for kind, count in counts.items():
            self._num_documents[kind] += 1
            self._num_pieces[kind] += count
            places = self._places.setdefault(kind, [])
            if len(places) < _MAX_EXAMPLES:
                places.append(place)

    def _done(self, kind: str) -> str:
        if self._is_replaced:
            return f"were replaced by placeholders such as <{kind}_1>"
        return "stay as they are; `prepare: {personal_data: replace}` takes them out"

    def counts(self) -> list[Count]:
        """A line for each kind that was found, for the data card."""
        return [
            Count(
                f"personal data: {meaning}",
                self._num_documents[kind],
                f"{self._num_pieces[kind]:,} of them {self._done(kind)}.",
                tuple(self._places[kind]),
            )
            for kind, meaning in MEANINGS.items()
            if self._num_pieces[kind]
        ]
