"""Names of people by patterns: what introduces a name, titles, greetings and sign-offs, given names.

Without a language model this finds part of the names and takes some words for names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sartor.data.personal_given_names import GIVEN_NAMES
from sartor.data.personal_kinds import NAME, Found

_CAPITAL = r"[A-ZÀ-ÖØ-ÞŠŽİ][^\W\d_]{1,20}(?:['’-][^\W\d_]{1,20})?"
_PARTICLE = (
    r"(?:van|von|der|den|de|del|della|da|di|dos|das|do|la|le|el|al|bin|ibn|ter|ten|zu|zur|y|e)"
)
_MORE = rf"(?:[ ](?:{_PARTICLE}[ ]){{0,2}}{_CAPITAL}){{0,3}}"
_FULL = rf"{_CAPITAL}{_MORE}"
_INTRODUCED = re.compile(
    rf"(?i:\b(?:my name is|my name's|name:|i am called|this is|i'm|i am|mein name ist"
    rf"|ich heiße|ich heisse|ich bin"
    rf"|je m['’]appelle|mon nom est|je suis|me llamo|mi nombre es|soy|mijn naam is"
    rf"|ik heet|ik ben|jag heter"
    rf"|mitt namn är|mi chiamo|sono|o meu nome é|meu nome é|chamo-me|me chamo|sou))"
    rf"[ :]{{1,2}}(?P<name>{_FULL})"
)
_LOWER_INTRODUCED = re.compile(
    r"\b(?:my name is|mein name ist|ich heiße|je m['’]appelle|me llamo|mijn naam is"
    r"|jag heter|mi chiamo|o meu nome é|chamo-me)"
    r"[ :]{1,2}(?P<name>(?!not|the|on|in|nicht|pas"
    r"|no)[^\W\d_]{2,20}(?:[ ][^\W\d_]{2,20}){0,2})(?=[ ]{0,2}(?:[.,!\n]|$|and|und|et|y"
    r"|en|och|e ))",
    re.IGNORECASE,
)
_TITLED = re.compile(
    rf"\b(?:[Mm]r|[Mm]rs|[Mm]s|[Mm]iss|[Dd]r|[Pp]rof|[Ss]ir|[Hh]errn?|[Ff]rau|[Mm]onsieur"
    rf"|[Mm]adame|[Mm]me|[Mm]lle"
    rf"|[Ss]eñora?|[Ss]r|[Ss]ra|[Mm]eneer|[Mm]evrouw|[Dd]hr|[Mm]evr|[Ss]ignora?|[Dd]ott"
    rf"|[Ss]enhora?)\.?[ ](?:[Dd]r\.? )?(?P<name>{_FULL})"
)
_GREETED = re.compile(
    rf"(?m:^)[ ]{{0,3}}(?i:hi|hello|dear|hey|hallo|liebe[r]?|guten tag|bonjour|cher|chère"
    rf"|hola|estimad[oa]|querid[oa]"
    rf"|beste|hej|bästa|ciao|buongiorno|gentile|caro|cara|olá|car[oa])"
    rf"[ ](?P<name>{_FULL})(?=[ ]?(?:[,!.\n]|$))"
)
_SIGNED = re.compile(
    rf"(?i:regards|best|thanks|thank you|cheers|sincerely|yours|grüßen?|gruß|grüsse|lg|vg"
    rf"|mfg|cordialement|salutations|bien à vous"
    rf"|merci|saludos|atentamente|gracias|groet|groeten|groetjes|mvg|hälsning(?:ar)?|mvh"
    rf"|saluti|grazie|cumprimentos|obrigad[oa])"
    rf"[ ]?[,.!]?[ ]?(?:\n[ ]{{0,3}}){{0,2}}(?P<name>{_FULL})(?=[ ]{{0,3}}(?:\n|$|[.,]))"
)
_SEVERAL = re.compile(
    rf"(?<![\w'’-])(?P<name>{_CAPITAL}[ ](?:{_PARTICLE}[ ]){{0,2}}{_CAPITAL}(?:[ ]{_CAPITAL})?)"
)
_NO_NAMES = frozenset(
    (
        *(
            "team",
            "all",
            "everyone",
            "there",
            "support",
            "sir",
            "madam",
            "again",
            "customer",
            "service",
            "hello",
        ),
        *(
            "everybody",
            "folks",
            "guys",
            "zusammen",
            "damen",
            "kunden",
            "equipe",
            "toutes",
            "todos",
            "allemaal",
        ),
        *(
            "alla",
            "tutti",
            "thanks",
            "thank",
            "please",
            "the",
            "i",
            "not",
            "my",
            "good",
            "morning",
            "ok",
            "yes",
        ),
        *(
            "sehr",
            "very",
            "so",
            "sorry",
            "happy",
            "sure",
            "just",
            "still",
            "also",
            "from",
            "mail",
            "mailto",
        ),
    )
)


def names(text: str) -> Iterator[Found]:
    """Names of people, as far as patterns go."""
    for pattern in (_INTRODUCED, _TITLED, _GREETED, _SIGNED, _LOWER_INTRODUCED):
        for match in pattern.finditer(text):
            if match["name"].split()[0].lower() not in _NO_NAMES:
                yield Found(*match.span("name"), NAME)
    for match in _SEVERAL.finditer(text):
        if match["name"].split()[0].lower() in GIVEN_NAMES:
            yield Found(*match.span("name"), NAME)
