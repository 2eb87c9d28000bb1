"""A table of an SQLite file, row by row: the one that is named, or the only one with rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sartor.core.errors import DataError
from sartor.data.byte_stream import DataFile
from sartor.data.database import row_fields
from sartor.data.row import BadRow, Dropped, RawRow
from sartor.data.sqlite_rows import sqlite_answer

ENDINGS = frozenset({"db", "sqlite", "sqlite3"})


def read_sqlite(file: DataFile) -> Iterator[RawRow | BadRow | Dropped]:
    """Rows from 1, in the order of the table.

    Raises:
        DataError: The file is damaged, or several tables could be meant.
    """
    if file.compression:
        raise DataError(
            where=file.name, problem="is a compressed database.", fix="Decompress it first."
        )
    note = "Binary values were left out; their cells are empty."
    with sqlite_answer(file.path, file.part, name=file.name) as (names, rows):
        for line, row in enumerate(rows, start=1):
            binary_columns: Counter[str] = Counter()
            fields = row_fields(names, row, binary_columns)
            for _ in binary_columns.elements():
                yield Dropped(file.name, line, "binary cells", note)
            yield RawRow(file.name, line, fields)
