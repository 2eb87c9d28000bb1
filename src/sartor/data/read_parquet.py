"""Parquet, in batches of rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pyarrow.parquet as pq

from sartor.core.errors import DataError
from sartor.data.arrow_values import UNREADABLE, plain_rows
from sartor.data.byte_stream import DataFile, seekable
from sartor.data.class_names import classes_of_schema, named
from sartor.data.row import BadRow, Dropped, RawRow

_BATCH_ROWS = 1_000


def read_parquet(file: DataFile) -> Iterator[RawRow | BadRow | Dropped]:
    """Rows from 1; Parquet has no lines. Numbers of classes whose names stand in it become names.

    Raises:
        DataError: The file is damaged, or no Parquet at all.
    """
    row = 0
    with ExitStack() as stack:
        try:
            table = pq.ParquetFile(stack.enter_context(seekable(file)))
            names = () if file.class_names else classes_of_schema(table.schema_arrow.metadata)
            for batch in table.iter_batches(batch_size=_BATCH_ROWS):
                for fields in plain_rows(batch):
                    row += 1
                    yield named(RawRow(file.name, row, fields), names)
        except UNREADABLE as error:
            raise _damaged(file, row, error) from error


def count_parquet_rows(file: DataFile) -> int:
    """Rows by the file's own footer; nothing else is read."""
    with ExitStack() as stack:
        try:
            return int(pq.ParquetFile(stack.enter_context(seekable(file))).metadata.num_rows)
        except UNREADABLE as error:
            raise _damaged(file, 0, error) from error


def _damaged(file: DataFile, row: int, error: BaseException) -> DataError:
    reason = " ".join(str(error).split())[:200].rstrip(".")
    return DataError(
        where=f"{file.name}:{row + 1}" if row else file.name,
        problem=f"cannot be read as Parquet ({reason}).",
        fix="Write the file anew.",
    )
