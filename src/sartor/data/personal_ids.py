"""Bank accounts, national identity numbers with their check digits, and dates of birth."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from sartor.data.personal_checks import (
    is_bsn,
    is_codice_fiscale,
    is_dni,
    is_iban,
    is_nif,
    is_nir,
    is_personnummer,
    is_pesel,
    is_social_security,
    is_steuer_id,
)
from sartor.data.personal_context import BANK_STEMS, is_named_by
from sartor.data.personal_kinds import BIRTH_DATE, IBAN, NATIONAL_ID, Found

_IBAN_CHARACTERS = {
    "AD": 24,
    "AE": 23,
    "AT": 20,
    "BE": 16,
    "BG": 22,
    "CH": 21,
    "CY": 28,
    "CZ": 24,
    "DE": 22,
    "DK": 18,
    "EE": 20,
    "ES": 24,
    "FI": 18,
    "FR": 27,
    "GB": 22,
    "GR": 27,
    "HR": 21,
    "HU": 28,
    "IE": 22,
    "IS": 26,
    "IL": 23,
    "IT": 27,
    "LI": 21,
    "LT": 20,
    "LU": 20,
    "LV": 21,
    "MC": 27,
    "MT": 31,
    "NL": 18,
    "NO": 15,
    "PL": 28,
    "PT": 25,
    "RO": 24,
    "SA": 24,
    "SE": 24,
    "SI": 19,
    "SK": 24,
    "SM": 27,
    "TR": 26,
    "UA": 29,
    "AL": 28,
    "BA": 20,
    "BR": 29,
    "GE": 22,
    "GI": 23,
    "KZ": 20,
    "MD": 24,
    "ME": 22,
    "MK": 19,
    "RS": 22,
}
"""Country to the length of its IBANs (SWIFT IBAN registry)."""
_IBAN_GAP = r"[ \t\u00a0.\-–]{0,2}\n?"
_IBAN_START = re.compile(rf"(?<![^\W_])[A-Za-z]{{2}}{_IBAN_GAP}[0-9]{_IBAN_GAP}[0-9]")
_IBAN_NEXT = re.compile(rf"{_IBAN_GAP}[A-Za-z0-9]")

_Check = Callable[[str], bool]
_FIRM: dict[str, tuple[str, _Check]] = {
    "us": (r"[0-9]{3}[- ][0-9]{2}[- ][0-9]{4}", is_social_security),
    "gb": (
        r"(?!BG|GB|NK|KN|TN|NT"
        r"|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?:[ -]?[0-9]{2}){3}[ -]?[A-D]",
        lambda characters: True,
    ),
    "de": (r"[1-9][0-9] [0-9]{3} [0-9]{3} [0-9]{3}", is_steuer_id),
    "es": (r"(?:[0-9]{8}|[0-9]{2}\.[0-9]{3}\.[0-9]{3}|[XYZ][- ]?[0-9]{7})[- ]?[A-Z]", is_dni),
    "fr": (r"[12] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}", is_nir),
    "it": (
        r"[A-Z]{6} ?[0-9A-Z]{2} ?[A-Z] ?[0-9A-Z]{2} ?[A-Z] ?[0-9A-Z]{3} ?[A-Z]",
        is_codice_fiscale,
    ),
    "se": (r"(?:19|20)?[0-9]{6}[-+][0-9]{4}|(?:19|20)[0-9]{10}", is_personnummer),
}
"""Numbers that nothing else looks like: country to pattern and check of the characters."""
_WEAK: tuple[tuple[str, _Check, tuple[str, ...]], ...] = (
    (r"[0-9]{9}|[0-9]{3}\.[0-9]{2}\.[0-9]{4}", is_social_security, ("ssn", "social")),
    (r"[1-9][0-9](?:[ .]?[0-9]{3}){3}", is_steuer_id, ("steuer", "idnr", "ident", "taxid")),
    (
        r"[0-9]{3}[ .]?[0-9]{3}[ .]?[0-9]{3}|[0-9]{4}[ .][0-9]{2}[ .][0-9]{3}",
        is_bsn,
        ("bsn", "burgerservice", "sofinummer"),
    ),
    (r"[0-9]{6} ?[0-9]{4}", is_personnummer, ("personnummer", "personnr", "samordning", "pnr")),
    (r"[0-9]{11}", is_pesel, ("pesel",)),
    (r"[0-9]{3} ?[0-9]{3} ?[0-9]{3}", is_nif, ("nif", "contribuinte", "fiscal")),
)
"""Numbers that need a word before them: pattern, check, words."""


def _bounded(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.+-])(?:{pattern})(?![\w-])", re.IGNORECASE)


_FIRM_FORM = _bounded("|".join(f"(?P<{country}>{form})" for country, (form, _) in _FIRM.items()))
_WEAK_FORMS = tuple((_bounded(form), check, words) for form, check, words in _WEAK)
_LAST_FOUR = re.compile(r"(?<![\w.,-])[0-9]{4}(?![\w-]|[.,][0-9])")
MANY_DIGITS = re.compile(r"[0-9](?:[^0-9\n]{0,3}\n?[0-9]){5}")
"""Six digits close together: no account, phone or identity number has fewer."""

_MONTHS = (
    r"(?:jan|feb|fév|fev|mar|mär|mrt|maa|mai|may|maj|mag|mayo|mei|apr|avr|abr|ene|jun"
    r"|juin|giu|jul|juil|lug"
    r"|aug|août|ago|sep|set|oct|oct|okt|ott|out|nov|dec|dez|déc|dic|gen)[^\W\d_]{0,7}\.?"
)
_BIRTH_HINTS = (
    *(
        "born",
        "birth",
        "dob",
        "d.o.b",
        "geb",
        "né ",
        "née",
        "naiss",
        "anniv",
        "naci",
        "cumple",
        "född",
    ),
    *("födel", "nato il", "nata il", "nascit", "nascid", "nasciment", "complean"),
)
_BIRTH = re.compile(
    r"(?:\bborn(?: on)?|\bdate of birth|\bbirth ?date|\bbirthday|\bd\.?o\.?b\b\.?"
    r"|\bgeb(?:oren|\.)|geburtsdatum|geburtstag"
    r"|\bnée?(?: le)?\b|date de naissance|\bnacid[oa]|fecha de nacimiento|nacimiento"
    r"|geboortedatum|född|födelsedatum"
    r"|\bnat[oa] il|data di nascita|nascid[oa]|data de nascimento|anniversaire"
    r"|cumpleaños|compleanno)"
    r"[\s:,\-–]{0,4}(?:(?:is|am|ist|op|le|el|em|il|den|é|è|est|es|är|the)\s){0,2}"
    r"(?P<date>[0-9]{1,4}[./\- ]{1,2}[0-9]{1,2}[./\- ]{1,2}[0-9]{2,4}|(?:19|20)[0-9]{6}"
    rf"|[0-9]{{1,2}}(?:\.|st|nd|rd|th|er|º)?(?: of| de)?[ \-]{_MONTHS},?(?: de"
    rf"| del)?[ \-][0-9]{{2,4}}"
    rf"|{_MONTHS} [0-9]{{1,2}}(?:st|nd|rd|th)?,? [0-9]{{2,4}})(?![0-9])",
    re.IGNORECASE,
)


def ibans(text: str) -> Iterator[Found]:
    """Accounts of the length of their country; one slip in a digit does not make it public."""
    for match in _IBAN_START.finditer(text):
        country = match[0][:2].upper()
        length = _IBAN_CHARACTERS.get(country)
        characters = _characters(match[0])
        end = match.end()
        while length and len(characters) < length and (one := _IBAN_NEXT.match(text, end)):
            characters, end = characters + one[0][-1].upper(), one.end()
        if len(characters) != length or text[end : end + 1].isalnum():
            continue
        is_meant = match[0][:2].isupper() or is_named_by(BANK_STEMS, text, match.start())
        if is_iban(characters) or (is_meant and sum(map(str.isdecimal, characters)) >= 12):
            yield Found(match.start(), end, IBAN)


def national_ids(text: str) -> Iterator[Found]:
    """Identity numbers by form and check digit, the weak forms only behind a word for them."""
    lower = text.lower()
    weak = [form for form in _WEAK_FORMS if any(word in lower for word in form[2])]
    for start, end in _windows(text):
        for match in _FIRM_FORM.finditer(text, start, end):
            if _FIRM[str(match.lastgroup)][1](_characters(match[0])):
                yield Found(*match.span(), NATIONAL_ID)
        for pattern, check, words in weak:
            for match in pattern.finditer(text, start, end):
                is_meant = is_named_by(words, text, match.start(), 5)
                if is_meant and check(_characters(match[0])):
                    yield Found(*match.span(), NATIONAL_ID)
    if "ssn" in lower or "social" in lower:
        for match in _LAST_FOUR.finditer(text):
            if is_named_by(("ssn", "social"), text, match.start(), 5):
                yield Found(*match.span(), NATIONAL_ID)


def _characters(written: str) -> str:
    return "".join(filter(str.isalnum, written)).upper()


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """The surroundings of six digits or more, in order and apart, wide enough for every form."""
    last: tuple[int, int] | None = None
    for match in MANY_DIGITS.finditer(text):
        start, end = max(0, match.start() - 10), match.end() + 30
        if last is not None and start <= last[1]:
            last = (last[0], end)
            continue
        if last is not None:
            yield last
        last = (start, end)
    if last is not None:
        yield last


def birth_dates(text: str) -> Iterator[Found]:
    """Dates behind a word for birth."""
    lower = text.lower()
    if not any(hint in lower for hint in _BIRTH_HINTS):
        return
    for match in _BIRTH.finditer(text):
        yield Found(*match.span("date"), BIRTH_DATE)
