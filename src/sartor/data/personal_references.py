"""Order, customer, ticket and invoice numbers: by the word before them, or by a form of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sartor.data.personal_context import (
    ABBREVIATIONS,
    LINKING_WORDS,
    NUMBER_WORDS,
    REFERENCE_STEMS,
    SHORT_WORDS,
    has_stem,
)
from sartor.data.personal_kinds import REFERENCE, Found

_TAIL = re.compile(r"[0-9](?:[\w./#–-]{0,38}[^\W_])?")
_HEAD = re.compile(r"(?<![\w@])#?(?:[^\W_][\w./#–-]{0,12})?\Z")
_WORD_OR_NUMBER = re.compile(r"[^\W\d_]+|[0-9]+")
_WINDOW_CHARACTERS = 60
_MORE_GROUPS = re.compile(
    r"(?:[ \u00a0-][0-9]{3,7}(?![\w.,/])|[ \u00a0-][0-9]{3,7}(?=[.,](?!\w))){1,4}"
)
_LETTERS_BEFORE = re.compile(r"(?<!\w)[^\W\d_]{1,3}[ \u00a0]\Z")
_OWN_FORM = re.compile(
    r"(?<![\w/#&.-])(?:1Z[0-9A-Z]{16}|[0-9]{3}-[0-9]{7}-[0-9]{7}|#[0-9]{7,12}"
    r"|(?:INV|ORD|RMA|TCK|TKT|CASE|REF|ORDER|TICKET|CUST|RE|RG|KD|AB|SO|PO)[-_/#][0-9][0-9A-Z/_-]{3,24})(?![\w])"
)
_NOT_A_NUMBER = re.compile(
    r"[0-9]{1,3}[.,][0-9]{1,12}|[0-9]{1,2}(?:\.[0-9]{1,2}){2,8}|(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}T.*"
    r"|(?:19|20)[0-9]{2}|[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}|[0-9]{4}[./-][0-9]{1,2}[./-][0-9]{1,2}"
    r"|[0-9]{1,3}(?:[.,][0-9]{3}){0,3}[.,][0-9]{1,2}|[0-9]{1,2}[.:h][0-9]{2}|[0-9]{1,6}(?:s|st|nd|rd|th|x|%|k|gb|mb|cm|mm|kg|ml|am|pm|h)"
    r"|(?:19|20)[0-9]{2}[./–-](?:19|20)?[0-9]{2}|[0-9]{1,4}x[0-9]{1,4}",
    re.IGNORECASE,
)
_UNIT_BEHIND = re.compile(
    r"\s?(?:[$€£¥₹%]|(?:eur|euros?|usd|dollars?|gbp|pounds?|kr|yen|chf|[kmg]b|items?|pieces|times|days|people|users|units|words"
    r"|stück|tage|euro|jours|días|dagen|dagar|giorni|dias)\b)",
    re.IGNORECASE,
)
_AMOUNT_BEFORE = re.compile(r"[$€£¥₹]\s?\Z")


def references(text: str) -> Iterator[Found]:
    """Numbers that name a transaction or a customer."""
    for match in _OWN_FORM.finditer(text):
        yield Found(*match.span(), REFERENCE)
    for match in _TAIL.finditer(text):
        num_digits = sum(map(str.isdecimal, match[0]))
        if num_digits < 3:
            continue
        head = _HEAD.search(text, max(0, match.start() - 14), match.start())
        is_glued = text[match.start() - 1 : match.start()] == "."  # Nr.48213
        start = match.start() if head is None or is_glued else head.start()
        if (found := _named(text, start, match.end(), num_digits)) is not None:
            yield found


def _named(text: str, start: int, end: int, num_digits: int) -> Found | None:
    """The number with what belongs to it, where a word before it says what it is."""
    first = start
    if letters := _LETTERS_BEFORE.search(text, max(0, start - 5), start):
        is_part = letters[0].strip().lower() not in SHORT_WORDS
        first = letters.start() if is_part else start
    if more := _MORE_GROUPS.match(text, end):
        end = more.end()
        num_digits += sum(map(str.isdecimal, more[0]))
    naming = _naming_words(text, first)
    if naming is None and first != start:
        first, naming = start, _naming_words(text, start)
    if naming is None or not _is_number(text, first, end, num_digits, is_named=naming):
        return None
    return Found(first, end, REFERENCE)


def _naming_words(text: str, start: int) -> bool | None:
    """Whether a word for `number` names it; None where no word for an order or a customer precedes it."""
    window = text[max(0, start - _WINDOW_CHARACTERS) : start].lower()
    is_number = "#" in window[-3:]
    for word in reversed(_WORD_OR_NUMBER.findall(window)[-6:]):
        if has_stem(word, REFERENCE_STEMS):
            return is_number or word.endswith(("nummer", "nr", "number", "id", "no", "code"))
        if word in ABBREVIATIONS and is_number:
            return True
        if word not in LINKING_WORDS:
            return None
        is_number = is_number or word in NUMBER_WORDS
    return None


def _is_number(text: str, start: int, end: int, num_digits: int, *, is_named: bool) -> bool:
    """Not a year, a date, an amount or a count."""
    characters = text[start:end].lstrip("#")
    written = characters.rpartition(" ")[2]
    if _NOT_A_NUMBER.fullmatch(characters) or _NOT_A_NUMBER.fullmatch(written):
        return False
    if _UNIT_BEHIND.match(text, end) or len(characters) > 3 * num_digits + 4:
        return False
    if _AMOUNT_BEFORE.search(text, max(0, start - 3), start):
        return False
    is_mixed = num_digits < sum(map(str.isalnum, characters)) or text[start] == "#"
    return num_digits >= (3 if is_mixed else 4 if is_named else 5)
