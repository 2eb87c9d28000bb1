"""Finds personal data in a text: a cheap look lets clean texts pass, then one recogniser after another."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sartor.data.personal_addresses import addresses
from sartor.data.personal_ids import MANY_DIGITS, birth_dates, ibans, national_ids
from sartor.data.personal_kinds import Found, apart, overlaps
from sartor.data.personal_names import names
from sartor.data.personal_numbers import numbers
from sartor.data.personal_online import emails, ip_addresses, is_spelled, urls
from sartor.data.personal_references import references

PLACEHOLDER = re.compile(r"<[A-Z][A-Z_]{0,30}(?:_[0-9]{1,9})?>|\{\{[^{}\n]{1,80}\}\}")
"""What an earlier replacement or a template left: it stays as it is."""
_HINT = re.compile(r"[0-9@＠]")

Recogniser = Callable[[str], Iterator[Found]]


@dataclass(frozen=True)
class Finder:
    """What to look for."""

    finds_names: bool = False
    """Names of people too; they are found by patterns and lists, with slips in both directions."""

    @property
    def recognisers(self) -> tuple[str, ...]:
        """What runs here, for the audit."""
        return ("patterns", "names") if self.finds_names else ("patterns",)

    def find(self, text: str) -> tuple[Found, ...]:
        """Every piece of personal data, in order and without overlap.

        Args:
            text: Any text; the time is linear in its length.
        """
        if _HINT.search(text) is not None:
            found = list(self._by_digits_and_signs(text))
        else:
            found = list(urls(text))
            if is_spelled(text):
                found.extend(emails(text))
        if self.finds_names:
            found.extend(names(text))
        if not found:
            return ()
        if "<" in text or "{{" in text:
            kept = [match.span() for match in PLACEHOLDER.finditer(text)]
            found = [one for one in found if not overlaps(kept, one.start, one.end)]
        return apart(found)

    def _by_digits_and_signs(self, text: str) -> Iterator[Found]:
        yield from urls(text)
        yield from emails(text)
        yield from ip_addresses(text)
        yield from references(text)
        yield from addresses(text)
        yield from birth_dates(text)
        if MANY_DIGITS.search(text) is not None:
            yield from numbers(text)
            yield from ibans(text)
        yield from national_ids(text)


def find(text: str) -> tuple[Found, ...]:
    """Every piece of personal data in a text except names of people."""
    return Finder().find(text)
