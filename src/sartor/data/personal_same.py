"""When two pieces of personal data are the same one: what they are compared by."""

from __future__ import annotations

import ipaddress
import re

from sartor.data.personal_kinds import ADDRESS, BIRTH_DATE, EMAIL, IP, NAME, PHONE, URL

_AT_SIGN = re.compile(
    r"\s*(?:[\[({<]\s*(?:at|ät|a|arroba|chiocciola|@)\s*[\])}>]|[@＠]{1,2})\s*"
    r"|\s(?:at|arroba|chiocciola|apenstaartje|snabel-a)\s"
)
_DOT = re.compile(r"\s*[\[({]?\s*\b(?:dot|punkt|point|punto|ponto|punt)\b\s*[\])}]?\s*|\s*[.,]\s*")
_WORDS = re.compile(r"[^\W_]+")
_PHONE_END_DIGITS = 8


def comparable(kind: str, value: str) -> str:
    """A form that is equal for equal things: without separators, case and ways of writing.

    Args:
        kind: What it is, one of `MEANINGS`.
        value: As it stands in the text.
    """
    if kind == URL:
        return value
    if kind == EMAIL:
        return _DOT.sub(".", _AT_SIGN.sub("@", value.lower(), count=1))
    if kind == PHONE:
        return _dialled(value)
    if kind == IP:
        return _ip(value)
    words = _WORDS.findall(value.casefold())
    return (" " if kind in (ADDRESS, NAME, BIRTH_DATE) else "").join(words)


def _dialled(value: str) -> str:
    """Digits with `+` where the calling code is there: `0049 (0) 151` is `+49151`."""
    digits = "".join(re.findall(r"[0-9]", value.replace("(0)", "")))
    if "+" in value[:3]:
        return "+" + digits
    return "+" + digits[2:] if digits.startswith("00") else digits


def _ip(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:  # leading zeros
        return ".".join(part.lstrip("0") or "0" for part in value.split("."))


class SameValues:
    """Numbers the values of one document: equal ones get one number, by kind, in order of appearance."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._last: dict[str, int] = {}
        self._phones: dict[str, list[str]] = {}

    def start_behind(self, kind: str, number: int) -> None:
        """Numbers up to this one are taken by placeholders that were there before."""
        self._last[kind] = max(self._last.get(kind, 0), number)

    def number(self, kind: str, value: str) -> tuple[int, bool]:
        """The number of a value, and whether it is new."""
        form = comparable(kind, value)
        if kind == PHONE:
            form = self._known_phone(form)
        known = self._numbers.get((kind, form))
        if known is not None:
            return known, False
        self._last[kind] = self._last.get(kind, 0) + 1
        self._numbers[kind, form] = self._last[kind]
        return self._last[kind], True

    def _known_phone(self, dialled: str) -> str:
        """`0151 2345678` and `+49 151 2345678` are one number: equal ends, and one has no calling code."""
        digits = dialled.lstrip("+0")
        if len(digits) < _PHONE_END_DIGITS:
            return dialled
        others = self._phones.setdefault(digits[-_PHONE_END_DIGITS:], [])
        for other in others:
            is_national = not (dialled.startswith("+") and other.startswith("+"))
            longer, shorter = sorted((digits, other.lstrip("+0")), key=len, reverse=True)
            if longer == shorter or (is_national and longer.endswith(shorter)):
                return other
        others.append(dialled)
        return dialled
