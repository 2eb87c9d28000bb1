"""What `sartor init` sees in the data of tasks whose answers are written or cut out of the input."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sartor.core.errors import DataError, GoalError
from sartor.core.goal import TASK_KINDS, Columns, DataFormat, Goal, OutputKind
from sartor.core.languages import column_language
from sartor.data.by_content import text_columns
from sartor.data.example import Tally
from sartor.data.layout import Layout
from sartor.data.layouts import layout_of, rules_of
from sartor.data.row import BadRow, RawRow

SHOWN_ROLES = ("group", "time", "split")
"""Columns that every format may have; those of text and answer are written only where they vary."""
_NAMED = (DataFormat.PAIRS, DataFormat.SPANS, DataFormat.FIELDS, DataFormat.TAGS)


@dataclass(frozen=True)
class WrittenGuess:
    """What the first rows look like; nothing here is binding."""

    columns: dict[str, str] = field(default_factory=dict)
    """Role to column, the roles that sartor.yaml should name."""
    output_kind: OutputKind | None = None
    format: DataFormat | None = None
    languages: dict[str, str] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    """Label of spans to its rows, most frequent first."""
    notes: tuple[str, ...] = ()
    """What a person should look at."""


def peek_written(
    rows: Sequence[RawRow], there: Sequence[str], task: str, *, where: str
) -> WrittenGuess:
    """Format, columns and languages of the rows looked at; a question becomes a note."""
    goal = Goal(task=task, data={"all": ()})
    kinds = TASK_KINDS[task]
    kind = next(iter(kinds)) if len(kinds) == 1 else None
    try:
        return _guess(layout_of(rows, there, goal, where=where), rows, goal)
    except (GoalError, DataError) as error:
        question = f"{error.problem} {error.fix}"
    second = _second_try(rows, there, goal)
    if second is None:
        return WrittenGuess(output_kind=kind, notes=(question[:1].upper() + question[1:],))
    guessed, note = second
    try:
        found = _guess(layout_of(rows, there, guessed, where=where), rows, guessed)
    except (GoalError, DataError):
        return WrittenGuess(output_kind=kind, notes=(question[:1].upper() + question[1:],))
    return replace(found, notes=(note, *found.notes))


def _second_try(
    rows: Sequence[RawRow], there: Sequence[str], goal: Goal
) -> tuple[Goal, str] | None:
    """A goal that answers the question by the order of the columns, and what to say about it."""
    if goal.task == "translate":
        languages = [(name, word) for name in there if (word := column_language(name))]
        if len(languages) == 2:
            (first, source), (second, target) = languages
            note = f"`{first}` was taken as what is translated, `{second}` as its translation; check it."
            return replace(goal, languages={"from": source, "to": target}), note
    texts = text_columns(rows, there)
    if goal.task == "extract" or len(texts) != 2 or goal.task == "translate":
        return None
    first, second = texts
    note = (
        f"`{first}` was taken as input and `{second}` as answer for what stands in them; check it."
    )
    return replace(goal, columns=Columns(input=first, output=second)), note


def _guess(layout: Layout, rows: Sequence[RawRow], goal: Goal) -> WrittenGuess:
    roles = [*SHOWN_ROLES, *(("input", "output") if layout.format in _NAMED else ())]
    columns = {role: name for role, name in layout.columns.items() if role in roles}
    notes = [] if layout.is_given else [layout.note]
    notes += [remark.note for remark in layout.remarks]
    if layout.instruction:
        notes.append(
            "A system turn is equal in all rows; texts are told it first, and do not hold it."
        )
    labels, num_bad = _labels(layout, rows, goal)
    if num_bad:
        what = "row looked at cannot" if num_bad == 1 else "rows looked at cannot"
        notes.append(f"{num_bad:,} {what} be used; `sartor data` names them.")
    return WrittenGuess(
        columns=columns,
        output_kind=layout.kind,
        format=layout.format,
        languages=layout.languages,
        labels=labels,
        notes=tuple(notes),
    )


def _labels(layout: Layout, rows: Sequence[RawRow], goal: Goal) -> tuple[dict[str, int], int]:
    """Labels of spans by the same rules that `prepare` goes by, and the rows that break one."""
    rules = rules_of(layout, goal, file_split="all", tally=Tally())
    labels: Counter[str] = Counter()
    num_bad = 0
    for row in rows:
        found = rules.check(row)
        if isinstance(found, BadRow):
            num_bad += 1
        elif layout.kind is OutputKind.SPANS:
            labels.update(label for one in found for *_, label in json.loads(one.answer))
    return dict(labels.most_common()), num_bad
