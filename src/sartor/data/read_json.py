"""JSON Lines, and JSON arrays of objects, row by row."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
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
    refuse_other_formats,
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

_DECODER = json.JSONDecoder()
_SPACE = " \t\r\n"


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
        for number, item in enumerate(_array_items(_Window(stream, name=file.name)), start=1):
            if isinstance(item, dict):
                yield RawRow(file.name, number, item)
            else:
                yield _not_an_object(f"{file.name}:{number}", item, raw=json.dumps(item))


def _row_of_line(line: Line, *, name: str) -> RawRow | BadRow:
    place = f"{name}:{line.number}"
    if line.data is None:
        fix = f"The line is longer than {MAX_LINE_BYTES:,} bytes; shorten it."
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
        fix = f"{_where_broken(error)} Repair the line."
        return BadRow((Problem(place, "", BROKEN_JSON, excerpt(text), fix),), raw=text)
    if not isinstance(item, dict):
        return _not_an_object(place, item, raw=text)
    return RawRow(name, line.number, item)


def _not_an_object(place: str, item: Any, *, raw: str) -> BadRow:
    fix = 'Write the row as an object: {"text": ..., "label": ...}.'
    return BadRow((Problem(place, "", NOT_AN_OBJECT, excerpt(item), fix),), raw=raw)


def _where_broken(error: ValueError | RecursionError) -> str:
    """The column and the reason; numbers of thousands of digits and deep nests have no column."""
    if isinstance(error, json.JSONDecodeError):
        return f"Column {error.colno}: {error.msg}."
    return "Nested too deeply." if isinstance(error, RecursionError) else "A number is too long."


def _starts_with_bracket(file: DataFile) -> bool:
    with ByteStream(file) as stream:
        head = stream.read()
    return head.removeprefix(UTF8_MARK).lstrip()[:1] == b"["


class _Window:
    """The part of a long JSON text that is being looked at; moves forward, never grows much."""

    def __init__(self, stream: ByteStream, *, name: str) -> None:
        self._stream = stream
        self._name = name
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._num_bytes = 0
        self._line = 1
        self._column = 1
        self._is_at_end = False
        self._text = ""
        self._at = 0

    def next_character(self) -> str:
        """The next character that is no space, passed over; empty at the end."""
        while True:
            while self._at < len(self._text):
                character = self._text[self._at]
                if character not in _SPACE:
                    self._at += 1
                    return character
                self._at += 1
            if not self._load_more():
                return ""

    def step_back(self) -> None:
        """Undo one `next_character`."""
        self._at -= 1

    def value(self, row: int) -> Any:
        """The JSON value that starts here.

        A value that ends where the window ends may go on behind it (12|34), and one that cannot
        be read may only be cut off: both are tried again with a window twice as wide, so the work
        stays linear.
        """
        self.next_character()
        self.step_back()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                if len(self._text) - self._at > MAX_LINE_BYTES or not self._load_more():
                    raise self._broken(row, error) from error
                continue
            if end < len(self._text) or not self._load_more():
                self._at = end
                return value

    def refusal(self, row: int, expected: str) -> DataError:
        """What to raise where something else stands than the array needs."""
        return self._broken(row, json.JSONDecodeError(expected, self._text, self._at))

    def _load_more(self) -> bool:
        """Drop what has been read and at least double the rest. False at the end of the file."""
        if self._is_at_end:
            return False
        dropped = self._text[: self._at]
        self._count_lines(dropped)
        wanted = 2 * (len(self._text) - self._at)
        parts = [self._text[self._at :]]
        while not self._is_at_end and (block := self._decoded_block()) is not None:
            parts.append(block)
            if sum(map(len, parts)) > wanted:
                break
        self._text, self._at = "".join(parts), 0
        return True

    def _decoded_block(self) -> str | None:
        block = self._stream.read()
        if self._num_bytes == 0:
            refuse_other_formats(block, name=self._name)
            block = block.removeprefix(UTF8_MARK)
        self._is_at_end = not block
        pending = len(self._decoder.getstate()[0])
        try:
            text = self._decoder.decode(block, final=self._is_at_end)
        except UnicodeDecodeError as error:
            guess = encoding_guess(error, offset=self._num_bytes - pending)
            raise DataError(where=self._name, problem="is not UTF-8.", fix=guess) from error
        self._num_bytes += len(block)
        return text

    def _count_lines(self, dropped: str) -> None:
        num_lines = dropped.count("\n")
        self._line += num_lines
        behind = len(dropped) - dropped.rfind("\n")
        self._column = behind if num_lines else self._column + len(dropped)

    def _broken(self, row: int, error: ValueError | RecursionError) -> DataError:
        position = error.pos if isinstance(error, json.JSONDecodeError) else self._at
        self._count_lines(self._text[:position])
        reason = error.msg if isinstance(error, json.JSONDecodeError) else _where_broken(error)
        return DataError(
            where=f"{self._name}:{self._line}",
            problem=f"row {row} is broken JSON at column {self._column} ({reason.rstrip('.')}); "
            "an array cannot be read beyond that.",
            fix="Repair it, or write one object per line (JSONL), where a bad row stands alone.",
        )


def _array_items(window: _Window) -> Iterator[Any]:
    row = 1
    window.next_character()
    if window.next_character() == "]":
        return
    window.step_back()
    while True:
        yield window.value(row)
        separator = window.next_character()
        if separator == "]":
            break
        if separator != ",":
            raise window.refusal(row, "Expecting ',' or ']' behind it")
        row += 1
    if window.next_character():
        raise window.refusal(row, "Extra data behind the array")
