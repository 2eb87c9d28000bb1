"""Texts on standard input: one a line, or JSON objects, one a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sartor.core.errors import DataError

if TYPE_CHECKING:
    from sartor.core.goal import Goal
    from sartor.results import InputRow

NAME = "standard input"


def read_standard_input(folder: Path) -> Iterator[InputRow]:
    """The rows as they arrive; empty lines are passed over.

    The first line decides: where it is a JSON object, all are, and the text is in the input column
    that `sartor.yaml` names or that is recognised by its name.

    Raises:
        DataError: A line is not UTF-8, or no JSON object although the first was.
    """
    from sartor.data.inputs import input_of
    from sartor.data.written_inputs import plain_input
    from sartor.results import InputRow

    column: str | None = None
    is_json: bool | None = None
    written = _written_goal(folder)
    for place, line in lines(sys.stdin.buffer):
        if is_json is None:
            is_json = _object(line) is not None
        if not is_json:
            text = plain_input(line, written) if written else line
            yield InputRow(place=place, text=text, fields={})
            continue
        fields = _object(line)
        if fields is None:
            raise _no_object(place)
        if written:
            yield InputRow(place, input_of(fields, written, place=place), fields)
            continue
        column = column or _input_column(folder, fields, place)
        yield InputRow(place=place, text=_text(fields, column, place), fields=fields)


def _written_goal(folder: Path) -> Goal | None:
    """The goal, where its answers are written or cut out of the input; None to classify."""
    from sartor.intake import read_goal
    from sartor.store.workspace import Workspace

    goal = read_goal(Workspace.open(folder), ())
    return None if goal.task == "classify" else goal


def lines(stream: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """Lines that are not empty, each with its place."""
    for number, raw in enumerate(stream, start=1):
        place = f"{NAME}:{number}"
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError as error:
            raise DataError(
                where=place,
                problem=f"is not UTF-8 (byte {error.start + 1} of the line).",
                fix="Convert it: `iconv -f LATIN1 -t UTF-8`.",
            ) from error
        if line:
            yield place, line


def _object(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        document = json.loads(line)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _no_object(place: str) -> DataError:
    return DataError(
        where=place,
        problem="is no JSON object, although the first line was one.",
        fix="Write one object a line, or texts only.",
    )


def _input_column(folder: Path, fields: dict[str, Any], place: str) -> str:
    """The column with the text: named in sartor.yaml, or recognised."""
    from sartor.data.columns import recognise
    from sartor.intake import read_goal
    from sartor.store.workspace import Workspace

    named = read_goal(Workspace.open(folder), ()).columns.input
    column = named or recognise("input", fields, where=place)
    if column is None:
        raise DataError(
            where=place,
            problem=f"no column was recognised as the text; there are {', '.join(fields)}.",
            fix="Name it in sartor.yaml: `columns: {input: NAME}`.",
        )
    return column


def _text(fields: dict[str, Any], column: str, place: str) -> str:
    text = fields.get(column)
    if not isinstance(text, str) or not text.strip():
        raise DataError(
            where=f"{place} > {column}",
            problem="has no text." if text is None or text == "" else "is not a text.",
            fix="Give each object a text in this column.",
        )
    return text
