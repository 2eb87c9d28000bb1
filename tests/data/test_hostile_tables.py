"""Workbooks, Arrow files and databases of strangers: rows or a DataError, soon, and nothing else."""

from __future__ import annotations

import random
import sqlite3
import time
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from fuzz import NUM_BINARIES
from small_data import data_file
from table_files import WRITERS, cell, ods_book, ods_cell, sheet_rows, xlsx_book

from sartor.core.errors import DataError
from sartor.data.readers import read_rows
from sartor.data.row import BadRow, Dropped, RawRow

pytestmark = pytest.mark.slow

PATIENCE_SECONDS = 5
ROWS = [{"text": f"The hem of coat {at} frays 🧵", "label": "ab"[at % 2]} for at in range(30)]
PIECES = [
    b"\x00",
    b"\xff",
    b"<",
    b">",
    b'"',
    b"&#0;",
    b"&#xD800;",
    b"<!DOCTYPE x>",
    b"9" * 400,
    b"]]>",
]


def outcome(path: Path) -> str:
    """What reading ends in; anything but rows and a DataError fails the test that asks."""
    started = time.process_time()
    try:
        for row in read_rows(data_file(path)):
            assert isinstance(row, RawRow | BadRow | Dropped)
        return "rows"
    except DataError as error:
        return str(error)
    finally:
        assert time.process_time() - started < PATIENCE_SECONDS


def damaged(content: bytes, draw: random.Random) -> bytes:
    for _ in range(draw.randint(1, 5)):
        at = draw.randrange(len(content) + 1)
        piece = draw.choice([draw.randbytes(draw.randint(1, 8)), *PIECES])
        content = content[:at] + piece + content[at + draw.choice([0, 1, len(piece), 50]) :]
    return content[: draw.randrange(len(content) + 1)] if draw.random() < 0.1 else content


