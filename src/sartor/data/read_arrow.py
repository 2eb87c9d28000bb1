"""Arrow: the file form (which is Feather, too) and the stream form, in batches of rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import IO

import pyarrow as pa

from sartor.core.errors import DataError
from sartor.data.arrow_sizes import refuse_large_batches
from sartor.data.arrow_values import UNREADABLE, plain_rows
from sartor.data.byte_stream import DataFile, seekable
from sartor.data.class_names import classes_of_schema, named
from sartor.data.row import BadRow, Dropped, RawRow

_SLICE_ROWS = 1_000
_FILE_MARK = b"ARROW1"
_MARK_BYTES = 8
"""The mark, padded."""
_OLD_FEATHER_MARK = b"FEA1"


def read_arrow(file: DataFile) -> Iterator[RawRow | BadRow | Dropped]:
    """Rows from 1; Arrow has no lines. Numbers of classes whose names stand in it become names.

    Raises:
        DataError: The file is damaged, or no Arrow at all.
    """
    row = 0
    with ExitStack() as stack:
        try:
            source = stack.enter_context(seekable(file))
            batches = _batches(file, source, stack)
            for batch in batches:
                names = () if file.class_names else classes_of_schema(batch.schema.metadata)
                for start in range(0, batch.num_rows, _SLICE_ROWS):
                    for fields in plain_rows(batch.slice(start, _SLICE_ROWS)):
                        row += 1
                        yield named(RawRow(file.name, row, fields), names)
        except UNREADABLE as error:
            reason = " ".join(str(error).split())[:200].rstrip(".")
            raise DataError(
                where=f"{file.name}:{row + 1}" if row else file.name,
                problem=f"cannot be read as Arrow ({reason}).",
                fix="Write the file anew.",
            ) from error


def _batches(file: DataFile, source: IO[bytes], stack: ExitStack) -> Iterator[pa.RecordBatch]:
    """Every batch, checked: offsets in a damaged one would point outside of its memory.

    A file is a stream with a mark before it and a table of contents behind it, which is not needed.
    """
    head = source.read(len(_FILE_MARK))
    if head.startswith(_OLD_FEATHER_MARK):
        raise DataError(
            where=file.name,
            problem="is Feather in its first version, which is no longer written.",
            fix="Write it anew with a present version of pyarrow or pandas.",
        )
    start = _MARK_BYTES if head == _FILE_MARK else 0
    mapped = source if file.compression else stack.enter_context(pa.memory_map(str(file.path)))
    mapped.seek(start)
    refuse_large_batches(mapped)
    mapped.seek(start)
    for batch in stack.enter_context(pa.ipc.open_stream(mapped)):
        batch.validate(full=True)
        yield batch
