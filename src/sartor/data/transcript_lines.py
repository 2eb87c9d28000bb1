"""The lines of a plain transcript: `speaker: text`, marks between conversations, stamps before names."""

from __future__ import annotations

import re
from typing import NamedTuple

_STAMP = (
    r"(?:[\[(]?(?P<stamp>\d{1,4}[\d:./\- T,]{2,24}(?:\s?[AaPp]\.?[Mm]\.?)?Z?)[\])]?\s+(?:[-–]\s)?)?"
)
_NAME = r"(?P<name>[^\W\d_][^:\n\t\"“„«<>{}]{0,59})"
_SAID = re.compile(rf"{_STAMP}(?:\*\*)?{_NAME}(?:\*\*)?:(?:\*\*)?(?:\s+(?P<text>.*)|)$", re.DOTALL)
_MARK = re.compile(
    r"(?:[-=*_#~]\s?){3,}|#{1,6}\s.*|={2,}.{0,200}={2,}|-{2,}.{0,200}-{2,}", re.DOTALL
)
_MOST_HEAD_CHARACTERS = 120
_MOST_NAME_WORDS = 6


class Opening(NamedTuple):
    """The first line of what somebody says."""

    speaker: str
    text: str
    stamp: str


def opening(line: str) -> Opening | None:
    """A line that somebody begins to speak in; None where it goes on."""
    text = line.strip()
    colon = text.find(":", 0, _MOST_HEAD_CHARACTERS)
    if colon < 0 or text.startswith(("http:", "https:")):
        return None
    found = _SAID.match(text)
    if found is None or len(found["name"].split()) > _MOST_NAME_WORDS:
        return None
    return Opening(found["name"].strip(" *"), found["text"] or "", found["stamp"] or "")


def is_mark(line: str) -> bool:
    """A line that parts conversations: `---`, `===`, `# Chat 12`."""
    text = line.strip()
    return 2 < len(text) < 300 and text[0] in "-=*_#~" and _MARK.fullmatch(text) is not None
