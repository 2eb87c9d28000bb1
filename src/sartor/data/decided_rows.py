"""Rows as people decided about them."""

from __future__ import annotations

from sartor.core.errors import DataError
from sartor.core.goal import OutputKind
from sartor.data.check import CheckedRow
from sartor.data.decisions import Choice, Decision, Decisions
from sartor.data.example import Example
from sartor.data.keys import exact_key
from sartor.data.output_kind import as_number

SEPARATOR = "|"
"""Between the labels of a text that gets several."""


def as_decided(
    row: CheckedRow, decisions: Decisions, kind: OutputKind, *, key: int
) -> CheckedRow | None:
    """A row as it was decided; None where it was taken out.

    Args:
        row: As it was read.
        decisions: All of them.
        kind: Of the outputs.
        key: The row's name: of its text as it is stored.

    Raises:
        DataError: It shall get a number, and what was written is none.
    """
    decision = decisions.of(key) if decisions else None
    if decision is None or decision.choice is Choice.KEEP:
        return row
    if decision.choice is Choice.DROP:
        return None
    if kind is OutputKind.SCORE:
        return row._replace(score=_number(decision))
    if kind is OutputKind.MULTI:
        labels = (part.strip() for part in decision.label.split(SEPARATOR))
        return row._replace(labels=tuple(dict.fromkeys(label for label in labels if label)))
    return row._replace(labels=(decision.label,))


def is_taken_out(example: Example, decisions: Decisions) -> bool:
    """Whether an example was taken out.

    Raises:
        DataError: It was given a label, and its answer is written.
    """
    decision = decisions.of(exact_key(example.text, example.answer)) if decisions else None
    if decision is not None and decision.choice is Choice.RELABEL:
        raise DataError(
            where=decision.place,
            problem="gives a label to an answer that is written.",
            fix="Decide `keep` or `drop`, and correct the answer in its file.",
        )
    return decision is not None and decision.choice is Choice.DROP


def _number(decision: Decision) -> float:
    number = as_number(decision.label)
    if number is None:
        problem = "gives a new label that is no number."
        raise DataError(where=decision.place, problem=problem, fix="Write a number.")
    return number
