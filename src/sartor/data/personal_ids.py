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
    **{
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
    },
    **{
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
    },
    **{
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
    },
    **{
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
    },
    **{
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
    },
}
"""Country to the length of its IBANs (SWIFT IBAN registry)."""
_IBAN_GAP = r"[ \t\u00a0.\-–]{0,2}\n?"
_IBAN_START = re.compile(rf"(?<![^\W_])[A-Za-z]{{2}}{_IBAN_GAP}[0-9]{_IBAN_GAP}[0-9]")
_IBAN_NEXT = re.compile(rf"{_IBAN_GAP}[A-Za-z0-9]")

_SSN = ("ssn", "social", "sozial", "seguro")
_Check = Callable[[str], bool]


def _form(
    pattern: str, check: _Check | None, *words: str
) -> tuple[re.Pattern[str], _Check | None, tuple[str, ...]]:
    return re.compile(rf"(?<![\w.+-])(?:{pattern})(?![\w-])", re.IGNORECASE), check, words


_FORMS = (
    _form(r"[0-9]{3}[- ][0-9]{2}[- ][0-9]{4}", is_social_security),
    _form(r"[0-9]{9}|[0-9]{3}\.[0-9]{2}\.[0-9]{4}", is_social_security, *_SSN),
    _form(r"[0-9]{4}", None, "ssn", "social"),
    _form(
        r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?:[ -]?[0-9]{2}){3}[ -]?[A-D]",
        None,
    ),
    _form(
        r"[1-9][0-9][ .]?[0-9]{3}[ .]?[0-9]{3}[ .]?[0-9]{3}",
        is_steuer_id,
        "steuer",
        "tin",
        "idnr",
        "ident",
        "tax",
    ),
    _form(r"[1-9][0-9] [0-9]{3} [0-9]{3} [0-9]{3}", is_steuer_id),
    _form(r"(?:[0-9]{8}|[0-9]{2}\.[0-9]{3}\.[0-9]{3}|[XYZ][- ]?[0-9]{7})[- ]?[A-Z]", is_dni),
    _form(
        r"[12] ?[0-9]{2} ?(?:0[1-9]|1[0-2]|[2-9][0-9]) ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}",
        is_nir,
    ),
    _form(r"[0-9]{9}|[0-9]{4}[ .][0-9]{2}[ .][0-9]{3}", is_bsn, "bsn", "burgerservice", "sofi"),
    _form(
        r"[A-Z]{6} ?[0-9A-Z]{2} ?[A-Z] ?[0-9A-Z]{2} ?[A-Z] ?[0-9A-Z]{3} ?[A-Z]", is_codice_fiscale
    ),
    _form(r"(?:19|20)?[0-9]{6}[-+ ][0-9]{4}|(?:19|20)[0-9]{10}", is_personnummer),
    _form(r"[0-9]{10}", is_personnummer, "person", "samordning", "pnr"),
    _form(r"[0-9]{11}", is_pesel, "pesel"),
    _form(r"[0-9]{3} ?[0-9]{3} ?[0-9]{3}", is_nif, "nif", "contribuinte", "fiscal"),
)
"""Pattern, check of its characters, and the words of which one must stand before it (none: the form is enough)."""

_MONTHS = (
    r"(?:jan|feb|fév|fev|mar|mär|mrt|maa|mai|may|maj|mag|mayo|mei|apr|avr|abr|ene|jun|juin|giu|jul|juil|lug"
    r"|aug|août|ago|sep|set|oct|oct|okt|ott|out|nov|dec|dez|déc|dic|gen)[^\W\d_]{0,7}\.?"
)
_BIRTH = re.compile(
    r"(?:\bborn(?: on)?|\bdate of birth|\bbirth ?date|\bbirthday|\bd\.?o\.?b\b\.?|\bgeb(?:oren|\.)|geburtsdatum|geburtstag"
    r"|\bnée?(?: le)?\b|date de naissance|\bnacid[oa]|fecha de nacimiento|nacimiento|geboortedatum|född|födelsedatum"
    r"|\bnat[oa] il|data di nascita|nascid[oa]|data de nascimento|anniversaire|cumpleaños|compleanno)"
    r"[\s:,\-–]{0,4}(?:(?:is|am|ist|op|le|el|em|il|den|é|è|est|es|är|the)\s){0,2}"
    r"(?P<date>[0-9]{1,4}[./\- ]{1,2}[0-9]{1,2}[./\- ]{1,2}[0-9]{2,4}|(?:19|20)[0-9]{6}"
    rf"|[0-9]{{1,2}}(?:\.|st|nd|rd|th|er|º)?(?: of| de)?[ \-]{_MONTHS},?(?: de| del)?[ \-][0-9]{{2,4}}"
    rf"|{_MONTHS} [0-9]{{1,2}}(?:st|nd|rd|th)?,? [0-9]{{2,4}})(?![0-9])",
    re.IGNORECASE,
)


def ibans(text: str) -> Iterator[Found]:
    """Accounts of the length of their country; one slip in a digit does not make it public."""
    for match in _IBAN_START.finditer(text):
        country = match[0][:2].upper()
        length = _IBAN_CHARACTERS.get(country)
        characters = "".join(filter(str.isalnum, match[0])).upper()
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
    for pattern, check, words in _FORMS:
        for match in pattern.finditer(text):
            characters = "".join(filter(str.isalnum, match[0])).upper()
            if (check is None or check(characters)) and _is_meant(words, text, match.start()):
                yield Found(*match.span(), NATIONAL_ID)


def _is_meant(words: tuple[str, ...], text: str, start: int) -> bool:
    return not words or is_named_by(words, text, start, 5)


def birth_dates(text: str) -> Iterator[Found]:
    """Dates behind a word for birth."""
    for match in _BIRTH.finditer(text):
        yield Found(*match.span("date"), BIRTH_DATE)