def damaged_member(path: Path, draw: random.Random) -> None:
    """Damage behind the checksum: the archive is whole, its XML is not."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = draw.choice(sorted(members))
    members[name] = damaged(members[name], draw)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


FUZZED = ["rows.xlsx", "rows.ods", "rows.arrow", "stream.arrow", "rows.feather", "rows.db"]


@pytest.mark.parametrize("name", FUZZED)
def test_damage_anywhere_is_rows_or_a_data_error(tmp_path, name):
    path = tmp_path / name
    WRITERS[name](path, ROWS)
    whole, draw = path.read_bytes(), random.Random(1)
    outcomes = set()
    for _ in range(NUM_BINARIES):
        path.write_bytes(whole)
        if name.endswith((".xlsx", ".ods")) and draw.random() < 0.7:
            damaged_member(path, draw)
        else:
            path.write_bytes(damaged(whole, draw))
        outcomes.add(outcome(path) == "rows")
    assert outcomes == {True, False}


@pytest.mark.parametrize("ending", ["bz2", "xz", "zst"])
def test_damage_to_compressed_files_is_rows_or_a_data_error(tmp_path, ending):
    import bz2
    import lzma

    import pyarrow as pa

    pack = {
        "bz2": bz2.compress,
        "xz": lzma.compress,
        "zst": lambda content: pa.compress(content, codec="zstd", asbytes=True),
    }[ending]
    whole, draw = pack(b'{"text": "a", "label": "b"}\n' * 50), random.Random(1)
    path = tmp_path / f"a.jsonl.{ending}"
    for _ in range(150):
        path.write_bytes(damaged(whole, draw))
        outcome(path)


BILLION = '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">'
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
OUTSIDE = '<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
HEAD = cell("A1", "text")
MANY_CELLS = "".join(f'<c r="{chr(65 + at)}2" t="s"><v>0</v></c>' for at in range(26))


def with_document_type(path: Path, text: str) -> None:
    xlsx_book(path, {"S": EMPTY})
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["xl/worksheets/sheet1.xml"] = (
        f"{text}<worksheet>{sheet_rows(HEAD)}</worksheet>".encode()
    )
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


EMPTY = "<sheetData/>"
HOSTILE = {
    "billion laughs": (lambda path: with_document_type(path, BILLION + "]>"), "document type"),
    "external entity": (lambda path: with_document_type(path, OUTSIDE), "document type"),
    "zip bomb": (
        lambda path: xlsx_book(path, {"S": sheet_rows(HEAD) + " " * 200_000_000}),
        "grows to 200,",
    ),
    "tag without end": (
        lambda path: xlsx_book(path, {"S": "<sheetData><row r='" + noise(8_000_000)}),
        "tag without an end",
    ),
    "deep nest": (lambda path: xlsx_book(path, {"S": "<a>" * 100_000}), "nested more than 64"),
    "names without end": (
        lambda path: xlsx_book(path, {"S": "".join(f"<a{at}/>" for at in range(300_000))}),
        "kinds of elements",
    ),
    "last row and column": (
        lambda path: xlsx_book(
            path,
            {
                "S": f'<sheetData><row r="1">{HEAD}</row><row r="1048576">{cell("XFD1048576", "x")}</row>'
                "</sheetData>"
            },
        ),
        "rows",
    ),
    "a row beyond the last": (
        lambda path: xlsx_book(
            path, {"S": f'<sheetData><row r="99999999999">{HEAD}</row></sheetData>'}
        ),
        "follows on row",
    ),
    "rows that go back": (
        lambda path: xlsx_book(
            path, {"S": f'<sheetData><row r="5">{HEAD}</row><row r="5">{HEAD}</row></sheetData>'}
        ),
        "follows on row 5",
    ),
    "a column beyond the last": (
        lambda path: xlsx_book(path, {"S": sheet_rows(cell("ZZZ1", "text"))}),
        "beyond the last column",
    ),
    "merged everywhere": (
        lambda path: xlsx_book(
            path,
            {
                "S": sheet_rows(*[HEAD.replace("A1", f"A{at}") for at in range(1, 20_000)])
                + "<mergeCells>"
                + '<mergeCell ref="A1:XFD1048576"/>' * 50_000
                + "</mergeCells>"
            },
        ),
        "rows",
    ),
    "long texts shared by many cells": (
        lambda path: xlsx_book(
            path,
            {"S": sheet_rows(HEAD, *[MANY_CELLS.replace('2"', f'{at}"') for at in range(2, 300)])},
            shared=f"<si><t>{noise(900_000)}</t></si>",
        ),
        "characters",
    ),
    "a sheet outside of the archive": (
        lambda path: xlsx_book(path, {"S": EMPTY, "../../../etc/passwd": EMPTY}),
        "has no rows",
    ),
    "no workbook at all": (lambda path: plain_zip(path, {"a.txt": b"x"}), "but no workbook"),
    "a stored shared index beyond the end": (
        lambda path: xlsx_book(
            path, {"S": sheet_rows(HEAD, '<c r="A2" t="s"><v>99999999</v></c>', cell("A3", "x"))}
        ),
        "rows",
    ),
}


def noise(num_bytes: int) -> str:
    return random.Random(0).randbytes(num_bytes // 2).hex()


def plain_zip(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_workbooks_are_refused_or_read_within_limits(tmp_path, name):
    write, wanted = HOSTILE[name]
    write(tmp_path / "b.xlsx")
    assert wanted in outcome(tmp_path / "b.xlsx")


HOSTILE_ODS = {
    "rows repeated without end": (
        f'<table:table-row table:number-rows-repeated="99999999999">{ods_cell("x")}</table:table-row>',
        "more than 1,048,576 rows",
    ),
    "cells repeated without end": (
        '<table:table-row><table:table-cell office:value-type="string" '
        'table:number-columns-repeated="99999999"><text:p>x</text:p></table:table-cell></table:table-row>',
        "beyond the last column",
    ),
    "spaces without end": (
        '<table:table-row><table:table-cell office:value-type="string"><text:p>'
        + '<text:s text:c="999999999"/>' * 20
        + "x</text:p></table:table-cell></table:table-row>",
        "rows",
    ),
    "long texts repeated": (
        f"<table:table-row>{ods_cell('text')}</table:table-row>"
        f'<table:table-row table:number-rows-repeated="1000000">{ods_cell("x" * 900_000)}</table:table-row>',
        "characters",
    ),
}


@pytest.mark.parametrize("name", sorted(HOSTILE_ODS))
def test_hostile_open_documents_are_refused_or_read_within_limits(tmp_path, name):
    rows, wanted = HOSTILE_ODS[name]
    ods_book(tmp_path / "b.ods", f'<table:table table:name="S">{rows}</table:table>')
    assert wanted in outcome(tmp_path / "b.ods")


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.xlsx", b"\xd0\xcf\x11\xe0" + bytes(600), "has a password, or is an old workbook"),
        ("a.xlsx", b"text,label\n", "cannot be read as a workbook"),
        ("a.xlsx", b"", "cannot be read as a workbook"),
        ("a.ods", b"PK\x05\x06" + bytes(18), "no OpenDocument spreadsheet"),
        ("a.arrow", b"FEA1" + bytes(40), "Feather in its first version"),
        ("a.arrow", b"text,label\n", "cannot be read as Arrow"),
        ("a.arrow", b"", "cannot be read as Arrow"),
        ("a.db", b"", "is no SQLite database but empty"),
        ("a.db", b"text,label\n", "is no SQLite database"),
        ("a.csv", b"SQLite format 3\x00" + bytes(90), "is an SQLite database"),
        ("a.csv", b"ARROW1" + bytes(2), "is an Arrow file"),
        ("a.csv", b"BZh91AY", "is compressed by bzip2"),
    ],
)
def test_files_of_another_kind_are_named(tmp_path, name, content, problem):
    (tmp_path / name).write_bytes(content)
    assert problem in outcome(tmp_path / name)


@pytest.mark.parametrize("is_dictionary", [False, True])
def test_a_small_arrow_file_that_grows_beyond_memory_is_refused(tmp_path, is_dictionary):
    import pyarrow as pa

    text = pa.array(["x" * 900_000_000])
    column = text.dictionary_encode() if is_dictionary else text
    table = pa.table({"text": column})
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_file(str(tmp_path / "a.arrow"), table.schema, options=options) as writer:
        writer.write_table(table)
    del text, column, table
    assert (tmp_path / "a.arrow").stat().st_size < 1_000_000
    assert "a batch grows to 900,000," in outcome(tmp_path / "a.arrow")


def test_a_database_runs_nothing_that_it_brings_along(tmp_path):
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE mails (text, label)")
        database.execute("INSERT INTO mails VALUES ('a', 'x')")
        database.execute(
            "CREATE VIEW endless AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
            "SELECT x FROM c"
        )
        database.execute("CREATE TRIGGER t AFTER INSERT ON mails BEGIN DELETE FROM mails; END")
        database.commit()
    before = path.read_bytes()
    assert outcome(path) == "rows"
    assert path.read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.db"]


def test_a_database_whose_pages_lead_in_a_circle_ends(tmp_path):
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA page_size = 512")
        database.execute("CREATE TABLE mails (text, label)")
        rows = [("x" * 100, "y")] * 5_000
        database.executemany("INSERT INTO mails VALUES (?, ?)", rows)
        database.commit()
    content = bytearray(path.read_bytes())
    interior = [at for at in range(512, len(content), 512) if content[at] == 5]
    for at in interior:
        num_cells = int.from_bytes(content[at + 3 : at + 5], "big")
        for cell_at in range(num_cells):
            pointer = at + 12 + 2 * cell_at
            place = at + int.from_bytes(content[pointer : pointer + 2], "big")
            content[place : place + 4] = (interior[0] // 512 + 1).to_bytes(4, "big")
    path.write_bytes(bytes(content))
    assert interior
    assert outcome(path) != "rows"
