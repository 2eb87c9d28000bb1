"""Workbooks, Arrow, SQLite files and compressed files: what a person sees in them is what is read."""

from __future__ import annotations

import bz2
import gzip
import lzma
from datetime import date, datetime, time

import openpyxl
import pyarrow as pa
import pytest
from small_data import data_file, goal, messages, prepared, test_texts, two_classes
from table_files import (
    WRITERS,
    as_sqlite,
    as_workbook,
    cell,
    ods_book,
    ods_cell,
    sheet_rows,
    xlsx_book,
)

from sartor.core.errors import DataError
from sartor.data.files import find_files
from sartor.data.peek import peek
from sartor.data.readers import read_rows
from sartor.data.row import BadRow, Dropped, RawRow

MAILS = [
    {"text": "When will my coat be ready?", "label": "delivery", "stars": 4},
    {"text": 'The hem "frays", grüße 🧵\nand a second line', "label": "defect", "stars": 1},
    {"text": "=cmd|' /C calc'!A0", "label": "0", "stars": 2},
    {"text": " 12 ", "label": "NA", "stars": -3},
]


def rows_of(path):
    return [row for row in read_rows(data_file(path)) if isinstance(row, RawRow)]


def left_out(path):
    return [(r.place, r.what) for r in read_rows(data_file(path)) if isinstance(r, Dropped)]


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_every_format_gives_the_same_values(tmp_path, name):
    WRITERS[name](tmp_path / name, MAILS)
    rows = rows_of(tmp_path / name)
    assert [{key: str(value) for key, value in row.fields.items()} for row in rows] == [
        {key: str(value) for key, value in row.items()} for row in MAILS
    ]
    first = 2 if name.endswith((".xlsx", ".ods", ".csv")) else 1
    assert rows[0].line == first
    if name.endswith((".xlsx", ".ods")):
        assert rows[2].place == f"{name}#Mails:4"


@pytest.mark.parametrize("name", sorted(set(WRITERS) - {"rows.csv"}))
def test_the_same_table_in_every_format_gives_the_same_examples(tmp_path, name):
    table = [{**row, "customer": f"c{at % 9}"} for at, row in enumerate(two_classes(25))]
    found = {}
    for folder, file in ((tmp_path / "a", "rows.csv"), (tmp_path / "b", name)):
        folder.mkdir()
        WRITERS[file](folder / file, table)
        dataset = prepared(folder, goal(file))
        train = zip(dataset.train.texts, dataset.train.targets.tolist(), strict=True)
        found[folder.name] = (sorted(train), test_texts(dataset), dataset.labels)
    assert found["a"] == found["b"]
    assert len(found["a"][0]) > 30


@pytest.mark.parametrize(
    ("ending", "pack"),
    [
        ("gz", gzip.compress),
        ("bz2", bz2.compress),
        ("xz", lzma.compress),
        ("zst", lambda content: pa.compress(content, codec="zstd", asbytes=True)),
    ],
)
@pytest.mark.parametrize(
    "name", ["rows.csv", "rows.jsonl", "rows.parquet", "rows.arrow", "rows.xlsx"]
)
def test_compressed_files_are_read_as_what_is_in_them(tmp_path, name, ending, pack):
    WRITERS[name](tmp_path / name, MAILS)
    plain = [row.fields for row in rows_of(tmp_path / name)]
    packed = tmp_path / f"{name}.{ending}"
    packed.write_bytes(pack((tmp_path / name).read_bytes()))
    assert [row.fields for row in rows_of(packed)] == plain
    assert plain


def test_joined_and_padded_xz_files_are_read_to_their_end(tmp_path):
    (tmp_path / "a.jsonl.xz").write_bytes(
        lzma.compress(b'{"text": "a"}\n') + bytes(8) + lzma.compress(b'{"text": "b"}\n')
    )
    assert [row.fields["text"] for row in rows_of(tmp_path / "a.jsonl.xz")] == ["a", "b"]


def test_an_xz_file_that_ends_too_early_is_named(tmp_path):
    (tmp_path / "a.jsonl.xz").write_bytes(lzma.compress(b'{"text": "a"}\n' * 999)[:-20])
    with pytest.raises(DataError, match=r"a\.jsonl\.xz: cannot be read beyond byte"):
        rows_of(tmp_path / "a.jsonl.xz")


