"""What is done to the texts of a row, one row after the other: pure, so that any process may do it.

Damage is repaired, rows in other languages are told, personal data is replaced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sartor.data.language import is_foreign, languages_of
from sartor.data.personal_replace import Replacer
from sartor.data.repair import repair

_REPLACER = Replacer()


@dataclass(frozen=True)
class TextRules:
    """What is wanted."""

    repairs: bool
    """Whether damage is undone."""
    languages: tuple[str, ...]
    """ISO 639-1 codes to keep; empty: all."""
    looks_for_personal_data: bool
    replaces: bool
    """Whether what is found becomes placeholders."""


@dataclass(frozen=True)
class Treated:
    """What became of the texts of a row."""

    texts: tuple[str, ...] | None = field(default=None, repr=False)
    """None where they stay as they are."""
    is_foreign: bool = False
    """Whether they are surely in none of the languages to keep."""
    changes: tuple[str, ...] = ()
    """Names of the repairs, in no order."""
    counts: Mapping[str, int] | None = None
    """Kind of personal data to the pieces that were found; None where there are none."""
    values: Mapping[str, str] | None = field(default=None, repr=False)
    """Placeholder to value, where it was replaced."""


_UNTOUCHED = Treated()


def treat(rules: TextRules, rows: Sequence[Sequence[str]]) -> list[Treated]:
    """Treat the texts of some rows.

    Args:
        rules: What is wanted.
        rows: The texts of each row; they are one document.
    """
    return [_treated(rules, texts) for texts in rows]


def _treated(rules: TextRules, texts: Sequence[str]) -> Treated:
    if rules.languages:
        (language,) = languages_of([" ".join(texts)])
        if is_foreign(language, rules.languages):
            return Treated(is_foreign=True)
    repaired, changes = tuple(texts), set[str]()
    if rules.repairs:
        found = [repair(text) for text in texts]
        repaired = tuple(one.text for one in found)
        changes = {name for one in found for name in one.changes}
    treated, counts, values = repaired, None, None
    if rules.looks_for_personal_data:
        replaced = _REPLACER.replace(repaired)
        if replaced.counts:
            counts = replaced.counts
        if replaced.counts and rules.replaces:
            treated, values = replaced.texts, replaced.values
    if counts is None and not changes and treated == tuple(texts):
        return _UNTOUCHED
    return Treated(
        None if treated == tuple(texts) else treated, False, tuple(changes), counts, values
    )
