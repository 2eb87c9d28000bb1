"""A prepared dataset on disk: one Arrow file per part, and facts in card.json.

The test part has a file of its own that nobody opens but `SealedSplit.open`. Texts stay on disk,
mapped into memory page by page. Shape letters: N rows, C labels.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
import pyarrow as pa

from sartor.core.dataset import Dataset, SealedSplit, Split
from sartor.core.goal import CLASSIFIED, OutputKind
from sartor.core.guidelines import guidelines_from
from sartor.core.hashing import HASH_CHARACTERS
from sartor.data.card import card_from_dict
from sartor.data.rows import PART_NAMES, Rows
from sartor.data.stored_answers import RejectedColumn, SpooledAnswers, StoredSplit, WrittenPart

CARD_FILE = "card.json"
_TARGET_TYPES = {
    OutputKind.SINGLE: pa.int64(),
    OutputKind.MULTI: pa.list_(pa.int32()),
    OutputKind.SCORE: pa.float64(),
}


class TextColumn(Sequence[str]):
    """Texts that stay on disk until they are asked for."""

    def __init__(self, texts: pa.ChunkedArray) -> None:
        self._texts = texts

    def __len__(self) -> int:
        return len(self._texts)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            texts = self._texts
            rows = range(*at.indices(len(texts)))
            if rows.step == 1:
                return list(texts.slice(rows.start, len(rows)).to_pylist())
            return [texts[row].as_py() for row in rows]
        return str(self._texts[int(at)].as_py())

    def __iter__(self) -> Iterator[str]:
        for chunk in self._texts.chunks:
            yield from chunk.to_pylist()


class PlaceColumn(Sequence[str]):
    """Where rows came from, spelled `file:line` when asked for."""

    def __init__(self, names: Sequence[str], file_N: np.ndarray, line_N: np.ndarray) -> None:
        self._names = names
        self._file_N = file_N
        self._line_N = line_N

    def __len__(self) -> int:
        return len(self._line_N)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self[row] for row in range(*at.indices(len(self)))]
        return f"{self._names[self._file_N[at]]}:{self._line_N[at]}"


def write_parts(
    rows: Rows,
    part_N: np.ndarray,
    group_N: np.ndarray,
    *,
    spool: Path,
    folder: Path,
    merged_into: Mapping[int, np.ndarray] | None = None,
) -> dict[str, dict[str, Any]]:
    """Write each part that has rows, batch by batch, from the texts in the spool.

    Args:
        rows: All rows.
        part_N: Where each belongs.
        group_N: Which belong together.
        spool: What the pass over the files left on disk.
        folder: Where the parts are written.
        merged_into: Row to the rows whose answers it takes, where answers are written.

    Returns:
        Part name to its `num_examples` and `fingerprint`.
    """
    if rows.is_written:
        return _write_answers(
            rows, part_N, group_N, spool=spool, folder=folder, merged_into=merged_into or {}
        )
    parts = {
        part: _PartWriter(folder / f"{name}.arrow", rows.kind)
        for part, name in enumerate(PART_NAMES)
        if (part_N == part).any()
    }
    with pa.OSFile(str(spool)) as source:
        reader = pa.ipc.open_file(source)
        start = 0
        for number in range(reader.num_record_batches):
            texts = reader.get_batch(number).column(0)
            here = np.arange(start, start + len(texts))
            for part, writer in parts.items():
                writer.add(texts, rows, here, here[part_N[here] == part], group_N)
            start += len(texts)
    return {PART_NAMES[part]: writer.close() for part, writer in parts.items()}


def _write_answers(
    rows: Rows,
    part_N: np.ndarray,
    group_N: np.ndarray,
    *,
    spool: Path,
    folder: Path,
    merged_into: Mapping[int, np.ndarray],
) -> dict[str, dict[str, Any]]:
    with pa.memory_map(str(spool)) as source:
        reader = pa.ipc.open_file(source)
        answers = SpooledAnswers(reader, merged_into)
        parts = {
            part: WrittenPart(folder / f"{name}.arrow", rows.kind, answers)
            for part, name in enumerate(PART_NAMES)
            if (part_N == part).any()
        }
        start = 0
        for number in range(reader.num_record_batches):
            batch = reader.get_batch(number)
            here = np.arange(start, start + batch.num_rows)
            for part, writer in parts.items():
                chosen = here[part_N[here] == part]
                writer.add(batch, rows, chosen, chosen - start, group_N)
            start += batch.num_rows
    return {PART_NAMES[part]: writer.close() for part, writer in parts.items()}


class _PartWriter:
    """Writes one part and takes its fingerprint on the way."""

    def __init__(self, path: Path, kind: OutputKind) -> None:
        self._schema = pa.schema(
            {
                "text": pa.string(),
                "target": _TARGET_TYPES[kind],
                "group": pa.int64(),
                "file": pa.int32(),
                "line": pa.int64(),
                "time": pa.float64(),
            }
        )
        self._writer = pa.ipc.new_file(str(path), self._schema)
        self._digest = hashlib.sha256()
        self._num_examples = 0

    def add(
        self,
        texts: pa.Array,
        rows: Rows,
        here: np.ndarray,
        chosen: np.ndarray,
        group_N: np.ndarray,
    ) -> None:
        """Write the chosen ones of the rows that are here."""
        if not chosen.size:
            return
        mine = texts.take(pa.array(chosen - here[0]))
        targets = _targets(rows, chosen)
        places = rows.file_N[chosen], rows.line_N[chosen], rows.time_N[chosen]
        columns = [mine, targets, group_N[chosen], *places]
        self._writer.write_batch(pa.record_batch(columns, schema=self._schema))
        self._num_examples += chosen.size
        for text in mine.to_pylist():
            self._digest.update(text.encode() + b"\x00")
        self._digest.update(json.dumps(targets.to_pylist()).encode())
        self._digest.update(group_N[chosen].tobytes())

    def close(self) -> dict[str, Any]:
        self._writer.close()
        fingerprint = self._digest.hexdigest()[:HASH_CHARACTERS]
        return {"num_examples": self._num_examples, "fingerprint": fingerprint}


def _targets(rows: Rows, chosen: np.ndarray) -> pa.Array:
    """single: label index, -1 out of scope; multi: list of indices; score: the number."""
    if rows.kind is OutputKind.SCORE:
        return pa.array(rows.score_N[chosen])
    ends = rows.label_end_N[chosen]
    starts = ends - rows.num_labels_per_row()[chosen]
    spans = [rows.label_E[start:end].tolist() for start, end in zip(starts, ends, strict=True)]
    if rows.kind is OutputKind.MULTI:
        return pa.array([sorted(span) for span in spans], pa.list_(pa.int32()))
    return pa.array([span[0] if span else -1 for span in spans], pa.int64())


def dataset_hash(folder: Path) -> str:
    """The hash of the dataset that was prepared in a folder."""
    return str(json.loads((folder / CARD_FILE).read_text())["hash"])


def load_dataset(folder: Path, unseal_ledger: Callable[[str, str], None]) -> Dataset:
    """The dataset that was prepared in a folder; test rows stay sealed.

    Args:
        folder: What `prepare` wrote.
        unseal_ledger: Called with the test set's fingerprint and the reason before it is opened.
    """
    facts = json.loads((folder / CARD_FILE).read_text())

    def part(name: str) -> Split | None:
        return _load_split(folder / f"{name}.arrow", facts) if name in facts["parts"] else None

    def sealed(name: str) -> SealedSplit | None:
        return _sealed(folder, name, facts, unseal_ledger) if name in facts["parts"] else None

    train, scope = part("train"), part("out_of_scope_valid")
    assert train is not None, "a prepared dataset has rows to learn from"
    return Dataset(
        hash=facts["hash"],
        output_kind=OutputKind(facts["output_kind"]),
        labels=tuple(facts["labels"]),
        descriptions=facts["descriptions"],
        train=train,
        valid=part("valid"),
        test=sealed("test"),
        out_of_scope={} if scope is None else {"valid": scope},
        out_of_scope_test=sealed("out_of_scope_test"),
        card=card_from_dict(facts["card"]),
        rejected=part("rejected"),
        passages=tuple(facts.get("passages", ())),
        passage_places=tuple(facts.get("passage_places", ())),
        guidelines=guidelines_from(facts["guidelines"]) if "guidelines" in facts else None,
        **facts.get("written", {}),
    )


def load_times(folder: Path, part: str) -> np.ndarray:
    """When the rows of a part were written, seconds since 1970, NaN where nobody knows; (N,).

    Args:
        folder: What `prepare` wrote.
        part: `train` or `valid`: nothing of the test part is opened beside its seal.
    """
    assert part in ("train", "valid"), part
    table = pa.ipc.open_file(pa.memory_map(str(folder / f"{part}.arrow"))).read_all()
    return np.asarray(table["time"].to_numpy())


def _sealed(
    folder: Path, name: str, facts: dict[str, Any], unseal_ledger: Callable[[str, str], None]
) -> SealedSplit:
    fingerprint = facts["parts"][name]["fingerprint"]

    def unseal(reason: str) -> Split:
        unseal_ledger(fingerprint, reason)
        return _load_split(folder / f"{name}.arrow", facts)

    return SealedSplit(
        num_examples=facts["parts"][name]["num_examples"], fingerprint=fingerprint, unseal=unseal
    )


def _load_split(path: Path, facts: dict[str, Any]) -> Split:
    table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    texts, groups = TextColumn(table["text"]), table["group"].to_numpy()
    places = table["file"].to_numpy(), table["line"].to_numpy()
    sources = PlaceColumn(facts["card"]["files"], *places)
    if (kind := OutputKind(facts["output_kind"])) in CLASSIFIED:
        return Split(texts, _target_array(table["target"], facts), groups, sources)
    has_rejected = facts["parts"][path.stem]["has_rejected"]
    return StoredSplit(
        texts=texts,
        answers=table["target"],
        kind=kind,
        groups=groups,
        sources=sources,
        rejected=RejectedColumn(table["rejected"]) if has_rejected else (),
    )


def _target_array(column: pa.ChunkedArray, facts: dict[str, Any]) -> np.ndarray:
    if facts["output_kind"] != OutputKind.MULTI:
        return column.to_numpy()
    lists = column.combine_chunks()
    has_label_NC = np.zeros((len(column), len(facts["labels"])), bool)
    row_E = np.repeat(np.arange(len(column)), lists.value_lengths().to_numpy())
    has_label_NC[row_E, lists.flatten().to_numpy()] = True
    return has_label_NC
