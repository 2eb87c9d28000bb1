"""How large the batches of an Arrow stream become, told before any of them is decompressed.

Each compressed buffer begins with its size, and where the buffers lie stands in the head of the message, a
flatbuffer: https://arrow.apache.org/docs/format/Columnar.html#recordbatch-message
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

MAX_BATCH_BYTES = 768 * 2**20
"""Memory that one batch may take; writers make batches of some thousand rows."""
_MAX_BUFFERS = 1_000_000
_RECORD_BATCH, _DICTIONARY_BATCH = 3, 2
_HEADER_TYPE, _HEADER = 1, 2
_DATA = 1
"""Where a dictionary batch has its record batch."""
_BUFFERS, _COMPRESSION = 2, 3


def refuse_large_batches(source: Any) -> None:
    """Look at every message of a stream.

    Args:
        source: At its start; at its end afterwards.

    Raises:
        ValueError: A batch takes too much memory, or a message is damaged.
        pa.ArrowException: The stream is damaged.
    """
    reader = pa.MessageReader.open_stream(source)
    while True:
        try:
            message = reader.read_next_message()
        except StopIteration:
            return
        num_bytes = sum(_buffer_sizes(bytes(message.metadata), message.body))
        if num_bytes > MAX_BATCH_BYTES:
            raise ValueError(f"a batch grows to {num_bytes:,} bytes; write smaller batches")


def _buffer_sizes(head: bytes, body: pa.Buffer | None) -> Iterator[int]:
    """Decompressed sizes of the compressed buffers; the others lie in the file as they are."""
    try:
        batch = _record_batch(head)
        if batch is None or body is None or not _field(head, batch, _COMPRESSION):
            return
        at = _vector(head, batch, _BUFFERS)
        (num_buffers,) = struct.unpack_from("<I", head, at)
        for offset, length in struct.iter_unpack(
            "<qq", head[at + 4 : at + 4 + 16 * min(num_buffers, _MAX_BUFFERS)]
        ):
            if length >= 8 and 0 <= offset <= body.size - 8:
                (size,) = struct.unpack("<q", body.slice(offset, 8).to_pybytes())
                yield max(size, 0)
    except (struct.error, IndexError) as error:
        raise ValueError("the head of a message is damaged") from error


def _record_batch(head: bytes) -> int | None:
    """Where the table of the record batch begins; None in other messages."""
    (message,) = struct.unpack_from("<I", head, 0)
    kind_at = _field(head, message, _HEADER_TYPE)
    kind = head[kind_at] if kind_at else 0
    if kind not in (_RECORD_BATCH, _DICTIONARY_BATCH):
        return None
    batch = _vector(head, message, _HEADER)
    return _vector(head, batch, _DATA) if kind == _DICTIONARY_BATCH else batch


def _vector(head: bytes, table: int, field: int) -> int:
    """Where a table or vector begins that a field points to."""
    at = _field(head, table, field)
    if not at:
        raise IndexError(field)
    (offset,) = struct.unpack_from("<I", head, at)
    return at + int(offset)


def _field(head: bytes, table: int, field: int) -> int:
    """Where a field of a table stands; 0 where the table has none."""
    (to_entries,) = struct.unpack_from("<i", head, table)
    entries = table - int(to_entries)
    if entries < 0:
        raise IndexError(entries)
    (num_bytes,) = struct.unpack_from("<H", head, entries)
    if 4 + 2 * field + 2 > num_bytes:
        return 0
    (offset,) = struct.unpack_from("<H", head, entries + 4 + 2 * field)
    return table + int(offset) if offset else 0
