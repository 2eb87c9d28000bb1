"""Exports of the chats and tickets of Hem & Co., and what readers make of them."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sartor.data.byte_stream import DataFile
from sartor.data.readers import READERS
from sartor.data.row import BadRow, Dropped, RawRow

FORMATS = ("zendesk", "intercom", "slack", "whatsapp", "transcript", "message_log")


def read_as(
    form: str,
    path: Path,
    content: str | bytes | None = None,
    agents: Sequence[str] = (),
    **more: Any,
) -> list[Any]:
    """Everything that a reader makes of a file."""
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    file = DataFile(
        path, path.name, "all", form, "gz" if path.suffix == ".gz" else "", tuple(agents)
    )
    return list(READERS.load(form)(replace(file, **more)))


def rows_of(found: Sequence[Any]) -> list[dict[str, Any]]:
    """The fields of the rows; nothing else may be bad."""
    assert not [row for row in found if isinstance(row, BadRow)]
    return [row.fields for row in found if isinstance(row, RawRow)]


def dropped(found: Sequence[Any]) -> dict[str, int]:
    """How often what was left out."""
    return dict(Counter(row.what for row in found if isinstance(row, Dropped)))


def said(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Who said what, `u` for the customer and `a` for the company."""
    return [(one["role"][0], one["content"]) for one in fields["messages"]]


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """A zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


USERS = [
    {"id": 901, "name": "Ann Berg", "email": "ann@example.com", "role": "end-user"},
    {"id": 902, "name": "Lena", "email": "lena@hem.example", "role": "agent"},
    {"id": 903, "name": "Hem Bot", "email": "bot@hem.example", "role": "agent"},
]
TICKET = {
    "id": 35,
    "url": "https://hem.example/api/v2/tickets/35.json",
    "created_at": "2026-03-02T09:14:00Z",
    "subject": "Sleeves too long",
    "description": "The sleeves of my shirt are too long.",
    "status": "solved",
    "priority": "normal",
    "type": None,
    "requester_id": 901,
    "submitter_id": 901,
    "assignee_id": 902,
    "via": {"channel": "email", "source": {"from": {}, "to": {}}},
    "tags": ["alteration", "shirt"],
    "custom_fields": [{"id": 77, "value": "fitting"}, {"id": 78, "value": None}],
    "comments": [
        {
            "id": 1,
            "type": "Comment",
            "author_id": 901,
            "body": "The sleeves of my shirt are too long.\n\n![sleeve](https://hem.example/1.jpg)",
            "public": True,
            "attachments": [{"id": 5, "file_name": "1.jpg"}],
            "created_at": "2026-03-02T09:14:00Z",
        },
        {
            "id": 2,
            "author_id": 903,
            "body": "Thank you, we have your message.",
            "public": True,
            "attachments": [],
            "created_at": "2026-03-02T09:14:05Z",
        },
        {
            "id": 3,
            "author_id": 902,
            "body": "She always says that.",
            "public": False,
            "attachments": [],
            "created_at": "2026-03-02T09:20:00Z",
        },
        {
            "id": 4,
            "author_id": 902,
            "html_body": "<p>Send it back,&nbsp;we shorten them.</p><ul><li>free of charge</li></ul>",
            "public": True,
            "attachments": [],
            "created_at": "2026-03-02T11:20:00+01:00",
        },
    ],
}
TICKET_ROW = {
    "messages": [
        {"role": "user", "content": "The sleeves of my shirt are too long."},
        {"role": "assistant", "content": "Thank you, we have your message."},
        {"role": "assistant", "content": "Send it back, we shorten them.\n\n- free of charge"},
    ],
    "text": "The sleeves of my shirt are too long.",
    "subject": "Sleeves too long",
    "tags": ["alteration", "shirt"],
    "group": "901",
    "conversation": "35",
    "time": "2026-03-02T09:14:00Z",
    "status": "solved",
    "priority": "normal",
    "channel": "email",
    "custom_77": "fitting",
    "bot_messages": [1],
}
INTERCOM = {
    "type": "conversation",
    "id": "4100",
    "created_at": 1772442840,
    "updated_at": 1772443000,
    "title": None,
    "state": "closed",
    "priority": "not_priority",
    "source": {
        "type": "conversation",
        "id": "77",
        "subject": "<p>Trousers</p>",
        "body": '<p>Do you hem trousers?<br>They are <b>wool</b>.</p><img src="x.png">',
        "author": {"type": "lead", "id": "u-9", "name": "Ben"},
        "attachments": [],
    },
    "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "u-9"}]},
    "tags": {"type": "tag.list", "tags": [{"type": "tag", "id": "1", "name": "hemming"}]},
    "conversation_parts": {
        "type": "conversation_part.list",
        "conversation_parts": [
            {
                "part_type": "comment",
                "body": "<p>Hi! A colleague will be with you.</p>",
                "created_at": 1772442845,
                "author": {"type": "bot", "id": "b", "name": "Fin"},
                "attachments": [],
            },
            {"part_type": "assignment", "body": None, "author": {"type": "bot", "id": "b"}},
            {
                "part_type": "note",
                "body": "<p>wool: ask Lena</p>",
                "created_at": 1772442900,
                "author": {"type": "admin", "id": "7"},
            },
            {
                "part_type": "comment",
                "body": "<p>We do &amp; it takes two days.</p>",
                "created_at": 1772442960,
                "author": {"type": "admin", "id": "7", "name": "Lena"},
                "attachments": [{"type": "upload", "name": "prices.pdf"}],
            },
            {"part_type": "close", "body": "", "author": {"type": "admin", "id": "7"}},
        ],
        "total_count": 7,
    },
}
INTERCOM_ROW = {
    "messages": [
        {"role": "user", "content": "Do you hem trousers?\nThey are wool."},
        {"role": "assistant", "content": "Hi! A colleague will be with you."},
        {"role": "assistant", "content": "We do & it takes two days."},
    ],
    "text": "Do you hem trousers?\nThey are wool.",
    "subject": "Trousers",
    "tags": ["hemming"],
    "group": "u-9",
    "conversation": "4100",
    "time": "2026-03-02T09:14:00Z",
    "state": "closed",
    "priority": "not_priority",
    "bot_messages": [1],
}
SLACK_USERS = [
    {"id": "U1", "name": "ann.berg", "profile": {"real_name": "Ann Berg", "display_name": "Ann"}},
    {
        "id": "U2",
        "name": "lena",
        "profile": {"real_name": "Lena Holm", "display_name": "Lena", "email": "lena@hem.example"},
    },
]


def _slack(user: str, text: str, ts: str, **more: Any) -> dict[str, Any]:
    return {"type": "message", "user": user, "text": text, "ts": ts, **more}


SLACK = {
    "users.json": json.dumps(SLACK_USERS),
    "channels.json": json.dumps([{"id": "C1", "name": "fittings"}]),
    "integration_logs.json": "[]",
    "fittings/2026-03-02.json": json.dumps(
        [
            _slack(
                "U1", "<@U1> has joined the channel", "1772442000.000100", subtype="channel_join"
            ),
            _slack(
                "U1",
                "Hi <@U2>, is <https://hem.example/p?a=1&amp;b=2|this coat> lined &amp; warm?",
                "1772442840.000200",
                thread_ts="1772442840.000200",
                reply_count=2,
            ),
            _slack("U1", "I am outside of any thread", "1772442900.000300"),
            {
                "type": "message",
                "subtype": "bot_message",
                "text": "Deploy done",
                "ts": "1772442901.1",
            },
        ],
        indent=4,
    ),
    "fittings/2026-03-03.json": json.dumps(
        [
            _slack(
                "U2",
                "It is :+1: - see <#C1|fittings>",
                "1772529240.000100",
                thread_ts="1772442840.000200",
            ),
            _slack(
                "U1",
                "Thanks",
                "1772529300.000100",
                thread_ts="1772442840.000200",
                files=[{"id": "F1", "name": "coat.jpg"}],
            ),
            _slack("U2", "Threads please!", "1772529310.000100"),
            _slack("U1", "A new matter, days later", "1772902910.000100"),
        ]
    ),
}
SLACK_ROWS = [
    {
        "messages": [
            {"role": "user", "content": "Hi @Lena, is this coat lined & warm?"},
            {"role": "assistant", "content": "It is :+1: - see #fittings"},
            {"role": "user", "content": "Thanks"},
        ],
        "text": "Hi @Lena, is this coat lined & warm?",
        "subject": "",
        "tags": [],
        "group": "U1",
        "conversation": "fittings 1772442840.000200",
        "time": "2026-03-02T09:14:00Z",
        "channel": "fittings",
    },
    {
        "messages": [
            {"role": "user", "content": "I am outside of any thread"},
            {"role": "assistant", "content": "Threads please!"},
        ],
        "text": "I am outside of any thread",
        "subject": "",
        "tags": [],
        "group": "U1",
        "conversation": "fittings 1772442900.0003",
        "time": "2026-03-02T09:15:00Z",
        "channel": "fittings",
    },
    {
        "messages": [{"role": "user", "content": "A new matter, days later"}],
        "text": "A new matter, days later",
        "subject": "",
        "tags": [],
        "group": "U1",
        "conversation": "fittings 1772902910.0001",
        "time": "2026-03-07T17:01:50Z",
        "channel": "fittings",
    },
]
ANDROID = """\
12.11.24, 10:15 - Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt. Tippe für mehr.
12.11.24, 10:15 - Ann Berg: Guten Tag, passt Größe 38?
Ich bin 1,70: eher schmal.
12.11.24, 10:16 - Ann Berg: <Medien ausgeschlossen>
12.11.24, 10:20 - Hem & Co.: Ja, sie passt.
12.11.24, 10:21 - Hem & Co.: Diese Nachricht wurde gelöscht.
14.11.24, 18:02 - Ann Berg: Darf ich umtauschen?
14.11.24, 18:30 - Hem & Co.: Gern, 30 Tage lang.
"""
IOS = (
    "\ufeff[3/25/24, 10:15:30\u202fAM] Hem & Co.: \u200eMessages and calls are end-to-end encrypted.\r\n"
    "[3/25/24, 10:15:31\u202fAM] Ann Berg: Do you ship to Wales?\r\n"
    "\u200e[3/25/24, 10:15:40\u202fAM] Ann Berg: \u200eimage omitted\r\n"
    "[3/25/24, 1:02:00\u202fPM] Hem & Co.: We do. \u200e<This message was edited>\r\n"
)
TRANSCRIPTS = """\
Chats of March

