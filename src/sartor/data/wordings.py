"""Good and bad wording in a rule: `say "X", not "Y"`, and the words above columns and lists of them."""

from __future__ import annotations

import re
from typing import NamedTuple

from sartor.core.guidelines import Force
from sartor.data.blocks import plain_key
from sartor.data.rule_words import force_of

GOOD_HEADS = frozenset(
    [
        "do",
        "dos",
        "do s",
        "say",
        "say this",
        "good",
        "right",
        "yes",
        "better",
        "prefer",
        "preferred",
        "use",
        "write",
        "instead",
        "like this",
        "correct",
        "richtig",
        "gut",
        "ja",
        "so",
        "besser",
        "sagen",
        "wir sagen",
        "wir schreiben",
        "so ja",
        "bevorzugt",
        "goed",
        "wel",
        "zo wel",
        "zo",
        "liever",
        "beter",
        "wij zeggen",
        "bra",
        "rätt",
        "gör",
        "så här",
        "skriv",
        "säg",
        "hellre",
        "vi säger",
        "bien",
        "oui",
        "à dire",
        "à faire",
        "dites",
        "écrivez",
        "correct",
        "on dit",
        "bueno",
        "correcto",
        "sí",
        "así",
        "diga",
        "decimos",
        "mejor",
    ]
)
BAD_HEADS = frozenset(
    [
        "don t",
        "don ts",
        "do not",
        "don t say",
        "not this",
        "bad",
        "wrong",
        "no",
        "worse",
        "avoid",
        "never",
        "instead of",
        "not",
        "incorrect",
        "not like this",
        "falsch",
        "schlecht",
        "nein",
        "nicht",
        "nicht so",
        "so nicht",
        "vermeiden",
        "statt",
        "wir sagen nicht",
        "fout",
        "slecht",
        "nee",
        "niet",
        "zo niet",
        "vermijd",
        "vermijden",
        "in plaats van",
        "dåligt",
        "fel",
        "nej",
        "inte",
        "inte så här",
        "gör inte",
        "undvik",
        "istället för",
        "mal",
        "non",
        "à éviter",
        "évitez",
        "ne dites pas",
        "pas",
        "au lieu de",
        "malo",
        "incorrecto",
        "así no",
        "evite",
        "evitar",
        "no diga",
        "en lugar de",
    ]
)
_QUOTED = (
    r'(?:"([^"\n]{1,400})"|\u201c([^\u201d\n]{1,400})\u201d|'
    r"\u201e([^\u201c\u201d\n]{1,400})[\u201c\u201d]|\u00ab([^\u00bb\n]{1,400})\u00bb)"
)
_QUOTATION = re.compile(_QUOTED)
_NOT_BEFORE = re.compile(
    r"(?:\b(?:not|never|no|instead of|rather than|avoid|without|nicht|"
    r"statt|anstatt|nie|kein\w*|niet|geen|nooit|"
    r"in plaats van|inte|aldrig|istället för|inga?|pas|jamais|au lieu de|plutôt que|pas de|no|nunca|"
    r"en lugar de|en vez de)\b[\s\w]{0,20})$",
    re.IGNORECASE,
)


class Wordings(NamedTuple):
    """What a rule quotes."""

    good: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()


def wordings_in(sentence: str) -> Wordings:
    """Quotations of a rule: behind a negation bad ones; the others as the whole sentence is meant."""
    good: list[str] = []
    bad: list[str] = []
    found = list(_QUOTATION.finditer(sentence))
    if not found:
        return Wordings()
    bare = _QUOTATION.sub("\u2026", sentence)
    is_bad = False
    end = 0
    for one in found:
        between = sentence[end : one.start()]
        if end == 0 or re.search(r"\w{3}|[;:]", between):
            is_bad = bool(_NOT_BEFORE.search(between[-60:]))
        words = next(group for group in one.groups() if group).strip()
        (bad if is_bad else good).append(words)
        end = one.end()
    if not bad and force_of(bare) is Force.MUST_NOT:
        return Wordings((), tuple(good))
    return Wordings(tuple(good), tuple(bad))


def head_side(text: str) -> Force | None:
    """Whether a heading or the head of a column says that what follows is wanted, or is not."""
    words = plain_key(text)
    words = words.removeprefix("we ").removesuffix(" example").removesuffix(" examples")
    if words in BAD_HEADS:
        return Force.MUST_NOT
    return Force.MUST if words in GOOD_HEADS else None
