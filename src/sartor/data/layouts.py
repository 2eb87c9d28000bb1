"""The layout of a task, and the rules that go with it: the one place that knows all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from sartor.core.errors import GoalError
from sartor.core.goal import Goal, OutputKind
from sartor.data.example import Example, Tally, Trouble
from sartor.data.extract_layout import extract_layout
from sartor.data.fields import FieldRules
from sartor.data.layout import Layout
from sartor.data.row import BadRow, RawRow
from sartor.data.spans import SpanRules
from sartor.data.written import WrittenRules, split_system
from sartor.data.written_layout import written_layout

MOST_TALKS_SHARE = 0.1
"""Where more of the rows are conversations, the task is meant to be a chat; fewer are bad rows."""


class Rules(Protocol):
    """Checks rows of one file."""

    def check(self, row: RawRow) -> tuple[Example, ...] | BadRow:
        """The examples of a row, or everything that is wrong with it."""


def layout_of(rows: Sequence[RawRow], there: Sequence[str], goal: Goal, *, where: str) -> Layout:
    """How the rows of a task are read whose answers are written or cut out of the input.

    Args:
        rows: The rows looked at.
        there: Their columns.
        goal: The task, and what the user named.
        where: The file, for messages.

    Raises:
        GoalError: Two readings are possible, or the rows are those of another task.
        DataError: No column is recognised, or a named one is absent.
    """
    if goal.task == "extract":
        return extract_layout(rows, there, goal, where=where)
    layout = written_layout(rows, there, goal, where=where)
    return layout if goal.task == "chat" else _with_instruction(layout, rows, goal, where=where)


def rules_of(layout: Layout, goal: Goal, *, file_split: str, tally: Tally) -> Rules:
    """The rules for the rows of a file."""
    if layout.kind is OutputKind.SPANS:
        return SpanRules(layout, frozenset(goal.labels), file_split, tally)
    if layout.kind is OutputKind.FIELDS:
        return FieldRules(layout, goal.schema, file_split, tally)
    return WrittenRules(layout, goal.task, file_split, tally)


def _with_instruction(layout: Layout, rows: Sequence[RawRow], goal: Goal, *, where: str) -> Layout:
    """Where texts are the input: the one system turn that all rows share.

    Raises:
        GoalError: Rows hold conversations, or differ in what was told first.
    """
    rules = WrittenRules(layout, goal.task, "all", Tally())
    found = [one for row in rows for one in rules.answered(row, Trouble(row)) if one.turns]
    splits = [split_system(one.turns) for one in found]
    fix = f"Set `task: chat`, or {'write' if goal.task == 'generate' else 'give'} one text a row."
    num_talks = sum(len(turns) > 1 for _, turns in splits)
    if num_talks > MOST_TALKS_SHARE * len(splits):
        problem = (
            f"{num_talks:,} of {len(splits):,} rows looked at are conversations of several turns."
        )
        raise GoalError(where=where, problem=problem, fix=fix)
    systems = {system for system, _ in splits}
    if len(systems) > 1:
        problem = f"the rows differ in their system turns: {len(systems):,} different ones."
        raise GoalError(where=where, problem=problem, fix="Set `task: chat`, which keeps each.")
    return replace(layout, instruction=next(iter(systems), ""))
