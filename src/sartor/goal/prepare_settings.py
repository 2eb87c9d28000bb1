"""Settings of `prepare` that need more than their shape."""

from __future__ import annotations

from collections.abc import Iterator

from sartor.core.errors import did_you_mean
from sartor.core.languages import CODES, code_of
from sartor.goal.problem import Problem, quoted
from sartor.goal.tree import Node


def check_prepare(node: Node | None) -> Iterator[Problem]:
    """Languages that nobody knows."""
    languages = node.child("languages") if node else None
    if languages is None or not languages.value:
        return
    for one in languages.items():
        if isinstance(one.value, str) and code_of(one.value) is None:
            known = [*CODES.values(), *CODES]
            problem = f"{quoted(one.value)} is no language that can be told."
            yield Problem(one.place, problem, did_you_mean(one.value, known))
