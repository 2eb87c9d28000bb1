"""OpenDocument spreadsheets (ISO/IEC 26300): the rows of one sheet.

All sheets stand in one member of the archive, so those before the one that is meant pass by unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sartor.data.byte_stream import MAX_LINE_BYTES, DataFile
from sartor.data.office_zip import OfficeZip, office_zip
from sartor.data.row import MAX_FIELD_CHARACTERS, BadRow, Dropped, RawRow
from sartor.data.sheet_rows import MAX_COLUMNS, MAX_ROWS, SheetRow, table_rows
from sartor.data.sheets import Sheet, with_sheet
from sartor.data.xlsx_texts import number_text

_CONTENT = "content.xml"
_MAX_SHEETS = 1_000
_CLOCK = re.compile(r"PT(\d{1,6})H(\d{1,2})M(\d{1,2})(?:[.,]\d{1,12})?S", re.ASCII)


def read_ods(file: DataFile) -> Iterator[RawRow | BadRow | Dropped]:
    """Rows under the header of the sheet that is named, or of the only one with rows.

    Raises:
        DataError: The workbook is damaged, or several sheets could be meant.
    """
    if not file.part:
        file, _ = with_sheet(file)
    with office_zip(file) as workbook:
        sheet = _OdsSheets(wanted=file.part)
        rows = _rows(workbook, sheet)
        num_bytes = workbook.num_bytes(*workbook.members & {_CONTENT})
        yield from table_rows(rows, name=file.name, num_bytes=num_bytes)


def sheets_of(file: DataFile) -> list[Sheet]:
    """The sheets, hidden ones among them.

    Raises:
        DataError: The workbook is damaged.
    """
    with office_zip(file) as workbook:
        found = _OdsSheets(wanted=None)
        for _ in _parsed(workbook, found):
            pass
    return [
        Sheet(name, style in found.hidden_styles, has_rows.__bool__)
        for name, style, has_rows in zip(found.names, found.styles, found.have_rows, strict=True)
    ]


def _parsed(workbook: OfficeZip, sheets: _OdsSheets) -> Iterator[None]:
    if _CONTENT not in workbook.members:
        raise workbook.damaged("is a zip archive, but no OpenDocument spreadsheet")
    for _ in workbook.parse(_CONTENT, sheets):
        if sheets.wrong:
            raise workbook.damaged(sheets.wrong)
        yield


def _rows(workbook: OfficeZip, sheets: _OdsSheets) -> Iterator[SheetRow]:
    for _ in _parsed(workbook, sheets):
        taken, sheets.rows = sheets.rows, []
        for row, num_repeats in taken:
            for more in range(num_repeats):
                yield row._replace(number=row.number + more)
        if sheets.is_done:
            return


class _OdsSheets:
    """Reads `content.xml`.

    Args:
        wanted: The sheet whose rows are kept; None: which sheets there are is all that is asked.
    """

    def __init__(self, *, wanted: str | None) -> None:
        self.num_found = 0
        self.names: list[str] = []
        self.styles: list[str] = []
        self.have_rows: list[bool] = []
        self.hidden_styles: set[str] = set()
        self.rows: list[tuple[SheetRow, int]] = []
        """Rows and how often each of them stands there."""
        self.is_done = False
        self.wrong = ""
        self._wanted = wanted
        self._style = ""
        self._depth = 0
        self._row = _OdsRow()
        self._merged: dict[int, tuple[int, str]] = {}
        """Column to the last row of a merged cell and its text."""
        self._next_row = 1
        self._num_repeats = 1

    @property
    def _is_read(self) -> bool:
        return self._depth == 1 and (self._wanted is None or self.names[-1] == self._wanted)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """A sheet, a row, a cell, or a part of one."""
        if name == "table":
            self._begin_table(attributes)
        elif name == "style":
            self._style = attributes.get("style:name", "")
        elif name == "table-properties" and attributes.get("table:display") == "false":
            self.hidden_styles.add(self._style)
        elif self._is_read and name == "table-row":
            self._num_repeats = _count(attributes.get("table:number-rows-repeated"))
            self._row = _OdsRow()
        elif self._is_read:
            self._row.start(name, attributes)

    def text(self, data: str) -> None:
        """A piece of a cell's text."""
        if self._depth == 1:
            self._row.text(data)

    def end(self, name: str) -> None:
        """The end of a cell, a row or a sheet."""
        if name == "table":
            self._depth -= 1
            self.is_done |= self._depth == 0 and self.names[-1] == self._wanted
        elif self._is_read and name == "table-row":
            self._end_row()
        elif self._is_read:
            self._row.end(name)

    def _begin_table(self, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > 1:
            return
        self.names.append(attributes.get("table:name", ""))
        self.styles.append(attributes.get("table:style-name", ""))
        self.have_rows.append(False)
        self._next_row, self._merged = 1, {}
        if len(self.names) > _MAX_SHEETS:
            self.wrong = f"has more than {_MAX_SHEETS:,} sheets"

    def _end_row(self) -> None:
        number, row = self._next_row, self._row
        self._next_row += self._num_repeats
        if row.cells:
            self.num_found += 1
            self.have_rows[-1] = True
            if self._next_row > MAX_ROWS + 1:
                self.wrong = f"has more than {MAX_ROWS:,} rows"
        if row.column > MAX_COLUMNS and row.cells and max(row.cells) >= MAX_COLUMNS:
            self.wrong = "a cell lies beyond the last column"
        if row.cells and self._wanted is not None:
            remarks = [*row.remarks, *["merged cells"] * self._fill(number, row)]
            cells = {} if row.is_too_long else row.cells
            found = SheetRow(number, cells, tuple(remarks), row.is_too_long)
            self.rows.append((found, self._num_repeats))
        for column, num_rows in row.spans.items():
            self._merged[column] = (number + num_rows - 1, row.cells.get(column, ""))

    def _fill(self, number: int, row: _OdsRow) -> int:
        """Give merged cells' values to a row; how many."""
        num_filled = 0
        for column, (last_row, text) in list(self._merged.items()):
            if number > last_row:
                del self._merged[column]
            elif text and column not in row.cells:
                row.cells[column] = text
                num_filled += 1
        return num_filled


class _OdsRow:
    """The cells of one row."""

    def __init__(self) -> None:
        self.cells: dict[int, str] = {}
        self.column = 0
        self.remarks: list[str] = []
        self.spans: dict[int, int] = {}
        """Column of a merged cell to the number of its rows."""
        self.is_too_long = False
        self._attributes: dict[str, str] = {}
        self._pieces: list[str] = []
        self._num_characters = 0
        self._num_paragraphs = 0
        self._note_depth = 0
        self._is_paragraph = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """A cell, a paragraph, or what stands for spaces in one."""
        if name in ("table-cell", "covered-table-cell"):
            self._attributes, self._pieces, self._num_paragraphs = attributes, [], 0
        elif name == "annotation":
            self._note_depth += 1
        elif name == "p" and not self._note_depth:
            self._is_paragraph = True
            self._num_paragraphs += 1
            if self._num_paragraphs > 1:
                self.text("\n")
        elif name == "s":
            self.text(" " * min(_count(attributes.get("text:c")), 1_000))
        elif name in ("tab", "line-break"):
            self.text("\t" if name == "tab" else "\n")

    def text(self, data: str) -> None:
        """A piece of a paragraph; a row keeps no more than a line of a text file may hold."""
        if self._is_paragraph and not self._note_depth:
            self._num_characters += len(data)
            if self._num_characters <= MAX_LINE_BYTES:
                self._pieces.append(data)
            else:
                self.is_too_long = True

    def end(self, name: str) -> None:
        """The end of a cell, a paragraph or a note."""
        if name == "annotation":
            self._note_depth -= 1
        elif name == "p" and not self._note_depth:
            self._is_paragraph = False
        elif name in ("table-cell", "covered-table-cell"):
            self._end_cell()

    def _end_cell(self) -> None:
        text, attributes = self._value(), self._attributes
        num_columns = _count(attributes.get("table:number-columns-repeated"))
        if (num_rows := _count(attributes.get("table:number-rows-spanned"))) > 1:
            self.spans[self.column] = num_rows
        if text:
            self.is_too_long |= len(text) > MAX_FIELD_CHARACTERS
            num_filled = min(num_columns, MAX_COLUMNS - self.column + 1)
            self._num_characters += len(text) * (num_filled - 1)
            self.is_too_long |= self._num_characters > MAX_LINE_BYTES
            self.cells.update(dict.fromkeys(range(self.column, self.column + num_filled), text))
        self.column = min(self.column + num_columns, MAX_COLUMNS + 1)
        self._attributes, self._pieces = {}, []

    def _value(self) -> str:
        shown, attributes = "".join(self._pieces), self._attributes
        if attributes.get("calcext:value-type") == "error":
            self.remarks.append("errors of formulas")
            return ""
        kind = attributes.get("office:value-type", "")
        if kind in ("float", "percentage", "currency"):
            return _number(attributes.get("office:value", ""), shown)
        if kind == "date":
            return attributes.get("office:date-value", shown)
        if kind == "time":
            found = _CLOCK.fullmatch(attributes.get("office:time-value", ""))
            return ":".join(f"{int(part):02d}" for part in found.groups()) if found else shown
        if kind == "boolean":
            return attributes.get("office:boolean-value", shown).upper()
        return shown


def _number(value: str, shown: str) -> str:
    try:
        number = float(value)
    except ValueError:
        return shown
    return number_text(number) if abs(number) < float("inf") else shown


def _count(text: str | None) -> int:
    """How often something is repeated, from 1 to a little more than a sheet can hold."""
    is_number = text is not None and text.isascii() and text.isdigit()
    return min(max(int(text[:12]), 1), 2 * MAX_ROWS) if text and is_number else 1
