"""From the cells of a sheet to rows under a header, whatever stands above it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from sartor.core.errors import DataError
from sartor.data.byte_stream import MAX_LINE_BYTES
from sartor.data.personal import excerpt
from sartor.data.row import MAX_FIELD_CHARACTERS, TOO_LONG, BadRow, Dropped, Problem, RawRow

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
"""What spreadsheet programs can hold."""
_FREE_CHARACTERS = 64 * 2**20
_CHARACTERS_PER_BYTE = 20
"""Cells may share a text, so a sheet says more than it holds; far more is a bomb."""
_LOOKED_AT_ROWS = 50
REMARKS = {
    "merged cells": "Rows beside a merged cell; its value was given to each of them.",
    "formulas without a value": "Cells whose formula was never computed are empty; open the file in a "
    "spreadsheet program and save it.",
    "errors of formulas": "Cells such as #N/A or #REF! were taken as empty.",
}
"""What can be said of a row's cells, and the line of the data card about it."""


class SheetRow(NamedTuple):
    """A row of a sheet that has cells."""

    number: int
    """From 1, as the spreadsheet program shows it."""
    cells: dict[int, str]
    """Column from 0 to its text, the filled ones only."""
    remarks: tuple[str, ...] = ()
    """Keys of `REMARKS`, one for each cell concerned."""
    is_too_long: bool = False


def table_rows(
    rows: Iterator[SheetRow], *, name: str, num_bytes: int
) -> Iterator[RawRow | BadRow | Dropped]:
    """The rows under the header; what stands above it, and empty rows, are counted.

    Args:
        rows: In order.
        name: Of the sheet, `book.xlsx#Sheet`.
        num_bytes: Size of the XML that the rows come from.

    Raises:
        DataError: The header names a column twice, or the text of the cells grows without end.
    """
    filled = _filled(_within_limits(rows, name=name, num_bytes=num_bytes))
    head = list(islice(filled, _LOOKED_AT_ROWS))
    at = _header_at(head)
    if at is None:
        return
    yield from (
        Dropped(name, row.number, "title rows", "They stand above the header and are no data.")
        for row in head[:at]
    )
    header = _header(head[at], name=name)
    last = head[at].number
    for row in chain(head[at + 1 :], filled):
        yield from (
            Dropped(name, empty, "empty rows", "They hold nothing.")
            for empty in range(last + 1, row.number)
        )
        last = row.number
        yield from (Dropped(name, last, remark, REMARKS[remark]) for remark in row.remarks)
        yield _too_long(row, name) if row.is_too_long else RawRow(name, last, _fields(row, header))


def _within_limits(rows: Iterator[SheetRow], *, name: str, num_bytes: int) -> Iterator[SheetRow]:
    most_characters = _FREE_CHARACTERS + _CHARACTERS_PER_BYTE * num_bytes
    num_characters = 0
    for row in rows:
        num_characters += sum(map(len, row.cells.values()))
        if num_characters > most_characters:
            raise DataError(
                where=f"{name}:{row.number}",
                problem=f"its texts come to more than {most_characters:,} characters.",
                fix="Split the sheet.",
            )
        yield row


def _filled(rows: Iterator[SheetRow]) -> Iterator[SheetRow]:
    return (row for row in rows if row.is_too_long or any(map(str.strip, row.cells.values())))


def _header_at(head: Sequence[SheetRow]) -> int | None:
    """The first row with a cell in every usual column; None where there are no rows.

    Titles fill fewer columns. The first column may have no name: numbers of rows often stand there.
    """
    num_filled = Counter(column for row in head for column in row.cells)
    usual = {column for column, count in num_filled.items() if 2 * count > len(head)}
    needed = usual - {min(usual)} if len(usual) > 1 else usual
    return next((at for at, row in enumerate(head) if needed <= row.cells.keys()), None)


def _header(row: SheetRow, *, name: str) -> dict[int, str]:
    """Column to its name.

    Raises:
        DataError: A name stands twice.
    """
    names = {column: text.strip() for column, text in row.cells.items() if text.strip()}
    twice = [text for text, count in Counter(names.values()).items() if count > 1]
    if twice:
        raise DataError(
            where=f"{name}:{row.number}",
            problem=f"the header names `{excerpt(twice[0])}` twice.",
            fix="Give each column a name of its own.",
        )
    return names


def _fields(row: SheetRow, header: dict[int, str]) -> dict[str, str]:
    """Every column of the header, and cells beside it under the number of their column."""
    fields = {name: row.cells.get(column, "") for column, name in header.items()}
    for column, text in row.cells.items():
        if column not in header:
            fields.setdefault(f"column {column + 1}", text)
    return fields


def _too_long(row: SheetRow, name: str) -> BadRow:
    fix = (
        f"A cell is longer than {MAX_FIELD_CHARACTERS:,} characters, or the row than "
        f"{MAX_LINE_BYTES:,}; shorten it."
    )
    return BadRow((Problem(f"{name}:{row.number}", "", TOO_LONG, "", fix),), raw="")
