"""Tickets of Zendesk become conversations, whichever of its exports they come from."""

from __future__ import annotations

import json

import pytest
from exports import TICKET, TICKET_ROW, USERS, dropped, read_as, rows_of, said

from sartor.core.errors import DataError
from sartor.data.byte_stream import DataFile
from sartor.data.row import BadRow

PAGE = {"tickets": [TICKET], "count": 1, "next_page": None, "users": USERS}


def _lines(items) -> str:
    return "".join(json.dumps(one) + "\n" for one in items)


SPELLINGS = {
    "page.json": json.dumps(PAGE),
    "pretty.json": json.dumps(PAGE, indent=2),
    "array.json": json.dumps([*USERS, TICKET]),
    "lines.ndjson": _lines([*USERS, TICKET]),
    "pages.jsonl": _lines([{"users": USERS}, {"tickets": [TICKET]}]),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_ticket_is_one_row_in_every_spelling(tmp_path, name):
    found = read_as("zendesk", tmp_path / name, SPELLINGS[name])
    assert rows_of(found) == [TICKET_ROW]
    assert dropped(found) == {"attachments": 1, "images": 1, "internal notes": 1}


def test_users_may_stand_in_a_file_beside_the_tickets(tmp_path):
    (tmp_path / "users.json").write_text(json.dumps(USERS))
    users = DataFile(tmp_path / "users.json", "users.json", "all", "json", "")
    found = read_as("zendesk", tmp_path / "t.jsonl", _lines([TICKET]), companions=(users,))
    assert rows_of(found) == [TICKET_ROW]


def test_requester_and_assignee_are_known_without_users(tmp_path):
    comments = [one for one in TICKET["comments"] if one["author_id"] != 903]
    found = read_as("zendesk", tmp_path / "t.jsonl", _lines([{**TICKET, "comments": comments}]))
    assert [role for role, _ in said(rows_of(found)[0])] == ["u", "a"]


def test_an_author_of_whom_nothing_is_known_is_asked_for(tmp_path):
    with pytest.raises(DataError, match="does not say who answers") as caught:
        read_as("zendesk", tmp_path / "t.jsonl", _lines([TICKET]))
    assert "`903`" in caught.value.problem
    assert "`agents`" in caught.value.fix


def test_agents_of_the_goal_answer_and_everybody_else_asks(tmp_path):
    found = read_as("zendesk", tmp_path / "t.jsonl", _lines([TICKET]), agents=["902", "lena"])
    assert [role for role, _ in said(rows_of(found)[0])] == ["u", "u", "a"]


def _audit(number: int, author: int, *events) -> dict:
    time = f"2026-03-02T09:{number:02}:00Z"
    return {
        "id": number,
        "ticket_id": 35,
        "created_at": time,
        "author_id": author,
        "events": events,
    }


def test_audits_are_gathered_into_their_ticket_in_the_order_of_time(tmp_path):
    asked = {"type": "Comment", "author_id": 901, "body": "Where is my coat?", "public": True}
    note = {"type": "Comment", "author_id": 902, "body": "lost", "public": False}
    told = {"type": "Comment", "author_id": 902, "body": "On its way.", "public": True}
    subject = {"type": "Create", "field_name": "subject", "value": "Coat"}
    requester = {"type": "Create", "field_name": "requester_id", "value": "901"}
    change = {"type": "Change", "field_name": "status", "value": "solved"}
    audits = [
        _audit(3, 902, told, change),
        _audit(2, 902, note),
        {**_audit(9, 901, {**asked, "body": "Other"}), "ticket_id": 36},
        _audit(1, 901, asked, subject, requester),
    ]
    found = read_as("zendesk", tmp_path / "a.json", json.dumps({"audits": audits, "users": USERS}))
    first, other = rows_of(found)
    assert said(first) == [("u", "Where is my coat?"), ("a", "On its way.")]
    assert (first["subject"], first["group"], first["time"]) == (
        "Coat",
        "901",
        "2026-03-02T09:01:00Z",
    )
    assert said(other) == [("u", "Other")]
    assert dropped(found) == {"internal notes": 1}


def test_events_of_the_incremental_export_are_read(tmp_path):
    event = {"id": 1, "event_type": "Comment", "author_id": 901, "body": "Hello", "public": True}
    item = {"id": 9, "ticket_id": 35, "created_at": "2026-03-02T09:00:00Z", "child_events": [event]}
    page = {"ticket_events": [item], "users": USERS, "end_of_stream": True}
    (row,) = rows_of(read_as("zendesk", tmp_path / "e.json", json.dumps(page)))
    assert (row["text"], row["conversation"]) == ("Hello", "35")


def test_a_ticket_without_comments_is_what_its_description_asks(tmp_path):
    alone = {key: value for key, value in TICKET.items() if key != "comments"}
    (row,) = rows_of(read_as("zendesk", tmp_path / "t.json", json.dumps({"tickets": [alone]})))
    assert said(row) == [("u", "The sleeves of my shirt are too long.")]


def test_damage_is_named_where_it_stands_and_the_rest_is_read(tmp_path):
    content = _lines(USERS) + '{"id": 1, "requ\n' + _lines([{**TICKET, "comments": [7]}, TICKET])
    found = read_as("zendesk", tmp_path / "t.jsonl", content)
    bad = [row for row in found if isinstance(row, BadRow)]
    assert [(one.place, one.problems[0].rule) for one in bad] == [
        ("t.jsonl:4", "broken JSON"),
        ("t.jsonl:5", "not messages"),
    ]
    assert len(found) - len(bad) - sum(dropped(found).values()) == 1


def test_what_is_no_ticket_is_counted(tmp_path):
    page = {"tickets": [], "groups": [{"id": 1, "name": "Tailors"}]}
    assert dropped(read_as("zendesk", tmp_path / "t.json", json.dumps(page))) == {
        "other records": 1
    }
