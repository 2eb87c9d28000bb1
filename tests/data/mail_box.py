"""Small mailboxes for the tests of mail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sartor.data.byte_stream import DataFile
from sartor.data.readers import read_rows
from sartor.data.row import Dropped, RawRow

AGENTS = ("@hem.example",)
ASKED = """From: Lena Koch <lena@post.example>
To: support@hem.example
Subject: Coat
Date: Mon, 4 Mar 2024 09:00:00 +0100
Message-ID: <q@post.example>

Is the coat warm?
"""
ANSWERED = """From: Ida <ida@hem.example>
To: lena@post.example
Subject: Re: Coat
Date: Mon, 4 Mar 2024 10:00:00 +0100
Message-ID: <a@hem.example>
In-Reply-To: <q@post.example>

It is lined with wool.
"""


def mbox(*mails: str | bytes) -> bytes:
    """Mails as an mbox."""
    contents = [mail.encode() if isinstance(mail, str) else mail for mail in mails]
    return b"".join(b"From x@y Mon Mar  4 09:00:00 2024\n" + mail + b"\n" for mail in contents)


def mail_file(folder: Path, content: bytes, *, name: str = "inbox.mbox", **more: Any) -> DataFile:
    """A file of mail as a reader gets it; agents are those of Hem & Co."""
    path = folder / name
    path.write_bytes(content)
    form = "mbox" if ".mbox" in name else "eml"
    given = {"agents": AGENTS, "compression": "gz" if name.endswith(".gz") else "", **more}
    return DataFile(path, name, "all", form, **given)


def read(file: DataFile) -> tuple[list[RawRow], Counter[str]]:
    """The rows of a file, and what was dropped how often."""
    found = list(read_rows(file))
    rows = [row for row in found if isinstance(row, RawRow)]
    return rows, Counter(one.what for one in found if isinstance(one, Dropped))


def read_mails(folder: Path, *mails: str | bytes, **more: Any) -> tuple[list[RawRow], Counter[str]]:
    """The rows of an mbox with some mails."""
    return read(mail_file(folder, mbox(*mails), **more))


def said(row: RawRow) -> list[str]:
    """What was said, in order."""
    return [message["content"] for message in row.fields["messages"]]


def changed(mail: str, **headers: str) -> str:
    """A mail with other headers; an empty value takes one away. `message_id` is `Message-ID`."""
    head, _, body = mail.partition("\n\n")
    lines = head.split("\n")
    for name, value in headers.items():
        name = {"message_id": "Message-ID", "from_": "From"}.get(name, name.replace("_", "-"))
        lines = [line for line in lines if not line.lower().startswith(f"{name.lower()}:")]
        lines += [f"{name}: {value}"] if value else []
    return "\n".join(lines) + "\n\n" + body


def texts(rows: Sequence[RawRow]) -> list[str]:
    """What customers asked first."""
    return [row.fields["text"] for row in rows]
