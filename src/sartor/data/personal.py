"""Personal data is replaced before a text reaches a log, a message or a report (law 8).

Patterns only: names of people pass. Every pattern has bounded repeats, so the time grows linearly
with the text.
"""

from __future__ import annotations

import ipaddress
import re

EXCERPT_CHARACTERS = 60
_LOOKED_AT_CHARACTERS = 2_000
"""Of a text that is to become an excerpt only so much is masked: the rest is never shown."""

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_IPV4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)")
_IPV6 = re.compile(r"(?<![\w:])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w:])")
_IBAN = re.compile(r"(?<!\w)[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?(?!\w)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?![\d-])|\d{1,2}([./-])\d{1,2}\1(?:\d{4}|\d{2})(?!\d)")
_DIGITS = re.compile(r"(?<![\w+])(?:\+|\(\+?)?\d(?:[ ().\-/]{0,3}\d){5,24}(?!\w)")
_LONG_RUN = re.compile(r"\d{8,}")


def mask_personal_data(text: str) -> str:
    """Replace e-mail and IP addresses, IBANs, card and phone numbers and long runs of digits.

    Args:
        text: Any text.

    Returns:
        The text with `<EMAIL>`, `<IP>`, `<IBAN>`, `<CARD>`, `<PHONE>` and `<NUMBER>` in it.
    """
    text = _EMAIL.sub("<EMAIL>", text)
    text = _IPV4.sub("<IP>", text)
    text = _IPV6.sub(_masked_ipv6, text)
    text = _IBAN.sub(_masked_iban, text)
    text = _DIGITS.sub(_masked_digits, text)
    return _LONG_RUN.sub("<NUMBER>", text)


def excerpt(value: object) -> str:
    """The start of a value, safe to print: masked, control characters escaped, 60 characters."""
    text = value if isinstance(value, str) else repr(value)
    masked = escape_controls(mask_personal_data(text[:_LOOKED_AT_CHARACTERS]))
    is_cut = len(masked) > EXCERPT_CHARACTERS or len(text) > _LOOKED_AT_CHARACTERS
    return masked[: EXCERPT_CHARACTERS - 1] + "…" if is_cut else masked


def escape_controls(text: str) -> str:
    """Show control and invisible characters as escapes, so that data cannot steer a terminal."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in text
    )


def _masked_ipv6(match: re.Match[str]) -> str:
    """Times such as 12:30:45 look alike and stay."""
    try:
        ipaddress.IPv6Address(match[0])
    except ValueError:
        return match[0]
    return "<IP>" if match[0] != "::" else match[0]


def _masked_iban(match: re.Match[str]) -> str:
    """Words in capitals look alike; an IBAN has eight digits at least."""
    return "<IBAN>" if sum(map(str.isdigit, match[0])) >= 8 else match[0]


def _masked_digits(match: re.Match[str]) -> str:
    """Decide what a number with separators is; dates and short numbers stay."""
    digits = re.sub(r"\D", "", match[0])
    if _DATE.fullmatch(match[0]):
        return match[0]
    if 13 <= len(digits) <= 19 and _passes_luhn(digits):
        return "<CARD>"
    looks_dialled = match[0][0] in "+(0" or match[0] != digits
    if 7 <= len(digits) <= 15 and looks_dialled:
        return "<PHONE>"
    return match[0] if len(digits) < 8 else "<NUMBER>"


def _passes_luhn(digits: str) -> bool:
    """The check digit of card numbers (ISO/IEC 7812-1)."""
    doubled = [int(digit) * 2 for digit in digits[-2::-2]]
    total = sum(int(digit) for digit in digits[-1::-2])
    return (total + sum(value - 9 if value > 9 else value for value in doubled)) % 10 == 0
