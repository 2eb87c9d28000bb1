"""Conversations of Intercom become rows; the type of an author says on which side it stands."""

from __future__ import annotations

import json

import pytest
from exports import INTERCOM, INTERCOM_ROW, dropped, read_as, rows_of, said

from sartor.data.row import BadRow


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([INTERCOM]),
        json.dumps(
            {"type": "conversation.list", "pages": {"page": 1}, "conversations": [INTERCOM]}
        ),
        json.dumps(INTERCOM) + "\n",
        json.dumps(INTERCOM, indent=1),
    ],
)
def test_a_conversation_is_one_row_in_every_spelling(tmp_path, content):
    found = read_as("intercom", tmp_path / "i.json", content)
    assert rows_of(found) == [INTERCOM_ROW]
    assert dropped(found) == {
        "images": 1,
        "attachments": 1,
        "internal notes": 1,
        "system lines": 2,
        "messages that the export lacks": 2,
    }


def test_a_greeting_of_the_bot_is_not_the_question(tmp_path):
    parts = INTERCOM["conversation_parts"]["conversation_parts"]
    source = {**INTERCOM["source"], "author": {"type": "bot"}, "body": "<p>How can we help?</p>"}
    asked = {"part_type": "comment", "body": "A zip", "author": {"type": "user", "id": "u"}}
    item = {**INTERCOM, "source": source, "conversation_parts": [asked, parts[3]]}
    (row,) = rows_of(read_as("intercom", tmp_path / "i.json", json.dumps([item])))
    assert [role for role, _ in said(row)] == ["a", "u", "a"]
    assert row["text"] == "A zip"


@pytest.mark.parametrize(
    ("part", "field", "rule"),
    [
        ({"part_type": "comment", "body": "x", "author": {}}, "author.type", "unknown role"),
        ("x", "conversation_parts[0]", "not messages"),
    ],
)
def test_a_part_that_cannot_be_read_is_named(tmp_path, part, field, rule):
    content = json.dumps([{**INTERCOM, "conversation_parts": [part]}])
    (bad,) = read_as("intercom", tmp_path / "i.json", content)
    assert isinstance(bad, BadRow)
    assert field in bad.problems[0].field
    assert bad.problems[0].rule == rule


def test_who_is_named_as_agent_answers_though_intercom_takes_them_for_a_lead(tmp_path):
    found = read_as("intercom", tmp_path / "i.json", json.dumps([INTERCOM]), agents=["Ben"])
    assert dropped(found)["conversations that nobody asked in"] == 1


def test_redacted_parts_are_counted(tmp_path):
    part = {"part_type": "comment", "body": "secret", "redacted": True, "author": {"type": "user"}}
    content = json.dumps([{**INTERCOM, "conversation_parts": [part]}])
    found = read_as("intercom", tmp_path / "i.json", content)
    assert dropped(found)["deleted messages"] == 1
    assert "secret" not in str(found)
