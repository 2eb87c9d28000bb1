"""Whatever stands in an export: rows, bad rows, what was left out, or a DataError; and soon."""

from __future__ import annotations

import json
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pytest
from exports import AGENTS, SLACK, TICKET, WHOLE, dropped, read_as, zipped
from fuzz import NUM_TEXTS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sartor.core.errors import DataError, GoalError
from sartor.core.goal import Goal
from sartor.data.byte_stream import DataFile
from sartor.data.exchange import MAX_MESSAGES
from sartor.data.recognise import to_learn_from
from sartor.data.row import BadRow, Dropped, RawRow
from sartor.data.times import utc_time

pytestmark = pytest.mark.slow

PIECES = [
    b'"',
    b"\n",
    b"\r",
    b"\x00",
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b":",
    b"\\",
    b"\xff",
    b"<",
    b"@",
]
PIECES += [
    b"null",
    b"1e999",
    b"NaN",
    b"\\ud800",
    b"9" * 5_000,
    b"-1",
    b"[]",
    b"{}",
    b"PK",
    b"---\n",
]
PIECES += ["\u200e".encode(), "\u202f".encode(), b"true", b"12/11/24, 10:15 - A: ", b"\xed\xa0\x80"]
EDITS = st.lists(
    st.tuples(
        st.integers(0, 6_000),
        st.integers(0, 12),
        st.one_of(st.sampled_from(PIECES), st.binary(max_size=8)),
    ),
    min_size=1,
    max_size=8,
)


def _edited(content: bytes, edits) -> bytes:
    for place, num_cut, piece in edits:
        at = place % (len(content) + 1)
        content = content[:at] + piece + content[at + num_cut :]
    return content


def _is_sound(found) -> bool:
    """Whether everything is of the three kinds, and says where it stands and what to do."""
    for row in found:
        if isinstance(row, BadRow):
            assert all(one.place and one.rule and one.fix for one in row.problems)
        else:
            assert isinstance(row, RawRow | Dropped)
            assert row.line > 0
    return True


def _check(form: str, content: bytes) -> None:
    name = WHOLE[form][0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        with suppress(DataError, GoalError):
            assert _is_sound(read_as(form, path, agents=AGENTS.get(form, ())))
        file = DataFile(path, name, "all", path.suffix[1:], "")
        with suppress(DataError, GoalError):
            to_learn_from([file], Goal("chat", {}))


@pytest.mark.parametrize("form", WHOLE)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(edits=EDITS)
def test_mutated_exports_raise_nothing_but_data_errors(form, edits):
    _check(form, _edited(WHOLE[form][1], edits))


@pytest.mark.parametrize("form", WHOLE)
@settings(max_examples=NUM_TEXTS, deadline=None, suppress_health_check=list(HealthCheck))
@given(edits=EDITS)
def test_many_mutated_exports_raise_nothing_but_data_errors(form, edits):
    _check(form, _edited(WHOLE[form][1], edits))


KEYS = [
    *(
        "id",
        "ticket_id",
        "requester_id",
        "author_id",
        "comments",
        "body",
        "html_body",
        "public",
        "users",
    ),
    *(
        "tickets",
        "audits",
        "events",
        "child_events",
        "type",
        "created_at",
        "role",
        "name",
        "source",
    ),
    *(
        "conversation_parts",
        "part_type",
        "author",
        "tags",
        "contacts",
        "total_count",
        "user",
        "text",
        "ts",
    ),
    *(
        "thread_ts",
        "files",
        "subtype",
        "profile",
        "conversation_id",
        "turn",
        "time",
        "via",
        "custom_fields",
    ),
]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=4),
    st.sampled_from(
        ["Comment", "comment", "agent", "end-user", "user", "1772442840.1", "\ud800", *KEYS]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
    ),
    max_leaves=25,
)


