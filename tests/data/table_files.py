"""The same rows in every format that holds tables; workbooks made to measure."""

from __future__ import annotations

import csv
import json
import sqlite3
import zipfile
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
from openpyxl.cell import WriteOnlyCell
from small_data import Row

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def as_csv(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def as_workbook(path: Path, rows: Sequence[Row], *, sheet: str = "Mails") -> None:
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet(sheet)
    page.append(list(rows[0]))
    for row in rows:
        page.append([_as_it_is(page, value) for value in row.values()])
    book.save(path)


def _as_it_is(page: Any, value: object) -> object:
    """A text that begins with `=` stays a text."""
    if not isinstance(value, str) or not value.startswith("="):
        return value
    made = WriteOnlyCell(page, value)
    made.data_type = "s"
    return made


def as_arrow_stream(path: Path, rows: Sequence[Row]) -> None:
    table = pa.Table.from_pylist(list(rows))
    with path.open("wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=7)


def as_arrow_file(path: Path, rows: Sequence[Row]) -> None:
    table = pa.Table.from_pylist(list(rows))
    with path.open("wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def as_sqlite(path: Path, rows: Sequence[Row], *, table: str = "mails") -> None:
    columns = ", ".join(f'"{name}"' for name in rows[0])
    marks = ", ".join("?" for _ in rows[0])
    with closing(sqlite3.connect(path)) as database:
        database.execute(f'CREATE TABLE "{table}" ({columns})')
        values = [tuple(row.values()) for row in rows]
        database.executemany(f'INSERT INTO "{table}" VALUES ({marks})', values)
        database.commit()


def as_ods(path: Path, rows: Sequence[Row], *, sheet: str = "Mails") -> None:
    lines = [list(rows[0]), *(list(row.values()) for row in rows)]
    cells = "".join(
        f"<table:table-row>{''.join(map(ods_cell, line))}</table:table-row>" for line in lines
    )
    ods_book(path, f'<table:table table:name="{sheet}">{cells}</table:table>')


def ods_cell(value: object) -> str:
    if isinstance(value, int | float):
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
    text = escape(str(value))
    return (
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
    )


def ods_book(path: Path, tables: str, *, styles: str = "") -> None:
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "style", "calcext")
    )
    content = (
        f"<?xml version='1.0'?><office:document-content {names}>"
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)


def as_jsonl(path: Path, rows: Sequence[Row]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


WRITERS: dict[str, Callable[[Path, Sequence[Row]], None]] = {
    "rows.csv": as_csv,
    "rows.jsonl": as_jsonl,
    "rows.xlsx": as_workbook,
    "rows.ods": as_ods,
    "rows.parquet": lambda path, rows: pq.write_table(pa.Table.from_pylist(list(rows)), path),
    "rows.arrow": as_arrow_file,
    "stream.arrow": as_arrow_stream,
    "rows.feather": lambda path, rows: pyarrow.feather.write_feather(
        pa.Table.from_pylist(list(rows)), str(path), compression="zstd"
    ),
    "rows.db": as_sqlite,
}
"""File name to what writes rows into it."""


def xlsx_book(
    path: Path,
    sheets: dict[str, str],
    *,
    shared: str | None = None,
    styles: str | None = None,
    book: str = "",
    more: dict[str, bytes] | None = None,
) -> Path:
    """A workbook from the XML of its sheets: `<sheetData>...` and what follows.

    Args:
        path: Where to.
        sheets: Name, with ` hidden` behind it where it is hidden, to XML.
        shared: Inside of `sst`.
        styles: Inside of `styleSheet`.
        book: More inside of `workbook`.
        more: Other members.
    """
    listed, related = "", ""
    parts: dict[str, str] = {}
    for at, (name, xml) in enumerate(sheets.items(), start=1):
        state = ' state="hidden"' if name.endswith(" hidden") else ""
        shown = escape(name.removesuffix(" hidden"))
        listed += f'<sheet name="{shown}" sheetId="{at}"{state} r:id="rId{at}"/>'
        place = f"worksheets/sheet{at}.xml"
        related += f'<Relationship Id="rId{at}" Type="{RELATIONS}/worksheet" Target="{place}"/>'
        parts[f"xl/worksheets/sheet{at}.xml"] = f'<worksheet xmlns="{MAIN}">{xml}</worksheet>'
    for name, content, tag in (("sharedStrings", shared, "sst"), ("styles", styles, "styleSheet")):
        if content is not None:
            related += (
                f'<Relationship Id="{name}" Type="{RELATIONS}/{name}" Target="/xl/{name}.xml"/>'
            )
            parts[f"xl/{name}.xml"] = f'<{tag} xmlns="{MAIN}">{content}</{tag}>'
    parts["xl/workbook.xml"] = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">{book}<sheets>{listed}</sheets></workbook>'
    )
    parts["xl/_rels/workbook.xml.rels"] = (
        f'<Relationships xmlns="{PACKAGE}">{related}</Relationships>'
    )
    parts["_rels/.rels"] = (
        f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{RELATIONS}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        for name, data in (more or {}).items():
            archive.writestr(name, data)
    return path


def cell(place: str, text: str) -> str:
    """A cell with its text in it."""
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def sheet_rows(*rows: str, start: int = 1) -> str:
    """Rows of cells, numbered."""
    lines = (f'<row r="{at}">{row}</row>' for at, row in enumerate(rows, start=start))
    return f"<sheetData>{''.join(lines)}</sheetData>"
