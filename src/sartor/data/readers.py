"""Which reader opens which file: one per format, joined by entry point `sartor.readers`.

A reader takes a `DataFile` and yields `RawRow | BadRow | Dropped` as a stream. It raises nothing but
DataError.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sartor.core.registry import Registry
from sartor.data.annotators import with_consensus
from sartor.data.byte_stream import DataFile
from sartor.data.class_names import with_class_names
from sartor.data.row import BadRow, Dropped, RawRow
from sartor.data.unpack import COMPRESSIONS

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
        "mbox": "sartor.data.read_mail:read_mail",
        "eml": "sartor.data.read_mail:read_mail",
        "maildir": "sartor.data.read_mail:read_mail",
        "mail_folder": "sartor.data.read_mail:read_mail",
        "mail": "sartor.data.read_mail:read_mail",
        "zendesk": "sartor.data.read_zendesk:read_zendesk",
        "intercom": "sartor.data.read_intercom:read_intercom",
        "slack": "sartor.data.read_slack:read_slack",
        "whatsapp": "sartor.data.read_whatsapp:read_whatsapp",
        "whatsapp_day_first": "sartor.data.read_whatsapp:read_whatsapp_day_first",
        "whatsapp_month_first": "sartor.data.read_whatsapp:read_whatsapp_month_first",
        "transcript": "sartor.data.read_transcript:read_transcript",
        "message_log": "sartor.data.read_message_log:read_message_log",
        "arrow": "sartor.data.read_arrow:read_arrow",
        "feather": "sartor.data.read_arrow:read_arrow",
        "xlsx": "sartor.data.read_xlsx:read_xlsx",
        "xlsm": "sartor.data.read_xlsx:read_xlsx",
        "ods": "sartor.data.read_ods:read_ods",
        "db": "sartor.data.read_sqlite:read_sqlite",
        "sqlite": "sartor.data.read_sqlite:read_sqlite",
        "sqlite3": "sartor.data.read_sqlite:read_sqlite",
        **dict.fromkeys(FAQ_ENDINGS, "sartor.data.read_faq:read_faq"),
    },
)
"""Name of the format, which mostly is the file's ending, to its reader."""
MAIL = frozenset({"mbox", "eml", "maildir", "mail_folder", "mail"})
MAIL_FOLDERS = frozenset({"maildir", "mail_folder", "mail"})
"""Mail in folders and in several files, read as one mailbox; no ending of a file."""
CHATS = frozenset(
    {
        *("zendesk", "intercom", "slack", "whatsapp", "whatsapp_day_first", "whatsapp_month_first"),
        *("transcript", "message_log"),
    }
)
"""Formats whose rows are conversations; no ending says them, but what stands in the file."""
CORRESPONDENCE = MAIL | CHATS
"""Formats that hold what people wrote to each other, whose readers ask who answers."""
LOOKED_INTO = ("txt", "zip")
"""Endings that may mean anything: what such a file is, only its content says."""


def endings() -> list[str]:
    """Every ending that says a format."""
    return [name for name in READERS.names() if name not in CHATS | MAIL_FOLDERS]


def read_rows(file: DataFile) -> Iterator[RawRow | BadRow | Dropped]:
    """Every row of a file, one at a time."""
    rows: Iterator[RawRow | BadRow | Dropped] = READERS.load(file.format)(file)
    return with_consensus(with_class_names(rows, file.class_names), file.annotators)


def format_of(path: Path) -> tuple[str, str] | None:
    """The format and how it is compressed, from the name alone; None where it is no data file."""
    ending, compression = _ending(path)
    return (ending, compression) if ending in endings() else None


def unsaid_format(path: Path) -> tuple[str, str] | None:
    """The same for an ending that may mean anything, as `recognise` wants it; None for others."""
    ending, compression = _ending(path)
    return (ending, compression) if ending in LOOKED_INTO else None


def _ending(path: Path) -> tuple[str, str]:
    parts = [ending.lower().lstrip(".") for ending in path.suffixes]
    compression = parts.pop() if parts and parts[-1] in COMPRESSIONS else ""
    return parts[-1] if parts else "", compression