@pytest.mark.parametrize("form", ["zendesk", "intercom", "slack", "message_log"])
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(values=st.lists(VALUES, max_size=4), is_page=st.booleans())
def test_json_of_any_shape_is_read_or_refused(form, values, is_page):
    content = json.dumps({"tickets": values, "conversations": values} if is_page else values)
    if form == "slack":
        _check(form, zipped({**SLACK, "users.json": content, "fittings/2026-03-03.json": content}))
    elif form == "message_log":
        with tempfile.TemporaryDirectory() as folder, suppress(DataError, GoalError):
            assert _is_sound(read_as(form, Path(folder) / "l.json", content))
    else:
        _check(form, content.encode())


@pytest.mark.parametrize("form", ["zendesk", "intercom"])
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(changes=st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4), deep=st.booleans())
def test_an_item_of_which_any_field_is_anything_is_read_or_refused(form, changes, deep):
    content = json.loads(WHOLE[form][1])
    items = content["tickets"] if form == "zendesk" else content
    for item in items:
        inner = (
            item["comments"]
            if form == "zendesk"
            else item["conversation_parts"]["conversation_parts"]
        )
        (inner[0] if deep else item).update(changes)
    _check(form, json.dumps(content).encode())


@pytest.mark.parametrize("form", ["whatsapp", "transcript"])
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    pieces=st.lists(
        st.sampled_from(
            [
                *(
                    "12/11/24, 10:15 - ",
                    "[3/25/24, 10:15:30 AM] ",
                    "[31.12.24, 10:15:30] ",
                    "Ann: ",
                    "Agent: ",
                ),
                *(
                    "Hem & Co.: ",
                    "hi",
                    "\n",
                    "\n\n",
                    "---",
                    "# x",
                    "\u200e",
                    "<x omitted>",
                    "\r",
                    "\x00",
                    ": ",
                ),
            ]
        ),
        max_size=30,
    )
)
def test_texts_of_any_pieces_are_read_or_refused(form, pieces):
    _check(form, "".join(pieces).encode())


