"""What a good row becomes where answers are written or cut out of the input, and how it is checked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sartor.core.dataset import Count
from sartor.core.errors import did_you_mean
from sartor.core.hashing import canonical_json
from sartor.data.check import broken_character, clean_text
from sartor.data.personal import excerpt
from sartor.data.row import (
    BROKEN_CHARACTER,
    BROKEN_JSON,
    EMPTY_TEXT,
    MAX_FIELD_CHARACTERS,
    MISSING_FIELD,
    NOT_TEXT,
    TOO_LONG,
    BadRow,
    Problem,
    RawRow,
    raw_json,
)

TRUTH = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}


class Example(NamedTuple):
    """One input and its answer; a row of a conversation holds one for each turn that is learned."""

    text: str
    """The input as it is stored: a text, or a conversation in the form of `core.conversation`."""
    plain: str
    """The input for people: what is counted in words and compared."""
    answer: str
    """The answer, or the spans or the record as canonical JSON; empty where no right one is known."""
    rejected: tuple[str, ...]
    """Answers known to be worse."""
    labels: tuple[str, ...]
    """Labels of its spans."""
    group: str
    """Empty where it stands alone."""
    split: str
    """`all`, `train`, `valid` or `test`."""
    num_turns: int
    """Turns of the input; 1 for a text."""


@dataclass
class Trouble:
    """What is wrong with one row, as it is found."""

    row: RawRow
    problems: list[Problem] = field(default_factory=list)

    def note(self, where: str, rule: str, value: Any, fix: str) -> None:
        """Add a problem; `where` is a column, or a path in it such as `messages[2].content`."""
        self.problems.append(Problem(self.row.place, where, rule, excerpt(value), fix))

    def missing(self, column: str) -> None:
        """A column that the row lacks."""
        there = [excerpt(name) for name in list(self.row.fields)[:20]]
        near = did_you_mean(column, there) if there else "The row is empty."
        self.note(column, MISSING_FIELD, "", f"The row has no `{column}`. {near}")

    def text(
        self, where: str, value: Any, *, empty: str = EMPTY_TEXT, may_be_empty: bool = False
    ) -> str:
        """A cleaned text; anything else is noted, and is empty.

        Args:
            where: Column or path, for the message.
            value: What stands there.
            empty: The rule that an empty one breaks.
            may_be_empty: Whether none does.
        """
        if value is None or isinstance(value, str):
            text = clean_text(value or "")
            if text:
                self.characters(where, text)
            elif not may_be_empty:
                self.note(where, empty, value or "", "Write a text or take the row out.")
            return text
        self.note(where, NOT_TEXT, value, "Write the text as a string.")
        return ""

    def json_of(self, where: str, value: Any, *, rule: str) -> str | None:
        """A value in its one spelling; None, and a problem, where it holds numbers without one."""
        try:
            return canonical_json(value)
        except ValueError:
            self.note(where, rule, value, "Write finite numbers: JSON knows no NaN.")
            return None

    def characters(self, where: str, text: str) -> None:
        """What cannot be stored."""
        if len(text) > MAX_FIELD_CHARACTERS:
            fix = f"Cut it to {MAX_FIELD_CHARACTERS:,} characters; it has {len(text):,}."
            self.note(where, TOO_LONG, text, fix)
        elif fix := broken_character(text) or "":
            self.note(where, BROKEN_CHARACTER, text, fix)

    def bad_row(self, given: RawRow | None = None) -> BadRow:
        """Everything that is wrong with the row; `given` is how it stood, where it was changed."""
        return BadRow(tuple(self.problems), raw_json((given or self.row).fields))


@dataclass
class Tally:
    """What was decided about rows that are no errors: each becomes a counted line of the card."""

    _lines: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)

    def count(self, what: str, note: str, place: str) -> None:
        """One more row of which something holds."""
        _, places = self._lines.setdefault(what, (note, []))
        self._numbers[what] = self._numbers.get(what, 0) + 1
        if len(places) < 3:
            places.append(place)

    def counts(self) -> list[Count]:
        """The lines, in the order in which they first came up."""
        return [
            Count(what, self._numbers[what], note, tuple(places))
            for what, (note, places) in self._lines.items()
        ]


def json_in(value: Any, trouble: Trouble, where: str) -> Any:
    """A value, also where it is spelled as JSON in a string; what is broken is noted, and is None."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        trouble.note(where, BROKEN_JSON, value, f"Write valid JSON ({reason}).")
        return None


def as_truth(value: Any) -> bool | None:
    """True or false in the spellings of JSON and CSV; None where it is neither."""
    if isinstance(value, bool):
        return value
    return TRUTH.get(str(value).strip().lower()) if isinstance(value, int | str) else None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
