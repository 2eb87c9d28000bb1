"""Parquet, in batches of rows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from sartor.core.errors import DataError
from sartor.data.byte_stream import ByteStream, DataFile
from sartor.data.row import BadRow, RawRow

_BATCH_ROWS = 1_000
_UNREADABLE = (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError)
"""What pyarrow raises on damaged files: its own tree, and Python's for values out of range."""


def read_parquet(file: DataFile) -> Iterator[RawRow | BadRow]:
    """Rows from 1; Parquet has no lines.

    Raises:
        DataError: The file is damaged, or no Parquet at all.
    """
    row = 0
    with ExitStack() as stack:
        try:
            table = pq.ParquetFile(stack.enter_context(_seekable(file)))
            for batch in table.iter_batches(batch_size=_BATCH_ROWS):
                for fields in _plain(batch).to_pylist():
                    row += 1
                    yield RawRow(file.name, row, fields)
        except _UNREADABLE as error:
            raise _damaged(file, row, error) from error


def count_parquet_rows(file: DataFile) -> int:
    """Rows by the file's own footer; nothing else is read."""
    with ExitStack() as stack:
        try:
            return int(pq.ParquetFile(stack.enter_context(_seekable(file))).metadata.num_rows)
        except _UNREADABLE as error:
            raise _damaged(file, 0, error) from error


def _seekable(file: DataFile) -> IO[bytes]:
    """The file itself, or its decompressed copy on disk: Parquet is read from its end."""
    if not file.is_gzipped:
        return file.path.open("rb")
    with ExitStack() as stack:
        copy = stack.enter_context(tempfile.TemporaryFile())
        with ByteStream(file) as stream:
            while block := stream.read():
                copy.write(block)
        copy.seek(0)
        stack.pop_all()
    return copy


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Times as text: Python's own cannot hold nanoseconds or the year 10,000."""
    columns = [
        column.cast(pa.string())
        if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)
        else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _damaged(file: DataFile, row: int, error: BaseException) -> DataError:
    reason = " ".join(str(error).split())[:200].rstrip(".")
    return DataError(
        where=f"{file.name}:{row + 1}" if row else file.name,
        problem=f"cannot be read as Parquet ({reason}).",
        fix="Write the file anew.",
    )
