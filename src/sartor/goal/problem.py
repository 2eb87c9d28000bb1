"""A problem of the goal, its place, and how many of them become one message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sartor.core.address import masked
from sartor.core.errors import GoalError

MAX_LISTED = 20
"""Problems spelled out in one message; more are only counted."""
MAX_SHOWN = 60
"""Characters of an offending value that a message repeats."""


@dataclass(frozen=True)
class Place:
    """A place a user can go to: a line of the file, or an override."""

    file: str
    """Name of the file, or the override as it was given: `--set budget.hours=2`."""
    line: int | None = None
    """Counted from 1; None for the file as a whole and for overrides."""
    path: tuple[str, ...] = ()
    """Keys that lead here."""
    is_override: bool = False
    """Whether the value came from an override, which has no lines."""

    def words(self) -> str:
        """The place for people: `sartor.yaml:7 > budget`."""
        if self.is_override:
            return _visible(self.file)
        start = f"{self.file}:{self.line}" if self.line else self.file
        return " > ".join([start, *map(_visible, self.path)])

    def on_line(self, line: int) -> Place:
        """The same path on another line."""
        return self if self.is_override else replace(self, line=line)

    def under(self, key: str) -> Place:
        """One key deeper."""
        return replace(self, path=(*self.path, key))

    def parent(self) -> Place:
        """One key higher, on the same line."""
        return replace(self, path=self.path[:-1])


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and what to do."""

    place: Place
    problem: str
    fix: str

    def words(self) -> str:
        """The problem in one line."""
        return f"{self.place.words()}: {self.problem} {self.fix}"


def raise_if_any(problems: Sequence[Problem]) -> None:
    """Say all that is wrong at once: a user who mends one line at a time runs ten times.

    Raises:
        GoalError: With the first problem by line; the others are listed in it.
    """
    if not problems:
        return
    first, *others = sorted(
        dict.fromkeys(problems), key=lambda problem: (problem.place.is_override, _line(problem))
    )
    if not others:
        raise GoalError(where=first.place.words(), problem=first.problem, fix=first.fix)
    listed = [f" - {problem.words()}" for problem in others[:MAX_LISTED]]
    if len(others) > MAX_LISTED:
        listed.append(f" - and {len(others) - MAX_LISTED} more")
    more = f"{len(others)} more problem{'s' if len(others) > 1 else ''}"
    raise GoalError(
        where=first.place.words(),
        problem="\n".join([f"{first.problem} {first.fix}", f"{more}:", *listed, ""]),
        fix="Correct them all, then run again.",
    )


def quoted(text: str) -> str:
    """A user's text inside a message: without passwords, cut, on one line, control characters spelled out."""
    return f"`{_visible(masked(text))}`"


def _visible(text: str) -> str:
    cut = text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


def _line(problem: Problem) -> int:
    return problem.place.line or 0
