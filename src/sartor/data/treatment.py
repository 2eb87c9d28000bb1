"""What is done to the texts of a row before it is checked.

Damage is repaired, rows in other languages are left out, personal data is replaced or reported. Texts whose
parts are marked by their positions, and texts that records are found in, are looked at and stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from sartor.core.dataset import Count
from sartor.core.errors import DataError
from sartor.core.goal import Goal, OutputKind
from sartor.core.languages import LANGUAGES
from sartor.data.boilerplate_rows import NamedLines
from sartor.data.example import Tally
from sartor.data.look import Look
from sartor.data.output_kind import LabelReading
from sartor.data.personal_key import KeyFile, NoteValues
from sartor.data.personal_replace import Audit
from sartor.data.processes import ALONE, Processes
from sartor.data.repair import CHANGES
from sartor.data.row import BadRow, Dropped, RawRow
from sartor.data.text_places import texts_of, with_texts
from sartor.data.text_treatment import TextRules, Treated, treat

REPLACE, REPORT, KEEP = "replace", "report", "keep"
REPLACED_TASKS = ("chat", "generate")
"""Tasks in whose answers a number of somebody else could stand, if it had been learned."""
_NO_TEXT_ROLES = ("group", "time", "split")
_FOREIGN = "Surely in none of the languages that `prepare.languages` keeps: {languages}."
_CHUNK_ROWS, _CHUNK_CHARACTERS = 256, 1 << 18
"""Rows are treated so many at a time, or fewer where they are long."""
Found = RawRow | BadRow | Dropped
"""What a reader finds."""


@dataclass
class Treatment:
    """Treats the rows of files, and counts what it did."""

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

    def __post_init__(self) -> None:
        self._rules = TextRules(
            repairs=self.repairs and self.may_change,
            languages=self.languages,
            looks_for_personal_data=self.personal_data != KEEP,
            replaces=self.personal_data == REPLACE and self.may_change,
        )
        self._audit = Audit(is_replaced=self._rules.replaces)

    def rows(self, found: Iterable[Found], processes: Processes = ALONE) -> Iterator[Found]:
        """What a reader found, its rows treated.

        Args:
            found: Rows, bad rows and what was left out, in order.
            processes: Where texts are treated; the result is the same everywhere.
        """
        with ExitStack() as stack:
            note_values = stack.enter_context(self.key.appending()) if self.key else None
            work = processes.job(treat, self._rules)
            for chunk, treated in work.map(self._chunks(found)):
                rest = iter(treated)
                for one in chunk:
                    if isinstance(one, RawRow):
                        yield self._noted(one, next(rest), note_values)
                    else:
                        yield one

    def counts(self) -> list[Count]:
        """What was done, for the data card; what was repaired comes first."""
        return [*self.tally.counts(), *self.boilerplate.counts(), *self._audit.counts()]

    def _chunks(self, found: Iterable[Found]) -> Iterator[tuple[list[Found], list[list[str]]]]:
        """What was found, some at a time, and the texts of the rows among it."""
        chunk: list[Found] = []
        texts: list[list[str]] = []
        num_characters = 0
        try:
            for one in found:
                chunk.append(one)
                if isinstance(one, RawRow):
                    texts.append(texts_of(one.fields, self.columns))
                    num_characters += sum(map(len, texts[-1]))
                if len(chunk) == _CHUNK_ROWS or num_characters >= _CHUNK_CHARACTERS:
                    yield chunk, texts
                    chunk, texts, num_characters = [], [], 0
        except DataError:
            yield chunk, texts  # what stands before a broken place is looked at as ever
            raise
        yield chunk, texts

    def _noted(self, row: RawRow, treated: Treated, note_values: NoteValues | None) -> Found:
        """The row as it is now; what was done to it is counted."""
        if treated.is_foreign:
            names = ", ".join(LANGUAGES.get(code, code) for code in self.languages)
            note = _FOREIGN.format(languages=names)
            return Dropped(row.source, row.line, "rows in other languages", note)
        for name in CHANGES if treated.changes else ():
            if name in treated.changes:
                self.tally.count(f"repaired: {name}", CHANGES[name], row.place)
        if treated.counts:
            self._audit.add(row.place, treated.counts)
        if treated.values and note_values is not None:
            note_values(row.place, treated.values)
        texts: Sequence[str] | None = treated.texts
        if self.boilerplate and self.may_change:
            texts = self._stripped(row, texts)
        if texts is None:
            return row
        return row._replace(fields=with_texts(row.fields, self.columns, iter(texts)))

    def _stripped(self, row: RawRow, treated: Sequence[str] | None) -> Sequence[str] | None:
        """The texts without the lines that were named; None where they stay as they were read."""
        texts = texts_of(row.fields, self.columns) if treated is None else treated
        stripped = self.boilerplate.stripped(texts, self.tally, place=row.place)
        return treated if stripped == list(texts) else stripped


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
