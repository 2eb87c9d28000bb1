"""Readers turn files into rows with the place where a person finds them."""

from __future__ import annotations

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_data import data_file, read_bytes

from sartor.core.errors import DataError
from sartor.data import byte_stream, read_csv
from sartor.data.readers import read_rows
from sartor.data.row import BadRow, RawRow

ROWS = [{"text": "where is it?", "label": "status"}, {"text": "grüß 🧵\ngott", "label": "praise"}]


def _bytes_of(form: str, tmp_path) -> bytes:
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "t")
        return (tmp_path / "t").read_bytes()
    if form == "jsonl":
        return "\n".join(json.dumps(row) for row in ROWS).encode()
    if form == "json":
        return json.dumps(ROWS, indent=2, ensure_ascii=False).encode()
    mark = {"csv": ",", "tsv": "\t"}[form]
    lines = [f'"{row["text"]}"{mark}{row["label"]}' for row in ROWS]
    return "\r\n".join([f"text{mark}label", *lines]).encode()


@pytest.mark.parametrize("is_gzipped", [False, True])
@pytest.mark.parametrize("form", ["jsonl", "json", "csv", "tsv", "parquet"])
def test_every_format_gives_the_same_rows(tmp_path, form, is_gzipped):
    content = _bytes_of(form, tmp_path)
    name = f"rows.{form}{'.gz' if is_gzipped else ''}"
    rows = read_bytes(tmp_path, name, gzip.compress(content) if is_gzipped else content)
    assert [row.fields for row in rows] == ROWS


def test_csv_lines_are_physical_lines(tmp_path):
    content = b'text,label\n"one\ntwo\nthree",a\n\nfour,b\n'
    rows = read_bytes(tmp_path, "m.csv", content)
    assert [(row.place, row.fields["text"]) for row in rows] == [
        ("m.csv:2", "one\ntwo\nthree"),
        ("m.csv:6", "four"),
    ]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_recognised_though_texts_hold_the_others(tmp_path, mark):
    others = " ".join(set(",;|") - {mark})
    lines = [f"text{mark}label", *(f"hello {others} you{mark}a" for _ in range(3))]
    rows = read_bytes(tmp_path, "m.csv", "\n".join(lines).encode())
    assert [row.fields["label"] for row in rows] == ["a", "a", "a"]


@pytest.mark.parametrize("name", ["m.csv", "m.jsonl", "m.json"])
def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path, name):
    body = {
        "m.csv": b"text,label\nhi,a\n",
        "m.jsonl": b'{"text":"hi","label":"a"}\n',
        "m.json": b'[{"text":"hi","label":"a"}]',
    }[name]
    (row,) = read_bytes(tmp_path, name, b"\xef\xbb\xbf" + body)
    assert row.fields == {"text": "hi", "label": "a"}


def test_a_cell_beyond_the_csv_modules_own_limit_is_read(tmp_path):
    (row,) = read_bytes(tmp_path, "m.csv", b"text,label\n" + b"x" * 200_000 + b",a\n")
    assert len(row.fields["text"]) == 200_000


BROKEN = [
    ("m.jsonl", b'{"text":"a","label":"b"}\n{"text": "a" "b"}\n', "m.jsonl:2", "broken JSON", "14"),
    ("m.jsonl", b'{"text":"a"}\n[1, 2]\n', "m.jsonl:2", "not an object", "object"),
    ("m.jsonl", b"{}\n" + b"[" * 100_000 + b"\n", "m.jsonl:2", "broken JSON", "deep"),
    ("m.jsonl", b"{}\n" + b"9" * 5_000 + b"\n", "m.jsonl:2", "broken JSON", "too long"),
    ("m.jsonl", b'{"a":1}\n{"text":"Gr\xfc\xdfe"}\n', "m.jsonl:2", "not UTF-8", "Byte 19 (0xFC)"),
    ("m.jsonl", b'{"text":"a\x00b"}\n', "m.jsonl:1", "broken JSON", "Column 11"),
    ("m.json", b'[{"a":1}, 7, {"a":2}]', "m.json:2", "not an object", "object"),
    ("m.csv", b"text,label\na,b\na,b,c\n", "m.csv:3", "ragged row", "3 cells under 2"),
    ("m.csv", b'text,label\n"a"b,c\n', "m.csv:2", "broken CSV", "double the quotes"),
    ("m.csv", b'text,label\na,b\n"c,d\ne,f\n', "m.csv:3", "broken CSV", "up to line 4"),
    ("m.csv", b"text,label\nGr\xfc\xdfe,b\n", "m.csv:2", "not UTF-8", "Byte 13 (0xFC)"),
    ("m.jsonl", b'{"a":"\xe2\x82', "m.jsonl:1", "not UTF-8", "cut off"),
]


@pytest.mark.parametrize(("name", "content", "place", "rule", "fix"), BROKEN)
def test_a_broken_row_is_named_with_its_place(tmp_path, name, content, place, rule, fix):
    (bad,) = [row for row in read_bytes(tmp_path, name, content) if isinstance(row, BadRow)]
    (problem,) = bad.problems
    assert (problem.place, problem.rule) == (place, rule)
    assert fix in problem.fix


