"""Messages to answer: any file that can be learned from, or plain text with one message a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any

from sartor.core.address import split_part
from sartor.core.errors import DataError
from sartor.core.goal import Goal
from sartor.data.byte_stream import DataFile
from sartor.data.columns import recognise
from sartor.data.look import columns_of
from sartor.data.mail_folders import mail_folder
from sartor.data.readers import format_of, read_rows
from sartor.data.recognise import to_answer
from sartor.data.row import BadRow, Dropped, RawRow
from sartor.data.sheets import with_sheet
from sartor.data.written_inputs import ReadInput, input_reader, plain_input

LOOKED_AT_ROWS = 100


def input_rows(file: Path, goal: Goal) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Place, text and all fields of every message, in order.

    Args:
        file: A file of any known format; `.txt` and unknown endings are read as one message a line.
        goal: Names the input column, if the user did.

    Raises:
        DataError: The file is absent, a row is broken, or no column holds the text.
    """
    file, part = _split(file)
    folder = mail_folder(file, name=file.name, split="all") if file.is_dir() else []
    if not file.is_file() and not folder:
        raise DataError(
            where=str(file), problem="is not a file.", fix="Name a file, or `-` for standard input."
        )
    found = format_of(file)
    if found is None and not folder:
        for place, line, fields in _lines(file):
            yield place, plain_input(line, goal), fields
        return
    named = folder[0] if found is None else DataFile(file, file.name, "all", *found, part=part)
    whole, _ = with_sheet(named)
    data_file = to_answer(whole, goal)
    rows = (row for row in read_rows(data_file) if not isinstance(row, Dropped))
    head = [_whole(row) for row in islice(rows, LOOKED_AT_ROWS)]
    if not head:
        raise DataError(where=str(file), problem="holds no rows.", fix="Name a file with messages.")
    read = _reader(head, goal, where=file.name)
    for row in chain(head, map(_whole, rows)):
        yield row.place, read(row), row.fields


def _split(file: Path) -> tuple[Path, str]:
    """`book.xlsx#Sheet` is a file and a part of it, unless it is the name of a file."""
    if file.exists() or "#" not in file.name:
        return file, ""
    name, part = split_part(file.name)
    return file.with_name(name), part


def input_of(fields: Mapping[str, Any], goal: Goal, *, place: str) -> str:
    """The input of one object that arrives alone, on standard input.

    Raises:
        DataError: It holds none, or two could be meant.
    """
    name, _, line = place.rpartition(":")
    row = RawRow(name or place, int(line) if line.isdecimal() else 1, dict(fields))
    return _reader([row], goal, where=place)(row)


def _reader(head: list[RawRow], goal: Goal, *, where: str) -> ReadInput:
    if goal.task != "classify":
        return input_reader(head, goal, where=where)
    column = _input_column(head, goal, where=where)
    return lambda row: _text_of(row, column)


def _whole(row: RawRow | BadRow) -> RawRow:
    if isinstance(row, RawRow):
        return row
    problem = row.problems[0]
    raise DataError(
        where=problem.place, problem=f"{problem.rule}: {problem.excerpt}.", fix=problem.fix
    )


def _input_column(rows: list[RawRow], goal: Goal, *, where: str) -> str:
    there = columns_of(rows)
    if goal.columns.input in there:
        return str(goal.columns.input)
    column = recognise("input", there, where=where)
    if column is None:
        raise DataError(
            where=where,
            problem=f"no column holds the text; there are {', '.join(there)}.",
            fix="Name it in sartor.yaml: `columns: {input: NAME}`.",
        )
    return column


def _text_of(row: RawRow, column: str) -> str:
    value = row.fields.get(column)
    if isinstance(value, str):
        return value
    raise DataError(
        where=row.place, problem=f"`{column}` holds no text.", fix="Fill it, or take the row out."
    )


def _lines(file: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    with file.open(encoding="utf-8", errors="strict") as lines:
        try:
            for number, line in enumerate(lines, 1):
                yield f"{file.name}:{number}", line.rstrip("\n"), {}
        except UnicodeDecodeError as error:
            raise DataError(
                where=file.name, problem=f"is not UTF-8 ({error.reason}).", fix="Save it as UTF-8."
            ) from error