def test_titles_above_the_header_and_empty_rows_are_counted(tmp_path):
    book = openpyxl.Workbook()
    page = book.active
    page.title = "Inbox"
    page["A1"] = "Hem & Co., messages of May"
    page["A2"], page["B2"] = "exported", datetime(2024, 6, 1)
    for at, row in enumerate([("text", "label", "queue"), ("a", "x", "q"), ("b", "y", "q")]):
        for column, value in enumerate(row, start=1):
            page.cell(4 + at + (2 if at == 2 else 0), column, value)
    book.save(tmp_path / "book.xlsx")
    assert [(row.place, row.fields["text"]) for row in rows_of(tmp_path / "book.xlsx")] == [
        ("book.xlsx#Inbox:5", "a"),
        ("book.xlsx#Inbox:8", "b"),
    ]
    assert left_out(tmp_path / "book.xlsx") == [
        ("book.xlsx#Inbox:1", "title rows"),
        ("book.xlsx#Inbox:2", "title rows"),
        ("book.xlsx#Inbox:6", "empty rows"),
        ("book.xlsx#Inbox:7", "empty rows"),
    ]


def test_cells_are_read_as_they_are_meant(tmp_path):
    book = openpyxl.Workbook()
    page = book.active
    values = {
        "whole": 3.0,
        "share": 0.1,
        "large": 1e20,
        "truth": True,
        "day": date(2024, 2, 29),
        "moment": datetime(2024, 2, 29, 13, 5, 9),
        "clock": time(7, 30),
        "early": datetime(1900, 1, 5),
        "text": "x_x0041_ _x005F_x0041_",
    }
    page.append(list(values))
    page.append(list(values.values()))
    page["B2"].number_format = "0.00%"
    book.save(tmp_path / "b.xlsx")
    (row,) = rows_of(tmp_path / "b.xlsx")
    assert row.fields == {
        "whole": "3",
        "share": "0.1",
        "large": "1e+20",
        "truth": "TRUE",
        "day": "2024-02-29",
        "moment": "2024-02-29T13:05:09",
        "clock": "07:30:00",
        "early": "1900-01-05T00:00:00",
        "text": "xA _x0041_",
    }


FORMATS = [
    (45351, 14, "", "2024-02-29"),
    (45351.5, 14, "", "2024-02-29T12:00:00"),
    (45351, 22, "", "2024-02-29T00:00:00"),
    (0.75, 20, "", "18:00:00"),
    (1.5, 46, "", "36:00:00"),
    (45351, 164, "dd/mm/yyyy", "2024-02-29"),
    (45351, 164, '[$-409]d" Day "mmm;@', "2024-02-29"),
    (45351, 164, "0.00 \\d", "45351"),
    (45351, 164, '#,##0 "days"', "45351"),
    (45351, 164, "[Red]0.0", "45351"),
    (45351.000011574, 164, "yyyy-mm-dd hh:mm:ss", "2024-02-29T00:00:01"),
    (-2, 14, "", "-2"),
    (1e300, 14, "", "1e+300"),
]


@pytest.mark.parametrize(("number", "format_id", "code", "shown"), FORMATS)
def test_a_number_is_a_date_where_its_format_says_so(tmp_path, number, format_id, code, shown):
    escaped = code.replace('"', "&quot;")
    styles = (
        f'<numFmts><numFmt numFmtId="{format_id}" formatCode="{escaped}"/></numFmts>'
        if code
        else ""
    ) + f'<cellXfs><xf numFmtId="0"/><xf numFmtId="{format_id}"/></cellXfs>'
    sheet = sheet_rows(cell("A1", "when"), f'<c r="A2" s="1"><v>{number}</v></c>')
    path = xlsx_book(tmp_path / "b.xlsx", {"S": sheet}, styles=styles)
    assert rows_of(path)[0].fields == {"when": shown}


def test_workbooks_that_count_from_1904_are_four_years_later(tmp_path):
    styles = '<cellXfs><xf numFmtId="14"/></cellXfs>'
    sheet = sheet_rows(cell("A1", "when"), '<c r="A2" s="0"><v>0</v></c>')
    path = xlsx_book(
        tmp_path / "b.xlsx", {"S": sheet}, styles=styles, book='<workbookPr date1904="1"/>'
    )
    assert rows_of(path)[0].fields == {"when": "1904-01-01"}


def test_merged_cells_give_their_value_to_each_row_beside_them(tmp_path):
    book = openpyxl.Workbook()
    page = book.active
    for row in [("text", "label"), ("a", "x"), ("b", None), ("c", None), ("d", "y")]:
        page.append(row)
    page.merge_cells("B2:B4")
    book.save(tmp_path / "b.xlsx")
    assert [row.fields["label"] for row in rows_of(tmp_path / "b.xlsx")] == ["x", "x", "x", "y"]
    assert [what for _, what in left_out(tmp_path / "b.xlsx")] == ["merged cells"] * 2


