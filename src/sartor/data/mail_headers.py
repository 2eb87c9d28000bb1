"""What the header of a mail says, whatever state it is in (RFC 5322, RFC 2047, RFC 3834).

Only what is needed is read, by patterns with bounded repeats: a header is a stranger's bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from sartor.data.mail_charset import decoded

MAX_VALUE_BYTES = 20_000
MAX_REFERENCES = 30
"""Of a longer chain the first and the last ones are kept."""
MAX_RECIPIENTS = 50
AUTOMATIC = "automatic replies"
BULK = "newsletters and lists"
BOUNCE = "bounces"
PERSONAL = ""

_FOLD = re.compile(rb"\r?\n[ \t]+")
_MESSAGE_ID = re.compile(r"<\s*([^<>\s]{1,500})\s*>")
_BARE_ID = re.compile(r"[^\s<>@\"]{1,250}@[^\s<>@\"]{1,250}")
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]{1,253}")
_QUOTED = re.compile(r'"[^"]*"')
_REPLIES = r"re|aw|antw|antwort|sv|vs|res|rép|rif|odp|ynt|ref|reactie"
_FORWARDS = r"fw|fwd|wg|tr|rv|vb|doorst|enc|i|pd|vl"
_PREFIX = re.compile(
    rf"\s*(?:(?:(?P<reply>{_REPLIES})|{_FORWARDS})\s?(?:[\[(]\d{{1,3}}[\])]|\d{{1,3}})?\s?[:：]"
    r"|\[[^\]]{0,60}\])\s*",
    re.IGNORECASE,
)
_TICKET = re.compile(r"[\[(]?\b(?:ticket|case|fall|ärende|vorgang|ref)?\s?#\s?\d{2,12}[\])]?", re.I)
_OUT_OF_OFFICE = re.compile(
    r"\s*(?:auto(?:matic|matische|matisch|mated)?[ -]?(?:reply|response|antwort|antwoord|svar)\b|auto:"
    r"|out of (?:the )?office|abwesend|abwesenheits|nicht im büro|réponse automatique|absence du bureau"
    r"|respuesta automática|fuera de (?:la )?oficina|afwezig|niet aanwezig|autosvar|frånvaro"
    r"|automatiskt svar|risposta automatica|resposta automática|automatisk svar|odpowiedź automatyczna)",
    re.IGNORECASE,
)
_SERVERS = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon)@", re.IGNORECASE)
_EARLIEST, _LATEST = 0, 4_102_444_800  # the years 1970 to 2100


class Envelope(NamedTuple):
    """What threads are put together from."""

    message_id: str
    """Without its angle brackets; empty where there is none."""
    references: tuple[str, ...]
    """Mails that it follows, the nearest one last."""
    sender: str
    """Address in lower case; empty where there is none."""
    sender_name: str
    recipients: tuple[str, ...]
    """Addresses in lower case, of To and then of Cc."""
    subject: str
    time: int | None
    """Seconds since 1970, UTC; None where no date can be read."""
    kind: str
    """Why no person wrote it: one of the names above; empty where a person did."""


def envelope_of(head: bytes) -> Envelope:
    """Read a header."""
    values = header_values(head)
    sender, sender_name = sender_of(values.get("from") or values.get("sender", ""))
    subject = decoded_words(values.get("subject", ""))
    return Envelope(
        message_id=next(iter(_ids(values.get("message-id", ""))), ""),
        references=_references(values),
        sender=sender,
        sender_name=sender_name,
        recipients=_recipients(values),
        subject=subject,
        time=_time(values),
        kind=_kind(values, sender, subject),
    )


def header_values(head: bytes) -> dict[str, str]:
    """Every header once, the first of its name, unfolded; values are cut to 20,000 bytes."""
    values: dict[str, str] = {}
    for line in _FOLD.sub(b" ", head).split(b"\n"):
        name, colon, value = line.partition(b":")
        if colon and len(name) < 80:
            key = name.strip().decode("latin-1").lower()
            if key not in values:
                values[key] = _text(value.strip()[:MAX_VALUE_BYTES])
    return values


def sender_of(value: str) -> tuple[str, str]:
    """Address and display name of a From line, also where the name itself looks like an address."""
    name, _, rest = value.rpartition("<") if "<" in value else ("", "", value)
    found = _ADDRESS.search(rest) or _ADDRESS.search(value)
    shown = decoded_words(name).strip().strip("\"'").strip() if name else ""
    return (found[0].lower().strip(".") if found else ""), shown[:200]


def subject_key(subject: str) -> tuple[str, bool]:
    """A subject without `Re:`, `AW:`, tags and ticket numbers, and whether it marked a reply."""
    rest, is_reply = subject[:500], False
    for _ in range(20):
        match = _PREFIX.match(rest)
        if match is None:
            break
        is_reply |= match["reply"] is not None
        rest = rest[match.end() :]
    return " ".join(_TICKET.sub(" ", rest).casefold().split()), is_reply


def decoded_words(value: str) -> str:
    """A value with its encoded words (RFC 2047) spelled out, on one line."""
    if "=?" in value:
        try:
            pieces = decode_header(value[:2_000])
            value = "".join(_piece(piece, charset) for piece, charset in pieces)
        except (MessageError, ValueError, LookupError):
            pass
    return " ".join(value.replace("\x00", "").split())


def content_header(values: Mapping[str, str]) -> Message:
    """What kind of part it is; the standard library knows the ways to spell it."""
    part = Message()
    for name in ("content-type", "content-disposition"):
        if value := values.get(name):
            part[name] = " ".join(value[:2_000].split())
    return part


def _piece(piece: bytes | str, charset: str | None) -> str:
    return piece if isinstance(piece, str) else decoded(piece, charset or "")


def _text(value: bytes) -> str:
    return value.decode("ascii") if value.isascii() else decoded(value, "")


def _ids(value: str) -> list[str]:
    return _MESSAGE_ID.findall(value) or _BARE_ID.findall(value)


def _references(values: Mapping[str, str]) -> tuple[str, ...]:
    """The chain, then what is answered; some clients write the whole chain into In-Reply-To."""
    chain = [*_ids(values.get("references", "")), *_ids(values.get("in-reply-to", ""))[:5]]
    latest_last = list(dict.fromkeys(reversed(chain)))[::-1]
    if len(latest_last) > MAX_REFERENCES:
        latest_last = [latest_last[0], *latest_last[1 - MAX_REFERENCES :]]
    return tuple(latest_last)


def _recipients(values: Mapping[str, str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in ("to", "cc", "bcc"):
        for one in _QUOTED.sub("", values.get(name, "")).split(","):
            address = sender_of(one)[0]
            if address:
                found.setdefault(address)
    return tuple(found)[:MAX_RECIPIENTS]


def _time(values: Mapping[str, str]) -> int | None:
    """When it was sent; else when the last server had it."""
    received = values.get("received", "").rpartition(";")[2]
    return next(
        (time for text in (values.get("date", ""), received) if (time := _seconds(text))), None
    )


def _seconds(text: str) -> int | None:
    try:
        found = parsedate_to_datetime(text[:100])
        if found.tzinfo is None:
            found = found.replace(tzinfo=UTC)
        seconds = int(found.timestamp())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return seconds if _EARLIEST < seconds < _LATEST else None


def iso_time(seconds: int) -> str:
    """ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _kind(values: Mapping[str, str], sender: str, subject: str) -> str:
    """Who wrote it, when not a person: a server, an absent person's client, a mailing."""
    precedence = values.get("precedence", "").strip().lower()
    content_type = values.get("content-type", "").strip().lower()
    if content_type.startswith("multipart/report") or _SERVERS.match(sender):
        return BOUNCE
    is_automatic = values.get("auto-submitted", "no").strip().lower()[:2] != "no"
    if is_automatic or precedence == "auto_reply" or _OUT_OF_OFFICE.match(subject):
        return AUTOMATIC
    if {"x-autoreply", "x-autorespond", "x-autoresponder"} & values.keys():
        return AUTOMATIC
    if precedence in ("bulk", "list", "junk") or {"list-unsubscribe", "list-id"} & values.keys():
        return BULK
    return PERSONAL
