"""Languages by the names that people give columns: `en`, `eng`, `English`, `text_en`."""

from __future__ import annotations

import re

_NAMES = """
ar ara Arabic; bg bul Bulgarian; bn ben Bengali; ca cat Catalan; cs ces Czech; cy cym Welsh; da dan Danish;
de deu German; el ell Greek; en eng English; es spa Spanish; et est Estonian; eu eus Basque; fa fas Persian;
fi fin Finnish; fr fra French; ga gle Irish; gl glg Galician; he heb Hebrew; hi hin Hindi; hr hrv Croatian;
hu hun Hungarian; hy hye Armenian; id ind Indonesian; is isl Icelandic; it ita Italian; ja jpn Japanese;
ka kat Georgian; kk kaz Kazakh; ko kor Korean; lt lit Lithuanian; lv lav Latvian; mk mkd Macedonian;
ms msa Malay; mt mlt Maltese; nl nld Dutch; no nor Norwegian; pl pol Polish; pt por Portuguese;
ro ron Romanian; ru rus Russian; sk slk Slovak; sl slv Slovenian; sq sqi Albanian; sr srp Serbian;
sv swe Swedish; sw swa Swahili; ta tam Tamil; te tel Telugu; th tha Thai; tl tgl Tagalog; tr tur Turkish;
uk ukr Ukrainian; ur urd Urdu; uz uzb Uzbek; vi vie Vietnamese; zh zho Chinese
"""
"""ISO 639-1 and 639-3 codes with English names."""
LANGUAGES = {
    word.lower(): line.split()[2]
    for line in _NAMES.replace("\n", " ").split(";")
    for word in line.split()
} | {
    "ger": "German",
    "fre": "French",
    "dut": "Dutch",
    "cze": "Czech",
    "gre": "Greek",
    "chi": "Chinese",
}
"""Code or name in lower case to the English name."""


CODES = {line.split()[2]: line.split()[0] for line in _NAMES.replace("\n", " ").split(";")}
"""English name to ISO 639-1 code."""


def code_of(word: str) -> str | None:
    """The ISO 639-1 code of a language named by code or name; None where it names none."""
    return CODES.get(language_of(word) or "")


def name_of(code: str) -> str:
    """The English name of a language by its code; the code itself where nobody here knows it."""
    return LANGUAGES.get(code.lower(), f"`{code}`")


def language_of(word: str) -> str | None:
    """The language that a word names by itself; None where it names none."""
    plain = re.sub(r"[-_](?:[A-Za-z]{2}|Hans|Hant)$", "", word.strip()) or word
    return LANGUAGES.get(plain.lower())


def column_language(name: str) -> str | None:
    """The language that the name of a column says: all of it, or the part behind its last mark."""
    known = language_of(name)
    if known is not None:
        return known
    parts = re.split(r"[_\-. ]+", name.strip())
    has_role = parts[0].lower() in (
        "text",
        "source",
        "src",
        "target",
        "tgt",
        "sentence",
        "translation",
    )
    return language_of(parts[-1]) if len(parts) == 2 and has_role else None
