"""How a company wants to sound and what it wants said, as single rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Force(StrEnum):
    """How binding a rule is, by its wording."""

    MUST = "must"
    SHOULD = "should"
    """Wanted where it can be had, or allowed: should, ideally, prefer, may."""
    MUST_NOT = "must_not"


@dataclass(frozen=True)
class Rule:
    """One thing to do, or not to do."""

    number: str
    """As the document has it, `8`, with a part where it is several rules, `8.2`; else counted from 1."""
    text: str
    """One statement, without marks of Markdown."""
    force: Force
    headings: tuple[str, ...]
    """What it stands under, the outermost first, without the title of the document."""
    place: str
    """`guidelines.md:12`; of a PDF the page, of a DOCX the paragraph."""
    good: tuple[str, ...] = ()
    """Wordings that keep it, as the document gives them."""
    bad: tuple[str, ...] = ()
    """Wordings that break it."""


@dataclass(frozen=True)
class Guidelines:
    """The rules of a document, in their order."""

    source: str
    """The file, as the user named it."""
    rules: tuple[Rule, ...]
    num_other_sentences: int = 0
    """Sentences that tell and ask nothing; they are no rules."""

    @property
    def in_words(self) -> str:
        """`31 rules: 12 must, 4 should, 15 must not`."""
        num = Counter(rule.force for rule in self.rules)
        forces = ", ".join(f"{num[force]} {force.replace('_', ' ')}" for force in Force)
        return f"{len(self.rules):,} rule{'s' * (len(self.rules) != 1)}: {forces}"

    def as_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)


def guidelines_from(stored: Mapping[str, Any]) -> Guidelines:
    """The guidelines from their JSON."""
    rules = tuple(
        Rule(
            number=rule["number"],
            text=rule["text"],
            force=Force(rule["force"]),
            headings=tuple(rule["headings"]),
            place=rule["place"],
            good=tuple(rule["good"]),
            bad=tuple(rule["bad"]),
        )
        for rule in stored["rules"]
    )
    return Guidelines(stored["source"], rules, stored["num_other_sentences"])
