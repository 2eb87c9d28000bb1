"""The rules a row must keep, and the table of those that do not.

All rows are checked in one pass before anything else happens, so that a user repairs a file once.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sartor.core.errors import DataError, did_you_mean
from sartor.core.goal import OutputKind
from sartor.data.label_names import LabelNames
from sartor.data.output_kind import LabelReading, as_list, as_number
from sartor.data.personal import excerpt
from sartor.data.row import (
    BROKEN_CHARACTER,
    EMPTY_LABEL,
    EMPTY_TEXT,
    MAX_FIELD_CHARACTERS,
    MISSING_FIELD,
    NOT_A_LABEL,
    NOT_A_NUMBER,
    NOT_TEXT,
    TOO_LONG,
    UNKNOWN_LABEL,
    UNKNOWN_SPLIT,
    BadRow,
    Dropped,
    Problem,
    RawRow,
    raw_json,
)
from sartor.data.split_names import SPLIT_WORDS

MAX_LABEL_CHARACTERS = 200
MAX_PROBLEMS_KEPT = 1_000
MAX_PROBLEMS_SHOWN = 20
_LEFT_OUT = "`null` stands for their labels in the file of intents, or in `prepare.label_names`."
_ABSENT = object()


class CheckedRow(NamedTuple):
    """A row that keeps every rule."""

    text: str
    """NFC, stripped, line feeds only."""
    labels: tuple[str, ...]
    """One for `single`, any number for `multi`, none for `score`."""
    score: float
    """The number for `score`, else 0."""
    group: str
    """Empty where the row stands alone."""
    split: str
    """`all`, `train`, `valid` or `test`."""


class BadRowsError(DataError):
    """Rows that break a rule; `problems` holds up to 1,000 of them."""

    def __init__(self, *, where: str, problem: str, fix: str, problems: Sequence[Problem]) -> None:
        super().__init__(where=where, problem=problem, fix=fix)
        self.problems = tuple(problems)


@dataclass(frozen=True)
class RowRules:
    """Checks rows of one file."""

    columns: dict[str, str]
    """Role to column."""
    reading: LabelReading
    known_labels: frozenset[str]
    """Labels that the goal lists; empty where it lists none."""
    file_split: str
    """Split of the file: `all` where a split column or Sartor decides."""
    label_names: LabelNames = field(default_factory=LabelNames)
    """What labels are called that the data spells otherwise."""

    def check(self, row: RawRow) -> CheckedRow | BadRow | Dropped:
        """The row in its checked form, or everything that is wrong with it."""
        problems: list[Problem] = []
        is_score = self.reading.kind is OutputKind.SCORE
        text = self._text(row, problems)
        labels = () if is_score else self._labels(row, problems)
        kept = tuple(label for label in labels if label is not None)
        checked = CheckedRow(
            text,
            kept,
            self._score(row, problems) if self.reading.kind is OutputKind.SCORE else 0.0,
            read_group(row, self.columns, problems),
            read_split(row, self.columns, problems, file_split=self.file_split),
        )
        if problems:
            return BadRow(tuple(problems), raw_json(row.fields))
        if labels and not kept:
            return Dropped(row.source, row.line, "rows of labels that are left out", _LEFT_OUT)
        return checked

    def _text(self, row: RawRow, problems: list[Problem]) -> str:
        column = self.columns["input"]
        value = row.fields.get(column, _ABSENT)
        if not isinstance(value, str):
            _note_no_text(problems, row, column, value)
            return ""
        text = clean_text(value)
        if not text:
            note(problems, row, column, EMPTY_TEXT, value, "Write a text or take the row out.")
        elif len(text) > MAX_FIELD_CHARACTERS:
            fix = f"Cut it to {MAX_FIELD_CHARACTERS:,} characters; it has {len(text):,}."
            note(problems, row, column, TOO_LONG, text, fix)
        elif trouble := broken_character(text):
            note(problems, row, column, BROKEN_CHARACTER, text, trouble)
        return text

    def _labels(self, row: RawRow, problems: list[Problem]) -> tuple[str | None, ...]:
        """The labels that are meant; None for those that are left out."""
        column = self.columns["output"]
        value = row.fields.get(column, _ABSENT)
        if value is _ABSENT:
            _note_missing(problems, row, column)
            return ()
        labels = self._label_values(row, column, value, problems)
        names: list[str | None] = []
        for label in labels:
            spelled = _label_name(label)
            name = self.label_names.of(spelled)
            if spelled and self.label_names.is_strange(spelled):
                fix = "It is neither an id nor a name in the file of intents: put the entry back."
                note(problems, row, column, UNKNOWN_LABEL, spelled, fix)
            elif name and self.known_labels and name not in self.known_labels:
                fix = did_you_mean(name, self.known_labels)
                note(problems, row, column, UNKNOWN_LABEL, name, fix)
            is_named = name is None or name
            names.append(name if is_named else self._note_label(row, column, label, problems))
        return tuple(dict.fromkeys(names))

    def _label_values(
        self, row: RawRow, column: str, value: Any, problems: list[Problem]
    ) -> list[Any]:
        """The cell's labels, not yet named."""
        if self.reading.kind is OutputKind.MULTI and value is not None:
            if (listed := as_list(value)) is not None:
                return listed
            if not isinstance(value, str) or self.reading.separator is None:
                return [] if value == "" else [value]
            return [part for part in value.split(self.reading.separator) if part.strip()]
        if isinstance(value, list) and len(value) == 1:
            return value
        if isinstance(value, list):
            fix = "Keep one label, or set `output_kind: multi`."
            note(problems, row, column, NOT_A_LABEL if value else EMPTY_LABEL, value, fix)
            return []
        return [value]

    def _note_label(self, row: RawRow, column: str, label: Any, problems: list[Problem]) -> str:
        if label is None or (isinstance(label, str) and not label.strip()):
            fix = "Give it a label or take the row out."
            note(problems, row, column, EMPTY_LABEL, "" if label is None else label, fix)
        else:
            fix = f"A label is a word of up to {MAX_LABEL_CHARACTERS} printable characters."
            note(problems, row, column, NOT_A_LABEL, label, fix)
        return ""

    def _score(self, row: RawRow, problems: list[Problem]) -> float:
        column = self.columns["output"]
        value = row.fields.get(column, _ABSENT)
        if value is _ABSENT:
            _note_missing(problems, row, column)
        elif value is None or (isinstance(value, str) and not value.strip()):
            note(problems, row, column, EMPTY_LABEL, "", "Give it a number or take the row out.")
        elif (number := self._number(value)) is not None:
            return number
        else:
            fix = "Write a finite number with a decimal point, or set `output_kind`."
            note(problems, row, column, NOT_A_NUMBER, value, fix)
        return 0.0

    def _number(self, value: Any) -> float | None:
        return as_number(value, has_decimal_comma=self.reading.has_decimal_comma)


