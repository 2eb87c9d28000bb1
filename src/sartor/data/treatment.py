"""What is done to the texts of a row before it is checked: damage is repaired, other languages left out.

Texts whose parts are marked by their positions, and records that are found in a text, stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sartor.core.goal import Goal, OutputKind
from sartor.core.languages import LANGUAGES
from sartor.data.example import Tally
from sartor.data.language import is_foreign, languages_of
from sartor.data.look import Look
from sartor.data.output_kind import LabelReading
from sartor.data.repair import CHANGES, repair
from sartor.data.row import BadRow, Dropped, RawRow
from sartor.data.text_places import texts_of, with_texts

_NO_TEXT_ROLES = ("group", "time", "split")
FOREIGN_NOTE = "Surely in none of the languages that `prepare.languages` keeps: {languages}."


@dataclass(frozen=True)
class Treatment:
    """Treats one row after the other, and counts what it did."""

    columns: frozenset[str]
    """Those that hold texts."""
    repairs: bool
    languages: tuple[str, ...]
    """ISO 639-1 codes to keep; empty: all."""
    tally: Tally

    def rows(
        self, found: Iterable[RawRow | BadRow | Dropped]
    ) -> Iterator[RawRow | BadRow | Dropped]:
        """What a reader found, its rows treated."""
        if not self.columns or not (self.repairs or self.languages):
            yield from found
            return
        for one in found:
            yield self._treated(one) if isinstance(one, RawRow) else one

    def _treated(self, row: RawRow) -> RawRow | Dropped:
        texts = texts_of(row.fields, self.columns)
        if self.languages and self._is_foreign(texts):
            names = ", ".join(LANGUAGES.get(code, code) for code in self.languages)
            note = FOREIGN_NOTE.format(languages=names)
            return Dropped(row.source, row.line, "rows in other languages", note)
        return self._repaired(row, texts) if self.repairs else row

    def _repaired(self, row: RawRow, texts: list[str]) -> RawRow:
        found = [repair(text) for text in texts]
        changes = {name for one in found for name in one.changes}
        if not changes:
            return row
        for name in CHANGES:
            if name in changes:
                self.tally.count(f"repaired: {name}", CHANGES[name], row.place)
        fields = with_texts(row.fields, self.columns, iter([one.text for one in found]))
        return row._replace(fields=fields)

    def _is_foreign(self, texts: Iterable[str]) -> bool:
        (language,) = languages_of([" ".join(texts)])
        return is_foreign(language, self.languages)


def treatment_of(goal: Goal, look: Look, tally: Tally) -> Treatment:
    """How the rows of a goal are treated."""
    return Treatment(
        columns=_text_columns(look),
        repairs=goal.prepare.repair,
        languages=goal.prepare.languages,
        tally=tally,
    )


def _text_columns(look: Look) -> frozenset[str]:
    names = look.columns.names
    if isinstance(look.reading, LabelReading):
        return frozenset({names["input"]})
    if look.reading.kind is not OutputKind.TEXT:
        return frozenset()
    return frozenset(name for role, name in names.items() if role not in _NO_TEXT_ROLES)


def treated_text(text: str, goal: Goal) -> str:
    """A new message as those that were learned: repaired where these were."""
    return repair(text).text if _is_repaired(goal) else text


def treated_row(row: RawRow, goal: Goal) -> RawRow:
    """A row with a new message, treated in the same way, whichever column holds it."""
    if not _is_repaired(goal):
        return row
    texts = texts_of(row.fields, row.fields)
    fields = with_texts(row.fields, row.fields, iter([repair(text).text for text in texts]))
    return row._replace(fields=fields)


def _is_repaired(goal: Goal) -> bool:
    return goal.prepare.repair and goal.task != "extract"
