"""Continuations as a tree of their tokens, so that what several begin with is computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from sartor.core.errors import TrialError


@dataclass(frozen=True)
class Branch:
    """Tokens that follow each other without a choice, and what may come after them."""

    tokens: tuple[int, ...]
    ends: tuple[int, ...]
    """Choices, by number, that end with these tokens."""
    branches: tuple[Branch, ...]


def branches_of(choices: Sequence[np.ndarray]) -> tuple[Branch, ...]:
    """The first branches of all choices.

    Raises:
        TrialError: There is no choice, or one has no token.
    """
    if len(choices) == 0:
        raise TrialError(
            where="choices", problem="hold nothing to choose from.", fix="Give at least one."
        )
    for number, choice in enumerate(choices):
        if len(choice) == 0:
            raise TrialError(
                where=f"choice {number}",
                problem="has no token.",
                fix="Give every choice a text of its own.",
            )
    paths = [tuple(int(token) for token in choice) for choice in choices]
    order = sorted(range(len(paths)), key=paths.__getitem__)
    return _branches([(paths[number], number) for number in order], 0)


def _branches(sorted_paths: list[tuple[tuple[int, ...], int]], start: int) -> tuple[Branch, ...]:
    groups = groupby(sorted_paths, key=lambda entry: entry[0][start])
    return tuple(_branch(list(group), start) for _, group in groups)


def _branch(sorted_paths: list[tuple[tuple[int, ...], int]], start: int) -> Branch:
    """Of paths that share the token at `start`; the first is the shortest where one ends inside another."""
    first, last = sorted_paths[0][0], sorted_paths[-1][0]
    stop = start + 1
    while stop < min(len(first), len(last)) and first[stop] == last[stop]:
        stop += 1
    return Branch(
        tokens=first[start:stop],
        ends=tuple(number for path, number in sorted_paths if len(path) == stop),
        branches=_branches([entry for entry in sorted_paths if len(entry[0]) > stop], stop),
    )
