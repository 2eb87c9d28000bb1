"""One file that was named: its format by its ending, or what to say where there is none."""

from __future__ import annotations

import re
from pathlib import Path

from sartor.core.errors import DataError, did_you_mean
from sartor.data.byte_stream import DataFile
from sartor.data.readers import endings, format_of, unsaid_format

OLD_FORMATS = {
    ".xls": "is an Excel workbook from before 2007, which is not read.",
    ".xlsb": "is a binary Excel workbook, which is not read.",
    ".numbers": "is a Numbers document, which is not read.",
}


def named_file(path: Path, *, name: str, split: str) -> DataFile:
    """A file by its ending, or one whose content will have to say what it is.

    Raises:
        DataError: No reader knows the ending.
    """
    form = format_of(path) or unsaid_format(path)
    if form is None:
        ending = path.suffix.lower()
        is_old = ending in OLD_FORMATS
        raise DataError(
            where=name,
            problem=OLD_FORMATS[ending]
            if is_old
            else f"ends in `{path.suffix}`, which no reader knows.",
            fix="Open it and save it as `.xlsx` or as CSV in UTF-8." if is_old else formats_fix(),
        )
    return DataFile(path, name, split, *form)


def absent(path: Path, *, entry: str) -> DataError:
    """What to raise where nothing is there."""
    siblings = (
        [file.name for file in path.parent.iterdir() if file.is_dir() or format_of(file)]
        if path.parent.is_dir()
        else []
    )
    near = did_you_mean(path.name, siblings) if siblings else f"There is no {path.parent} either."
    if re.fullmatch(r"[A-Za-z0-9][\w.-]*/[\w.-]+", entry) and not path.parent.is_dir():
        near += f" A dataset of the hub is spelled `hf://datasets/{entry}`."
    return DataError(where=entry, problem="does not exist.", fix=near)


def formats_fix() -> str:
    """What to name instead of something that no reader knows."""
    known = ", ".join(f".{name}" for name in endings())
    return f"Name a file that ends in {known} (also with .gz, .bz2, .xz or .zst)."
