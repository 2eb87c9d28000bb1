"""The rules for rows whose answer is a record: one JSON object, or a column for each field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sartor.data.check import read_group, read_split
from sartor.data.example import Example, Tally, Trouble, as_truth, json_in
from sartor.data.layout import Layout
from sartor.data.output_kind import as_number
from sartor.data.personal import escape_controls, mask_personal_data
from sartor.data.row import AGAINST_SCHEMA, NOT_A_RECORD, BadRow, RawRow

MAX_FAULTS = 3
"""Faults against the schema that are named for a row."""
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array"}


@dataclass(frozen=True)
class FieldRules:
    """Checks rows of one file."""

    layout: Layout
    schema: dict[str, Any] | None
    """What every record keeps; None where nobody wrote it down."""
    file_split: str
    """Split of the file: `all` where a split column or Sartor decides."""
    tally: Tally
    validator: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "validator", _validator(self.schema))

    def check(self, row: RawRow) -> tuple[Example, ...] | BadRow:
        """The row as an example, or everything that is wrong with it."""
        trouble, columns = Trouble(row), self.layout.columns
        group = read_group(row, columns, trouble.problems)
        split = read_split(row, columns, trouble.problems, file_split=self.file_split)
        if columns["input"] not in row.fields:
            trouble.missing(columns["input"])
            text = ""
        else:
            text = trouble.text(columns["input"], row.fields[columns["input"]])
        record = self._record(row, trouble)
        answer = "" if record is None else self._stored(record, trouble)
        if trouble.problems:
            return trouble.bad_row()
        return (Example(text, text, answer, (), (), group, split, 1),)

    def _record(self, row: RawRow, trouble: Trouble) -> dict[str, Any] | None:
        """The record; None where there is none, which is noted."""
        if self.layout.field_columns:
            return self._from_columns(row)
        column = self.layout.columns["output"]
        if column not in row.fields:
            trouble.missing(column)
            return None
        value = row.fields[column]
        if isinstance(value, str) and value.strip():
            value = json_in(value, trouble, column)
            if value is None and trouble.problems:
                return None
        if not isinstance(value, Mapping):
            fix = "Write the record as a JSON object; `{}` where there is nothing to find."
            trouble.note(column, NOT_A_RECORD, "" if value is None else value, fix)
            return None
        return dict(value)

    def _from_columns(self, row: RawRow) -> dict[str, Any]:
        """Filled cells by name, in the types of the schema; an empty cell is no field."""
        properties = (self.schema or {}).get("properties", {})
        return {
            name: _typed(value, properties.get(name, {}))
            for name in self.layout.field_columns
            if (value := row.fields.get(name)) not in (None, "")
        }

    def _stored(self, record: dict[str, Any], trouble: Trouble) -> str:
        """The record as canonical JSON, if it keeps its schema."""
        column = self.layout.columns.get("output", "")
        text = trouble.json_of(column, record, rule=NOT_A_RECORD)
        if text is None:
            return ""
        trouble.characters(column, text)
        faults = list(self.validator.iter_errors(record))[:MAX_FAULTS] if self.validator else ()
        for fault in faults:
            path = ".".join(map(str, ([column] if column else []) + list(fault.absolute_path)))
            fix = f"Correct it: {escape_controls(mask_personal_data(fault.message[:120]))}."
            trouble.note(path or column, AGAINST_SCHEMA, fault.instance, fix)
        return text


class SeenFields:
    """The fields that records hold, and of which types: a schema where nobody wrote one."""

    def __init__(self) -> None:
        self._types: dict[str, set[str]] = {}

    def add(self, record: Mapping[str, Any]) -> None:
        """One more record."""
        for name, value in record.items():
            self._types.setdefault(name, set()).add(_TYPES.get(type(value), _other(value)))

    def schema(self) -> dict[str, Any] | None:
        """Its fields with their types, sorted by name; None where there are none."""
        if not self._types:
            return None
        properties = {
            name: {"type": min(types) if len(types) == 1 else sorted(types)}
            for name, types in sorted(self._types.items())
        }
        return {"type": "object", "properties": properties, "additionalProperties": False}


def _other(value: Any) -> str:
    return "null" if value is None else "object"


def _typed(value: Any, schema: Mapping[str, Any]) -> Any:
    """A cell in the type that the schema wants; as it is where it cannot be that."""
    if not isinstance(value, str) or not isinstance(schema, Mapping):
        return value
    wanted = schema.get("type", "string")
    types = wanted if isinstance(wanted, list) else [wanted]
    if "boolean" in types and (truth := as_truth(value)) is not None:
        return truth
    if {"integer", "number"} & set(types) and (number := as_number(value)) is not None:
        return int(number) if number.is_integer() and "integer" in types else number
    if {"array", "object"} & set(types) and value.lstrip()[:1] in ("[", "{"):
        import json

        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value.strip()


def _validator(schema: dict[str, Any] | None) -> Any:
    if schema is None:
        return None
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema)
