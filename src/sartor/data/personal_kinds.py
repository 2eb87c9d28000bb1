"""The kinds of personal data that are looked for, and what a find is."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

URL = "URL"
EMAIL = "EMAIL"
IBAN = "IBAN"
CARD = "CARD"
NATIONAL_ID = "NATIONAL_ID"
IP = "IP"
BIRTH_DATE = "BIRTH_DATE"
ADDRESS = "ADDRESS"
PHONE = "PHONE"
REFERENCE = "REFERENCE"
NAME = "NAME"
NUMBER = "NUMBER"

MEANINGS = {
    URL: "web addresses that name or admit a person",
    EMAIL: "e-mail addresses",
    IBAN: "bank accounts",
    CARD: "payment cards",
    NATIONAL_ID: "national identity, tax and insurance numbers",
    IP: "IP addresses",
    BIRTH_DATE: "dates of birth",
    ADDRESS: "postal addresses",
    REFERENCE: "order, customer, ticket and invoice numbers",
    PHONE: "phone numbers",
    NAME: "names of people",
    NUMBER: "long numbers of unknown meaning",
}
"""Kind to what it holds, the most specific kind first: of two finds of equal length it wins."""

_RANK = {kind: at for at, kind in enumerate(MEANINGS)}


class Found(NamedTuple):
    """A piece of personal data. A NamedTuple because millions of them are made."""

    start: int
    """First character in the text."""
    end: int
    """Behind the last character."""
    kind: str
    """One of `MEANINGS`."""


def overlaps(spans: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Whether a stretch of text shares a character with one of the spans.

    Args:
        spans: In order and apart.
        start: First character of the stretch.
        end: Behind its last.
    """
    before = bisect_left(spans, (end, 0))
    return before > 0 and spans[before - 1][1] > start


def apart(found: Iterable[Found]) -> tuple[Found, ...]:
    """Spans in order and without overlap.

    Spans that overlap become one that covers them all, of the kind of the longest, or of the most
    specific where two are equally long: a cut would leave half a secret standing.
    """
    in_order = sorted(found, key=lambda one: (one.start, -one.end, _RANK[one.kind]))
    kept: list[Found] = []
    strongest = (0, 0)
    for one in in_order:
        strength = (one.end - one.start, -_RANK[one.kind])
        if kept and one.start < kept[-1].end:
            last = kept[-1]
            kind = one.kind if strength > strongest else last.kind
            kept[-1] = Found(last.start, max(last.end, one.end), kind)
            strongest = max(strongest, strength)
        else:
            kept.append(one)
            strongest = strength
    return tuple(kept)
