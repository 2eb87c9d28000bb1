"""Which reader opens which file: one per format, joined by entry point `sartor.readers`.

A reader takes a `DataFile` and yields `RawRow | BadRow | Dropped` as a stream. It raises nothing but
DataError.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sartor.core.registry import Registry
from sartor.data.byte_stream import DataFile
from sartor.data.class_names import with_class_names
from sartor.data.row import BadRow, Dropped, RawRow
from sartor.data.unpack import COMPRESSIONS

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
        "arrow": "sartor.data.read_arrow:read_arrow",
        "feather": "sartor.data.read_arrow:read_arrow",
        "xlsx": "sartor.data.read_xlsx:read_xlsx",
        "xlsm": "sartor.data.read_xlsx:read_xlsx",
        "ods": "sartor.data.read_ods:read_ods",
        "db": "sartor.data.read_sqlite:read_sqlite",
        "sqlite": "sartor.data.read_sqlite:read_sqlite",
        "sqlite3": "sartor.data.read_sqlite:read_sqlite",
    },
)
"""Name of the format, which is the file's ending, to its reader."""


def read_rows(file: DataFile) -> Iterator[RawRow | BadRow | Dropped]:
    """Every row of a file, one at a time."""
    rows: Iterator[RawRow | BadRow | Dropped] = READERS.load(file.format)(file)
    return with_class_names(rows, file.class_names)


def format_of(path: Path) -> tuple[str, str] | None:
    """The format and how it is compressed, from the name alone; None where it is no data file."""
    endings = [ending.lower().lstrip(".") for ending in path.suffixes]
    compression = endings.pop() if endings and endings[-1] in COMPRESSIONS else ""
    return (endings[-1], compression) if endings and endings[-1] in READERS.names() else None
