"""Runs of digits, and where one ends and the next begins.

A run is cut at dates, at line breaks where each line can be a number of its own, and between numbers
that stand side by side.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

_GAP = r"[ \t\u00a0\u2007\u202f().\-–/]{0,3}"
RUN = re.compile(rf"(?<![\w+])[+(]{{0,2}}[0-9](?:{_GAP}\n?{_GAP}[0-9]){{5,40}}(?![0-9])")
GROUP = re.compile(r"[0-9]+")
_DATE = re.compile(
    r"(?<![0-9])(?<![0-9][./\-–])(?:(?:19|20)[0-9]{2}([./-])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12][0-9]|3[01])"
    r"|(?:0?[1-9]|[12][0-9]|3[01])([./-])(?:0?[1-9]|[12][0-9]|3[01])\2(?:(?:19|20)[0-9]{2}|[0-9]{2}))"
    r"(?![0-9]|[./\-–][0-9])"
)
_CUT = re.compile(r"[ \t\n][/–-][ \t\n]|\n")
LEAST_DIGITS = 7
"""Shorter numbers do not stand side by side in a run."""


@dataclass(frozen=True)
class Run:
    """Groups of digits that may be one number."""

    text: str
    """The whole text."""
    start: int
    end: int

    @cached_property
    def groups(self) -> list[str]:
        """Its groups of digits."""
        return GROUP.findall(self.characters)

    @cached_property
    def digits(self) -> str:
        """Its digits alone."""
        return "".join(self.groups)

    @property
    def characters(self) -> str:
        """As it is written."""
        return self.text[self.start : self.end]

    @property
    def separators(self) -> set[str]:
        """What stands between its groups."""
        return {gap for gap in GROUP.split(self.characters)[1:-1] if gap}


def pieces(run: Run) -> Iterator[Run]:
    """The run without its dates, in lines where each line can be a number of its own."""
    at = run.start
    cuts = [(match.start(), match.end()) for match in _DATE.finditer(run.text, run.start, run.end)]
    for start, end in (*cuts, (run.end, run.end)):
        piece = trimmed(run.text, at, start)
        if piece is not None:
            yield from _lines(piece)
        at = end


def _lines(piece: Run) -> Iterator[Run]:
    """A number that is broken over lines stays whole: it begins like one and is not too long."""
    if "\n" not in piece.characters:
        yield piece
        return
    longest = max(sum(map(str.isdecimal, line)) for line in piece.characters.split("\n"))
    is_broken = longest < 6 or piece.characters[0] in "+(0"
    if is_broken and len(piece.digits) <= 16:
        yield piece
        return
    at = piece.start
    for line in piece.characters.split("\n"):
        whole = trimmed(piece.text, at, at + len(line))
        if whole is not None:
            yield whole
        at += len(line) + 1


def trimmed(text: str, start: int, end: int) -> Run | None:
    """The run from its first to its last digit, with the plus or bracket that belongs to it."""
    groups = [match.span() for match in GROUP.finditer(text, start, end)]
    if not groups or sum(end - start for start, end in groups) < 6:
        return None
    first = groups[0][0]
    while first > start and text[first - 1] in "+(":
        first -= 1
    return Run(text, first, groups[-1][1])


def side_by_side(piece: Run) -> Iterator[Run]:
    """Cut where a number begins: at a zero, a plus, a bracket, or behind a dash or slash with spaces."""
    start, num_digits = piece.start, 0
    for match in GROUP.finditer(piece.text, piece.start, piece.end):
        before = piece.text[max(start, match.start() - 3) : match.start()]
        begins = match[0][0] == "0" or "+" in before or "(" in before or _CUT.search(before)
        if num_digits >= LEAST_DIGITS and begins:
            if part := trimmed(piece.text, start, match.start()):
                yield part
            start, num_digits = match.start() - (before[-1:] in ("+", "(")), 0
        num_digits += len(match[0])
    if start > piece.start and (part := trimmed(piece.text, start, piece.end)):
        yield part
