"""Settings of `prepare` and `columns` that need more than their shape."""

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


def check_annotators(node: Node | None, task: str) -> Iterator[Problem]:
    """Annotators who are not several, who stand beside a label, or of a task that has none."""
    annotators = node.child("annotators") if node else None
    if node is None or annotators is None or not annotators.value:
        return
    if task != "classify":
        yield Problem(annotators.place, "applies to `task: classify` only.", "Remove it.")
    elif isinstance(annotators.value, str) or len(annotators.value) < 2:
        fix = "Name the columns of at least two, or one column as `output`."
        yield Problem(annotators.place, "names one annotator.", fix)
    if (output := node.child("output")) is not None and output.value is not None:
        problem = "is named beside `annotators`, whose consensus is the output."
        yield Problem(output.place, problem, "Keep one of the two.")