def test_formulas_have_their_last_value_and_errors_have_none(tmp_path):
    sheet = sheet_rows(
        cell("A1", "text") + cell("B1", "label") + cell("C1", "n"),
        cell("A2", "a")
        + '<c r="B2" t="str"><f>LOWER("X")</f><v>x</v></c><c r="C2"><f>1+1</f><v>2</v></c>',
        cell("A3", "b") + '<c r="B3" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="C3"><f>1+1</f></c>',
        cell("A4", "c") + '<c r="B4" t="str"><f>""</f><v></v></c>',
    )
    path = xlsx_book(tmp_path / "b.xlsx", {"S": sheet})
    assert [tuple(row.fields.values()) for row in rows_of(path)] == [
        ("a", "x", "2"),
        ("b", "", ""),
        ("c", "", ""),
    ]
    assert left_out(path) == [
        ("b.xlsx#S:3", "errors of formulas"),
        ("b.xlsx#S:3", "formulas without a value"),
    ]


def test_rich_texts_are_joined_and_readings_left_out(tmp_path):
    shared = "<si><r><t>to</t></r><r><t xml:space='preserve'> day</t></r><rPh><t>X</t></rPh></si>"
    sheet = sheet_rows(cell("A1", "text"), '<c r="A2" t="s"><v>0</v></c>')
    path = xlsx_book(tmp_path / "b.xlsx", {"S": sheet}, shared=shared)
    assert rows_of(path)[0].fields == {"text": "to day"}


def test_cells_beside_the_header_stay_visible(tmp_path):
    sheet = sheet_rows(
        cell("A1", "text") + cell("C1", "label"),
        cell("A2", "a") + cell("B2", "note") + cell("C2", "x") + cell("E2", "odd"),
        cell("A3", "b") + cell("C3", "y"),
    )
    path = xlsx_book(tmp_path / "b.xlsx", {"S": sheet})
    assert [row.fields for row in rows_of(path)] == [
        {"text": "a", "label": "x", "column 2": "note", "column 5": "odd"},
        {"text": "b", "label": "y"},
    ]


def test_a_header_that_names_a_column_twice_is_refused(tmp_path):
    sheet = sheet_rows(cell("A1", "text") + cell("B1", "text"), cell("A2", "a") + cell("B2", "b"))
    path = xlsx_book(tmp_path / "b.xlsx", {"S": sheet})
    with pytest.raises(DataError, match=r"b\.xlsx#S:1: the header names `text` twice"):
        rows_of(path)


def test_a_column_of_numbers_without_a_name_does_not_hide_the_header(tmp_path):
    sheet = sheet_rows(
        cell("B1", "text") + cell("C1", "label"),
        *(
            f'<c r="A{at}"><v>{at}</v></c>' + cell(f"B{at}", "a") + cell(f"C{at}", "x")
            for at in (2, 3)
        ),
    )
    path = xlsx_book(tmp_path / "b.xlsx", {"S": sheet})
    assert rows_of(path)[0].fields == {"text": "a", "label": "x", "column 1": "2"}


ROWS = sheet_rows(cell("A1", "text") + cell("B1", "label"), cell("A2", "a") + cell("B2", "x"))
EMPTY = "<sheetData/>"


def test_the_only_sheet_with_rows_is_meant_and_hidden_ones_are_said(tmp_path):
    sheets = {"Notes": EMPTY, "May 24": ROWS, "old hidden": ROWS, "void hidden": EMPTY}
    xlsx_book(tmp_path / "b.xlsx", sheets)
    found = find_files({"all": ("b.xlsx",)}, folder=tmp_path)
    assert [file.name for file in found.files] == ["b.xlsx#May 24"]
    (count,) = found.counts
    assert (count.what, count.num_rows, count.examples) == ("hidden sheets", 1, ("b.xlsx#old",))


def test_several_sheets_with_rows_are_a_question_that_names_them(tmp_path):
    xlsx_book(tmp_path / "b.xlsx", {"May": ROWS, "June": ROWS, "July": EMPTY})
    with pytest.raises(DataError) as caught:
        find_files({"all": ("b.xlsx",)}, folder=tmp_path)
    assert caught.value.problem == "has 2 sheets with rows: which is meant?"
    assert "`b.xlsx#May`, `b.xlsx#June` under `data`" in caught.value.fix
    both = find_files({"train": ("b.xlsx#May",), "test": ("b.xlsx#June",)}, folder=tmp_path)
    assert [(file.name, file.split) for file in both.files] == [
        ("b.xlsx#May", "train"),
        ("b.xlsx#June", "test"),
    ]
    with pytest.raises(DataError, match=r"has no such sheet\. Did you mean `June`\?"):
        find_files({"all": ("b.xlsx#june",)}, folder=tmp_path)
    with pytest.raises(DataError, match="stands twice"):
        find_files({"all": ("b.xlsx#May", "./b.xlsx#May")}, folder=tmp_path)


