"""Answers as they are stored and reopened: texts, spans and records, beside their inputs.

Answers stay on disk until somebody asks for the targets of a split. Shape letter: N rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import numpy as np
import pyarrow as pa

from sartor.core.dataset import Split
from sartor.core.goal import OutputKind
from sartor.core.hashing import HASH_CHARACTERS
from sartor.data.fields import SeenFields
from sartor.data.rows import Rows


class StoredSplit(Split):
    """A split whose targets are read from disk when they are first asked for."""

    def __init__(
        self,
        *,
        texts: Sequence[str],
        answers: pa.ChunkedArray,
        kind: OutputKind,
        groups: np.ndarray,
        sources: Sequence[str],
        rejected: Sequence[tuple[str, ...]],
    ) -> None:
        given = {"texts": texts, "groups": groups, "sources": sources, "rejected": rejected}
        vars(self).update(given, _answers=answers, _kind=kind)

    @cached_property
    def targets(self) -> np.ndarray:  # type: ignore[override]
        """(N,) object: tuples of answers, tuples of `(start, end, label)`, or mappings."""
        targets_N = np.empty(len(self.texts), object)
        at = 0
        for chunk in vars(self)["_answers"].chunks:
            for stored in chunk.to_pylist():
                targets_N[at] = target_of(stored, vars(self)["_kind"])
                at += 1
        return targets_N


class RejectedColumn(Sequence[tuple[str, ...]]):
    """Worse answers, which stay on disk until they are asked for."""

    def __init__(self, lists: pa.ChunkedArray) -> None:
        self._lists = lists

    def __len__(self) -> int:
        return len(self._lists)

    @overload
    def __getitem__(self, at: int) -> tuple[str, ...]: ...
    @overload
    def __getitem__(self, at: slice) -> list[tuple[str, ...]]: ...
    def __getitem__(self, at: int | slice) -> tuple[str, ...] | list[tuple[str, ...]]:
        if isinstance(at, slice):
            return [self[row] for row in range(*at.indices(len(self)))]
        return tuple(self._lists[int(at)].as_py())

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        for chunk in self._lists.chunks:
            yield from map(tuple, chunk.to_pylist())


def target_of(stored: Any, kind: OutputKind) -> Any:
    """A target as `core.dataset.Split` has it, from what a file holds."""
    if kind is OutputKind.TEXT:
        return tuple(stored)
    value = json.loads(stored)
    return tuple(tuple(span) for span in value) if kind is OutputKind.SPANS else value


def schema_of_records(path: Path) -> dict[str, Any] | None:
    """A JSON Schema of the fields that a stored part holds; None where it holds none."""
    seen = SeenFields()
    with pa.memory_map(str(path)) as source:
        reader = pa.ipc.open_file(source)
        for number in range(reader.num_record_batches):
            for stored in reader.get_batch(number).column("target").to_pylist():
                seen.add(json.loads(stored))
    return seen.schema()


def answer_type(kind: OutputKind) -> pa.DataType:
    """texts: every right answer, the first to be learned; else one value as canonical JSON."""
    return pa.list_(pa.string()) if kind is OutputKind.TEXT else pa.string()


class WrittenPart:
    """Writes one part and takes its fingerprint on the way."""

    def __init__(self, path: Path, kind: OutputKind, spool: SpooledAnswers) -> None:
        self._kind, self._spool = kind, spool
        self._schema = pa.schema(
            {
                "text": pa.string(),
                "target": answer_type(kind),
                "rejected": pa.list_(pa.string()),
                "group": pa.int64(),
                "file": pa.int32(),
                "line": pa.int64(),
                "time": pa.float64(),
            }
        )
        self._writer = pa.ipc.new_file(str(path), self._schema)
        self._digest = hashlib.sha256()
        self._num_examples = 0
        self._has_rejected = False

    def add(
        self,
        batch: pa.RecordBatch,
        rows: Rows,
        chosen: np.ndarray,
        at: np.ndarray,
        group_N: np.ndarray,
    ) -> None:
        """Write some rows of a batch.

        Args:
            batch: Of the spool: text, answer, rejected.
            rows: All rows.
            chosen: Which of them, as positions in `rows`.
            at: The same as positions in the batch.
            group_N: Group numbers of all rows.
        """
        if not chosen.size:
            return
        texts, answers, rejected = (
            column.to_pylist() for column in batch.take(pa.array(at)).columns
        )
        merged = [self._spool.merged(int(row)) for row in chosen]
        rejected = [
            list(dict.fromkeys([*own, *(r for _, worse in more for r in worse)]))
            for own, more in zip(rejected, merged, strict=True)
        ]
        if self._kind is OutputKind.TEXT:
            answers = [
                list(dict.fromkeys(a for a in (own, *(answer for answer, _ in more)) if a))
                for own, more in zip(answers, merged, strict=True)
            ]
        places = rows.file_N[chosen], rows.line_N[chosen], rows.time_N[chosen]
        columns = [texts, answers, rejected, group_N[chosen], *places]
        self._writer.write_batch(pa.record_batch(columns, schema=self._schema))
        self._num_examples += chosen.size
        self._has_rejected = self._has_rejected or any(rejected)
        for row in zip(texts, answers, rejected, strict=True):
            self._digest.update(json.dumps(row).encode() + b"\x00")
        self._digest.update(group_N[chosen].tobytes())

    def close(self) -> dict[str, Any]:
        """The part's facts."""
        self._writer.close()
        return {
            "num_examples": self._num_examples,
            "fingerprint": self._digest.hexdigest()[:HASH_CHARACTERS],
            "has_rejected": self._has_rejected,
        }


class SpooledAnswers:
    """The answers of rows that were merged into others, wherever in the spool they stand."""

    def __init__(self, reader: Any, merged_into: Mapping[int, np.ndarray]) -> None:
        self._reader, self._merged_into = reader, merged_into
        sizes = [reader.get_batch(at).num_rows for at in range(reader.num_record_batches)]
        self._starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    def merged(self, row: int) -> list[tuple[str, list[str]]]:
        """Right and worse answers of the rows that a row stands for."""
        found = []
        for other in self._merged_into.get(row, ()):
            number = int(np.searchsorted(self._starts, other, side="right")) - 1
            batch = self._reader.get_batch(number)
            at = int(other - self._starts[number])
            found.append((batch.column(1)[at].as_py(), batch.column(2)[at].as_py()))
        return found
