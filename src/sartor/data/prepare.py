"""Steps 2 and 3: from the user's files to an immutable dataset with splits and a card."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sartor.core.dataset import Count, Dataset
from sartor.core.goal import Goal, OutputKind
from sartor.core.guidelines import Guidelines
from sartor.core.hashing import content_hash, file_hash
from sartor.core.protocols import Artifacts
from sartor.data.byte_stream import DataFile
from sartor.data.card import card_as_dict, long_texts, make_card, reading_counts
from sartor.data.classes import settle_classes, take_out_of_scope, unused_labels
from sartor.data.dataset_file import CARD_FILE, load_dataset, write_parts
from sartor.data.documents import Passages, passage_counts, read_passages
from sartor.data.files import FoundFiles, find_files
from sartor.data.guidelines import guideline_counts, read_guidelines
from sartor.data.look import Look, look_at
from sartor.data.output_kind import LabelReading
from sartor.data.read_conll import with_tagged_files
from sartor.data.rows import TRAIN, VALID, Rows
from sartor.data.scan import scan
from sartor.data.split import assign_parts
from sartor.data.stored_answers import schema_of_records

DATA_VERSION = 2
"""Raised whenever the same files would be prepared differently."""
WRITTEN_VERSION = 1
"""The same where answers are written or cut out of the input."""


@dataclass(frozen=True)
class _Beside:
    """What a goal brings beside its rows."""

    passages: Passages
    guidelines: Guidelines | None

    def parts(self) -> list[Any]:
        """What a hash has to hold of it; without any a dataset is what it was."""
        rules = [self.guidelines.as_dict()] if self.guidelines else []
        return [*([list(self.passages.texts)] if self.passages.all else []), *rules]

    def facts(self) -> dict[str, Any]:
        """What is stored of it."""
        facts: dict[str, Any] = {}
        if self.passages.all:
            facts["passages"] = list(self.passages.texts)
            facts["passage_places"] = list(self.passages.places)
        if self.guidelines is not None:
            facts["guidelines"] = self.guidelines.as_dict()
        return facts

    def counts(self, goal: Goal) -> list[Count]:
        """What the card says of it."""
        return [*passage_counts(goal.documents, self.passages), *guideline_counts(self.guidelines)]


def prepare(
    goal: Goal,
    folder: Path,
    *,
    skip_bad: bool,
    artifacts: Artifacts,
    unseal_ledger: Callable[[str, str], None],
    tick: Callable[[int], None],
) -> Dataset:
    """Gather, check, clean, split and store; or find what was stored for the same files.

    Args:
        goal: What to read and how.
        folder: The workspace; file names are relative to it.
        skip_bad: Whether bad rows are set aside and counted instead of refused.
        artifacts: Where prepared datasets are kept.
        unseal_ledger: Told fingerprint and reason before a test part is opened.
        tick: Told the number of rows read so far, now and then.

    Raises:
        BadRowsError: Rows break a rule and may not be skipped.
        DataError: The data as a whole cannot be used.
    """
    found = find_files(goal.data, folder=folder)
    beside = _read_beside(goal, folder)
    key = _key(found.files, goal, beside, skip_bad=skip_bad)
    artifact = artifacts.find("dataset", key) or artifacts.put_files(
        "dataset",
        key,
        lambda aside: _build(found, goal, beside, skip_bad=skip_bad, folder=aside, tick=tick),
    )
    return load_dataset(artifact.folder, unseal_ledger)


def data_settings(goal: Goal) -> dict[str, Any]:
    """The part of a goal that a prepared dataset depends on."""
    return {
        "version": DATA_VERSION,
        "data": {split: list(names) for split, names in goal.data.items()},
        "columns": asdict(goal.columns),
        "labels": dict(goal.labels),
        "output_kind": goal.output_kind,
        "out_of_scope": goal.out_of_scope.label,
        "max_tokens": goal.max_tokens,
        "max_examples": goal.max_examples,
        "seed": goal.seed,
        **(_written_settings(goal) if goal.task != "classify" else {}),
    }


def _written_settings(goal: Goal) -> dict[str, Any]:
    return {
        "written_version": WRITTEN_VERSION,
        "task": goal.task,
        "format": goal.format,
        "languages": dict(goal.languages),
        "schema": goal.schema,
    }


def _read_beside(goal: Goal, folder: Path) -> _Beside:
    guidelines = None
    if goal.guidelines is not None:
        guidelines = read_guidelines(folder / goal.guidelines, name=goal.guidelines)
    return _Beside(read_passages(goal.documents, folder=folder), guidelines)


def _key(files: Sequence[DataFile], goal: Goal, beside: _Beside, *, skip_bad: bool) -> str:
    contents = [[file.split, file.name, file_hash(file.path)] for file in files]
    return content_hash(data_settings(goal), contents, skip_bad, *beside.parts())


def _build(
    found: FoundFiles,
    goal: Goal,
    beside: _Beside,
    *,
    skip_bad: bool,
    folder: Path,
    tick: Callable[[int], None],
) -> None:
    """The whole preparation, into a folder that is put into place when it is done."""
    files = with_tagged_files(found.files, goal)
    look = look_at(files, goal)
    scanned = scan(files, goal, look=look, skip_bad=skip_bad, folder=folder, tick=tick)
    counts = [*reading_counts(look, scanned.table, found.passed_over), *scanned.counts]
    rows, part_N, more = _classes(scanned.rows, goal, skip_bad=skip_bad)
    counts += more
    parts = assign_parts(rows, part_N, goal, is_split_by_user=scanned.is_split_by_user)
    counts += [*long_texts(rows, parts.part_N, goal), *beside.counts(goal)]
    card = make_card(rows, parts, files=files, look=look, counts=counts)
    written = write_parts(
        rows,
        parts.part_N,
        parts.group_N,
        spool=scanned.spool,
        folder=folder,
        merged_into=parts.merged_into,
    )
    scanned.spool.unlink()
    more_facts = _written_facts(look, goal, folder)
    labels = _known_labels(rows, parts.part_N)
    facts = {
        "hash": content_hash(data_settings(goal), labels, written, *more_facts, *beside.parts()),
        "output_kind": rows.kind,
        "labels": labels,
        "descriptions": {
            label: text for label, text in goal.labels.items() if text and label in labels
        },
        "parts": written,
        "card": card_as_dict(card),
        **({"written": more_facts[0]} if more_facts else {}),
        **beside.facts(),
    }
    (folder / CARD_FILE).write_text(json.dumps(facts, indent=1))


def _classes(rows: Rows, goal: Goal, *, skip_bad: bool) -> tuple[Rows, np.ndarray, list[Count]]:
    """What only labels of whole texts need: texts of no class set apart, classes that can be learned."""
    if rows.is_written:
        return rows, rows.given_part_N, []
    rows, part_N = take_out_of_scope(rows, rows.given_part_N, goal)
    rows, part_N, counts = settle_classes(rows, part_N, skip_bad=skip_bad)
    return rows, part_N, [*counts, *unused_labels(rows, goal)]


def _known_labels(rows: Rows, part_N: np.ndarray) -> tuple[str, ...]:
    """The labels; of spans those of train and valid, since what stands in test alone is not known."""
    if not rows.is_written:
        return rows.label_names
    counts_L = rows.label_counts(np.isin(part_N, (TRAIN, VALID)))
    return tuple(name for name, count in zip(rows.label_names, counts_L, strict=True) if count)


def _written_facts(look: Look, goal: Goal, folder: Path) -> list[dict[str, Any]]:
    """What a dataset says beside its rows, where answers are written; empty where they are not."""
    if isinstance(look.reading, LabelReading):
        return []
    schema = goal.schema
    if look.reading.kind is OutputKind.FIELDS and schema is None:
        schema = schema_of_records(folder / "train.arrow")
    return [
        {
            "task": goal.task,
            "instruction": look.reading.instruction,
            "languages": look.reading.languages,
            "schema": schema,
        }
    ]
