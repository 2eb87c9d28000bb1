"""The cells of one sheet of an Excel workbook, row by row, as its XML passes by."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sartor.data.byte_stream import MAX_LINE_BYTES
from sartor.data.office_zip import OfficeZip
from sartor.data.row import MAX_FIELD_CHARACTERS
from sartor.data.sheet_rows import MAX_COLUMNS, MAX_ROWS, SheetRow
from sartor.data.xlsx_texts import CellValues

_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})", re.ASCII)
_MAX_MERGED = 200_000
_MAX_OPEN = 200
"""Merged cells beside each other whose values are carried down."""


class Merged(NamedTuple):
    """Cells that look like one; its value stands in the upper left one."""

    first_row: int
    last_row: int
    column: int


class _Cell(NamedTuple):
    kind: str
    style: str
    is_formula: bool
    value: str


class _RawRow(NamedTuple):
    number: int
    cells: dict[int, _Cell]
    num_characters: int


def merged_ranges(workbook: OfficeZip, member: str) -> list[Merged]:
    """Those that span rows, sorted; they stand behind the cells, so the sheet is read for them alone."""
    if not workbook.holds_text(member, b"mergeCell"):
        return []
    handler = _MergedCells()
    for _ in workbook.parse(member, handler):
        if len(handler.found) > _MAX_MERGED:
            raise workbook.damaged(f"has more than {_MAX_MERGED:,} merged cells")
    return sorted(handler.found)


class SheetCells:
    """Reads a sheet."""

    def __init__(self, values: CellValues, merged: Sequence[Merged]) -> None:
        self.num_found = 0
        self._values = values
        self._merged = _Spread(merged)
        self._rows: list[_RawRow] = []
        self._last_row = 0
        self._row: dict[int, _Cell] = {}
        self._column = -1
        self._attributes: dict[str, str] = {}
        self._pieces: list[str] = []
        self._num_characters = 0
        self._row_characters = 0
        self._is_value = self._is_formula = self._is_reading = False
        self._wrong = ""

    def rows(self, workbook: OfficeZip, member: str) -> Iterator[SheetRow]:
        """The rows that have cells.

        Raises:
            DataError: Rows are out of order, or lie beyond the end of any sheet.
        """
        for _ in workbook.parse(member, self):
            if self._wrong:
                raise workbook.damaged(self._wrong)
            taken, self._rows = self._rows, []
            yield from map(self._finished, taken)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """A row, a cell, or a part of one."""
        if name in ("v", "t"):
            self._is_value = not self._is_reading
        elif name == "c":
            self._begin_cell(attributes)
        elif name == "f":
            self._is_formula = True
        elif name == "row":
            self._begin_row(attributes)
        elif name == "rPh":
            self._is_reading = True

    def text(self, data: str) -> None:
        """A piece of a value; a row keeps no more than a line of a text file may hold."""
        if self._is_value and self._num_characters <= MAX_FIELD_CHARACTERS:
            self._num_characters += len(data)
            self._pieces.append(data)

    def end(self, name: str) -> None:
        """The end of a value, a cell or a row."""
        if name in ("v", "t"):
            self._is_value = False
        elif name == "c":
            self._end_cell()
        elif name == "rPh":
            self._is_reading = False
        elif name == "row":
            self._rows.append(_RawRow(self._last_row, self._row, self._row_characters))
            self.num_found += 1

    def _begin_row(self, attributes: dict[str, str]) -> None:
        number = attributes.get("r", "")
        row = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 0
        row = row if number else self._last_row + 1
        if not self._last_row < row <= MAX_ROWS:
            self._wrong = self._wrong or f"row {number[:12]} follows on row {self._last_row}"
        self._last_row, self._row, self._column, self._row_characters = row, {}, -1, 0

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        found = _REFERENCE.fullmatch(attributes.get("r", ""))
        self._column = column_index(found[1]) if found else self._column + 1
        self._attributes = attributes
        self._pieces, self._num_characters, self._is_formula = [], 0, False

    def _end_cell(self) -> None:
        if not 0 <= self._column < MAX_COLUMNS:
            self._wrong = self._wrong or "a cell lies beyond the last column"
            return
        kind, style = self._attributes.get("t", ""), self._attributes.get("s", "")
        self._row_characters += self._num_characters
        is_kept = self._row_characters <= MAX_LINE_BYTES
        value = "".join(self._pieces) if is_kept else ""
        if value or (self._is_formula and kind != "str"):
            self._row[self._column] = _Cell(kind, style, self._is_formula, value)
        self._pieces = []

    def _finished(self, row: _RawRow) -> SheetRow:
        """A row with its texts, looked up now: kept for a whole block they could fill the memory."""
        cells: dict[int, str] = {}
        remarks: list[str] = []
        num_characters = row.num_characters
        is_too_long = num_characters > MAX_LINE_BYTES
        for column, cell in row.cells.items():
            text = self._text(cell, remarks) if num_characters <= MAX_LINE_BYTES else ""
            num_characters += len(text) if cell.kind == "s" else 0
            is_too_long |= len(text) > MAX_FIELD_CHARACTERS or num_characters > MAX_LINE_BYTES
            if text:
                cells[column] = text
        remarks += ["merged cells"] * self._merged.fill(row.number, cells)
        return SheetRow(row.number, {} if is_too_long else cells, tuple(remarks), is_too_long)

    def _text(self, cell: _Cell, remarks: list[str]) -> str:
        if cell.kind == "e":
            remarks.append("errors of formulas")
            return ""
        if not cell.value:
            remarks.append("formulas without a value")
            return ""
        return self._values.text(cell.kind, cell.style, cell.value)


class _Spread:
    """Gives the value of merged cells to each of their rows, as the rows pass by."""

    def __init__(self, merged: Sequence[Merged]) -> None:
        self._waiting = list(reversed(merged))
        self._open: list[tuple[Merged, str]] = []

    def fill(self, row: int, cells: dict[int, str]) -> int:
        """Fill the cells of a row that has others; how many were filled."""
        num_filled = 0
        self._open = [(at, text) for at, text in self._open if at.last_row >= row]
        has_cells = bool(cells)
        for merged, text in self._open:
            if has_cells and text and merged.column not in cells:
                cells[merged.column] = text
                num_filled += 1
        while self._waiting and self._waiting[-1].first_row <= row:
            merged = self._waiting.pop()
            if merged.first_row == row and merged.last_row > row and len(self._open) < _MAX_OPEN:
                self._open.append((merged, cells.get(merged.column, "")))
        return num_filled


class _MergedCells:
    """Reads the merged cells of a sheet and nothing else."""

    def __init__(self) -> None:
        self.found: list[Merged] = []
        self.num_found = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """One range of merged cells, if it spans rows."""
        self.num_found += name == "row"
        if name != "mergeCell":
            return
        first, _, last = attributes.get("ref", "").partition(":")
        start, end = _REFERENCE.fullmatch(first), _REFERENCE.fullmatch(last)
        if start and end and int(start[2]) < int(end[2]):
            self.found.append(Merged(int(start[2]), int(end[2]), column_index(start[1])))

    def text(self, data: str) -> None:
        """Cells are read elsewhere."""

    def end(self, name: str) -> None:
        """Nothing to do."""


def column_index(letters: str) -> int:
    """`A` is 0, `Z` 25, `AA` 26."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1
