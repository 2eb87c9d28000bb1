"""What can go wrong, and how it is said.

    SartorError                 place, problem, fix; never a traceback for the user
    ├── UserError               the user must act: exit code 2
    │   ├── GoalError           sartor.yaml or a flag
    │   ├── DataError           the user's rows
    │   ├── BaseModelError      a base model cannot be had, read or trusted
    │   ├── WorkspaceError      the folder: locked, full, unwritable, missing
    │   └── PackageError        a package cannot be read or does not repeat its scores
    ├── TrialError              one candidate failed; the tournament goes on without it
    └── Interrupted             Ctrl-C; exit code 130

Our own slips are asserts: they show everything and exit with 1.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from functools import partial


class SartorError(Exception):
    """An error with a place, a problem and one fix.

    Args:
        where: The place a user can go to: ``sartor.yaml > budget`` or ``messages.csv:17``.
        problem: What is wrong there, with the offending value.
        fix: What to do next, one step.
    """

    exit_code = 1

    def __init__(self, *, where: str, problem: str, fix: str) -> None:
        super().__init__(f"{where}: {problem} {fix}")
        self.where = where
        self.problem = problem
        self.fix = fix

    def __reduce__(self) -> tuple[Callable[..., SartorError], tuple[str, str, str]]:
        """Between processes: `pickle` alone would lose what is named."""
        return partial(_again, type(self)), (self.where, self.problem, self.fix)

    def as_dict(self) -> dict[str, str]:
        """The error for programs: type, where, problem, fix."""
        return {
            "type": type(self).__name__,
            "where": self.where,
            "problem": self.problem,
            "fix": self.fix,
        }


def _again(kind: type[SartorError], where: str, problem: str, fix: str) -> SartorError:
    return kind(where=where, problem=problem, fix=fix)


class UserError(SartorError):
    """The user must act."""

    exit_code = 2


class GoalError(UserError):
    """`sartor.yaml`, or a flag that stands for it, asks for something impossible."""


class DataError(UserError):
    """The user's data cannot be used as it is."""


class BaseModelError(UserError):
    """A base model cannot be found, read or trusted."""


class WorkspaceError(UserError):
    """The workspace folder cannot be used: locked, full, unwritable or missing."""


class PackageError(UserError):
    """A package cannot be read, or does not repeat the scores that were measured."""


class TrialError(SartorError):
    """One candidate failed; the tournament names the cause and goes on without it."""


class OutOfTime(TrialError):
    """The clock ended a trial; nothing is wrong with its candidate."""


class OutOfMoney(TrialError):
    """The budget for paid services ended a trial; nothing is wrong with its candidate."""


class Interrupted(SartorError):
    """The user pressed Ctrl-C; everything finished so far is kept."""

    exit_code = 130


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence that names the nearest known word, or lists the known ones.

    Args:
        word: What the user wrote.
        known: What would have been right.

    Returns:
        ``Did you mean `hours`?`` or ``Known: hours, usd.``; a full sentence either way.
    """
    names = sorted(known)
    near = difflib.get_close_matches(word.lower(), [name.lower() for name in names], n=1)
    if near:
        return f"Did you mean `{next(n for n in names if n.lower() == near[0])}`?"
    return f"Known: {', '.join(names)}."
