"""Which sheet of a workbook is meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from typing import NamedTuple

from sartor.core.dataset import Count
from sartor.core.errors import DataError, did_you_mean
from sartor.data.byte_stream import DataFile
from sartor.data.personal import escape_controls

WORKBOOKS = {
    "xlsx": "sartor.data.read_xlsx",
    "xlsm": "sartor.data.read_xlsx",
    "ods": "sartor.data.read_ods",
}
"""Formats whose files have sheets, and the module that lists them by `sheets_of`."""
_SHOWN = 20


class Sheet(NamedTuple):
    """A sheet of a workbook."""

    name: str
    is_hidden: bool
    has_rows: Callable[[], bool]
    """Whether any cell is filled; reads as far as the first."""


def with_sheet(file: DataFile) -> tuple[DataFile, list[Count]]:
    """A workbook with the sheet that is meant as its part and in its name; others as they are.

    Raises:
        DataError: Several sheets could be meant, none has rows, or the named one is not there.
    """
    if file.format not in WORKBOOKS:
        return file, []
    sheets = list_sheets(file)
    chosen = _named_sheet(file, sheets) if file.part else _only_sheet(file, sheets)
    book = file.name.removesuffix(f"#{file.part}") if file.part else file.name
    named = replace(file, part=chosen.name, name=f"{book}#{escape_controls(chosen.name)}")
    counts = [] if file.part else _hidden_counts(book, sheets)
    if file.format == "xlsm":
        note = "A workbook may carry programs; none was read."
        counts.append(Count("macros", 0, note, (book,)))
    return named, counts


def list_sheets(file: DataFile) -> list[Sheet]:
    """The sheets of a workbook, in order."""
    sheets: list[Sheet] = import_module(WORKBOOKS[file.format]).sheets_of(file)
    return sheets


def _named_sheet(file: DataFile, sheets: Sequence[Sheet]) -> Sheet:
    for sheet in sheets:
        if sheet.name == file.part:
            return sheet
    raise DataError(
        where=file.name,
        problem="has no such sheet.",
        fix=did_you_mean(file.part, [escape_controls(sheet.name) for sheet in sheets[:_SHOWN]]),
    )


def _only_sheet(file: DataFile, sheets: Sequence[Sheet]) -> Sheet:
    """The one visible sheet that has rows."""
    filled = [sheet for sheet in sheets if not sheet.is_hidden and sheet.has_rows()]
    if len(filled) == 1:
        return filled[0]
    if filled:
        raise several_parts(file.name, "sheets", [sheet.name for sheet in filled])
    hidden = [sheet.name for sheet in sheets if sheet.is_hidden and sheet.has_rows()]
    raise DataError(
        where=file.name,
        problem="has no rows" + (" but in hidden sheets." if hidden else "."),
        fix=f"Name the sheet as `{file.name}#{escape_controls(hidden[0])}`."
        if hidden
        else "Add examples: one row per text, with its label.",
    )


def several_parts(name: str, what: str, parts: Sequence[str]) -> DataError:
    """The question which sheet or table is meant, with every answer spelled out."""
    named = [f"`{name}#{escape_controls(part)}`" for part in parts[:_SHOWN]]
    more = f" and {len(parts) - _SHOWN} more" if len(parts) > _SHOWN else ""
    return DataError(
        where=name,
        problem=f"has {len(parts)} {what} with rows: which is meant?",
        fix=f"Name one or more of {', '.join(named)}{more} under `data`.",
    )


def _hidden_counts(book: str, sheets: Sequence[Sheet]) -> list[Count]:
    hidden = [sheet.name for sheet in sheets if sheet.is_hidden and sheet.has_rows()]
    if not hidden:
        return []
    names = tuple(f"{book}#{escape_controls(name)}" for name in hidden[:3])
    note = "Hidden sheets with rows were not read; name them under `data` to read them."
    return [Count("hidden sheets", len(hidden), note, names)]
