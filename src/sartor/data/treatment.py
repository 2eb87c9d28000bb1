"""What is done to the texts of a row before it is checked.

Damage is repaired, rows in other languages are left out, personal data is replaced or reported. Texts whose
parts are marked by their positions, and texts that records are found in, are looked at and stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sartor.core.dataset import Count
from sartor.core.goal import Goal, OutputKind
from sartor.core.languages import LANGUAGES
from sartor.data.boilerplate_rows import NamedLines
from sartor.data.example import Tally
from sartor.data.language import is_foreign, languages_of
from sartor.data.look import Look
from sartor.data.output_kind import LabelReading
from sartor.data.personal_key import KeyFile
from sartor.data.personal_replace import Audit, Replacer
from sartor.data.repair import CHANGES, repair
from sartor.data.row import BadRow, Dropped, RawRow
from sartor.data.text_places import texts_of, with_texts

REPLACE, REPORT, KEEP = "replace", "report", "keep"
REPLACED_TASKS = ("chat", "generate")
"""Tasks in whose answers a number of somebody else could stand, if it had been learned."""
_NO_TEXT_ROLES = ("group", "time", "split")
_FOREIGN = "Surely in none of the languages that `prepare.languages` keeps: {languages}."


@dataclass
class Treatment:
    """Treats one row after the other, and counts what it did."""

    columns: frozenset[str]
    """Those that hold texts."""
    may_change: bool
    """Whether texts may become others."""
    repairs: bool
    languages: tuple[str, ...]
    """ISO 639-1 codes to keep; empty: all."""
    personal_data: str
    """`replace`, `report` or `keep`."""
    key: KeyFile | None = None
    boilerplate: NamedLines = field(default_factory=lambda: NamedLines(()))
    """Lines to take away from both ends of texts."""
    tally: Tally = field(default_factory=Tally)
    _replacer: Replacer = field(default_factory=Replacer)

    def __post_init__(self) -> None:
        self._audit = Audit(is_replaced=self.personal_data == REPLACE and self.may_change)

    def rows(
        self, found: Iterable[RawRow | BadRow | Dropped]
    ) -> Iterator[RawRow | BadRow | Dropped]:
        """What a reader found, its rows treated."""
        for one in found:
            yield self._treated(one) if isinstance(one, RawRow) else one

    def counts(self) -> list[Count]:
        """What was done, for the data card; what was repaired comes first."""
        return [*self.tally.counts(), *self.boilerplate.counts(), *self._audit.counts()]

    def _treated(self, row: RawRow) -> RawRow | Dropped:
        texts = texts_of(row.fields, self.columns)
        if self.languages and self._is_foreign(texts):
            names = ", ".join(LANGUAGES.get(code, code) for code in self.languages)
            note = _FOREIGN.format(languages=names)
            return Dropped(row.source, row.line, "rows in other languages", note)
        treated = self._repaired(row, texts) if self.repairs and self.may_change else texts
        if self.personal_data != KEEP:
            treated = self._without_personal_data(row, treated)
        if self.boilerplate and self.may_change:
            treated = self.boilerplate.stripped(treated, self.tally, place=row.place)
        if treated == texts:
            return row
        return row._replace(fields=with_texts(row.fields, self.columns, iter(treated)))

    def _repaired(self, row: RawRow, texts: Sequence[str]) -> list[str]:
        found = [repair(text) for text in texts]
        changes = {name for one in found for name in one.changes}
        for name in CHANGES if changes else ():
            if name in changes:
                self.tally.count(f"repaired: {name}", CHANGES[name], row.place)
        return [one.text for one in found]

    def _without_personal_data(self, row: RawRow, texts: list[str]) -> list[str]:
        replaced = self._replacer.replace(texts)
        self._audit.add(row.place, replaced)
        if self.personal_data != REPLACE or not self.may_change:
            return texts
        if self.key is not None:
            self.key.add(row.place, replaced.values)
        return list(replaced.texts)

    def _is_foreign(self, texts: Iterable[str]) -> bool:
        (language,) = languages_of([" ".join(texts)])
        return is_foreign(language, self.languages)


def treatment_of(goal: Goal, look: Look, folder: Path) -> Treatment:
    """How the rows of a goal are treated.

    Args:
        goal: Says what is wanted.
        look: Which columns hold texts.
        folder: The workspace.
    """
    key = goal.prepare.personal_key
    return Treatment(
        columns=_text_columns(look),
        may_change=isinstance(look.reading, LabelReading) or look.reading.kind is OutputKind.TEXT,
        repairs=goal.prepare.repair,
        languages=goal.prepare.languages,
        personal_data=personal_data_of(goal),
        key=KeyFile(folder / key) if key else None,
        boilerplate=NamedLines(goal.prepare.boilerplate),
    )


def personal_data_of(goal: Goal) -> str:
    """What is done to personal data: as the goal says, or as the task wants it."""
    usual = REPLACE if goal.task in REPLACED_TASKS else REPORT
    return goal.prepare.personal_data or usual


def _text_columns(look: Look) -> frozenset[str]:
    names = look.columns.names
    if isinstance(look.reading, LabelReading):
        return frozenset({names["input"]})
    if look.reading.kind is not OutputKind.TEXT:
        return frozenset({names["input"]} if "input" in names else ())
    return frozenset(name for role, name in names.items() if role not in _NO_TEXT_ROLES)


def reading_of(goal: Goal) -> dict[str, bool]:
    """What of it is done to new messages too, for a package to say."""
    is_free = goal.task != "extract"
    return {
        "repairs": is_free and goal.prepare.repair,
        "replaces_personal_data": is_free and personal_data_of(goal) == REPLACE,
    }
