"""Small real files for the tests of this room."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sartor.core.dataset import Dataset
from sartor.core.goal import Goal
from sartor.data.byte_stream import DataFile
from sartor.data.contamination import ReadBefore
from sartor.data.prepare import prepare
from sartor.data.readers import format_of, read_rows
from sartor.store.artifacts import DiskArtifacts

Row = dict[str, Any]


def write_rows(path: Path, rows: Sequence[Row]) -> Path:
    """Rows as JSON Lines, gzipped where the name says so."""
    text = "".join(json.dumps(row) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


def messages(label: str, num_rows: int, *, start: int = 0, **more: Any) -> list[Row]:
    """Different texts of one label."""
    return [
        {"text": f"{label} message number {number}", "label": label, **more}
        for number in range(start, start + num_rows)
    ]


def two_classes(num_each: int = 20) -> list[Row]:
    """The smallest data that passes every check."""
    return messages("refund", num_each) + messages("delivery", num_each)


def goal(*files: str, **changes: Any) -> Goal:
    """A goal over files that Sartor splits, unless `data` says otherwise."""
    return replace(Goal(task="classify", data={"all": files or ("rows.jsonl",)}), **changes)


def prepared(
    folder: Path,
    wanted: Goal,
    *,
    skip_bad: bool = False,
    looks: list[tuple[str, str]] | None = None,
    read_before: Sequence[ReadBefore] = (),
) -> Dataset:
    """Run the verb with the real store."""

    def note_look(fingerprint: str, reason: str) -> None:
        if looks is not None:
            looks.append((fingerprint, reason))

    return prepare(
        wanted,
        folder,
        skip_bad=skip_bad,
        artifacts=DiskArtifacts(folder / ".artifacts"),
        unseal_ledger=note_look,
        tick=lambda num_rows: None,
        read_before=read_before,
    )


def data_file(path: Path) -> DataFile:
    """A file as a reader gets it."""
    form = format_of(path)
    assert form is not None
    return DataFile(path, path.name, "all", *form)


def read_bytes(folder: Path, name: str, content: bytes) -> list[Any]:
    """Everything a reader makes of some bytes."""
    path = folder / name
    path.write_bytes(content)
    return list(read_rows(data_file(path)))


def test_texts(dataset: Dataset) -> set[str]:
    """The texts of the test split, opened."""
    return set() if dataset.test is None else set(dataset.test.open("a test of the tests").texts)


test_texts.__test__ = False  # type: ignore[attr-defined]
