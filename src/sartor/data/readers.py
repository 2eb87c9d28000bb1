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

FAQ_ENDINGS = ("md", "markdown", "html", "htm", "docx", "pdf")
"""Documents: rows come of the questions in them. In a folder of rows they only tell about the rows."""
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
        **dict.fromkeys(FAQ_ENDINGS, "sartor.data.read_faq:read_faq"),
    },
)
"""Name of the format, which is the file's ending, to its reader."""


def read_rows(file: DataFile) -> Iterator[RawRow | BadRow | Dropped]:
    """Every row of a file, one at a time."""
    rows: Iterator[RawRow | BadRow | Dropped] = READERS.load(file.format)(file)
    return rows


def format_of(path: Path) -> tuple[str, bool] | None:
    """The format and whether it is gzipped, from the name alone; None where it is no data file."""
    endings = [ending.lower().lstrip(".") for ending in path.suffixes]
    is_gzipped = endings[-1:] == ["gz"]
    ending = "".join(endings[-2:-1] if is_gzipped else endings[-1:])
    return (ending, is_gzipped) if ending in READERS.names() else None
