"""Messages on their way to their conversations, on disk.

Exports list messages by day, by channel or in any order; those of one conversation may stand a gibibyte
apart. They wait in a temporary SQLite database, so that memory stays flat however they are mixed.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from itertools import groupby
from types import TracebackType
from typing import Any, NamedTuple

from sartor.core.errors import DataError

_TABLES = """
CREATE TABLE conversations (id INTEGER PRIMARY KEY, key BLOB UNIQUE);
CREATE TABLE messages (conversation INTEGER, place REAL, line INTEGER, fields TEXT);
"""
_IN_ORDER = "SELECT conversation, line, fields FROM messages ORDER BY conversation, place, rowid"


class Spooled(NamedTuple):
    """One message."""

    line: int
    """Where it stands in its source, from 1."""
    fields: dict[str, Any]
    """What the reader put there."""


class MessageSpool:
    """Takes messages in any order and gives conversations, the one that begins first in the file first."""

    def __init__(self, *, where: str) -> None:
        self._where = where
        self._last: tuple[bytes, int] = (b"", 0)
        self._base = sqlite3.connect(
            "", isolation_level=None
        )  # a file that goes with the connection
        self._base.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)

    def __enter__(self) -> MessageSpool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._base.close()

    def add(
        self, conversation: str, fields: dict[str, Any], *, line: int, place: float = 0
    ) -> None:
        """One more message.

        Args:
            conversation: Which one it belongs to.
            fields: What is needed of it later; anything JSON can hold.
            line: Where it stands.
            place: Sorts the messages of a conversation; equal places stay in the order of the file.

        Raises:
            DataError: The disk is full.
        """
        row = (self._number(conversation), place, line, json.dumps(fields))
        try:
            self._base.execute("INSERT INTO messages VALUES (?, ?, ?, ?)", row)
        except sqlite3.Error as error:
            raise self._no_room(error) from error

    def conversations(self) -> Iterator[Iterator[Spooled]]:
        """The messages of one conversation after the other; each is read before the next is asked for."""
        try:
            rows = self._base.execute(_IN_ORDER)
            for _, messages in groupby(rows, key=lambda row: row[0]):
                yield (Spooled(line, json.loads(fields)) for _, line, fields in messages)
        except sqlite3.Error as error:
            raise self._no_room(error) from error

    def _number(self, conversation: str) -> int:
        name = conversation.encode("utf-8", "surrogatepass")
        key = hashlib.blake2b(name, digest_size=16).digest()
        if key != self._last[0]:
            try:
                self._base.execute("INSERT OR IGNORE INTO conversations (key) VALUES (?)", (key,))
                found = self._base.execute("SELECT id FROM conversations WHERE key = ?", (key,))
            except sqlite3.Error as error:
                raise self._no_room(error) from error
            self._last = key, found.fetchone()[0]
        return self._last[1]

    def _no_room(self, error: sqlite3.Error) -> DataError:
        return DataError(
            where=self._where,
            problem=f"its messages could not be put aside on disk ({error}).",
            fix="Make room in the folder for temporary files, or set TMPDIR.",
        )
