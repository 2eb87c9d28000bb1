"""Which reader opens which file: one per format, joined by entry point `sartor.readers`.

A reader takes a `DataFile` and yields `RawRow | BadRow | Dropped` as a stream. It raises nothing but
DataError.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sartor.core.registry import Registry
from sartor.data.byte_stream import DataFile
from sartor.data.row import BadRow, Dropped, RawRow

READERS = Registry(
    "sartor.readers",
    {
        "jsonl": "sartor.data.read_json:read_jsonl",
        "ndjson": "sartor.data.read_json:read_jsonl",
        "json": "sartor.data.read_json:read_json",
        "csv": "sartor.data.read_csv:read_csv",
        "tsv": "sartor.data.read_csv:read_tsv",
        "conll": "sartor.data.read_conll:read_conll",
        "bio": "sartor.data.read_conll:read_conll",
        "iob": "sartor.data.read_conll:read_conll",
        "parquet": "sartor.data.read_parquet:read_parquet",
        "mbox": "sartor.data.read_mail:read_mail",
        "eml": "sartor.data.read_mail:read_mail",
        "maildir": "sartor.data.read_mail:read_mail",
        "mail_folder": "sartor.data.read_mail:read_mail",
        "mail": "sartor.data.read_mail:read_mail",
    },
)
"""Name of the format, which is the file's ending where it is a file, to its reader."""
FOLDER_FORMATS = frozenset({"maildir", "mail_folder", "mail"})
"""Formats of folders and of several files; no ending of a file."""


def read_rows(file: DataFile) -> Iterator[RawRow | BadRow | Dropped]:
    """Every row of a file, one at a time."""
    rows: Iterator[RawRow | BadRow | Dropped] = READERS.load(file.format)(file)
    return rows


def format_of(path: Path) -> tuple[str, bool] | None:
    """The format and whether it is gzipped, from the name alone; None where it is no data file."""
    endings = [ending.lower().lstrip(".") for ending in path.suffixes]
    is_gzipped = endings[-1:] == ["gz"]
    ending = "".join(endings[-2:-1] if is_gzipped else endings[-1:])
    return (ending, is_gzipped) if ending in file_endings() else None


def file_endings() -> list[str]:
    """What the name of a data file may end in."""
    return [name for name in READERS.names() if name not in FOLDER_FORMATS]
