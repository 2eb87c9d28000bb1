"""Databases are asked, never changed; what they answered is kept, and a change is said."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from small_data import goal, prepared, two_classes
from table_files import as_sqlite

from sartor.core.errors import DataError
from sartor.core.goal import Constraints
from sartor.data.copies import Copies
from sartor.data.files import find_files
from sartor.data.query import check_query
from sartor.data.readers import read_rows
from sartor.store.artifacts import DiskArtifacts

ROWS = [{"body": row["text"], "queue": row["label"]} for row in two_classes(25)]
QUERY = "SELECT body AS text, queue AS label FROM mails"


def asked(folder, entry, *, is_offline=False):
    """The rows of an entry, and what is said about it."""
    copies = Copies(DiskArtifacts(folder / ".artifacts"), is_offline=is_offline)
    found = find_files({"all": (entry,)}, folder=folder, copies=copies)
    return [row for file in found.files for row in read_rows(file)], found.counts


def execute(folder, statement):
    with closing(sqlite3.connect(folder / "shop.db")) as database:
        database.execute(statement)
        database.commit()


@pytest.mark.parametrize("driver", ["sqlite", "sqlite+pysqlite"])
def test_a_query_gives_its_rows_with_their_places(tmp_path, driver, monkeypatch):
    monkeypatch.chdir(tmp_path)
    as_sqlite(tmp_path / "shop.db", ROWS)
    entry = f"{driver}:///shop.db#{QUERY} ORDER BY rowid DESC;"
    rows, counts = asked(tmp_path, entry)
    assert rows[0].fields == {"text": ROWS[-1]["body"], "label": ROWS[-1]["queue"]}
    assert rows[1].place == f"{entry}:2"
    assert len(rows) == 50
    assert counts == ()


def test_through_sqlalchemy_the_table_and_the_question_are_the_same(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    as_sqlite(tmp_path / "shop.db", ROWS)
    direct, _ = asked(tmp_path, "sqlite:///shop.db#mails")
    through, _ = asked(tmp_path, "sqlite+pysqlite:///shop.db")
    assert [row.fields for row in through] == [row.fields for row in direct]
    execute(tmp_path, "CREATE TABLE shops (name)")
    with pytest.raises(DataError, match="has 2 tables with rows: which is meant"):
        asked(tmp_path, "sqlite+pysqlite:///shop.db")


def test_several_tables_are_a_question_and_views_may_be_named(tmp_path):
    as_sqlite(tmp_path / "shop.db", ROWS)
    as_sqlite(tmp_path / "shop.db", [{"name": "Hem & Co."}], table="our shops")
    execute(tmp_path, "CREATE TABLE drafts (a)")
    execute(tmp_path, "CREATE VIEW few AS SELECT body FROM mails LIMIT 3")
    for entry in ("shop.db", "sqlite:///shop.db"):
        with pytest.raises(DataError) as caught:
            asked(tmp_path, entry)
        assert caught.value.problem == "has 2 tables with rows: which is meant?"
        assert f"`{entry}#mails`, `{entry}#our shops`" in caught.value.fix
    assert len(asked(tmp_path, "shop.db#few")[0]) == 3
    assert asked(tmp_path, "shop.db#our shops")[0][0].fields == {"name": "Hem & Co."}
    with pytest.raises(DataError, match="there is no such table"):
        asked(tmp_path, "shop.db#mail")


REFUSED = [
    "DELETE FROM mails",
    "SELECT 1; DROP TABLE mails",
    "WITH x AS (DELETE FROM mails RETURNING *) SELECT * FROM x",
    "SELECT * INTO copy FROM mails",
    "PRAGMA journal_mode=WAL",
    "ATTACH DATABASE 'x.db' AS x",
    "VACUUM INTO 'x.db'",
    "select load_extension('x')",
    "/* */ UPDATE mails SET body = ''",
    "SELECT 1 FROM mails --\n; DELETE FROM mails",
    "CALL p()",
]


@pytest.mark.parametrize("query", REFUSED)
def test_only_questions_are_asked(tmp_path, query):
    as_sqlite(tmp_path / "shop.db", ROWS)
    before = (tmp_path / "shop.db").read_bytes()
    with pytest.raises(DataError, match="databases are only read"):
        asked(tmp_path, f"sqlite:///shop.db#{query}")
    assert (tmp_path / "shop.db").read_bytes() == before


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 'DROP; --' AS \"delete\" FROM mails",
        "with a as (select 1 as x) select x from a;",
        "(SELECT 1)",
        "-- the inbox\nSELECT 1 /* update */",
        "VALUES (1)",
    ],
)
def test_words_in_quotes_and_comments_do_no_harm(query):
    assert check_query(query, where="q") == query.strip().rstrip(";")


def test_the_same_rows_in_another_order_are_the_same_dataset(tmp_path):
    as_sqlite(tmp_path / "shop.db", ROWS)
    entry = f"sqlite:///shop.db#{QUERY}"
    first = prepared(tmp_path, goal(entry))
    execute(tmp_path, "CREATE TABLE other AS SELECT * FROM mails ORDER BY random()")
    execute(tmp_path, "DROP TABLE mails")
    execute(tmp_path, "ALTER TABLE other RENAME TO mails")
    assert prepared(tmp_path, goal(entry)).hash == first.hash
    execute(tmp_path, "INSERT INTO mails VALUES ('refund message number 99', 'refund')")
    changed = prepared(tmp_path, goal(entry))
    assert changed.hash != first.hash
    (count,) = [count for count in changed.card.counts if count.what == "changed source"]
    assert "gave 50 rows at 2" in count.note
    assert count.num_rows == 51


def test_two_workspaces_that_ask_the_same_have_the_same_dataset(tmp_path):
    hashes = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        as_sqlite(tmp_path / name / "shop.db", ROWS)
        hashes.add(prepared(tmp_path / name, goal("shop.db")).hash)
    assert len(hashes) == 1


SECRET = "hunter2hunter2"


def test_passwords_are_in_no_message_and_in_no_file(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_PASSWORD", SECRET)
    for login in (f"reader:{SECRET}", "reader:${SHOP_PASSWORD}", f"reader:{SECRET}/x@y"):
        entry = f"postgresql+nodriver://{login}@localhost:1/shop#mails"
        with pytest.raises(DataError) as caught:
            prepared(tmp_path, goal(entry))
        assert caught.value.where == "postgresql+nodriver://reader:***@localhost:1/shop#mails"
        assert SECRET not in str(caught.value)
    monkeypatch.delenv("SHOP_PASSWORD")
    with pytest.raises(DataError, match="environment variable `SHOP_PASSWORD` is not set"):
        prepared(tmp_path, goal("postgresql://r:${SHOP_PASSWORD}@h/shop#mails"))


def test_a_password_changes_no_dataset_and_is_nowhere_on_disk(tmp_path):
    as_sqlite(tmp_path / "shop.db", ROWS)
    hashes = set()
    for secret in (SECRET, SECRET[::-1]):
        entry = f"sqlite:///shop.db?password={secret}#{QUERY}"
        hashes.add(prepared(tmp_path, goal(entry)).hash)
    assert len(hashes) == 1
    contents = [
        path.read_bytes() for path in (tmp_path / ".artifacts").rglob("*") if path.is_file()
    ]
    assert not any(SECRET.encode() in content for content in contents)


def test_offline_the_rows_of_the_last_time_serve(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    as_sqlite(tmp_path / "shop.db", ROWS)
    entry = f"sqlite+pysqlite:///shop.db#{QUERY}"
    online = prepared(tmp_path, goal(entry))
    entry_of_server = "postgresql://r:x@h/shop#mails"
    with pytest.raises(
        DataError, match=r"may not be asked \(offline\), and its rows were never kept"
    ):
        asked(tmp_path, entry_of_server, is_offline=True)
    copies = Copies(DiskArtifacts(tmp_path / ".artifacts"))
    copies.add(
        "postgresql://r:***@h/shop#mails",
        {"digest": "", "num_rows": 1, "asked_at": ""},
        lambda folder: (folder / "rows.jsonl").write_text('{"text": "a"}\n'),
    )
    rows, _ = asked(tmp_path, entry_of_server, is_offline=True)
    assert [row.fields for row in rows] == [{"text": "a"}]
    offline = replace(goal(entry), constraints=Constraints(offline=True))
    assert prepared(tmp_path, offline).hash == online.hash


def test_values_of_every_type_become_json(tmp_path):
    from collections import Counter

    from sartor.data.database import row_fields

    binary: Counter[str] = Counter()
    values = {
        "text": "a",
        "none": None,
        "truth": True,
        "whole": 3,
        "share": 0.5,
        "endless": float("inf"),
        "price": Decimal("4.50"),
        "day": date(2024, 2, 29),
        "moment": datetime(2024, 2, 29, 1, 2),
        "blob": b"\x00",
        "list": [1, Decimal("2")],
    }
    fields = row_fields(list(values), list(values.values()), binary)
    assert json.loads(json.dumps(fields)) == {
        "text": "a",
        "none": None,
        "truth": True,
        "whole": 3,
        "share": 0.5,
        "endless": "inf",
        "price": "4.5",
        "day": "2024-02-29",
        "moment": "2024-02-29T01:02:00",
        "blob": None,
        "list": [1, "2"],
    }
    assert binary == {"blob": 1}


def test_binary_cells_are_left_out_and_counted(tmp_path):
    as_sqlite(
        tmp_path / "shop.db", [{"text": "a", "photo": b"\x89PNG"}, {"text": "b", "photo": None}]
    )
    rows, counts = asked(tmp_path, "shop.db")
    assert [row.fields["photo"] for row in rows] == [None, None]
    assert [(count.what, count.num_rows) for count in counts] == [("binary cells", 1)]


def test_columns_of_one_name_are_refused(tmp_path):
    as_sqlite(tmp_path / "shop.db", ROWS)
    with pytest.raises(DataError, match="the query names `body` twice"):
        asked(tmp_path, "sqlite:///shop.db#SELECT body, queue AS body FROM mails")


def test_a_query_that_cannot_be_answered_says_why(tmp_path):
    as_sqlite(tmp_path / "shop.db", ROWS)
    with pytest.raises(DataError, match=r"no such column: boddy"):
        asked(tmp_path, "sqlite:///shop.db#SELECT boddy FROM mails")
    with pytest.raises(DataError, match=r"cannot be opened \(No such file"):
        asked(tmp_path, "sqlite:///other.db#mails")
