"""The lines of a plain transcript: `speaker: text`, marks between conversations, stamps before names."""

from __future__ import annotations

import re
from typing import NamedTuple

_STAMP = (
    r"(?:[\[(]?(?P<stamp>\d{1,4}[\d:./\- T,]{2,24}(?:\s?[AaPp]\.?[Mm]\.?)?Z?)[\])]?\s+(?:[-–]\s)?)?"
)
_NAME = r"(?P<name>[^\W\d_][^:\n\t\"“„«<>{}]{0,59})"
_SAID = re.compile(rf"{_STAMP}(?:\*\*)?{_NAME}(?:\*\*)?:(?:\*\*)?(?:\s+(?P<text>.*)|)$", re.DOTALL)
_MARKS = "-=*_#~"
_MOST_MARK_CHARACTERS = 300
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
    """A line that parts conversations: `---`, `=== Chat 12 ===`, `# Chat 12`."""
    text = line.strip()
    if not 2 < len(text) < _MOST_MARK_CHARACTERS or text[0] not in _MARKS:
        return False
    if not text.strip(_MARKS + " "):
        return len(text.replace(" ", "")) > 2
    level = len(text) - len(text.lstrip("#"))
    is_heading = 0 < level < 7 and text[level] == " "
    return is_heading or any(text.startswith(rule) and text.endswith(rule) for rule in ("--", "=="))