def test_rows_after_a_broken_one_are_read(tmp_path):
    rows = read_bytes(tmp_path, "m.csv", b'text,label\n"a"b,c\nd,e\n')
    assert isinstance(rows[0], BadRow)
    assert rows[1] == RawRow("m.csv", 3, {"text": "d", "label": "e"})


WHOLE_FILES = [
    ("m.csv", "text,label\nhi,a\n".encode("utf-16"), "UTF-16"),
    ("m.csv", "text,label\nhi,a\n".encode("utf-16-le"), "NUL"),
    ("m.csv", b"text,label\rhi,a\rho,b\r", "carriage return"),
    ("m.csv", b"text,text\na,b\n", "twice"),
    ("m.csv", b"t\xe4xt,label\na,b\n", "header is not UTF-8"),
    ("m.jsonl", gzip.compress(b"{}", mtime=0), "gzipped"),
    ("m.csv", b"PK\x03\x04rest", "zip"),
    ("m.jsonl.gz", b"{}\n{}\n", "cannot be read beyond byte 0"),
    ("m.jsonl.gz", gzip.compress(b'{"a": 1}\n' * 99, mtime=0)[:-9], "cannot be read"),
    ("m.parquet", b"PAR1 and then nothing", "Parquet"),
]


@pytest.mark.parametrize(("name", "content", "problem"), WHOLE_FILES)
def test_a_file_that_cannot_be_read_at_all_is_one_error(tmp_path, name, content, problem):
    with pytest.raises(DataError, match=problem) as caught:
        read_bytes(tmp_path, name, content)
    assert caught.value.where.startswith(name)
    assert caught.value.fix


def test_a_broken_array_names_row_line_and_column(tmp_path):
    content = b'[\n {"text": "a"},\n {"text": "b" "c"}\n]'
    with pytest.raises(DataError) as caught:
        read_bytes(tmp_path, "m.json", content)
    assert caught.value.where == "m.json:3"
    assert "row 2 is broken JSON at column 15" in caught.value.problem


@pytest.mark.parametrize("block", [1, 2, 7, 64])
def test_arrays_do_not_depend_on_where_the_blocks_end(tmp_path, monkeypatch, block):
    items = [{"text": "ä" * 20, "n": 12345, "deep": [{"a": None}]}, {}, {"n": -1.5e3, "t": True}]
    path = tmp_path / "m.json"
    path.write_bytes(json.dumps(items, ensure_ascii=False, indent=1).encode())
    monkeypatch.setattr(byte_stream.ByteStream.read, "__defaults__", (block,))
    assert [row.fields for row in read_rows(data_file(path))] == items


@pytest.mark.parametrize("block", [1, 3, 1000])
def test_lines_do_not_depend_on_where_the_blocks_end(tmp_path, monkeypatch, block):
    monkeypatch.setattr(byte_stream.ByteStream.read, "__defaults__", (block,))
    rows = read_bytes(tmp_path, "m.jsonl", '{"t":"ä"}\n\n{"t":"b"}\r\n{"t":"c"}'.encode())
    assert [(row.line, row.fields["t"]) for row in rows] == [(1, "ä"), (3, "b"), (4, "c")]


def test_json_lines_under_a_json_name_are_read(tmp_path):
    assert len(read_bytes(tmp_path, "m.json", b'{"a":1}\n{"a":2}\n')) == 2


def test_a_line_beyond_the_cap_is_skipped_and_the_next_ones_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(byte_stream, "MAX_LINE_BYTES", 1_000)
    monkeypatch.setattr(byte_stream.ByteStream.read, "__defaults__", (100,))
    content = b'{"a":1}\n{"a":"' + b"x" * 5_000 + b'"}\n{"a":3}\n'
    rows = read_bytes(tmp_path, "m.jsonl", content)
    assert [getattr(row, "line", None) for row in rows] == [1, None, 3]
    assert rows[1].problems[0].rule == "too long"
    assert rows[1].place == "m.jsonl:2"


@pytest.mark.slow
def test_a_gzip_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(byte_stream, "MAX_DECOMPRESSED_BYTES", 1 << 20)
    with pytest.raises(DataError, match="grows beyond"):
        read_bytes(tmp_path, "m.jsonl.gz", gzip.compress(b"{}\n" * (1 << 20)))


def test_a_cell_beyond_the_cap_is_a_bad_row(tmp_path, monkeypatch):
    monkeypatch.setattr(read_csv, "MAX_FIELD_CHARACTERS", 1_000)
    rows = read_bytes(tmp_path, "m.csv", b"text,label\n" + b"x" * 2_000 + b",a\nb,c\n")
    assert rows[0].problems[0].rule == "broken CSV"
    assert "longer than" in rows[0].problems[0].fix
    assert rows[1].fields == {"text": "b", "label": "c"}


def test_parquet_times_of_any_precision_are_text(tmp_path):
    times = pa.array([1, 10**18 + 1], pa.timestamp("ns"))
    pq.write_table(pa.table({"text": ["a", "b"], "time": times}), tmp_path / "m.parquet")
    rows = list(read_rows(data_file(tmp_path / "m.parquet")))
    assert rows[0].fields["time"] == "1970-01-01 00:00:00.000000001"
