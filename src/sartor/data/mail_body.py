"""The text of a mail out of its parts (RFC 2045 to 2049, RFC 3676); attachments are counted.

Written for strangers' bytes: parts are cut by their boundaries without a tree, to eight levels and a
thousand parts, so that neither depth nor number can cost more than the mail itself.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import Message
from functools import cached_property

from sartor.data.html_text import MAX_HTML_CHARACTERS, text_of_html
from sartor.data.mail_charset import decoded
from sartor.data.mail_headers import content_header, header_values

MAX_DEPTH = 8
MAX_PARTS = 1_000
MAX_TEXT_CHARACTERS = 400_000
"""More text than this nobody wrote into a mail; the rest is cut, and counted."""
_HEAD = re.compile(rb"\r?\n\r?\n")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_MOST_HEAD_BYTES = 1 << 16
_MOST_TEXT_BYTES = 1 << 22


@dataclass
class MailBody:
    """What a mail holds."""

    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    num_attachments: int = 0
    num_parts: int = 0
    labels: tuple[str, ...] = ()

    @cached_property
    def text(self) -> str:
        """Its plain text, or its HTML as text where it has no other."""
        return self._whole[:MAX_TEXT_CHARACTERS]

    @property
    def is_cut(self) -> bool:
        """Whether it has more text or parts than are read."""
        html = "" if any(self.plain) else "".join(self.html)
        is_long = max(len(self._whole) - MAX_TEXT_CHARACTERS, len(html) - MAX_HTML_CHARACTERS) > 0
        return is_long or self.num_parts >= MAX_PARTS

    @cached_property
    def _whole(self) -> str:
        plain = "\n\n".join(text for text in self.plain if text.strip())
        return plain or text_of_html("\n".join(self.html), is_mail=True)


def body_of(content: bytes) -> MailBody:
    """Read a mail; whatever is damaged in it is read as far as it goes."""
    body = MailBody()
    _read_part(content, body, depth=0)
    values = header_values(_split(content)[0])
    named = f"{values.get('x-gmail-labels', '')},{values.get('keywords', '')}"
    body.labels = tuple(dict.fromkeys(name.strip() for name in named.split(",") if name.strip()))
    return body


def _read_part(content: bytes, body: MailBody, *, depth: int) -> None:
    head, rest = _split(content)
    values = header_values(head)
    part = content_header(values)
    kind = part.get_content_type()
    body.num_parts += 1
    boundary = _parameter(part, "boundary")
    if kind.startswith("multipart/") and boundary and depth < MAX_DEPTH:
        for piece in _pieces(rest, boundary):
            if body.num_parts >= MAX_PARTS:
                break
            _read_part(piece, body, depth=depth + 1)
    elif _is_attachment(part, kind):
        body.num_attachments += 1
    else:
        raw = _unpacked(rest, values.get("content-transfer-encoding", ""))
        text = decoded(raw[:_MOST_TEXT_BYTES], _parameter(part, "charset"))
        if kind == "text/html":
            body.html.append(text)
        else:
            body.plain.append(_unflowed(text, part))


def _split(content: bytes) -> tuple[bytes, bytes]:
    """Header and body; a part may begin with its body at once."""
    for blank in (b"\r\n", b"\n"):
        if content.startswith(blank):
            return b"", content[len(blank) :]
    end = _HEAD.search(content)
    if end is None:
        return content[:_MOST_HEAD_BYTES], b""
    return content[: end.start()][:_MOST_HEAD_BYTES], content[end.end() :]


def _pieces(content: bytes, boundary: str) -> Iterator[bytes]:
    """What stands between the boundaries; after the last one nothing counts."""
    line = re.compile(
        rb"(?m)^--" + re.escape(boundary.encode("utf-8", "replace")) + rb"(--)?[ \t]*\r?$\n?"
    )
    start = None
    for match in line.finditer(content):
        if start is not None:
            yield content[start : match.start()].removesuffix(b"\n").removesuffix(b"\r")
        start = match.end()
        if match[1]:
            return
    if start is not None:
        yield content[start:]


def _is_attachment(part: Message, kind: str) -> bool:
    """Everything that is no text, and text that comes as a file."""
    if kind not in ("text/plain", "text/html", "text/enriched") and not kind.startswith(
        "multipart/"
    ):
        return True
    try:
        is_file = part.get_filename() is not None
        return part.get_content_disposition() == "attachment" or is_file
    except (ValueError, LookupError, MessageError, TypeError):
        return False


def _parameter(part: Message, name: str) -> str:
    """A parameter of Content-Type; empty where it is absent or garbled."""
    try:
        value = part.get_param(name)
    except (ValueError, LookupError, MessageError, TypeError):
        return ""
    if isinstance(value, tuple):  # RFC 2231
        value = value[2]
    return str(value or "").strip()[:200]


def _unpacked(content: bytes, encoding: str) -> bytes:
    encoding = encoding.strip().lower()
    if encoding == "quoted-printable":
        return binascii.a2b_qp(content)
    if encoding == "base64":
        packed = _NOT_BASE64.sub(b"", content)
        return binascii.a2b_base64(packed[: len(packed) // 4 * 4] + _rest(packed))
    return content


def _rest(packed: bytes) -> bytes:
    """The last characters, filled up: what is cut off in mid-group is read as far as it goes."""
    rest = packed[len(packed) // 4 * 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""


def _unflowed(text: str, part: Message) -> str:
    """Lines that the client broke at a space are one line again (`format=flowed`)."""
    if _parameter(part, "format").lower() != "flowed":
        return text
    deletes_space = _parameter(part, "delsp").lower() == "yes"
    paragraphs: list[list[str]] = []
    mark, is_open = "", False
    for line in text.split("\n"):
        own_mark = _quote_mark(line)
        if is_open and own_mark == mark and line != "-- ":
            line = line[len(mark) :].removeprefix(" ")
            paragraphs[-1].append(line)
        else:
            paragraphs.append([line.removeprefix(" ")])
        mark, is_open = own_mark, line.endswith(" ") and line != "-- "
        if is_open and deletes_space:
            paragraphs[-1][-1] = paragraphs[-1][-1][:-1]
    return "\n".join("".join(pieces) for pieces in paragraphs)


def _quote_mark(line: str) -> str:
    return line[: len(line) - len(line.lstrip(">"))]