BIG = 3_000_000
HOSTILE = {
    "zendesk: nested lists": ("zendesk", b"[" * BIG),
    "zendesk: nested objects": ("zendesk", b'{"tickets":' * (BIG // 11)),
    "zendesk: one long object": ("zendesk", b"{" + b'"a":1,' * (BIG // 6)),
    "zendesk: a name that never ends": ("zendesk", b'{"' + b"a" * BIG),
    "zendesk: many empty items": ("zendesk", b'{"tickets":[' + b"{}," * (BIG // 12) + b"{}]}"),
    "zendesk: a number of many digits": ("zendesk", b'{"tickets":[{"id":' + b"9" * BIG),
    "zendesk: HTML of nothing but tables": (
        "zendesk",
        json.dumps(
            {
                **TICKET,
                "comments": [{"author_id": 901, "html_body": "<table><tr><td>" * (BIG // 15)}],
            }
        ).encode(),
    ),
    "intercom: parts that are lost by the billion": (
        "intercom",
        WHOLE["intercom"][1].replace(b'"total_count": 7', b'"total_count": 9999999999'),
    ),
    "slack: open markup": (
        "slack",
        zipped(
            {
                **SLACK,
                "fittings/2026-03-03.json": json.dumps(
                    [{"user": "U1", "text": "<" * BIG, "ts": "1"}]
                ),
            }
        ),
    ),
    "whatsapp: one long line": ("whatsapp", b"12.11.24, 10:15 - Ann: " + b"x" * BIG),
    "whatsapp: digits": ("whatsapp", b"1" * BIG),
    "whatsapp: spaces": ("whatsapp", b"12.11.24, 10:15 - " + b" " * BIG),
    "whatsapp: open brackets": ("whatsapp", b"12.11.24, 10:15 - Ann: " + b"<" * BIG + b"\n"),
    "whatsapp: many short lines": ("whatsapp", b"12.11.24, 10:15 - Ann: a\n" + b"\n" * BIG),
    "whatsapp: images": ("whatsapp", b"12.11.24, 10:15 - Ann: " + b"![" * (BIG // 2)),
    "whatsapp: images in parentheses": (
        "whatsapp",
        b"12.11.24, 10:15 - Ann: " + b"![](" * (BIG // 4),
    ),
    "transcript: colons": ("transcript", b"a:" * (BIG // 2)),
    "transcript: digits": ("transcript", b"1:" * (BIG // 2)),
    "transcript: dashes": ("transcript", b"- " * (BIG // 2) + b"x"),
    "transcript: short lines of dashes": ("transcript", (b"-" * 290 + b"x\n") * (BIG // 292)),
    "transcript: stars": ("transcript", b"User: a\n" + b"**" * (BIG // 2)),
    "transcript: names": ("transcript", b"".join(b"N%dx: a\n" % at for at in range(BIG // 12))),
    "message_log: a wide table": (
        "message_log",
        b"conv,role,text,"
        + b",".join(b"c%d" % at for at in range(20_000))
        + b"\n"
        + b"1,user,a,"
        + b"," * 19_999
        + b"\n",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_content_ends_soon(name):
    form, content = HOSTILE[name]
    start = time.perf_counter()
    _check(form, content)
    assert time.perf_counter() - start < 20  # four reads of 3 MB, on a busy machine


def test_a_conversation_of_too_many_messages_is_named_and_not_kept(tmp_path):
    lines = (
        ["conversation_id,role,text"]
        + ["c,user,a"] * (MAX_MESSAGES + 1)
        + ["d,user,b", "d,agent,c"]
    )
    found = read_as("message_log", tmp_path / "l.csv", "\n".join(lines))
    bad, row = found
    assert (bad.place, bad.problems[0].rule) == ("l.csv:2", "too long")
    assert row.fields["conversation"] == "d"


def test_what_is_left_out_of_one_conversation_is_counted_to_a_limit(tmp_path):
    _, content = HOSTILE["intercom: parts that are lost by the billion"]
    found = read_as("intercom", tmp_path / "i.json", content)
    assert dropped(found)["messages that the export lacks"] <= 2 * MAX_MESSAGES


TIMES = [
    ("2026-03-02T10:14:00+01:00", "2026-03-02T09:14:00Z"),
    ("2026-03-02 09:14", "2026-03-02T09:14:00"),
    ("2026-03-02 09:14:00 UTC", "2026-03-02T09:14:00"),
    (1772442840, "2026-03-02T09:14:00Z"),
    (1772442840123, "2026-03-02T09:14:00Z"),
    ("1772442840.000200", "2026-03-02T09:14:00Z"),
    *[
        (value, "")
        for value in ("", "soon", None, True, float("nan"), 1e300, 10**400, "9" * 400, [], "12")
    ],
]


@pytest.mark.parametrize(("value", "time_"), TIMES)
def test_times_have_one_spelling(value, time_):
    assert utc_time(value) == time_


@pytest.mark.parametrize("end", ["\n", "]}"])
def test_an_item_that_would_fill_the_memory_is_refused_for_its_length(tmp_path, monkeypatch, end):
    monkeypatch.setattr("sartor.data.read_json.MAX_ITEM_BYTES", 2_000_000)
    monkeypatch.setattr("sartor.data.json_stream.MAX_ITEM_BYTES", 2_000_000)
    item = json.dumps({**TICKET, "comments": [{}] * 600_000})
    content = f"{json.dumps(TICKET)}\n{item}\n" if end == "\n" else f'{{"tickets":[{item}]}}'
    found: list = []
    problem = ""
    try:
        found = read_as("zendesk", tmp_path / "t.json", content, agents=["902", "903"])
    except DataError as error:
        problem = error.problem
    bad = [row for row in found if isinstance(row, BadRow)]
    assert (
        [one.problems[0].rule for one in bad] == ["too long"]
        if end == "\n"
        else "Longer than" in problem
    )


def test_a_member_without_a_name_is_refused(tmp_path):
    path = tmp_path / "s.zip"
    path.write_bytes(zipped({"qz": "[]", **SLACK}).replace(b"qz", b"\x00z"))
    with pytest.raises(DataError, match="without a name"):
        read_as("slack", path)
