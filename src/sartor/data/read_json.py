"""JSON Lines, and JSON arrays of objects, row by row."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Set
from itertools import islice
from typing import Any

from sartor.core.errors import DataError
from sartor.data.byte_stream import (
    MAX_LINE_BYTES,
    UTF8_MARK,
    ByteStream,
    DataFile,
    Line,
    encoding_guess,
    physical_lines,
)
from sartor.data.json_stream import (
    MAX_ITEM_BYTES,
    Item,
    array_items,
    page_items,
    where_broken,
)
from sartor.data.personal import excerpt
from sartor.data.row import (
    BROKEN_JSON,
    NOT_AN_OBJECT,
    NOT_UTF8,
    TOO_LONG,
    BadRow,
    Problem,
    RawRow,
)

_LOOKED_AT_LINES = 5
_LOOKED_AT_ITEMS = 20


def read_jsonl(file: DataFile) -> Iterator[RawRow | BadRow]:
    """One object per line; blank lines are skipped."""
    with ByteStream(file) as stream:
        for line in physical_lines(stream, name=file.name):
            if line.data is None or line.data.strip():
                yield _row_of_line(line, name=file.name)


def read_json(file: DataFile) -> Iterator[RawRow | BadRow]:
    """An array of objects, streamed; a file that starts otherwise is read as JSON Lines."""
    if not _starts_with_bracket(file):
        yield from read_jsonl(file)
        return
    with ByteStream(file) as stream:
        for number, item in enumerate(array_items(stream, name=file.name), start=1):
            if isinstance(item, dict):
                yield RawRow(file.name, number, item)
            else:
                yield _not_an_object(f"{file.name}:{number}", item, raw=json.dumps(item))


def read_items(file: DataFile, *, lists: Set[str]) -> Iterator[Item | BadRow]:
    """What an export lists, whether it is an array, a page or JSON Lines.

    Args:
        file: To read.
        lists: Keys of a page whose arrays hold items, as in `page_items`.
    """
    if _is_lines(file, lists):
        yield from _items_of_lines(file)
        return
    with ByteStream(file) as stream:
        yield from page_items(stream, name=file.name, lists=lists)


def _items_of_lines(file: DataFile) -> Iterator[Item | BadRow]:
    with ByteStream(file) as stream:
        for line in physical_lines(stream, name=file.name):
            if line.data is not None and len(line.data) > MAX_ITEM_BYTES:
                line = line._replace(data=None)
            if line.data is None or line.data.strip():
                row = _row_of_line(line, name=file.name, most=MAX_ITEM_BYTES)
                yield row if isinstance(row, BadRow) else Item("", row.line, row.fields)


def first_items(file: DataFile, *, lists: Set[str]) -> Iterator[Mapping[str, Any]]:
    """The first objects that an export lists, for a look at what it is; none where it cannot be read."""
    try:
        for item in islice(read_items(file, lists=lists), _LOOKED_AT_ITEMS):
            if not isinstance(item, BadRow) and isinstance(item.value, Mapping):
                yield item.value
    except DataError:
        return


def _is_lines(file: DataFile, lists: Set[str]) -> bool:
    """Whether one of the first lines is an object by itself, and no page."""
    with ByteStream(file) as stream:
        head = islice(physical_lines(stream, name=file.name), _LOOKED_AT_LINES)
        rows = (
            _row_of_line(line, name=file.name)
            for line in head
            if line.data and len(line.data) <= MAX_ITEM_BYTES
        )
        return any(isinstance(row, RawRow) and not _is_page(row, lists) for row in rows)


def _is_page(row: RawRow, lists: Set[str]) -> bool:
    return any(isinstance(row.fields.get(key), list) for key in lists)


def _row_of_line(line: Line, *, name: str, most: int = MAX_LINE_BYTES) -> RawRow | BadRow:
    place = f"{name}:{line.number}"
    if line.data is None:
        fix = f"The line is longer than {most:,} bytes; shorten it."
        return BadRow((Problem(place, "", TOO_LONG, "", fix),), raw="")
    try:
        text = line.data.decode("utf-8")
    except UnicodeDecodeError as error:
        shown = line.data.decode("utf-8", errors="replace")
        fix = encoding_guess(error, offset=line.offset)
        return BadRow((Problem(place, "", NOT_UTF8, excerpt(shown), fix),), raw=shown)
    try:
        item = json.loads(text)
    except (ValueError, RecursionError) as error:
        fix = f"{where_broken(error)} Repair the line."
        return BadRow((Problem(place, "", BROKEN_JSON, excerpt(text), fix),), raw=text)
    if not isinstance(item, dict):
        return _not_an_object(place, item, raw=text)
    return RawRow(name, line.number, item)


def _not_an_object(place: str, item: Any, *, raw: str) -> BadRow:
    fix = 'Write the row as an object: {"text": ..., "label": ...}.'
    return BadRow((Problem(place, "", NOT_AN_OBJECT, excerpt(item), fix),), raw=raw)


def _starts_with_bracket(file: DataFile) -> bool:
    with ByteStream(file) as stream:
        head = stream.read()
    return head.removeprefix(UTF8_MARK).lstrip()[:1] == b"["
