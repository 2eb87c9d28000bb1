"""The folder that Hem & Co. keeps its correspondence in, and the key to it.

A mailbox with threads, quotes and signatures, tickets with their users, an FAQ in three formats, guidelines,
and a database of orders. The exchanges are those of the bundled example, which was written by hand.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from faq_formats import docx, html_headings, pdf_reportlab
from mail_styles import CLIENTS, CUSTOMERS, REPLIES, agent
from mail_writing import START, SUPPORT, Mail, Person, as_mbox, bare, write_thread

NUM_THREADS, NUM_TICKETS = 90, 300
_CLOSINGS = {
    "Hartelijke": "nl",
    "Herzliche": "de",
    "Bien": "fr",
    "Varma": "sv",
    "Warm": "en",
    "Mira": "en",
}


@dataclass(frozen=True)
class Exchange:
    """What one customer and the desk wrote, without frames."""

    place: str
    """The file that it stands in."""
    intent: str
    turns: tuple[str, ...]

    def key(self) -> tuple[str, ...]:
        """Turns as they are compared: words and line breaks, not blank lines."""
        return tuple(plain(turn) for turn in self.turns)


def plain(text: str) -> str:
    """A turn as it is compared."""
    return "\n".join(line for raw in text.split("\n") if (line := bare(raw)))


def write_company(folder: Path) -> list[Exchange]:
    """Write everything; the exchanges that are in it."""
    rows = _example()
    mails, tickets = rows[:NUM_THREADS], rows[NUM_THREADS : NUM_THREADS + NUM_TICKETS]
    (folder / "mail").mkdir(parents=True)
    (folder / "helpdesk").mkdir()
    (folder / "website").mkdir()
    threads = [_thread(row, number) for number, row in enumerate(mails)]
    (folder / "mail" / "support.mbox").write_bytes(as_mbox(_mixed(threads)))
    (folder / "helpdesk" / "tickets.json").write_text(json.dumps(_tickets(tickets)), "utf-8")
    (folder / "helpdesk" / "users.json").write_text(json.dumps(_users(tickets)), "utf-8")
    (folder / "website" / "faq.html").write_text(html_headings(), "utf-8")
    (folder / "faq.docx").write_bytes(docx())
    (folder / "faq.pdf").write_bytes(pdf_reportlab())
    guidelines = files("sartor").joinpath("examples", "hem", "guidelines.md")
    (folder / "guidelines.md").write_text(guidelines.read_text("utf-8"), "utf-8")
    _write_orders(folder / "orders.db")
    return [
        *(Exchange("mail/support.mbox", row["intent"], _own_turns(row)) for row in mails),
        *(Exchange("helpdesk/tickets.json", row["intent"], tuple(_turns(row))) for row in tickets),
    ]


def _example() -> list[dict[str, Any]]:
    path = files("sartor").joinpath("examples", "hem", "replies.jsonl")
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    random.Random(5).shuffle(rows)
    return rows


def _turns(row: dict[str, Any]) -> list[str]:
    return [one["content"] for one in row["messages"] if one["role"] != "system"]


def _own_turns(row: dict[str, Any]) -> tuple[str, ...]:
    """What is left of a turn without the closing of the desk, which mail clients add."""
    return tuple(
        turn if number % 2 == 0 else turn.rsplit("\n\n", 1)[0]
        for number, turn in enumerate(_turns(row))
    )


def _language(row: dict[str, Any]) -> str:
    closing_line = _turns(row)[1].rsplit("\n\n", 1)[-1]
    return _CLOSINGS[closing_line.split()[0].strip(",")]


def _thread(row: dict[str, Any], number: int) -> list[Mail]:
    language = _language(row)
    person = CUSTOMERS[language]
    customer = Person(person.name, f"{number}.{person.address}", person.language, person.signature)
    return write_thread(
        f"c{number}",
        (customer, agent(language)),
        f"{row['intent'].replace('_', ' ')} {number}",
        _own_turns(row),
        styles=CLIENTS[number % len(CLIENTS)],
        reply=REPLIES[language],
        start=START + timedelta(hours=3 * number),
    )


def _mixed(threads: Sequence[list[Mail]]) -> list[Mail]:
    """By time, with what else an inbox holds: a newsletter, an absence note."""
    mails = [mail for thread in threads for mail in thread]
    first = mails[0]
    shop = Person("Cloth Weekly", "news@cloth.example", "en", ())
    letter = replace(
        first,
        thread="news",
        sender=shop,
        to=agent("en"),
        subject="This week: linen",
        body="Ten new linens, and tweed at half price.\n\nUnsubscribe here.",
        headers={"List-Unsubscribe": "<https://cloth.example/stop>", "Precedence": "bulk"},
        is_html=False,
    )
    absence = replace(
        first,
        thread="away",
        to=agent("en"),
        subject="Automatic reply: your order",
        body="I am out of the office until Monday.",
        headers={"Auto-Submitted": "auto-replied"},
        is_html=False,
    )
    return sorted([*mails, letter, absence], key=lambda mail: (mail.time, mail.thread))


def _tickets(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "tickets": [
            {
                "id": 4000 + number,
                "subject": row["intent"].replace("_", " "),
                "requester_id": 10 + number,
                "assignee_id": 1,
                "status": "solved",
                "tags": [row["intent"]],
                "via": {"channel": row["channel"]},
                "comments": [
                    {
                        "id": 10 * number + turn,
                        "author_id": 10 + number if turn % 2 == 0 else 1,
                        "public": True,
                        "plain_body": text,
                        "created_at": (START + timedelta(hours=number, minutes=turn)).isoformat(),
                    }
                    for turn, text in enumerate(_turns(row))
                ]
                + [{"id": 9, "author_id": 1, "public": False, "plain_body": "checked in the shop"}],
            }
            for number, row in enumerate(rows)
        ]
    }


def _users(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    customers = [
        {"id": 10 + number, "name": f"Customer {number}", "role": "end-user"}
        for number in range(len(rows))
    ]
    return {"users": [{"id": 1, "name": SUPPORT[0], "role": "agent"}, *customers]}


def _write_orders(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE orders (number INTEGER, garment TEXT, stage TEXT, due TEXT)")
        database.execute("CREATE TABLE shops (name TEXT, city TEXT)")
        garments = ("suit", "coat", "shirt", "dress")
        database.executemany(
            "INSERT INTO orders VALUES (?, ?, ?, ?)",
            [(48000 + n, garments[n % 4], "sewing", f"2024-05-{n % 28 + 1:02}") for n in range(40)],
        )
        database.execute("INSERT INTO shops VALUES ('Hem', 'Bristol')")
