"""SQLite databases, read only: the file may come from a stranger.

https://www.sqlite.org/security.html: what a database file brings along (views, triggers, functions in its
columns) is not trusted, and nothing but reading is authorised.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sartor.core.errors import DataError
from sartor.data.query import check_query, is_query
from sartor.data.row import MAX_FIELD_CHARACTERS
from sartor.data.sheets import several_parts

_BATCH_ROWS = 1_000
_MARK = b"SQLite format 3\x00"
_MAX_TABLES = 200
_ALLOWED = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}
_REFUSED_FUNCTIONS = {"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"}

Answer = tuple[list[str], Iterator[tuple[Any, ...]]]
"""Names of the columns, and the rows."""


@contextmanager
def sqlite_answer(path: Path, part: str, *, name: str) -> Iterator[Answer]:
    """What a table or a query gives.

    Args:
        path: The file.
        part: A table, a view or a query; empty: the only table with rows.
        name: For messages.

    Raises:
        DataError: The file is damaged or no database, or the query cannot be answered.
    """
    _refuse_others(path, name=name)
    try:
        with closing(_opened(path)) as connection:
            is_asked = is_query(part)
            query = check_query(part, where=name) if is_asked else _of_table(connection, part, name)
            connection.set_authorizer(_authorised)
            cursor = connection.execute(query)
            names = [column[0] for column in cursor.description or ()]
            most = None if is_asked else path.stat().st_size
            yield names, _limited(cursor, most=most, name=name)
    except (sqlite3.Error, sqlite3.Warning, OverflowError, MemoryError, ValueError) as error:
        raise DataError(
            where=name,
            problem=f"cannot be read ({' '.join(str(error).split())[:300].rstrip('.')}).",
            fix="Check the query, or that the file is a whole SQLite database.",
        ) from error


def has_one_table(path: Path) -> bool:
    """Whether a file has one table with rows, so that nobody has to say which is meant."""
    try:
        with closing(_opened(path)) as connection:
            _of_table(connection, "", path.name)
    except (DataError, sqlite3.Error, sqlite3.Warning, OverflowError, MemoryError, ValueError):
        return False
    return True


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file://{quote(str(path.absolute()))}?mode=ro", uri=True, isolation_level=None
    )
    connection.text_factory = lambda content: content.decode("utf-8", "surrogateescape")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 4 * MAX_FIELD_CHARACTERS)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    for pragma in ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON", "mmap_size=0"):
        connection.execute(f"PRAGMA {pragma}").close()
    return connection


def _authorised(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    is_refused = action == sqlite3.SQLITE_FUNCTION and second in _REFUSED_FUNCTIONS
    return sqlite3.SQLITE_OK if action in _ALLOWED and not is_refused else sqlite3.SQLITE_DENY


def _of_table(connection: sqlite3.Connection, part: str, name: str) -> str:
    """The query for a whole table.

    Raises:
        DataError: There is no such table, or several could be meant.
    """
    rows = connection.execute("PRAGMA table_list").fetchmany(10 * _MAX_TABLES)
    found = [(str(row[1]), row[2]) for row in rows if not str(row[1]).startswith("sqlite_")]
    if part:
        if part not in [table for table, _ in found]:
            known = ", ".join(f"`{table}`" for table, _ in found[:20]) or "none"
            raise DataError(
                where=name, problem="there is no such table.", fix=f"There are: {known}."
            )
        return f"SELECT * FROM {_quoted(part)}"
    tables = sorted(table for table, kind in found if kind in ("table", "virtual"))[:_MAX_TABLES]
    filled = [table for table in tables if _has_rows(connection, table)]
    if not filled:
        raise DataError(
            where=name,
            problem="has no table with rows.",
            fix="Name a view or a query: `data: [{sql: ADDRESS, query: SELECT ...}]`.",
        )
    if len(filled) > 1:
        raise several_parts(name, "tables", filled)
    return f"SELECT * FROM {_quoted(filled[0])}"


def _has_rows(connection: sqlite3.Connection, table: str) -> bool:
    return connection.execute(f"SELECT 1 FROM {_quoted(table)} LIMIT 1").fetchone() is not None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _limited(cursor: sqlite3.Cursor, *, most: int | None, name: str) -> Iterator[tuple[Any, ...]]:
    """The rows; a table with more of them, or more text, than its file has bytes is damaged."""
    num_rows = num_characters = 0
    while batch := cursor.fetchmany(_BATCH_ROWS):
        num_rows += len(batch)
        num_characters += sum(len(cell) for row in batch for cell in row if isinstance(cell, str))
        if most is not None and max(num_rows, num_characters) > most:
            raise DataError(
                where=name,
                problem="is damaged: its pages lead in a circle.",
                fix="Write the database anew (`sqlite3 OLD .dump | sqlite3 NEW`).",
            )
        yield from batch


def _refuse_others(path: Path, *, name: str) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(len(_MARK))
    except OSError as error:
        raise DataError(
            where=name,
            problem=f"cannot be opened ({error.strerror}).",
            fix="Check the name: `sqlite:///shop.db` is relative to the workspace.",
        ) from error
    if head != _MARK:
        raise DataError(
            where=name,
            problem="is no SQLite database" + (" but empty." if not head else "."),
            fix="Name the database file.",
        )
