"""A row as a reader found it, and what can be wrong with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

BROKEN_JSON = "broken JSON"
BROKEN_CSV = "broken CSV"
RAGGED_ROW = "ragged row"
NOT_AN_OBJECT = "not an object"
NOT_UTF8 = "not UTF-8"
TOO_LONG = "too long"
MISSING_FIELD = "missing field"
EMPTY_TEXT = "empty text"
EMPTY_LABEL = "empty label"
NOT_TEXT = "not text"
NOT_A_LABEL = "not a label"
NOT_A_NUMBER = "not a number"
BROKEN_CHARACTER = "broken character"
UNKNOWN_SPLIT = "unknown split"
UNKNOWN_LABEL = "unknown label"
EMPTY_ANSWER = "empty answer"
NO_ANSWER = "no answer"
NOT_MESSAGES = "not messages"
UNKNOWN_ROLE = "unknown role"
ROLE_ORDER = "role order"
TOOL_WITHOUT_CALL = "tool without call"
BROKEN_CALL = "broken call"
UNKNOWN_WEIGHT = "unknown weight"
SEVERAL_TURNS = "several turns"
ANOTHER_SYSTEM = "another system turn"
NOT_TRUE_OR_FALSE = "not true or false"
NOT_A_TAG = "not a tag"
NOT_A_SPAN = "not a span"
SPAN_OUTSIDE = "span outside the text"
SPANS_OVERLAP = "overlapping spans"
NOT_A_RECORD = "not a record"
AGAINST_SCHEMA = "against the schema"

MAX_FIELD_CHARACTERS = 10_000_000
"""Longest field; anything longer is a file that was put into a cell by mistake."""


class RawRow(NamedTuple):
    """One row of a file, nothing checked. A NamedTuple because millions of them are made."""

    source: str
    """The file as the user named it."""
    line: int
    """Physical line from 1; in JSON arrays and Parquet the row from 1."""
    fields: dict[str, Any]
    """Column to value."""

    @property
    def place(self) -> str:
        """Where a person finds it: `messages.csv:17`."""
        return f"{self.source}:{self.line}"


class Dropped(NamedTuple):
    """Something that a reader leaves out on purpose: no error, but counted and shown."""

    source: str
    """As in `RawRow`."""
    line: int
    what: str
    """What all such things are called in the data card: `automatic replies`."""
    note: str
    """Why they were left out, one sentence; the same for all of one kind."""

    @property
    def place(self) -> str:
        """Where a person finds it."""
        return f"{self.source}:{self.line}"


def with_languages(row: RawRow, task: str) -> RawRow:
    """To translate: `{"translation": {"en": ..., "es": ...}}` as a column for each language."""
    pair = row.fields.get("translation") if task == "translate" else None
    if not isinstance(pair, dict):
        return row
    others = {name: value for name, value in row.fields.items() if name != "translation"}
    return row._replace(fields={**others, **pair})


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with one row."""

    place: str
    """`file:line`."""
    field: str
    """The column concerned; empty where the row as a whole is broken."""
    rule: str
    """The rule it breaks, one of the names above."""
    excerpt: str
    """At most 60 characters of the offending value, personal data replaced."""
    fix: str
    """What to do, one sentence."""


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be used, with every reason why."""

    problems: tuple[Problem, ...]
    raw: str
    """The row as it stood, for the quarantine file."""

    @property
    def place(self) -> str:
        """Where a person finds it."""
        return self.problems[0].place


def raw_json(fields: Mapping[str, Any]) -> str:
    """A row's fields as one line of ASCII JSON, whatever stands in them."""
    return json.dumps(fields, default=str)
