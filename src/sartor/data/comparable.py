"""A text as it is compared with others: without greeting, signature, case, punctuation and spacing."""

from __future__ import annotations

import re

from sartor.data.mail_phrases import CLOSING, MOBILE, WEAK_CLOSING

MOST_CHARACTERS = 10_000
"""Of a longer text only its beginning is compared."""
MOST_FRAME_CHARACTERS = 300
"""A longer end is no signature, whatever it begins with."""
_LINE_CHARACTERS, _REST_CHARACTERS = 120, 60
"""Of a line that closes a text; where the closing does not begin it, of what is left of the line."""
_START = re.compile(
    r"(?P<line>\n)[ \t]{0,20}|[.!?,;][ \t]{1,20}(?=\S)"
    r"|[ \t](?=[^\s,.]{1,20}(?: [^\s,.]{1,20}){0,3},?\n)|[ \t](?=\S{2,20}(?: \S{2,20})?\s{0,20}\Z)"
)
"""Where a closing may stand: on a line of its own, behind a sentence, before a name, or as the last words."""
_DELIMITER = re.compile(r"-{2,3}\s")
_SERVICE = re.compile(r"team|service|support|kund|client|customer", re.IGNORECASE)
"""Names of departments close a text only on a line of their own."""
_GREETING = re.compile(
    r"\s{0,20}(?:hi|hiya|hello|hey|dear|greetings|to whom it may concern|"
    r"good (?:morning|afternoon|evening|day)|"
    r"hallo|moin|guten (?:tag|morgen|abend)|lieber?s?|sehr geehrte[rs]?|bonjour|bonsoir|salut|"
    r"hola|buenos días|buenas (?:tardes|noches)|estimad[oa]s?|hej|god (?:morgon|kväll|dag)|"
    r"beste|geachte|goede(?:morgen|middag|navond)|goedendag|ciao|olá)\b"
    r"(?P<whom>(?: [^\s,.!?;:]{1,20}){0,5})(?:[,.!;:\n]| [-–—] )",
    re.IGNORECASE,
)
_MOST_NAMES = 2
_WHOM_WORDS = """
there team all everyone everybody sir sirs madam or and mr ms mrs miss dr customer service support friend
friends guys folks again to you both damen und herren herr frau zusammen alle monsieur madame à tous toutes
señor señora señores a todos heer mevrouw allemaal alla
"""
_WHOM = frozenset(_WHOM_WORDS.split())
_APOSTROPHE = re.compile(r"(?<=\w)['’`´](?=\w)")
_IN_NUMBER = re.compile(r"(?<=\d)[.,'](?=\d)")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_UNSPACED = re.compile(r"([\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff])")
"""Scripts without spaces between words: each character counts as one."""


def comparable(text: str) -> str:
    """What of a text is compared: its words and numbers in lower case, a space between them.

    A text without any letter or digit is compared as it stands.
    """
    text = text[:MOST_CHARACTERS]
    return _words(without_frame(text)) or _words(text) or "".join(text.split())


def without_frame(text: str) -> str:
    """The text without greetings in front and a closing with what follows it at the end."""
    start = _greeted(text, _greeted(text, 0))
    for found in _START.finditer(text, max(start, len(text) - MOST_FRAME_CHARACTERS)):
        if found.start() > start and _closes(text, found):
            return text[start : found.start() + 1]
    return text[start:]


def _greeted(text: str, start: int) -> int:
    """Where a greeting that begins at `start` ends; `start` where there is none."""
    greeting = _GREETING.match(text, start)
    if not greeting:
        return start
    names = [word for word in greeting["whom"].casefold().split() if word not in _WHOM]
    return greeting.end() if len(names) <= _MOST_NAMES else start


def _closes(text: str, found: re.Match[str]) -> bool:
    at = found.end()
    line, _, below = text[at : at + MOST_FRAME_CHARACTERS].partition("\n")
    if len(line) > (_LINE_CHARACTERS if found["line"] else _REST_CHARACTERS):
        return False
    if _DELIMITER.match(text, at) or MOBILE.match(line):
        return True
    if CLOSING.match(line):
        return found["line"] is not None or not _SERVICE.search(line)
    thanks, _, name = line.partition(",")
    if found["line"] and len(name.split()) <= _MOST_NAMES:
        line = thanks
    is_apart = bool(below or found["line"]) or text[found.start()] in ".!?,;"
    return is_apart and WEAK_CLOSING.match(line) is not None and "?" not in below


def _words(text: str) -> str:
    text = _IN_NUMBER.sub("", _APOSTROPHE.sub("", text.casefold()))
    if not text.isascii():
        text = _UNSPACED.sub(r" \1 ", text)
    return " ".join(_WORD.findall(text))