def read_group(row: RawRow, columns: Mapping[str, str], problems: list[Problem]) -> str:
    """What the group column says; empty where the row stands alone."""
    if "group" not in columns:
        return ""
    value = row.fields.get(columns["group"])
    group = "" if value is None else str(value).strip()
    if broken_character(group):
        fix = "Remove the broken characters."
        note(problems, row, columns["group"], BROKEN_CHARACTER, group, fix)
    return group


def read_split(
    row: RawRow, columns: Mapping[str, str], problems: list[Problem], *, file_split: str
) -> str:
    """`all`, `train`, `valid` or `test`: by the file, else by the split column."""
    if file_split != "all" or "split" not in columns:
        return file_split
    column = columns["split"]
    value = row.fields.get(column)
    split = SPLIT_WORDS.get(str(value).strip().lower())
    if split is None:
        fix = did_you_mean(str(value)[:50], ["train", "valid", "test"])
        note(problems, row, column, UNKNOWN_SPLIT, "" if value is None else value, fix)
    return split or "all"


@dataclass
class ProblemTable:
    """Bad rows as they are found; counts all, keeps the first thousand problems."""

    num_rows: int = 0
    """Rows looked at, good and bad."""
    num_bad_rows: int = 0
    by_rule: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)

    def add(self, bad: BadRow) -> None:
        """Count a bad row."""
        self.num_bad_rows += 1
        for problem in bad.problems:
            self.by_rule[problem.rule] += 1
            if len(self.problems) < MAX_PROBLEMS_KEPT:
                self.problems.append(problem)

    def error(self, where: str) -> BadRowsError:
        """What to raise where the user has not allowed to skip."""
        rules = ", ".join(f"{count:,} {rule}" for rule, count in self.by_rule.most_common())
        num_more = sum(self.by_rule.values()) - MAX_PROBLEMS_SHOWN
        more = f"\n  ... and {num_more:,} more" if num_more > 0 else ""
        table = problem_table(self.problems[:MAX_PROBLEMS_SHOWN])
        return BadRowsError(
            where=where,
            problem=f"{self.num_bad_rows:,} of {self.num_rows:,} rows cannot be used "
            f"({rules}):\n{table}{more}\n",
            fix="Repair them, or set them aside with `--skip-bad` (they are counted and kept "
            "in a quarantine file).",
            problems=self.problems,
        )


def problem_table(problems: Sequence[Problem]) -> str:
    """Problems as aligned columns: place, field, rule, excerpt, fix."""
    rows = [("place", "field", "rule", "excerpt", "fix")]
    rows += [(p.place, p.field or "-", p.rule, p.excerpt or "-", p.fix) for p in problems]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  " + "  ".join([*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[4]])
        for row in rows
    )


def clean_text(text: str) -> str:
    """NFC, line feeds, no space around: as little as possible, since users will send the rest."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.strip()


def _label_name(label: Any) -> str:
    """A label's name; empty where the value is no label."""
    if isinstance(label, bool):
        return str(label).lower()
    if isinstance(label, int | float) and as_number(label) is not None:
        return str(label)
    if not isinstance(label, str) or len(label) > MAX_LABEL_CHARACTERS:
        return ""
    name = clean_text(label)
    return name if name.isprintable() else ""


def broken_character(text: str) -> str | None:
    """What to do about characters that cannot be stored as UTF-8 or end a string early."""
    if "\x00" in text:
        return "Remove the NUL characters."
    try:
        text.encode()
    except UnicodeEncodeError:
        return "Replace the lone surrogate (half an emoji)."
    return None


def note(
    problems: list[Problem], row: RawRow, column: str, rule: str, value: Any, fix: str
) -> None:
    """Add a problem of a row."""
    problems.append(Problem(row.place, column, rule, excerpt(value), fix))


def _note_missing(problems: list[Problem], row: RawRow, column: str) -> None:
    there = [excerpt(name) for name in list(row.fields)[:20]]
    near = did_you_mean(column, there) if there else "The row is empty."
    note(problems, row, column, MISSING_FIELD, "", f"The row has no `{column}`. {near}")


def _note_no_text(problems: list[Problem], row: RawRow, column: str, value: Any) -> None:
    if value is _ABSENT:
        _note_missing(problems, row, column)
    elif value is None:
        note(problems, row, column, EMPTY_TEXT, "", "Write a text or take the row out.")
    else:
        note(problems, row, column, NOT_TEXT, value, "Write the text as a string.")