def test_a_workbook_with_macros_is_read_and_its_macros_are_not(tmp_path):
    xlsx_book(tmp_path / "b.xlsm", {"S": ROWS}, more={"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"})
    found = find_files({"all": ("b.xlsm",)}, folder=tmp_path)
    assert [count.what for count in found.counts] == ["macros"]
    assert [row.fields for row in read_rows(found.files[0])] == [{"text": "a", "label": "x"}]


def test_open_document_sheets_are_read_with_all_that_they_shorten(tmp_path):
    tables = (
        '<table:table table:name="Cover" table:style-name="ta2"><table:table-row>'
        f"{ods_cell('hidden')}</table:table-row></table:table>"
        '<table:table table:name="May"><table:table-row>'
        f"{ods_cell('text')}{ods_cell('label')}{ods_cell('when')}"
        '<table:table-cell table:number-columns-repeated="16381"/></table:table-row>'
        '<table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="string">'
        "<office:annotation><text:p>a note</text:p></office:annotation>"
        '<text:p>two<text:s text:c="2"/>spaces</text:p><text:p>two lines</text:p></table:table-cell>'
        '<table:table-cell table:number-rows-spanned="3" office:value-type="boolean" '
        'office:boolean-value="true"><text:p>TRUE</text:p></table:table-cell>'
        '<table:table-cell office:value-type="date" office:date-value="2024-05-01"/></table:table-row>'
        f"<table:table-row>{ods_cell('c')}<table:covered-table-cell/>"
        '<table:table-cell office:value-type="time" office:time-value="PT07H30M00S"/></table:table-row>'
        '<table:table-row table:number-rows-repeated="1048570"><table:table-cell '
        'table:number-columns-repeated="16384"/></table:table-row></table:table>'
    )
    styles = '<style:style style:name="ta2"><style:table-properties table:display="false"/></style:style>'
    ods_book(tmp_path / "b.ods", tables, styles=styles)
    text = "two  spaces\ntwo lines"
    assert [(row.place, *row.fields.values()) for row in rows_of(tmp_path / "b.ods")] == [
        ("b.ods#May:2", text, "TRUE", "2024-05-01"),
        ("b.ods#May:3", text, "TRUE", "2024-05-01"),
        ("b.ods#May:4", "c", "TRUE", "07:30:00"),
    ]
    found = find_files({"all": ("b.ods",)}, folder=tmp_path)
    assert [count.examples for count in found.counts] == [("b.ods#Cover",)]


def test_a_cell_that_is_too_long_is_a_bad_row(tmp_path):
    long = "x" * 10_000_001
    sheet = sheet_rows(cell("A1", "text"), cell("A2", long), cell("A3", "b"))
    path = xlsx_book(tmp_path / "b.xlsx", {"S": sheet})
    found = list(read_rows(data_file(path)))
    assert isinstance(found[0], BadRow)
    assert found[0].problems[0].rule == "too long"
    assert [row.fields for row in found if isinstance(row, RawRow)] == [{"text": "b"}]


def test_names_of_classes_inside_arrow_and_parquet_take_the_place_of_numbers(tmp_path):
    features = b'{"info": {"features": {"label": {"names": ["refund", "delivery"], "_type": "ClassLabel"}}}}'
    table = pa.table({"text": ["a", "b", "c"], "label": [1, 0, -1]})
    table = table.replace_schema_metadata({b"huggingface": features})
    with pa.ipc.new_file(str(tmp_path / "a.arrow"), table.schema) as writer:
        writer.write_table(table)
    import pyarrow.parquet as pq

    pq.write_table(table, tmp_path / "a.parquet")
    for name in ("a.arrow", "a.parquet"):
        labels = [row.fields["label"] for row in rows_of(tmp_path / name)]
        assert labels == ["delivery", "refund", None]


def test_init_looks_into_workbooks_and_databases(tmp_path):
    as_workbook(tmp_path / "b.xlsx", two_classes(10))
    as_sqlite(tmp_path / "b.db", two_classes(10))
    for name in ("b.xlsx", "b.db"):
        guess = peek([name], tmp_path)
        assert guess.columns == {"input": "text", "output": "label"}
        assert (guess.num_rows, guess.is_exact) == (20, True)


def test_a_folder_may_hold_several_kinds(tmp_path):
    folder = tmp_path / "mails"
    folder.mkdir()
    for at, name in enumerate(sorted(WRITERS)):
        WRITERS[name](
            folder / name, messages("refund", 5, start=100 * at) + messages("b", 5, start=100 * at)
        )
    dataset = prepared(tmp_path, goal("mails"))
    assert sum(dataset.card.num_examples.values()) == 10 * len(WRITERS)
    sources = {place.rpartition(":")[0] for place in dataset.train.sources}
    assert {"mails/rows.xlsx#Mails", "mails/rows.db", "mails/stream.arrow"} <= sources
