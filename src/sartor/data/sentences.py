"""Texts cut into sentences, quotations and brackets whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SHORT_WORDS = """
e.g i.e etc approx mr mrs ms dr prof st no nr vs incl z.b d.h u.a bzw ca ggf evtl inkl usw bijv
b.v o.a enz m.a.w t.ex bl.a dvs osv p.ej ej sr sra ud uds art abs min max tel
"""
_SHORT = frozenset(_SHORT_WORDS.split())
"""Words that end in a full stop in mid-sentence."""
_OPENING = {
    "(": ")",
    "[": "]",
    "\u201c": "\u201d",
    "\u201e": "\u201c\u201d",
    "\u00ab": "\u00bb",
    "\u201a": "\u2018\u2019",
}
MAX_BRACKET_CHARACTERS = 600
"""A bracket or quotation that is not closed within them was never meant as one."""


def sentences_of(text: str) -> Iterator[str]:
    """Sentences in order; none ends inside quotation marks or brackets."""
    start = at = 0
    while at < len(text):
        closing = '"' if text[at] == '"' else _OPENING.get(text[at])
        if closing and (end := _end_of(text, at, closing)) > 0:
            is_last = text[end - 1] in ".!?\u2026" and _begins(text, end + 1)
            at = end + 1
            if is_last:
                yield text[start:at].strip()
                start = at
        elif text[at] in ".!?\u2026" and _ends(text, start, at):
            yield text[start : at + 1].strip()
            at = start = at + 1
        else:
            at += 1
    if text[start:].strip():
        yield text[start:].strip()


def _end_of(text: str, at: int, closing: str) -> int:
    """Where a quotation or bracket is closed; 0 where it is not, soon."""
    found = (text.find(letter, at + 1, at + MAX_BRACKET_CHARACTERS) for letter in closing)
    return min((place for place in found if place > 0), default=0)


def _ends(text: str, start: int, at: int) -> bool:
    """Whether a full stop ends a sentence: not after a short form or a number."""
    if not _begins(text, at + 1):
        return False
    last = re.search(r"[\w.]*$", text[max(start, at - 20) : at])
    word = last[0].lower() if last else ""
    return text[at] != "." or not (word in _SHORT or (word.isdigit() and len(word) < 3))


def _begins(text: str, at: int) -> bool:
    """Whether a new sentence, or nothing, follows."""
    rest = text[at : at + 6]
    return not rest.strip() or (rest[0].isspace() and not rest.lstrip()[0].islower())
