"""Logs with one message a row: CSV, TSV, JSON, JSON Lines or Parquet; several rows make a conversation.

The rows of a conversation may stand anywhere in the file. Columns that are no part of a message become fields
of the conversation: a value where it is the same in all rows, else the different ones as a list.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from sartor.core.errors import DataError
from sartor.data.byte_stream import DataFile
from sartor.data.exchange import Exchange, left_out, text_in
from sartor.data.log_columns import LogColumns, log_columns
from sartor.data.message_spool import MessageSpool, Spooled
from sartor.data.output_kind import as_list
from sartor.data.personal import excerpt
from sartor.data.readers import format_of, read_rows
from sartor.data.row import (
    MISSING_FIELD,
    NOT_TEXT,
    BadRow,
    Dropped,
    Problem,
    RawRow,
    raw_json,
)
from sartor.data.speakers import Cast, Census, Side, side_by_word
from sartor.data.times import seconds_of, utc_time

_LOOKED_AT_ROWS = 200
_MOST_VALUES = 100
_MOST_VALUE_CHARACTERS = 10_000
_TRUE = ("true", "1", "yes", "t", "y")
_FALSE = ("false", "0", "no", "f", "n")
_RESERVED = ("messages", "text", "subject", "tags", "group", "conversation", "time")
"""Columns that every conversation has; one of the log that is named so gets `log_` in front."""


def read_message_log(file: DataFile) -> Iterator[RawRow | BadRow | Dropped]:
    """A row for each conversation.

    Raises:
        DataError: A column is absent or in doubt, or it is not clear who answers.
    """
    table = as_table(file)
    columns = log_columns(_columns_there(table), where=file.name)
    census = Census(file.agents)
    with MessageSpool(where=file.name) as spool:
        for row in read_rows(table):
            if not isinstance(row, RawRow):
                yield row
            elif (trouble := _trouble(row, columns)) is not None:
                yield trouble
            else:
                _put_aside(row, columns, spool, census)
        cast = census.cast(where=file.name)
        if not _says_who(columns):
            yield left_out(file.name, 1, "files without a speaker column")
        for messages in spool.conversations():
            yield from _exchange(messages, columns, cast, file.name).finished()


def is_message_log(file: DataFile) -> bool:
    """Whether several rows share a conversation, and a column says who wrote them."""
    try:
        columns = log_columns(_columns_there(file), where=file.name)
        named = [text_in(columns.value("conversation", row.fields)) for row in _head(file)]
        has_text = any(text_in(columns.value("text", row.fields)) for row in _head(file))
    except DataError:
        return False
    return _says_who(columns) and len(set(named)) < len(named) and has_text


def as_table(file: DataFile) -> DataFile:
    """The file in the format of its ending, as its rows are spelled."""
    form = format_of(file.path)
    return replace(file, format=form[0]) if form else file


def _columns_there(table: DataFile) -> list[str]:
    return list(dict.fromkeys(str(name) for row in _head(table) for name in row.fields))


def _head(table: DataFile) -> Iterator[RawRow]:
    """The first rows that can be read, one at a time: one alone may be tens of mebibytes."""
    return (row for row in islice(read_rows(table), _LOOKED_AT_ROWS) if isinstance(row, RawRow))


def _says_who(columns: LogColumns) -> bool:
    return bool({"role", "speaker"} & columns.names.keys())


def _trouble(row: RawRow, columns: LogColumns) -> BadRow | None:
    """A row that belongs nowhere, or whose text is none."""
    name, text = (columns.value(role, row.fields) for role in ("conversation", "text"))
    if not text_in(name).strip():
        column, rule, shown = columns.names["conversation"], MISSING_FIELD, name
        fix = "Write which conversation the message belongs to."
    elif text is not None and not isinstance(text, str):
        column, rule, shown = columns.names["text"], NOT_TEXT, text
        fix = "Write the message as a string."
    else:
        return None
    problem = Problem(row.place, column, rule, "" if shown is None else excerpt(shown), fix)
    return BadRow((problem,), raw_json(row.fields))


def _put_aside(row: RawRow, columns: LogColumns, spool: MessageSpool, census: Census) -> None:
    speakers = _speakers(row, columns)
    is_internal = _is_internal(row, columns)
    if speakers and not is_internal:
        census.add(*speakers)
    used = set(columns.names.values()) - {columns.names.get("customer")}
    name = text_in(columns.value("conversation", row.fields))
    fields = {
        "conversation": name,
        "text": text_in(columns.value("text", row.fields)),
        "time": utc_time(columns.value("time", row.fields)),
        "speakers": speakers,
        "customer": text_in(columns.value("customer", row.fields)),
        "is_internal": is_internal,
        "more": {name: value for name, value in row.fields.items() if name not in used},
    }
    spool.add(name, _plain(fields), line=row.line, place=_place(row, columns))


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    """Values that JSON does not know, from Parquet, as texts."""
    more = {
        str(name): value
        if isinstance(value, str | int | float | bool | list | dict | None)
        else str(value)
        for name, value in fields["more"].items()
    }
    return {**fields, "more": more}


def _speakers(row: RawRow, columns: LogColumns) -> list[str]:
    """What is said of who wrote a message; a column with the role counts before one with a name."""
    role, speaker = (text_in(columns.value(name, row.fields)) for name in ("role", "speaker"))
    return [name for name in (role or speaker, speaker) if name]


def _is_internal(row: RawRow, columns: LogColumns) -> bool:
    public, internal = (columns.value(name, row.fields) for name in ("public", "internal"))
    return str(public).strip().lower() in _FALSE or str(internal).strip().lower() in _TRUE


def _place(row: RawRow, columns: LogColumns) -> float:
    """By its number in the conversation, else by its time."""
    number = columns.value("order", row.fields)
    try:
        return float(str(number)[:20])
    except ValueError:
        return seconds_of(utc_time(columns.value("time", row.fields))) or 0


def _exchange(
    messages: Iterator[Spooled], columns: LogColumns, cast: Cast, source: str
) -> Exchange:
    exchange: Exchange | None = None
    more: dict[str, list[Any]] = {}
    for line, said in messages:
        exchange = exchange or Exchange(said["conversation"], source, line)
        exchange.leave_out("values of other columns", line, times=_gather(more, said["more"]))
        if said["is_internal"]:
            exchange.leave_out("internal notes", line)
            continue
        side = cast.side(*said["speakers"]) if said["speakers"] else Side.CUSTOMER
        if side is Side.CUSTOMER and (name := said["customer"] or _name(said, columns)):
            exchange.asked_by(name)
        exchange.say(said["text"], side, time=said["time"], line=line)
    assert exchange is not None
    exchange.fields = {_free(name): _one(values) for name, values in more.items()}
    return exchange


def _name(said: dict[str, Any], columns: LogColumns) -> str:
    """The customer's own name, where there is a role beside it or it is no word for customers."""
    name = said["speakers"][-1] if "speaker" in columns.names and said["speakers"] else ""
    return "" if side_by_word(name) else name


def _gather(more: dict[str, list[Any]], row: dict[str, Any]) -> int:
    """Keep the different values of each other column, those of lists one by one; how many found no room."""
    num_lost = 0
    for name, value in row.items():
        kept = more.setdefault(name, [])
        listed = as_list(value)
        for one in [value] if listed is None else listed:
            if one in ("", None) or one in kept:
                continue
            if len(kept) < _MOST_VALUES and len(json.dumps(one)) <= _MOST_VALUE_CHARACTERS:
                kept.append(one)
            else:
                num_lost += 1
    return num_lost


def _one(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values or None


def _free(name: str) -> str:
    return f"log_{name}" if name in _RESERVED else name
