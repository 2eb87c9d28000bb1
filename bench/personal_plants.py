"""Plants invented personal data into clean texts and keeps the answer key; knows no recogniser.

The halves share neither a form of writing nor a carrier sentence: which form belongs to which half is
decided by the CRC-32 of its name, not by hand.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from bench.personal_carriers import BARE, CARRIERS, CLEAN_MAILS, WITHOUT_CONTEXT
from bench.personal_values import FORMS, LOCALES, PEOPLE, Maker

DEVELOPMENT, HELD_OUT = "development", "held-out"
_SEEDS = {DEVELOPMENT: 1_201, HELD_OUT: 90_407}
_LOWER_CASE_SHARE = 0.2


@dataclass(frozen=True)
class Plant:
    """A text with one planted piece."""

    text: str
    start: int
    end: int
    kind: str
    locale: str
    form: str

    @property
    def value(self) -> str:
        """The piece itself."""
        return self.text[self.start : self.end]


def plants(half: str, count: int, clean: Sequence[str] = CLEAN_MAILS) -> list[Plant]:
    """Planted texts, the kinds in turn.

    Args:
        half: `DEVELOPMENT` or `HELD_OUT`.
        count: How many.
        clean: Texts without personal data to plant into.
    """
    rng = random.Random(_SEEDS[half])
    kinds = sorted(FORMS)
    return [_plant(rng, kinds[at % len(kinds)], half, clean) for at in range(count)]


def names(half: str, count: int, clean: Sequence[str] = CLEAN_MAILS) -> list[Plant]:
    """Planted names of people, an evaluation of their own."""
    rng = random.Random(_SEEDS[half] + 1)
    forms: dict[str, Maker] = {"full": lambda rng, locale: rng.choice(PEOPLE[locale])}
    return [_planted(rng, "NAME", half, clean, forms) for _ in range(count)]


def forms_of(kind: str, half: str) -> dict[str, Maker]:
    """The forms of a half: every other one in the order of the CRC-32 of their names."""
    in_order = sorted(FORMS[kind], key=lambda form: zlib.crc32(f"{kind} {form}".encode()))
    return {form: FORMS[kind][form] for form in in_order[(half == HELD_OUT) :: 2]}


def _plant(rng: random.Random, kind: str, half: str, clean: Sequence[str]) -> Plant:
    return _planted(rng, kind, half, clean, forms_of(kind, half))


def _planted(
    rng: random.Random, kind: str, half: str, clean: Sequence[str], forms: dict[str, Maker]
) -> Plant:
    locale = rng.choice(LOCALES)
    form = rng.choice(sorted(forms))
    value = forms[form](rng, locale)
    carrier = _carrier(rng, kind, locale, half)
    if rng.random() < _LOWER_CASE_SHARE:
        value, carrier = value.lower(), carrier.lower()
    before, after = carrier.split("{}")
    lead, value, rest = _marked(value)
    before, after = before + lead, rest + after
    joiner = rng.choice(("\n", "\n\n", " "))
    text = rng.choice(clean) + joiner + before if rng.random() < 0.8 else before
    end = len(text) + len(value)
    tail = joiner + rng.choice(clean) if rng.random() < 0.5 else ""
    return Plant(text + value + after + tail, len(text), end, kind, locale, form)


def _marked(value: str) -> tuple[str, str, str]:
    """The piece itself and what merely stands around it, where a form marks it."""
    if "⟦" not in value:
        return "", value, ""
    lead, _, rest = value.partition("⟦")
    piece, _, after = rest.partition("⟧")
    return lead, piece, after


def _carrier(rng: random.Random, kind: str, locale: str, half: str) -> str:
    sentences = CARRIERS[kind][locale]
    middle = len(sentences) // 2
    own = sentences[middle:] if half == HELD_OUT else sentences[:middle]
    bare = BARE[2:] if half == HELD_OUT else BARE[:2]
    is_bare = kind in WITHOUT_CONTEXT and rng.random() < 0.15
    return rng.choice(bare if is_bare else own)
