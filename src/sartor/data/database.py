"""Rows of databases: asked for once a command, kept as JSON Lines, compared with those of the last time."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from sartor.core.address import masked, scheme_of, split_part
from sartor.core.dataset import Count
from sartor.core.errors import DataError
from sartor.core.protocols import Artifact
from sartor.data.byte_stream import MAX_DECOMPRESSED_BYTES, DataFile
from sartor.data.copies import Copies
from sartor.data.personal import excerpt
from sartor.data.query import with_variables
from sartor.data.sql_rows import sql_answer
from sartor.data.sqlite_rows import Answer, sqlite_answer
from sartor.data.xlsx_texts import number_text

_ROWS = "rows.jsonl"
_MEMORY_BYTES = 16 * 2**20
"""Rows up to this size wait in memory, more of them on disk."""


def database_rows(
    entry: str, *, split: str, folder: Path, copies: Copies
) -> tuple[DataFile, list[Count]]:
    """What a database answers, as a file, and what has to be said about it.

    Args:
        entry: An address of SQLAlchemy, and behind a `#` a table or a query.
        split: For which the rows are.
        folder: From which SQLite files are named.
        copies: Where the rows are kept.

    Raises:
        DataError: The database cannot be read, or nothing may be fetched and there is no copy.
    """
    name = masked(entry)
    if copies.is_offline and scheme_of(entry) != "sqlite":
        return _file(_offline(copies.latest(name), name), name, split), []
    whole, secrets = with_variables(entry, where=name)
    address, part = split_part(whole)
    if address.startswith("sqlite:///"):
        path = folder / address.removeprefix("sqlite:///").partition("?")[0]
        answer = sqlite_answer(path, part, name=name)
    else:
        answer = sql_answer(address, part, name=name, secrets=secrets)
    return _kept(answer, name=name, split=split, copies=copies)


def sqlite_rows(file: DataFile, *, copies: Copies) -> tuple[DataFile, list[Count]]:
    """The rows of a table in an SQLite file, as `database_rows`.

    A copy of the rows, because a database may keep its last changes in a second file beside it.
    """
    answer = sqlite_answer(file.path, file.part, name=file.name)
    return _kept(answer, name=file.name, split=file.split, copies=copies)


def _kept(
    answering: AbstractContextManager[Answer], *, name: str, split: str, copies: Copies
) -> tuple[DataFile, list[Count]]:
    """Rows are compared without their order, which databases do not promise: the same rows as last time
    are the copy of last time."""
    before = copies.latest(name)
    with tempfile.SpooledTemporaryFile(_MEMORY_BYTES) as waiting, answering as answer:
        spooled = _spooled(answer, waiting, name=name)
        if before is not None and before.facts.get("digest") == spooled.digest:
            return _file(before, name, split), spooled.counts(name)
        waiting.seek(0)
        facts = {
            "digest": spooled.digest,
            "num_rows": spooled.num_rows,
            "asked_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        copy = copies.add(name, facts, lambda aside: _keep(waiting, aside))
    return _file(copy, name, split), [*_changes(before, spooled, name), *spooled.counts(name)]


@dataclass
class _Spooled:
    """What is known of the rows that were written down."""

    num_rows: int = 0
    num_bytes: int = 0
    total: int = 0
    """Sum of the rows' hashes, by which their order does not count."""
    binary_columns: Counter[str] = field(default_factory=Counter)

    @property
    def digest(self) -> str:
        """The same for the same rows in any order."""
        return f"{self.num_rows}-{self.total % 2**128:032x}"

    def add(self, line: bytes) -> None:
        """One more row."""
        self.num_rows += 1
        self.num_bytes += len(line)
        self.total += int.from_bytes(hashlib.blake2b(line, digest_size=16).digest(), "little")

    def counts(self, name: str) -> list[Count]:
        """Cells that are no text."""
        if not self.binary_columns:
            return []
        columns = ", ".join(f"`{excerpt(column)}`" for column in self.binary_columns)
        note = f"Binary values in {columns} were left out; their cells are empty."
        return [Count("binary cells", self.binary_columns.total(), note, (name,))]


def _spooled(answer: Answer, waiting: IO[bytes], *, name: str) -> _Spooled:
    names, rows = answer
    twice = [column for column, count in Counter(names).items() if count > 1]
    if twice:
        raise DataError(
            where=name,
            problem=f"the query names `{excerpt(twice[0])}` twice.",
            fix="Give each column a name of its own: `SELECT a.id AS a_id, ...`.",
        )
    spooled = _Spooled()
    for row in rows:
        fields = row_fields(names, row, spooled.binary_columns)
        line = json.dumps(fields).encode() + b"\n"
        waiting.write(line)
        spooled.add(line)
        if spooled.num_bytes > MAX_DECOMPRESSED_BYTES:
            raise DataError(
                where=name,
                problem=f"gives more than {MAX_DECOMPRESSED_BYTES / 2**30:g} GiB of rows.",
                fix="Add a WHERE or a LIMIT to the query.",
            )
    return spooled


def row_fields(
    names: Sequence[str], row: Sequence[Any], binary_columns: Counter[str]
) -> dict[str, Any]:
    """A row by its columns, in values that JSON has; binary ones are left out and counted."""
    return {
        column: _plain(value, column, binary_columns)
        for column, value in zip(names, row, strict=True)
    }


def _plain(value: Any, column: str, binary_columns: Counter[str]) -> Any:
    """A value as JSON has it: numbers and truth stay, moments become ISO 8601."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Decimal):
        return number_text(float(value)) if value.is_finite() else str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        binary_columns[column] += 1
        return None
    if isinstance(value, dict | list | tuple):
        return json.loads(json.dumps(value, default=str))
    return str(value)


def _keep(waiting: IO[bytes], aside: Path) -> None:
    with (aside / _ROWS).open("wb") as file:
        shutil.copyfileobj(waiting, file, 1 << 20)


def _changes(before: Artifact | None, now: _Spooled, name: str) -> list[Count]:
    if before is None:
        return []
    note = (
        f"The database gave {before.facts['num_rows']:,} rows at {before.facts['asked_at']} and others "
        f"now: this is another dataset, and its scores do not compare with those of before."
    )
    return [Count("changed source", now.num_rows, note, (name,))]


def _offline(before: Artifact | None, name: str) -> Artifact:
    if before is None:
        raise DataError(
            where=name,
            problem="may not be asked (offline), and its rows were never kept.",
            fix="Run once without `constraints: {offline: true}` and `HF_HUB_OFFLINE`.",
        )
    return before


def _file(copy: Artifact, name: str, split: str) -> DataFile:
    return DataFile(copy.folder / _ROWS, name, split, "jsonl", "")
