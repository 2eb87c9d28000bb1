"""Postal addresses: street and house number, and the postcode and town beside them.

A street is known by its type (`Street`, `straße`, `rue`, `calle`). Where a text is written in lower
case the types that are everyday words too (`place`, `way`, `via`) need a postcode or a word for address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sartor.data.personal_context import is_named_by
from sartor.data.personal_kinds import ADDRESS, Found

_STEMS = (
    *(
        "address",
        "live",
        "ship",
        "deliver",
        "moved",
        "adresse",
        "anschrift",
        "wohn",
        "liefer",
        "livre",
    ),
    *(
        "habite",
        "domicil",
        "direcc",
        "viv",
        "envia",
        "envie",
        "adres",
        "woon",
        "bezorg",
        "adress",
        "bor",
    ),
    *(
        "indirizzo",
        "abit",
        "sped",
        "morada",
        "moro",
        "enviem",
        "endereço",
        "skicka",
        "send",
        "residen",
    ),
)
_NUMBER = r"(?<![\w.,/#$€£-])[0-9]{1,5}(?:[ ]?[a-zA-Z](?!\w))?(?:[/-][0-9]{1,4}[a-zA-Z]?)?"
_NUMBER_BEHIND = r"[0-9]{1,4}(?:[ ]?[a-zA-Z](?![\w'’]))?(?:[/-][0-9]{1,4})?(?![\w%€$£]|[.,:][0-9])"
_CAPITAL = r"[A-ZÀ-ÖØ-Þ0-9][\w'’.-]{0,24}"
_ANY = (
    r"(?!(?:the|in|on|of|a|an|my|your|our|his|her|their|for|and|or|to|at|is|are|with"
    r"|minutes?|days?|years?|miles?|times?|people)\b)[^\W_][\w'’.-]{0,24}"
)
_FIRM_EN = (
    r"street|st|avenue|ave|road|rd|lane|ln|boulevard|blvd|drive|dr|terrace|crescent"
    r"|gardens|parkway|pkwy|highway|hwy|grove|mews"
)
_SOFT_EN = (
    r"way|place|pl|court|ct|close|square|sq|circle|cir|row|walk|park|hill|view|green"
    r"|loop|trail|hall|rise"
)
_JOINED = (
    r"straße|strasse|straẞe|str\.|weg|allee|gasse|platz|chaussee|straat|laan|gracht"
    r"|plein|singel|dijk|kade|gatan"
    r"|vägen|gränd|torget|backen|stigen|gate|veien|vej|gade"
)
_FRENCH = r"rue|avenue|av\.|ave|bd|boulevard|bld|impasse|chemin|allée|allee|quai|faubourg"
_SOFT_FRENCH = r"place|route|cours|square|passage|cité|villa"
_SPANISH = (
    r"calle|c/|avenida|avda\.?|pza\.?|paseo|carrer|travesía|rambla|viale|piazza"
    r"|p\.zza|vicolo|v\.le|rua|avenida|travessa|praça|alameda"
)
_SOFT_SPANISH = r"plaza|via|vía|corso|largo|strada|camino|ronda|estrada|av\.|r\."
_LINK = (
    r"(?:(?:de|du|des|del|della|dei|degli|delle|da|do|das|dos|di|la|le|les|los|las|el|il"
    r"|van|der|den|of)\s|d['’]|l['’]|dell['’]){0,3}"
)

_ENGLISH = re.compile(
    rf"{_NUMBER}[ ,]{{1,2}}(?:{_CAPITAL} ){{0,4}}{_CAPITAL} (?:(?i:{_FIRM_EN})"
    rf"|{_SOFT_EN.title()})\b\.?"
)
_ENGLISH_LOWER = re.compile(
    rf"{_NUMBER}[ ,]{{1,2}}(?:{_ANY} ){{0,3}}{_ANY} (?P<type>{_FIRM_EN}|{_SOFT_EN})\b\.?", re.I
)
_SUFFIX_AND_NUMBER = re.compile(rf"(?:{_JOINED})[ ,]{{1,2}}(?:nr\.? ?)?{_NUMBER_BEHIND}")
_NAME_BEFORE = re.compile(
    r"(?<!\w)(?:[A-ZÀ-ÖØ-Þ][\w'’.-]{1,24} )?(?:[^\W\d_][\w'’-]{1,24}|[A-ZÀ-ÖØ-Þ][\w-]{1,20} )\Z"
)
_FRENCH_STREET = re.compile(
    rf"{_NUMBER}(?: ?(?:bis|ter|quater))?,? (?P<type>{_FRENCH}"
    rf"|{_SOFT_FRENCH}) {_LINK}{_ANY}(?: {_LINK}{_CAPITAL}){{0,3}}",
    re.I,
)
_TYPE_FIRST = re.compile(
    rf"(?<![\w/])(?P<type>{_SPANISH}"
    rf"|{_SOFT_SPANISH}) ?{_LINK}{_ANY}(?:[ ]{_LINK}{_ANY}){{0,3}}?,? (?:n[.ºo°r]{{0,2}} ?)?{_NUMBER_BEHIND}",
    re.I,
)
_SOFT = frozenset(
    f"{_SOFT_EN}|{_SOFT_FRENCH}|plaza|via|vía|corso|largo|strada|camino|ronda|estrada|av\\.|r\\.".replace(
        "\\", ""
    ).split("|")
)

_TOWN_WORD = r"[^\W\d_][^\W\d_'’.-]{0,2}(?:[\w'’.-]{0,22}[^\W_])?"
_BEFORE_TOWN = (
    r"(?:(?:bad|st\.?|saint|sainte|san|santa|santo|são|las|los|la|le|les|el|den|de|new"
    r"|nova|novo|vila|vitoria|reggio|port|porto|puerto|sankt|gross|alt|neu|castel"
    r"|monte)[ ]){0,3}"
)
_AFTER_TOWN = (
    r"(?:[ ](?:(?:am|an der|im|sur|sous|en|de|do|da|di|del|della|upon|bei|aan|den"
    r"|la)[ ]){1,2}[^\W\d_][\w-]{1,22}|[ ]?[/(][^\W\d_][\w .-]{1,20}\)?)?"
)
_TOWN = (
    rf"(?i:{_BEFORE_TOWN}){_TOWN_WORD}(?:[ -][A-ZÀ-ÖØ-Þ][\w'’-]{{1,22}}){{0,2}}(?i:{_AFTER_TOWN})"
)
_CODE = (
    r"(?:[A-Z]{1,2}-)?(?:[0-9]{5}|[0-9]{4}[ ]?[A-Z]{2}(?!\w)|[0-9]{3}[ ][0-9]{2}"
    r"|[0-9]{4}-[0-9]{3}|[0-9]{4})(?![\w-])"
)
_BRITISH = r"[A-Z]{1,2}[0-9][A-Z0-9]?[ ]?[0-9][A-Z]{2}(?!\w)"
_GAP = r"[ ]{0,2}(?:[,;(|\n–-][ ]{0,2}\n?|[ ])[ ]{0,2}"
_CODE_AND_TOWN = re.compile(rf"{_GAP}(?i:{_CODE})[ ,]{{1,2}}{_TOWN}\)?")
_STATE = (
    r"(?:a[lkzr]|c[aot]|d[ec]|fl|ga|hi|i[dlna]|k[sy]|la|m[edainsot]|n[evhjmycd]|o[hkr]"
    r"|pa|ri|s[cd]|t[nx]|ut|v[ta]"
    r"|w[aviy]|[A-Z][a-z]{3,9})"
)
_TOWN_NAME = r"(?:(?:St|Ft|Mt|st|ft|mt)\. )?[^\W\d_][\w'’-]{1,22}(?:[ ][^\W\d_][\w'’-]{1,22}){0,2}"
_TOWN_AND_CODE = re.compile(
    rf"{_GAP}(?:{_TOWN_NAME}(?:,[ ]{{0,2}}"
    rf"|[ ,\n(]{{1,3}})(?i:{_STATE}),?\)?[ \n]{{1,2}}\(?[0-9]{{5}}(?:-[0-9]{{4}})?(?!\w)"
    rf"|{_TOWN_NAME}[ ,\n(]{{1,3}}(?i:{_BRITISH})"
    rf"|[A-Z][\w'’-]{{1,22}}(?:[ ][A-Z][\w'’-]{{1,22}}){{0,2}},?[ ][0-9]{{5}}(?!\w))\)?"
)
_TOWN_ALONE = re.compile(
    r",[ ][A-ZÀ-ÖØ-Þ][\w'’-]{2,22}(?:[ ][A-ZÀ-ÖØ-Þ][\w'’-]{2,22})?(?=[.,;!?)\n]|\Z)"
)
_CODE_ALONE = re.compile(rf"{_GAP}(?:[0-9]{{5}}(?!\w)|(?i:{_BRITISH}))")
_BRITISH_ALONE = re.compile(
    r"(?<![\w-])(?:[A-PR-UWYZ][A-HK-Y]?[0-9][0-9ABEHMNPRVWXY]? [0-9][ABD-HJLNP-UW-Z]{2})(?![\w-])"
)

_WORD = re.compile(r"[cr][/.]|[^\W\d_]+")
_ENGLISH_WORDS = frozenset(f"{_FIRM_EN}|{_SOFT_EN}".split("|"))
_FRENCH_WORDS = frozenset(re.sub(r"\W*\|", "|", f"{_FRENCH}|{_SOFT_FRENCH}").split("|"))
_TYPE_FIRST_WORDS = frozenset(re.sub(r"\\\.\??", "", f"{_SPANISH}|{_SOFT_SPANISH}").split("|")) | {
    "r.",
    "p",
    "v",
}
_SUFFIXES = tuple(_JOINED.replace("\\.", "").split("|"))


def addresses(text: str) -> Iterator[Found]:
    """Streets with a house number, and what stands beside them; British postcodes alone."""
    for match in _BRITISH_ALONE.finditer(text):
        yield Found(*match.span(), ADDRESS)
    lower = text.lower()
    words = set(_WORD.findall(lower))
    for pattern in _patterns_for(words):
        for match in pattern.finditer(text):
            end = _with_town(text, match.end())
            if end > match.end() or not _is_everyday(text, match):
                yield Found(match.start(), end, ADDRESS)
    if any(word.endswith(_SUFFIXES) for word in words):
        yield from _suffixed(text, lower if len(lower) == len(text) else text)


def _suffixed(text: str, lower: str) -> Iterator[Found]:
    """`Lindenstraße 12`, `Lange Straße 5`: the type ends the name, so the name is read backwards."""
    for match in _SUFFIX_AND_NUMBER.finditer(lower):
        name = _NAME_BEFORE.search(text, max(0, match.start() - 52), match.start())
        if name is not None:
            yield Found(name.start(), _with_town(text, match.end()), ADDRESS)


def _patterns_for(words: set[str]) -> Iterator[re.Pattern[str]]:
    """Only patterns of whose street types the text has a word: most texts have none."""
    if not words.isdisjoint(_ENGLISH_WORDS):
        yield from (_ENGLISH, _ENGLISH_LOWER)
    if not words.isdisjoint(_FRENCH_WORDS):
        yield _FRENCH_STREET
    if not words.isdisjoint(_TYPE_FIRST_WORDS):
        yield _TYPE_FIRST


def _with_town(text: str, end: int) -> int:
    """Where the address ends when postcode and town follow the street; `end` where they do not."""
    for pattern in (_CODE_AND_TOWN, _TOWN_AND_CODE, _CODE_ALONE, _TOWN_ALONE):
        if found := pattern.match(text, end):
            return found.end()
    return end


def _is_everyday(text: str, match: re.Match[str]) -> bool:
    """A phrase such as `2 days a way` and no street: an everyday word in lower case without help."""
    if "type" not in match.groupdict():
        return False
    kind = match["type"].lower()
    if match.re is _ENGLISH_LOWER or kind in _SOFT:
        return not is_named_by(_STEMS, text, match.start(), 6)
    return False
