"""Lines that systems put around answers: requests to rate, ticket numbers, legal footers.

A model that learned them writes them, and the helpdesk adds them once more. Greetings and closings repeat as
much, but are the voice of the brand, so they stay. What is found is shown to a person first; nothing is
removed unasked, since counting cannot tell a footer from a sentence that agents are told to write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from sartor.data.answer_edges import SUBSTANCE, at_edges, kinds_of
from sartor.data.common_lines import CommonLines, line_key
from sartor.data.personal import excerpt

MIN_SHARE = 0.1
"""Share of the answers that a line has to stand in."""
MIN_ANSWERS = 20
"""Answers that a line has to stand in."""
MIN_EDGE_SHARE = 0.8
"""Share of its places at which nothing but such lines, greetings and closings stands further out."""
MIN_CONTEXTS = 10
"""Different answers, without such lines, that a line has to stand around."""
MIN_CONTEXT_SHARE = 0.3
"""The same as a share of the different answers with the line; below, it belongs to one template."""

_MOST_ROUNDS = 10


@dataclass(frozen=True)
class CommonLine:
    """A line that stands around many answers."""

    text: str
    """As one answer has it; not to be shown, see `excerpt`."""
    num_answers: int
    """Answers with it."""
    share: float
    """0 to 1, of all answers."""
    edge_share: float
    """0 to 1, of the sampled answers with it: those where it stands at the beginning or the end."""
    num_contexts: int
    """Different answers around which it stands, among the sampled ones."""

    @property
    def excerpt(self) -> str:
        """The line for a person to look at, personal data replaced."""
        return excerpt(self.text)


class Stripped(NamedTuple):
    """An answer without the lines around it."""

    text: str
    removed: tuple[str, ...]
    """The lines taken out, in their order."""


@dataclass(frozen=True)
class Boilerplate:
    """The common lines of a data set, the most frequent first."""

    lines: tuple[CommonLine, ...]

    def strip(self, text: str) -> Stripped:
        """Take the common lines away from both ends of an answer.

        Args:
            text: An answer. One that consists of such lines, greetings and closings alone stays whole.
        """
        return _strip(text, self._keys)

    @cached_property
    def _keys(self) -> frozenset[str]:
        return frozenset(line_key(line.text) for line in self.lines)


def find_boilerplate(
    counted: CommonLines, *, min_share: float = MIN_SHARE, min_answers: int = MIN_ANSWERS
) -> Boilerplate:
    """The lines that many answers have around them.

    Args:
        counted: All answers.
        min_share: Share of the answers that a line has to stand in, 0 to 1.
        min_answers: Answers that it has to stand in.
    """
    sample = counted.sample()
    least = max(min_answers, round(min_share * counted.num_answers, 6))
    spelled: dict[str, str] = {}
    for text in sample:
        for line in text.split("\n"):
            spelled.setdefault(line_key(line), line.strip())
    keys = {key for key in spelled if key and counted.most_answers(key) >= least}
    found = _around(sample, keys)
    lines = [_common_line(spelled[key], key, counted, found[key]) for key in found]
    return Boilerplate(tuple(sorted(lines, key=lambda line: (-line.num_answers, line.text))))


class _Places(NamedTuple):
    edge_share: float
    num_contexts: int
    context_share: float

    @property
    def is_around(self) -> bool:
        """Whether the line stands around answers and not in them, and around more than one template."""
        return (
            self.edge_share >= MIN_EDGE_SHARE
            and self.num_contexts >= MIN_CONTEXTS
            and self.context_share >= MIN_CONTEXT_SHARE
        )


def _around(sample: Sequence[str], keys: set[str]) -> dict[str, _Places]:
    """The keys that stand around answers. One that falls may leave those further in without a way out."""
    for _ in range(_MOST_ROUNDS):
        places = _places(sample, keys)
        kept = {key: one for key, one in places.items() if one.is_around}
        if len(kept) == len(keys):
            return kept
        keys = set(kept)
    return {}


def _places(sample: Sequence[str], keys: set[str]) -> dict[str, _Places]:
    num_there, num_at_edge = Counter[str](), Counter[str]()
    contexts: dict[str, set[str]] = {key: set() for key in keys}
    for text in sample:
        lines = text.split("\n")
        of_lines = list(map(line_key, lines))
        there = keys.intersection(of_lines)
        if not there:
            continue
        kinds = kinds_of(lines, of_lines, keys)
        rest = "\n".join(
            key for key, kind in zip(of_lines, kinds, strict=True) if kind == SUBSTANCE
        )
        num_there.update(there)
        if rest:
            around = {of_lines[at] for at in at_edges(kinds)}
            num_at_edge.update(around)
            for key in around:
                contexts[key].add(rest)
    return {
        key: _Places(
            round(num_at_edge[key] / num, 2),
            len(contexts[key]),
            round(len(contexts[key]) / num, 2),
        )
        for key, num in sorted(num_there.items())
    }


def _common_line(spelled: str, key: str, counted: CommonLines, places: _Places) -> CommonLine:
    num_answers = counted.most_answers(key)
    share = round(num_answers / counted.num_answers, 4)
    return CommonLine(spelled, num_answers, share, places.edge_share, places.num_contexts)


def _strip(text: str, keys: frozenset[str]) -> Stripped:
    lines = text.split("\n")
    of_lines = list(map(line_key, lines))
    if keys.isdisjoint(of_lines):
        return Stripped(text, ())
    kinds = kinds_of(lines, of_lines, keys)
    out = set(at_edges(kinds))
    if SUBSTANCE not in kinds or not out:
        return Stripped(text, ())
    kept: list[str] = []
    for at, line in enumerate(lines):
        if at not in out and (line.strip() or (kept and kept[-1].strip())):
            kept.append(line)
    return Stripped("\n".join(kept).strip(), tuple(lines[at].strip() for at in sorted(out)))
