"""Repairs texts that software damaged on their way: what their writers meant stays to the letter.

Quotation marks, letter case, full-width letters, emoji and spelling are the writer's own, or the brand's, and
are left alone. A repaired text is repaired: doing it again changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from sartor.data.invisible import SELDOM_SEEN, without_invisible
from sartor.data.markup import whole_characters, without_entities, without_markup
from sartor.data.mojibake import could_be_damaged, decoded_rightly

LINE_ENDS = "line ends"
TERMINAL_CODES = "terminal codes"
HALF_CHARACTERS = "half characters"
BROKEN_ENCODING = "broken encoding"
HTML_TAGS = "HTML tags"
HTML_ENTITIES = "HTML entities"
LIGATURES = "ligatures"
CONTROL_CHARACTERS = "control characters"
INVISIBLE_CHARACTERS = "invisible characters"
UNUSUAL_SPACES = "unusual spaces"
COMPOSED_CHARACTERS = "composed characters"
WHITE_SPACE = "white space"

CHANGES: dict[str, str] = {
    LINE_ENDS: "Line ends of other systems became line feeds.",
    TERMINAL_CODES: "Colour codes of terminals were removed.",
    HALF_CHARACTERS: "Halves of characters were joined; a half alone became the replacement character.",
    BROKEN_ENCODING: "Characters that were decoded wrongly (`Ã¼` for `ü`) were put right.",
    HTML_TAGS: "Texts that were HTML were read as a browser shows them; addresses of links were kept.",
    HTML_ENTITIES: "HTML entities such as `&amp;` became the characters that they stand for.",
    LIGATURES: "Joined letters of typesetting (`ﬁ`) became letters.",
    CONTROL_CHARACTERS: "Control characters were removed.",
    INVISIBLE_CHARACTERS: "Characters that nobody sees were removed where they carry no meaning.",
    UNUSUAL_SPACES: "Spaces of other widths or that do not break became plain spaces.",
    COMPOSED_CHARACTERS: "Letters in several parts became one character (Unicode NFC).",
    WHITE_SPACE: "Spaces at the ends of lines, second blank lines, and white space around were removed.",
}
"""Everything that repairing may do, in this order, with a sentence for the data card."""

_MAX_ROUNDS = 8
"""One repair can uncover another; a text that is not settled by then was made to confuse, and stays."""
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\u2028\u2029]")
_TERMINAL_CODE = re.compile("\x1b\\[[0-9;?]{0,20}[A-Za-z]")
_HALF = re.compile("[\ud800-\udfff]")
_LIGATURE = re.compile("[\ufb00-\ufb06]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800]")
_WIDE_SPACE = "\u3000"
_EAST_ASIAN = re.compile("[\u1100-\u11ff\u3001-\u9fff\uac00-\ud7af\uff00-\uffef]")
_BLANK_LINES = re.compile("\n{3,}")
_ANY_DAMAGE = re.compile(
    f"[\x00-\x08\x0b-\x1f\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000"
    f"\ud800-\udfff\ufb00-\ufb06{SELDOM_SEEN}]"
)


class Repaired(NamedTuple):
    """A text and what was done to it."""

    text: str
    changes: tuple[str, ...]
    """Names from `CHANGES`, in their order; empty where the text is as it was."""


def repair(text: str) -> Repaired:
    """Undo what exports, mail programs and wrong decoders do to a text.

    Args:
        text: Any text, from anybody.

    Returns:
        The text without that damage. Where nothing is to be done it is the same object.
    """
    if _is_plain(text):
        return Repaired(text, ())
    repaired, changes = text, set[str]()
    for _ in range(_MAX_ROUNDS):
        before = repaired
        for name, step in _STEPS:
            after = step(repaired)
            if after != repaired:
                changes.add(name)
                repaired = after
        if repaired == before:
            return Repaired(repaired, tuple(name for name in CHANGES if name in changes))
    return Repaired(text, ())


def _is_plain(text: str) -> bool:
    """The quick look that most texts pass: nothing that a step would touch, or look at twice."""
    if "&" in text or "<" in text or text[:1].isspace() or text[-1:].isspace():
        return False
    if text.isascii() and text.isprintable():
        return True
    if " \n" in text or "\t\n" in text or "\n\n\n" in text or _ANY_DAMAGE.search(text):
        return False
    return text.isascii() or (unicodedata.is_normalized("NFC", text) and not could_be_damaged(text))


def _line_feeds(text: str) -> str:
    return _LINE_END.sub("\n", text)


def _without_terminal_codes(text: str) -> str:
    return _TERMINAL_CODE.sub("", text) if "\x1b" in text else text


def _whole_characters(text: str) -> str:
    return whole_characters(text) if not text.isascii() and _HALF.search(text) else text


def _letters_apart(text: str) -> str:
    if text.isascii():
        return text
    return _LIGATURE.sub(lambda joined: unicodedata.normalize("NFKC", joined[0]), text)


def _without_controls(text: str) -> str:
    return _CONTROL.sub("", text)


def _seen_only(text: str) -> str:
    return text if text.isascii() else without_invisible(text)


def _plain_spaces(text: str) -> str:
    """The wide space is the usual one beside East Asian characters, and stays there."""
    if text.isascii():
        return text
    if _WIDE_SPACE in text and not _EAST_ASIAN.search(text):
        text = text.replace(_WIDE_SPACE, " ")
    return _SPACE.sub(" ", text)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _tidy(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", lines).strip()


_STEPS: tuple[tuple[str, Callable[[str], str]], ...] = (
    (LINE_ENDS, _line_feeds),
    (TERMINAL_CODES, _without_terminal_codes),
    (HALF_CHARACTERS, _whole_characters),
    (BROKEN_ENCODING, decoded_rightly),
    (HTML_TAGS, without_markup),
    (HTML_ENTITIES, without_entities),
    (LIGATURES, _letters_apart),
    (CONTROL_CHARACTERS, _without_controls),
    (INVISIBLE_CHARACTERS, _seen_only),
    (UNUSUAL_SPACES, _plain_spaces),
    (COMPOSED_CHARACTERS, _composed),
    (WHITE_SPACE, _tidy),
)
