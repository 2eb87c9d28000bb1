"""Whether a run of digits is a phone number: by its form, the word before it, or its calling code."""

from __future__ import annotations

import re

from sartor.data.personal_context import PHONE_STEMS, has_stem, words_before

_CALLING_CODES: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("1", "7"), (10, 10)),
    **dict.fromkeys(("33", "34", "31", "41", "32", "48", "30"), (8, 9)),
    **dict.fromkeys(("44", "61", "27", "90", "91", "81", "82", "55", "52", "86"), (9, 11)),
    **dict.fromkeys(("49", "43", "39", "46", "47", "45", "36", "40"), (7, 11)),
    **dict.fromkeys(
        ("351", "353", "352", "358", "420", "421", "380", "359", "385", "386"), (8, 11)
    ),
    **dict.fromkeys(("971", "972", "966", "212", "213", "216", "234", "254", "233"), (8, 10)),
}
"""Calling code to the least and the most digits of a number behind it (ITU-T E.164)."""
_SIZES_ALONE = frozenset(
    (
        (3, 3, 4),
        (3, 3, 3),
        (3, 2, 2, 2),
        (2, 3, 2, 2),
        (2, 3, 4),
        (3, 3, 2, 2),
        (2, 4, 4),
        (3, 4, 4),
        (5, 5),
        (3, 7),
        (3, 6),
    )
)
"""Groups in which national numbers without a leading zero are written."""
_WHOLE_MOBILE = re.compile(
    r"[2-9][0-9]{2}[2-9][0-9]{6}|[67][0-9]{8}|9[1236][0-9]{7}|3[2-9][0-9]{8}"
)
"""National numbers without a zero: North America, Spain, Portugal, Italy."""
_AREA = re.compile(r"\((?:0?[1-9][0-9]{0,4})\)")
_OWN_NUMBER = re.compile(
    r"\bmy (?:\w{1,12} )?(?:number|no\.?|#)\W{0,3}(?:is|:)?\W{0,3}$", re.IGNORECASE
)


def is_phone(text: str, start: int, end: int, groups: list[str]) -> bool:
    """Decide by form first; a number without a form needs a word for it or a calling code.

    Args:
        text: The whole text.
        start: Where the number begins, plus and bracket included.
        end: Behind its last digit.
        groups: Its groups of digits.
    """
    digits, characters = "".join(groups), text[start:end]
    if not 6 <= len(digits) <= 17:
        return False
    if len(groups) == 2 and "." in characters and characters[0] not in "+(0":  # 12.3456789
        return False
    if _has_form(characters, digits, groups) or _is_named(text, start):
        return True
    if len(groups) == 1 and _WHOLE_MOBILE.fullmatch(digits):
        return True
    is_spaced = set(re.sub(r"[0-9]", "", characters)) <= set(" -\u00a0")
    return is_spaced and _has_calling_code(digits)


def _has_form(characters: str, digits: str, groups: list[str]) -> bool:
    if characters.startswith(("+", "(+")):
        return len(digits) >= 8
    if characters[0] == "(":
        return 7 <= len(digits) <= 12 and _AREA.match(characters) is not None
    if digits.startswith("00") and digits[2] != "0":
        return len(digits) >= 9
    if digits[0] == "0" and digits[1] != "0":
        return 9 <= len(digits) <= 13 and not (
            len(groups) > 1 and groups[0] == "0" and "." in characters
        )
    sizes = tuple(map(len, groups))
    return sizes in _SIZES_ALONE and digits[0] in "23456789" and not _is_amount(characters, sizes)


def _is_amount(characters: str, sizes: tuple[int, ...]) -> bool:
    """Thousands: 234.567.890, and with spaces where it does not begin as mobile numbers do."""
    if set(sizes[1:]) != {3}:
        return False
    return "." in characters or characters[0] not in "679"


def _is_named(text: str, start: int) -> bool:
    for word in words_before(text, start, 4):
        if has_stem(word, PHONE_STEMS):
            return True
    return _OWN_NUMBER.search(text, max(0, start - 40), start) is not None


def _has_calling_code(digits: str) -> bool:
    """A number of abroad whose plus was left out."""
    if not 9 <= len(digits) <= 15:
        return False
    size = next((size for size in (3, 2, 1) if digits[:size] in _CALLING_CODES), 0)
    least, most = _CALLING_CODES.get(digits[:size], (0, -1))
    return least <= len(digits) - size <= most
