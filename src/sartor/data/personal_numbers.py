"""Payment cards, phone numbers and long numbers: one pass over the runs of digits in a text.

Cards are taken out of a run by their check digit, and what is left is judged by its form and by the
words before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sartor.data.personal_checks import is_luhn
from sartor.data.personal_context import CARD_STEMS, is_named_by
from sartor.data.personal_kinds import CARD, NUMBER, PHONE, Found, overlaps
from sartor.data.personal_phones import is_phone
from sartor.data.personal_runs import GROUP, LEAST_DIGITS, RUN, Run, pieces, side_by_side, trimmed

_CARD_START = re.compile(r"4|5[0-8]|6[0-9]|3[04-9]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720")
_AMOUNT_BEFORE = re.compile(r"(?:[$€£¥₹]|\b(?:eur|usd|gbp|kr|rs)\.?)\s?\Z", re.IGNORECASE)
_AMOUNT_BEHIND = re.compile(
    r"\s?(?:[$€£¥₹%°]|(?:eur|euros?|usd|dollars?|gbp|kr|sek|chf|yen|[kmgt]i?b|bytes?|px|pixels?|ms|seconds?|[ckm]?m"
    r"|rows|lines|items|users|characters|people|years)\b)",
    re.IGNORECASE,
)
_PART_OF_WORD_BEFORE = re.compile(r"(?:[^\W\d_][\-_/]|[/\\_@]|[0-9][.]|(?:\A|[^\w.])[.])\Z")
_PART_OF_WORD_BEHIND = re.compile(r"[\-_./=][^\W\d_]|[\w\\]|[:/.][0-9]")
_MACHINE_ID = re.compile(r"(?<!\w)[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?!\w)")
"""UUIDs (RFC 9562) name classes and files more often than people."""
_MINUS = re.compile(r"(?:\A|[^\w\s)]|[^\w\s]\s)-\Z")
_DECIMAL = re.compile(r"\(?(?:0|[1-9][0-9]*)\.[0-9]+")
_YEARS = re.compile(r"(?:19|20)[0-9]{2}")
_YEAR_AND_MONTH = re.compile(r"(?:19|20)[0-9]{2}[./-](?:0?[1-9]|1[0-2])")
_COMPACT_DATE = re.compile(
    r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[0-2][0-9][0-5][0-9])?"
    r"|(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|[12][0-9]|3[01])(?:19|20)[0-9]{2}"
)


def numbers(text: str) -> Iterator[Found]:
    """Cards, phone numbers and long numbers."""
    machine = [match.span() for match in _MACHINE_ID.finditer(text)] if text.count("-") >= 4 else []
    for match in RUN.finditer(text):
        if overlaps(machine, *match.span()):
            continue
        yield from _cards_and_rest(Run(text, *match.span()))


def _cards_and_rest(run: Run) -> Iterator[Found]:
    card = _card(run) if len(run.digits) >= 13 else None
    if card is None:
        for piece in pieces(run):
            yield from _judged(piece)
        return
    yield card
    for start, end in ((run.start, card.start), (card.end, run.end)):
        rest = trimmed(run.text, start, end)
        if rest is not None:
            yield from _cards_and_rest(rest)


def _judged(piece: Run) -> Iterator[Found]:
    """The number, or the numbers that stand side by side where it is too long for one."""
    if kind := _kind_of(piece):
        yield Found(piece.start, piece.end, kind)
    elif len(piece.digits) >= 2 * LEAST_DIGITS:
        for part in side_by_side(piece):
            if kind := _kind_of(part):
                yield Found(part.start, part.end, kind)


def _card(run: Run) -> Found | None:
    """The longest row of whole groups that is a card by its first digits, length and check digit."""
    spans = [match.span() for match in GROUP.finditer(run.characters)]
    best: Found | None = None
    for first in range(len(spans)):
        digits, first_start = "", spans[first][0]
        for start, end in spans[first:]:
            digits += run.characters[start:end]
            if len(digits) > 19:
                break
            width = end - first_start
            is_better = best is None or width > best.end - best.start
            if (
                is_better
                and len(digits) >= 13
                and _is_card(digits)
                and _is_even(run, first_start, end)
            ):
                best = Found(run.start + first_start, run.start + end, CARD)
    return best


def _is_even(run: Run, start: int, end: int) -> bool:
    """The same sign between all groups, and no plus, bracket or word that belongs to the number."""
    gaps = {"".join(gap.split()) for gap in GROUP.split(run.characters[start:end])[1:-1]}
    before = run.text[max(0, run.start + start - 3) : run.start + start]
    is_part = _PART_OF_WORD_BEFORE.search(before) or "+" in before[-1:]
    sizes = list(map(len, GROUP.findall(run.characters[start:end])))
    if len(sizes) > 1 and (min(sizes[:-1]) < 3 or max(sizes) > 6):
        return False
    return len(gaps) < 2 and not gaps & {"(", ")", ")-"} and not is_part


def _is_card(digits: str) -> bool:
    """One digit again and again is a placeholder."""
    return _CARD_START.match(digits) is not None and len(set(digits)) > 2 and is_luhn(digits)


def _kind_of(run: Run) -> str | None:
    before, behind = run.text[max(0, run.start - 8) : run.start], run.text[run.end : run.end + 12]
    if _AMOUNT_BEFORE.search(before) or _AMOUNT_BEHIND.match(behind):
        return None
    if all(_YEARS.fullmatch(group) for group in run.groups) or any(
        map(_COMPACT_DATE.fullmatch, (run.digits, run.groups[0]))
    ):
        return None
    if _DECIMAL.fullmatch(run.characters):
        return None
    if _YEAR_AND_MONTH.fullmatch(run.characters) or _MINUS.search(before):
        return None
    is_abroad = run.characters[0] in "+(" or run.digits.startswith("00")
    if (
        13 <= len(run.digits) <= 19
        and not is_abroad
        and is_named_by(CARD_STEMS, run.text, run.start)
    ):
        return CARD
    if _PART_OF_WORD_BEFORE.search(before) or _PART_OF_WORD_BEHIND.match(behind):
        return None
    if is_phone(run.text, run.start, run.end, run.groups):
        return PHONE
    return NUMBER if _is_long(run) else None


def _is_long(run: Run) -> bool:
    """Eight digits together, or ten in equal groups: nobody counts so far, so it names something."""
    if run.characters[:3] in ("978", "979") and len(run.digits) == 13:
        return False
    if len(run.groups) == 1:
        return len(run.digits) >= 8 and len(set(run.digits)) > 2
    sizes = {len(group) for group in run.groups[:-1]}
    is_even = len(sizes) == 1 and min(sizes) >= 4 and len(run.separators) == 1
    return is_even and len(run.digits) >= 10
