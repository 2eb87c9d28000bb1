"""Writes mails as clients do, with an answer key: who answers what, and which line is whose.

Everything is invented: Hem & Co. makes clothes to measure, and its customers have questions.
"""

from __future__ import annotations

import base64
import quopri
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.utils import format_datetime
from html import escape

OWN, QUOTE, SIGNATURE = "own", "quote", "signature"
START = datetime(2024, 3, 4, 8, 30, tzinfo=UTC)
SUPPORT = ("Hem & Co. Support", "support@hem.example")


@dataclass(frozen=True)
class Person:
    """Who writes."""

    name: str
    address: str
    language: str
    signature: tuple[str, ...]
    """Closing and what stands below it, blank lines included."""


@dataclass
class Mail:
    """A mail with its key."""

    thread: str
    number: int
    sender: Person
    to: Person
    subject: str
    time: datetime
    own: list[str]
    signature: list[str] = field(default_factory=list)
    key: list[tuple[str, str]] = field(default_factory=list)
    """Whose each line is that is not blank, and the line without marks, in the order of the body."""
    body: str = ""
    is_html: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    charset: str = "utf-8"
    encoding: str = "8bit"
    said: str = ""
    """What a later mail quotes: own text and signature."""

    @property
    def id(self) -> str:
        """Its Message-ID, without the brackets."""
        return f"{self.thread}.{self.number}@mail.example"

    def as_bytes(self) -> bytes:
        """The whole mail."""
        subtype = "html" if self.is_html else "plain"
        values = {
            "From": f'"{self.sender.name}" <{self.sender.address}>',
            "To": f"{_word(self.to.name)} <{self.to.address}>",
            "Subject": _word(self.subject),
            "Date": format_datetime(self.time),
            "Message-ID": f"<{self.id}>",
            "MIME-Version": "1.0",
            "Content-Type": f"text/{subtype}; charset={self.charset}",
            "Content-Transfer-Encoding": self.encoding,
            **self.headers,
        }
        if not self.sender.name.isascii():
            values["From"] = f"{_word(self.sender.name)} <{self.sender.address}>"
        head = "".join(f"{name}: {value}\n" for name, value in values.items() if value)
        return head.encode() + b"\n" + self._encoded()

    def _encoded(self) -> bytes:
        content = (self.body + "\n").encode(self.charset.split(";")[0].strip(), "replace")
        if self.encoding == "base64":
            return base64.encodebytes(content)
        return quopri.encodestring(content) if self.encoding == "quoted-printable" else content


def bare(line: str) -> str:
    """A line as the key names it."""
    return " ".join(line.lstrip("> \t").split())


def as_mbox(mails: Sequence[Mail]) -> bytes:
    """All of them in one mbox."""
    pieces = []
    for mail in mails:
        stamp = mail.time.strftime("%a %b %d %H:%M:%S %Y")
        content = mail.as_bytes().replace(b"\nFrom ", b"\n>From ")
        pieces.append(f"From {mail.sender.address} {stamp}\n".encode() + content + b"\n")
    return b"".join(pieces)


def marked(text: str) -> list[str]:
    """Behind `>`."""
    return [
        f"> {line}".rstrip() if not line.startswith(">") else f">{line}"
        for line in text.split("\n")
    ]


def _word(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8").encode()


Part = tuple[str, Sequence[str]]
"""Whose some lines are, and the lines."""


def set_body(mail: Mail, *parts: Part) -> None:
    """The body of a plain mail out of its parts, a blank line between them."""
    mail.body = "\n\n".join("\n".join(lines) for _, lines in parts if lines)
    _set_key(mail, parts)


def set_html(mail: Mail, *parts: tuple[str, Sequence[str], str]) -> None:
    """The body of an HTML mail: each part with the lines that its HTML shows."""
    mail.is_html = True
    html = "".join(part[2] for part in parts)
    mail.body = f"<html><head><style>p {{margin: 0}}</style></head><body>{html}</body></html>"
    _set_key(mail, [part[:2] for part in parts])


def _set_key(mail: Mail, parts: Sequence[Part]) -> None:
    mail.key = [(kind, bare(line)) for kind, lines in parts for line in lines if bare(line)]


def paragraphs(lines: Sequence[str], tag: str = "p") -> str:
    """Lines of HTML, each in an element."""
    return "".join(f"<{tag}>{escape(line) or '&nbsp;'}</{tag}>" for line in lines)


def broken(lines: Sequence[str]) -> str:
    """Lines of HTML with breaks."""
    return "<br>".join(escape(line) for line in lines)


Style = Callable[[Mail, Mail | None], None]
"""How a client writes a mail, given the one that is answered."""


def write_thread(
    name: str,
    people: tuple[Person, Person],
    subject: str,
    turns: Sequence[str],
    *,
    styles: Sequence[Style],
    reply: str = "Re: ",
    start: datetime = START,
) -> list[Mail]:
    """A customer and an agent in turns, each in the style of their own client."""
    mails: list[Mail] = []
    for number, turn in enumerate(turns):
        sender, to = people if number % 2 == 0 else people[::-1]
        before = mails[-1] if mails else None
        mail = Mail(
            name,
            number,
            sender,
            to,
            (reply if before else "") + subject,
            start + timedelta(hours=5 * number),
            own=turn.split("\n"),
            signature=list(sender.signature),
        )
        if before:
            chain = " ".join(f"<{earlier.id}>" for earlier in mails)
            mail.headers = {"In-Reply-To": f"<{before.id}>", "References": chain}
        mail.said = "\n".join([*mail.own, "", *mail.signature])
        styles[number % len(styles)](mail, before)
        mails.append(mail)
    return mails
