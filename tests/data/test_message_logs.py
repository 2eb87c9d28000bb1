"""Logs with one message a row: several rows become one conversation, wherever they stand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from exports import LOG, dropped, read_as, rows_of, said
from small_data import goal, prepared

from sartor.core.errors import DataError
from sartor.core.goal import Columns, DataFormat
from sartor.data.row import BadRow

MULTIDOGO = (
    Path(__file__).resolve().parents[2].parent / "shared" / "data" / "multidogo" / "dev.jsonl.gz"
)


def test_rows_of_a_conversation_are_gathered_with_their_other_columns(tmp_path):
    found = read_as("message_log", tmp_path / "l.csv", LOG)
    first, second = rows_of(found)
    assert first == {
        "messages": [
            {"role": "user", "content": "Is linen cool?"},
            {"role": "assistant", "content": "Very."},
            {"role": "user", "content": "Thanks,\nbye"},
        ],
        "text": "Is linen cool?",
        "subject": "",
        "tags": [],
        "group": "c1",
        "conversation": "c1",
        "time": "2026-03-02T09:14:00",
        "queue": "fabrics",
        "intent": ["ask", "answer", "thank"],
    }
    assert (second["bot_messages"], second["intent"]) == ([1], "greet")
    assert dropped(found) == {"system lines": 1}


def _lines(rows) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_a_number_in_the_conversation_sorts_before_time_and_file(tmp_path):
    rows = [
        {"conv": 7, "turn": turn, "role": role, "text": role, "created_at": 1772442840 - turn}
        for turn, role in ((10, "agent"), (9, "user"), (2, "assistant"), (1, "user"))
    ]
    (row,) = rows_of(read_as("message_log", tmp_path / "l.jsonl", _lines(rows)))
    assert [text for _, text in said(row)] == ["user", "assistant", "user", "agent"]


def test_newest_first_is_turned_by_time(tmp_path):
    rows = [
        {
            "chat_id": "a",
            "sender": "agent",
            "message": "2",
            "timestamp": "2026-03-02T09:15:00+01:00",
        },
        {"chat_id": "a", "sender": "client", "message": "1", "timestamp": "2026-03-02T08:14:00Z"},
    ]
    (row,) = rows_of(read_as("message_log", tmp_path / "l.jsonl", _lines(rows)))
    assert said(row) == [("u", "1"), ("a", "2")]
    assert row["time"] == "2026-03-02T08:14:00Z"


def test_a_role_tells_the_side_and_the_name_beside_it_the_customer(tmp_path):
    rows = [
        {"conversation_id": "a", "role": "customer", "author": "Ann", "text": "hi"},
        {"conversation_id": "a", "role": "agent", "author": "Lena", "text": "hello"},
        {
            "conversation_id": "a",
            "role": "agent",
            "author": "Lena",
            "text": "she is odd",
            "public": "false",
        },
    ]
    found = read_as("message_log", tmp_path / "l.jsonl", _lines(rows))
    (row,) = rows_of(found)
    assert (row["group"], len(row["messages"])) == ("Ann", 2)
    assert dropped(found) == {"internal notes": 1}


BAD = [
    ({"text": "a", "role": "user"}, "conversation_id", "missing field"),
    ({"conversation_id": "", "text": "a"}, "conversation_id", "missing field"),
    ({"conversation_id": "a", "text": 7}, "text", "not text"),
]


@pytest.mark.parametrize(("row", "column", "rule"), BAD)
def test_a_row_that_belongs_nowhere_is_named(tmp_path, row, column, rule):
    good = {"conversation_id": "b", "role": "user", "text": "hi"}
    found = read_as("message_log", tmp_path / "l.jsonl", _lines([good, row]))
    (bad,) = [one for one in found if isinstance(one, BadRow)]
    assert bad.place == "l.jsonl:2"
    assert (bad.problems[0].field, bad.problems[0].rule) == (column, rule)


def test_two_columns_for_one_thing_are_a_question(tmp_path):
    row = {"conversation_id": 1, "ticket_id": 2, "role": "user", "text": "a"}
    with pytest.raises(DataError, match="`conversation_id` and `ticket_id`"):
        read_as("message_log", tmp_path / "l.jsonl", _lines([row]))


def test_names_alone_do_not_say_who_answers(tmp_path):
    rows = [{"conv": 1, "speaker": name, "text": "a"} for name in ("ann@hem.example", "Lena")]
    with pytest.raises(DataError, match=r"`<EMAIL>` \(1\), `Lena`"):
        read_as("message_log", tmp_path / "l.jsonl", _lines(rows))


@pytest.mark.needs_shared
@pytest.mark.skipif(not MULTIDOGO.is_file(), reason="../shared/data is absent")
def test_multidogo_is_read_as_conversations_of_customers():
    found = read_as("message_log", MULTIDOGO)
    rows = [row.fields for row in found if not isinstance(row, BadRow) and hasattr(row, "fields")]
    assert dropped(found)["files without a speaker column"] == 1
    assert (
        sum(len(row["messages"]) for row in rows) + dropped(found).get("messages without text", 0)
        == 11_585
    )
    first = next(
        row for row in rows if row["conversation"] == "31971762-f14e-4d55-b909-0370f6e4db19"
    )
    assert first["text"].startswith("hi good morning\n\ni want to book a ticket in flight\n\nviswa")
    assert first["domain"] == "airline"
    assert first["intents"][:2] == ["openinggreeting", "bookflight"]
    assert {row["domain"] for row in rows} == {
        "airline",
        "fastfood",
        "finance",
        "insurance",
        "media",
        "software",
    }


@pytest.mark.needs_shared
@pytest.mark.skipif(not MULTIDOGO.is_file(), reason="../shared/data is absent")
def test_multidogo_can_be_learned_a_conversation_at_a_time(tmp_path):
    wanted = goal(str(MULTIDOGO), format=DataFormat.MESSAGE_LOG, columns=Columns(output="domain"))
    dataset = prepared(tmp_path, wanted, skip_bad=True)
    assert set(dataset.labels) == {
        "airline",
        "fastfood",
        "finance",
        "insurance",
        "media",
        "software",
    }
