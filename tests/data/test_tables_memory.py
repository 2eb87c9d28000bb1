"""Large workbooks and databases pass through: memory stays flat."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from small_data import data_file, goal, prepared, two_classes
from table_files import as_sqlite, as_workbook
from test_data_memory import STATUS, _Peak

from sartor.data.readers import read_rows
from sartor.store.artifacts import DiskArtifacts

NUM_SQL_ROWS = 500_000
NUM_SHEET_ROWS = 100_000
WORDS_PER_TEXT = 30


def numbered(num_rows: int) -> Iterator[tuple[str, str]]:
    return ((f"{at} " + "lorem " * WORDS_PER_TEXT, f"class {at % 20}") for at in range(num_rows))


@pytest.mark.slow
@pytest.mark.skipif(not STATUS.exists(), reason="needs Linux's /proc")
def test_half_a_million_rows_of_a_database_pass_through(tmp_path: Path) -> None:
    """The texts are 95 MB."""
    from sartor.data.copies import Copies
    from sartor.data.files import find_files

    as_sqlite(tmp_path / "small.db", two_classes(20))
    prepared(tmp_path, goal("small.db"))  # imports are no growth
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.execute("CREATE TABLE mails (text, label)")
        database.executemany("INSERT INTO mails VALUES (?, ?)", numbered(NUM_SQL_ROWS))
        database.commit()
    started = time.perf_counter()
    with _Peak() as peak:
        copies = Copies(DiskArtifacts(tmp_path / ".artifacts"))
        entry = "sqlite:///shop.db#SELECT text, label FROM mails"
        (file,) = find_files({"all": (entry,)}, folder=tmp_path, copies=copies).files
        assert sum(1 for _ in read_rows(file)) == NUM_SQL_ROWS
    growth_bytes = peak.peak_bytes - peak.start_bytes
    print(f"{time.perf_counter() - started:.1f} s, {growth_bytes / 2**20:.0f} MiB")
    assert growth_bytes < 48 * 2**20, f"grew by {growth_bytes / 2**20:.0f} MiB"


@pytest.mark.slow
@pytest.mark.skipif(not STATUS.exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("is_shared", [False, True], ids=["in their cells", "shared"])
def test_a_hundred_thousand_rows_of_a_sheet_pass_through(tmp_path: Path, is_shared: bool) -> None:
    """The texts are 19 MB; Excel itself keeps them apart from the cells."""
    as_workbook(tmp_path / "small.xlsx", two_classes(20))
    prepared(tmp_path, goal("small.xlsx"))
    rows = [{"text": text, "label": label} for text, label in numbered(NUM_SHEET_ROWS)]
    path = tmp_path / "large.xlsx"
    _write_shared(path, rows) if is_shared else as_workbook(path, rows)
    del rows
    started = time.perf_counter()
    with _Peak() as peak:
        assert sum(1 for _ in read_rows(data_file(path))) == NUM_SHEET_ROWS
    growth_bytes = peak.peak_bytes - peak.start_bytes
    print(f"{time.perf_counter() - started:.1f} s, {growth_bytes / 2**20:.0f} MiB")
    assert growth_bytes < 32 * 2**20, f"grew by {growth_bytes / 2**20:.0f} MiB"


def _write_shared(path: Path, rows: list[dict[str, str]]) -> None:
    from table_files import cell, xlsx_book

    shared = "".join(f"<si><t>{row['text']}</t></si>" for row in rows)
    shared += "".join(f"<si><t>class {at}</t></si>" for at in range(20))
    lines = "".join(
        f'<row r="{at + 2}"><c r="A{at + 2}" t="s"><v>{at}</v></c>'
        f'<c r="B{at + 2}" t="s"><v>{len(rows) + at % 20}</v></c></row>'
        for at in range(len(rows))
    )
    head = f'<row r="1">{cell("A1", "text")}{cell("B1", "label")}</row>'
    xlsx_book(path, {"Mails": f"<sheetData>{head}{lines}</sheetData>"}, shared=shared)