Customer: Hello, I lost a button.
Can I have another one?
Agent Lena: Of course.
Order number: 1201, was it?
Customer: Yes.

Customer: Is the shop open on Sunday?

I come from far away.
Bot: It is closed on Sundays.
"""
LOG = """\
conversation_id,speaker,text,time,queue,intent
c1,customer,Is linen cool?,2026-03-02 09:14,fabrics,ask
c2,visitor,Hi,2026-03-02 09:14,other,greet
c1,agent,Very.,2026-03-02 09:15,fabrics,answer
c2,bot,Hello!,2026-03-02 09:14:30,other,greet
c1,customer,"Thanks,
bye",2026-03-02 09:20,fabrics,thank
c1,system,chat ended,2026-03-02 09:21,fabrics,
"""
WHOLE: dict[str, tuple[str, bytes]] = {
    "zendesk": ("t.json", json.dumps({"tickets": [TICKET, TICKET], "users": USERS}).encode()),
    "intercom": ("i.json", json.dumps([INTERCOM, INTERCOM]).encode()),
    "slack": ("s.zip", zipped(SLACK)),
    "whatsapp": ("w.txt", ANDROID.encode()),
    "transcript": ("t.txt", TRANSCRIPTS.encode()),
    "message_log": ("l.csv", LOG.encode()),
}
"""A whole file of every format: its name and its bytes."""
AGENTS = {"slack": ("Lena",), "whatsapp": ("Hem & Co.",)}
"""Who answers, where the export does not say it."""
