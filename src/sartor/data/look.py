"""A first look at the rows that may be learned from: which columns, which output kind.

The test split is not looked at: what it holds must not change how the rest is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from sartor.core.errors import DataError, did_you_mean
from sartor.core.goal import Columns, Goal
from sartor.data.byte_stream import DataFile
from sartor.data.check import ProblemTable
from sartor.data.columns import ChosenColumns, choose_columns, refuse_absent
from sartor.data.layout import Layout
from sartor.data.layouts import layout_of
from sartor.data.output_kind import LabelReading, recognise_kind
from sartor.data.readers import read_rows
from sartor.data.row import BadRow, Dropped, RawRow, with_languages
from sartor.data.split_names import SPLIT_WORDS

LOOKED_AT_ROWS = 2_000
_LEAST_ROWS_PER_FILE = 20
NEEDED_ROLES = ("input", "output", "rejected", "label", "instruction", "tokens")
"""Roles whose column every file has to have."""


@dataclass(frozen=True)
class Look:
    """How the rows are read."""

    columns: ChosenColumns
    reading: LabelReading | Layout
    num_rows: int
    """Rows that were looked at."""


def look_at(files: Sequence[DataFile], goal: Goal) -> Look:
    """Choose columns and output kind from the first rows of every file but the test files.

    Raises:
        DataError: No rows, no such column, two possible columns, or splits given twice over.
    """
    readable = [file for file in files if file.split != "test"]
    heads = {file: head_rows(file, num_files=len(readable)) for file in readable}
    rows = [row for head in heads.values() for row in head]
    if not rows:
        raise nothing_readable(readable)
    where = readable[0].name
    given = _without_split_column(goal.columns, files=files)
    if goal.task != "classify":
        return _written(heads, rows, replace(goal, columns=given), files=files)
    for name in given.annotators:
        refuse_absent(name, role="annotators", there=columns_of(rows), where=where)
    columns = choose_columns(columns_of(rows), given=given, where=where)
    if any(file.split != "all" for file in files):
        columns = ChosenColumns(
            {role: name for role, name in columns.names.items() if role != "split"},
            {role: origin for role, origin in columns.origins.items() if role != "split"},
        )
    for file, head in heads.items():
        refuse_file_without_columns(file, head, needed=columns.names)
    for file in (file for file in files if file.split == "test"):
        refuse_file_without_columns(file, head_rows(file, num_files=100), needed=columns.names)
    values = learnable_values(rows, columns.names)
    return Look(columns, recognise_kind(values, given=goal.output_kind), len(rows))


def _written(
    heads: Mapping[DataFile, Sequence[RawRow]],
    rows: Sequence[RawRow],
    goal: Goal,
    *,
    files: Sequence[DataFile],
) -> Look:
    """How rows are read whose answers are written or cut out of the input."""
    rows = [with_languages(row, goal.task) for row in rows]
    layout = layout_of(rows, columns_of(rows), goal, where=next(iter(heads)).name)
    if any(file.split != "all" for file in files):
        names = {role: name for role, name in layout.columns.items() if role != "split"}
        layout = replace(layout, columns=names)
    for file in files:
        head = heads.get(file) or head_rows(file, num_files=100)
        head = [with_languages(row, goal.task) for row in head]
        refuse_file_without_columns(file, head, needed=layout.columns)
    return Look(ChosenColumns(layout.columns, layout.origins), layout, len(rows))


def head_rows(file: DataFile, *, num_files: int) -> list[RawRow]:
    """The first rows of a file that can be read, its share of all rows that are looked at."""
    num_rows = max(_LEAST_ROWS_PER_FILE, LOOKED_AT_ROWS // num_files)
    rows = (row for row in read_rows(file) if not isinstance(row, Dropped))
    return [row for row in islice(rows, num_rows) if isinstance(row, RawRow)]


def columns_of(rows: Sequence[RawRow]) -> list[str]:
    """Every column that occurs, in the order of first occurrence."""
    return list(dict.fromkeys(str(name) for row in rows for name in row.fields))


def learnable_values(rows: Sequence[RawRow], names: dict[str, str]) -> list[Any]:
    """The label cells, but for rows that a split column puts into the test split."""
    split = names.get("split")
    return [
        row.fields.get(names["output"])
        for row in rows
        if split is None or SPLIT_WORDS.get(str(row.fields.get(split)).strip().lower()) != "test"
    ]


def no_rows(files: Sequence[DataFile]) -> DataError:
    """What to raise where there is nothing to learn from."""
    return DataError(
        where=named(files),
        problem="has no rows." if len(files) == 1 else "have no rows.",
        fix="Add examples: one row per text, with its label.",
    )


def named(files: Sequence[DataFile]) -> str:
    """The files of a message: one by its name, more by their number and the first."""
    return files[0].name if len(files) == 1 else f"{len(files)} files ({files[0].name}, ...)"


def nothing_readable(files: Sequence[DataFile]) -> DataError:
    """No row at all, or none that is an object: then every broken row is listed."""
    table = ProblemTable()
    for file in files:
        for row in read_rows(file):
            table.num_rows += 1
            if isinstance(row, BadRow):
                table.add(row)
    return table.error(named(files)) if table.num_bad_rows else no_rows(files)


def refuse_file_without_columns(
    file: DataFile, head: Sequence[RawRow], *, needed: Mapping[str, str]
) -> None:
    """A file in which a column never occurs is one problem, not one problem a row."""
    there = columns_of(head)
    for role, name in needed.items():
        if role in NEEDED_ROLES and there and name not in there:
            raise DataError(
                where=file.name,
                problem=f"has no column `{name}`, the {role} column of the other files.",
                fix=did_you_mean(name, there),
            )


def _without_split_column(given: Columns, *, files: Sequence[DataFile]) -> Columns:
    """Files that are splits and a named split column contradict each other."""
    is_split = any(file.split != "all" for file in files)
    if is_split and given.split is not None:
        raise DataError(
            where="sartor.yaml > columns.split",
            problem="names a split column, but the files are splits already.",
            fix="Remove `columns.split`, or list the files under `data` without splits.",
        )
    return replace(given, split=None) if is_split else given
