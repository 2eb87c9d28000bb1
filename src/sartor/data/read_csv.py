"""CSV and TSV with physical line numbers, whatever stands inside the quotes (RFC 4180)."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from sartor.core.errors import DataError
from sartor.data.byte_stream import ByteStream, DataFile, Line, encoding_guess, physical_lines
from sartor.data.personal import excerpt
from sartor.data.row import (
    BROKEN_CSV,
    MAX_FIELD_CHARACTERS,
    NOT_UTF8,
    RAGGED_ROW,
    TOO_LONG,
    BadRow,
    Problem,
    RawRow,
)

DELIMITERS = ",;\t|"
_SNIFFED_LINES = 50
_KEPT_LINES = 50
"""Lines of a broken record that are kept for the quarantine file."""


def read_csv(file: DataFile) -> Iterator[RawRow | BadRow]:
    """Comma, semicolon, tab or bar: recognised from the first lines."""
    return _read_table(file, delimiter=None)


def read_tsv(file: DataFile) -> Iterator[RawRow | BadRow]:
    """Tab-separated."""
    return _read_table(file, delimiter="\t")


def _read_table(file: DataFile, *, delimiter: str | None) -> Iterator[RawRow | BadRow]:
    # The limit of the csv module is one for the process; nobody else in Sartor reads CSV.
    csv.field_size_limit(MAX_FIELD_CHARACTERS)
    with ByteStream(file) as stream:
        physical = physical_lines(stream, name=file.name)
        head = list(islice(physical, _SNIFFED_LINES))
        lines = _TextLines(chain(head, physical), name=file.name)
        reader = csv.reader(lines, delimiter=delimiter or _sniffed(head), strict=True)
        header = _header(reader, lines, name=file.name)
        if header:
            yield from _rows(reader, lines, header=header, name=file.name)


class _TextLines:
    """Feeds lines to the csv module and remembers what was wrong with those of this record."""

    def __init__(self, lines: Iterator[Line], *, name: str) -> None:
        self._lines = lines
        self._name = name
        self.trouble: tuple[str, str] | None = None
        """Rule and fix of the first line of this record that cannot be used."""
        self.record: list[str] = []
        """The record's physical lines, the first ones of it."""

    def begin_record(self) -> None:
        self.trouble, self.record = None, []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        text = self._decoded(next(self._lines))
        if len(self.record) < _KEPT_LINES:
            self.record.append(text)
        return text + "\n"

    def _decoded(self, line: Line) -> str:
        if line.data is None:
            self.trouble = (TOO_LONG, "The line is too long; shorten it.")
            return ""
        try:
            return line.data.decode("utf-8")
        except UnicodeDecodeError as error:
            guess = encoding_guess(error, offset=line.offset)
            self.trouble = self.trouble or (NOT_UTF8, guess)
            return line.data.decode("utf-8", errors="replace")


def _sniffed(head: list[Line]) -> str:
    """The delimiter under which most records are as wide as the header, and the widest."""
    texts = [line.data.decode("utf-8", errors="replace") + "\n" for line in head if line.data]

    def fitness(delimiter: str) -> tuple[bool, int, int]:
        widths = _widths(texts, delimiter=delimiter)
        width = widths[0] if widths else 0
        return width > 1, widths.count(width), width

    return max(DELIMITERS, key=fitness)


def _widths(texts: Iterable[str], *, delimiter: str) -> list[int]:
    reader = csv.reader(texts, delimiter=delimiter)
    widths: list[int] = []
    try:
        widths.extend(len(cells) for cells in reader if cells)
    except csv.Error:
        return widths
    return widths


def _header(reader: Iterator[list[str]], lines: _TextLines, *, name: str) -> list[str]:
    """Column names; empty where the file is.

    Raises:
        DataError: The header cannot be read, or names a column twice.
    """
    try:
        cells = next((cells for cells in reader if any(map(str.strip, cells))), [])
    except csv.Error as error:
        raise DataError(
            where=f"{name}:1",
            problem=f"the header cannot be read ({error}).",
            fix="Write the column names into the first line, separated by commas.",
        ) from error
    if lines.trouble:
        raise DataError(where=f"{name}:1", problem="the header is not UTF-8.", fix=lines.trouble[1])
    header = [cell.strip() or f"column {at}" for at, cell in enumerate(cells, start=1)]
    twice = [column for column, count in Counter(header).items() if count > 1]
    if twice:
        raise DataError(
            where=f"{name}:1",
            problem=f"the header names `{excerpt(twice[0])}` twice.",
            fix="Give each column a name of its own.",
        )
    return header


def _rows(
    reader: Iterator[list[str]], lines: _TextLines, *, header: list[str], name: str
) -> Iterator[RawRow | BadRow]:
    while True:
        first_line = reader.line_num + 1  # type: ignore[attr-defined]
        lines.begin_record()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fix = _csv_fix(error, last_line=reader.line_num)  # type: ignore[attr-defined]
            yield _bad(lines, BROKEN_CSV, fix, place=f"{name}:{first_line}")
            continue
        if lines.trouble:
            yield _bad(lines, *lines.trouble, place=f"{name}:{first_line}")
        elif len(cells) == len(header):
            yield RawRow(name, first_line, dict(zip(header, cells, strict=True)))
        elif cells and (len(cells) > 1 or cells[0].strip()):
            fix = f"It has {len(cells)} cells under {len(header)} columns; quote or fill its cells."
            yield _bad(lines, RAGGED_ROW, fix, place=f"{name}:{first_line}")


def _csv_fix(error: csv.Error, *, last_line: int) -> str:
    reason = str(error)
    if "unexpected end of data" in reason:
        return f"Close the quote that opens here; it swallows everything up to line {last_line}."
    if "field larger" in reason:
        return f"A cell is longer than {MAX_FIELD_CHARACTERS:,} characters; close its quote or cut."
    return f"{reason[:1].upper()}{reason[1:]}; double the quotes inside a quoted cell."


def _bad(lines: _TextLines, rule: str, fix: str, *, place: str) -> BadRow:
    raw = "\n".join(lines.record)[:MAX_FIELD_CHARACTERS]
    return BadRow((Problem(place, "", rule, excerpt(raw), fix),), raw=raw)
