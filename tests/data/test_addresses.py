"""Files behind addresses: fetched once, again when they changed, and never without leave."""

from __future__ import annotations

import http.server
import json
import threading
import zipfile
from contextlib import contextmanager

import fsspec
import pytest
from small_data import goal, prepared, two_classes, write_rows
from table_files import as_workbook

from sartor.core.errors import DataError
from sartor.data import remote
from sartor.data.copies import Copies
from sartor.data.files import find_files
from sartor.data.readers import read_rows
from sartor.store.artifacts import DiskArtifacts

LINES = "".join(json.dumps(row) + "\n" for row in two_classes(25)).encode()


@pytest.fixture
def store():
    """The store in memory, empty before and after."""
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]
    yield memory
    memory.store.clear()


def fetched(folder, *entries, is_offline=False):
    copies = Copies(DiskArtifacts(folder / ".artifacts"), is_offline=is_offline)
    return find_files({"all": entries}, folder=folder, copies=copies)


def texts(found):
    return [row.fields["text"] for file in found.files for row in read_rows(file)]


@contextmanager
def web_server(content, *, etag=None, status=200):
    """A web server with one file; `asked` lists what was asked of it."""

    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.command)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content[0])))
            if etag:
                self.send_header("ETag", etag[0])
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content[0])

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def test_a_file_of_the_web_is_fetched_once(tmp_path):
    with web_server([LINES], etag=['"v1"']) as (address, asked):
        first = prepared(tmp_path, goal(f"{address}/mails.jsonl"))
        second = prepared(tmp_path, goal(f"{address}/mails.jsonl"))
    assert asked.count("GET") == 1
    assert first.hash == second.hash
    assert first.train.sources[0].startswith(f"{address}/mails.jsonl:")


def test_a_file_that_changed_is_fetched_again_and_it_is_said(tmp_path):
    content, etag = [LINES], ['"v1"']
    with web_server(content, etag=etag) as (address, _):
        first = prepared(tmp_path, goal(f"{address}/mails.jsonl"))
        content[0], etag[0] = LINES + b'{"text": "new", "label": "refund"}\n', '"v2"'
        second = prepared(tmp_path, goal(f"{address}/mails.jsonl"))
    assert first.hash != second.hash
    assert "changed source" in [count.what for count in second.card.counts]


def test_without_a_mark_of_its_state_a_file_is_compared(tmp_path):
    with web_server([LINES]) as (address, asked):
        first, second = (fetched(tmp_path, f"{address}/mails.jsonl") for _ in range(2))
    assert asked.count("GET") == 2
    assert first.files == second.files
    assert second.counts == ()


def test_the_format_may_stand_in_a_parameter_and_secrets_are_not_shown(tmp_path):
    with web_server([b"text,label\na,x\n"]) as (address, _):
        found = fetched(tmp_path, f"{address}/export?id=7&format=csv&token=hunter2hunter2")
    assert texts(found) == ["a"]
    assert found.files[0].name == f"{address}/export?id=7&format=csv&token=***"


@pytest.mark.parametrize(("status", "words"), [(404, "does not exist"), (403, "cannot be fetched")])
def test_what_the_web_refuses_is_said(tmp_path, status, words):
    with web_server([b""], status=status) as (address, _), pytest.raises(DataError) as caught:
        fetched(tmp_path, f"{address}/a.jsonl?key=hunter2hunter2")
    assert words in caught.value.problem
    assert str(status) in caught.value.problem
    assert "hunter2" not in str(caught.value)


def test_a_server_that_is_not_there_is_said(tmp_path):
    with pytest.raises(DataError, match="cannot be fetched"):
        fetched(tmp_path, "http://user:hunter2@127.0.0.1:9/a.jsonl")


def test_offline_only_copies_are_read(tmp_path):
    with web_server([LINES], etag=['"v1"']) as (address, asked):
        with pytest.raises(
            DataError, match=r"may not be fetched \(offline\), and there is no copy"
        ):
            fetched(tmp_path, f"{address}/mails.jsonl", is_offline=True)
        assert asked == []
        fetched(tmp_path, f"{address}/mails.jsonl")
        num_asked = len(asked)
        found = fetched(tmp_path, f"{address}/mails.jsonl", is_offline=True)
    assert len(texts(found)) == 50
    assert len(asked) == num_asked


def test_a_file_larger_than_the_limit_is_refused(tmp_path, monkeypatch, store):
    monkeypatch.setattr(remote, "MAX_DECOMPRESSED_BYTES", 100)
    store.pipe("/big.jsonl", LINES)
    with pytest.raises(DataError, match="is larger than"):
        fetched(tmp_path, "memory://big.jsonl")
    with web_server([LINES]) as (address, _), pytest.raises(DataError, match="is larger than"):
        fetched(tmp_path, f"{address}/mails.jsonl")


def test_folders_and_patterns_of_a_store_give_all_their_files(tmp_path, store):
    store.pipe("/mails/train.jsonl", LINES)
    store.pipe(
        "/mails/test.jsonl",
        b'{"text": "t", "label": "refund"}\n{"text": "u", "label": "delivery"}\n',
    )
    store.pipe("/mails/readme.txt", b"no data")
    found = fetched(tmp_path, "memory://mails")
    assert [(file.name, file.split) for file in found.files] == [
        ("memory://mails/test.jsonl", "test"),
        ("memory://mails/train.jsonl", "train"),
    ]
    assert len(texts(fetched(tmp_path, "memory://mails/tr*.jsonl"))) == 50
    with pytest.raises(DataError, match="has no data file in it"):
        fetched(tmp_path, "memory://mails/*.txt")


def test_a_sheet_of_a_workbook_behind_an_address(tmp_path, store):
    as_workbook(tmp_path / "b.xlsx", two_classes(3), sheet="May")
    store.pipe("/b.xlsx", (tmp_path / "b.xlsx").read_bytes())
    for entry in ("memory://b.xlsx", "memory://b.xlsx#May"):
        found = fetched(tmp_path, entry)
        assert [file.name for file in found.files] == ["memory://b.xlsx#May"]
        assert len(texts(found)) == 6


def test_files_and_archives_by_address(tmp_path):
    write_rows(tmp_path / "a.jsonl", two_classes(3))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "a.jsonl", "inner/a.jsonl")
    plain = [row["text"] for row in two_classes(3)]
    assert texts(fetched(tmp_path, f"file://{tmp_path}/a.jsonl")) == plain
    assert texts(fetched(tmp_path, "zip://inner/a.jsonl::a.zip", is_offline=True)) == plain
    for entry in ("zip://../a.jsonl::a.zip", "zip://a.jsonl::b.zip", f"file://{tmp_path}/b.jsonl"):
        with pytest.raises(DataError):
            fetched(tmp_path, entry)


@pytest.mark.parametrize(
    "entry", ["simplecache::s3://b/a.csv", "reference://a::memory://b", "github://a"]
)
def test_stores_that_are_not_listed_are_refused(tmp_path, entry):
    with pytest.raises(DataError) as caught:
        fetched(tmp_path, entry)
    assert caught.value.problem in ("is an address of an unknown kind.", "does not exist.")


def test_a_missing_library_is_named_with_its_extra(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(DataError, match=r"pip install 'sartor\[remote\]'"):
        fetched(tmp_path, "s3://bucket/a.csv")
