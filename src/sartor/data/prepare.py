"""Steps 2 and 3: from the user's files to an immutable dataset with splits and a card."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sartor.core.dataset import Dataset
from sartor.core.goal import Goal
from sartor.core.hashing import content_hash, file_hash
from sartor.core.protocols import Artifacts
from sartor.data.byte_stream import DataFile
from sartor.data.card import card_as_dict, long_texts, make_card, reading_counts
from sartor.data.classes import settle_classes, take_out_of_scope, unused_labels
from sartor.data.dataset_file import CARD_FILE, load_dataset, write_parts
from sartor.data.files import FoundFiles, find_files
from sartor.data.look import look_at
from sartor.data.scan import scan
from sartor.data.split import assign_parts

DATA_VERSION = 2
"""Raised whenever the same files would be prepared differently."""


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
    key = _key(found.files, goal, skip_bad=skip_bad)
    artifact = artifacts.find("dataset", key) or artifacts.put_files(
        "dataset",
        key,
        lambda aside: _build(found, goal, skip_bad=skip_bad, folder=aside, tick=tick),
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
    }


def _key(files: Sequence[DataFile], goal: Goal, *, skip_bad: bool) -> str:
    contents = [[file.split, file.name, file_hash(file.path)] for file in files]
    return content_hash(data_settings(goal), contents, skip_bad)


def _build(
    found: FoundFiles, goal: Goal, *, skip_bad: bool, folder: Path, tick: Callable[[int], None]
) -> None:
    """The whole preparation, into a folder that is put into place when it is done."""
    look = look_at(found.files, goal)
    scanned = scan(found.files, goal, look=look, skip_bad=skip_bad, folder=folder, tick=tick)
    counts = reading_counts(look, scanned.table, found.passed_over)
    rows, part_N = take_out_of_scope(scanned.rows, scanned.rows.given_part_N, goal)
    rows, part_N, more = settle_classes(rows, part_N, skip_bad=skip_bad)
    counts += [*more, *unused_labels(rows, goal)]
    parts = assign_parts(rows, part_N, goal, is_split_by_user=scanned.is_split_by_user)
    counts += long_texts(rows, parts.part_N, goal)
    card = make_card(rows, parts, files=found.files, look=look, counts=counts)
    written = write_parts(rows, parts.part_N, parts.group_N, spool=scanned.spool, folder=folder)
    scanned.spool.unlink()
    facts = {
        "hash": content_hash(data_settings(goal), rows.label_names, written),
        "output_kind": rows.kind,
        "labels": rows.label_names,
        "descriptions": {
            label: text for label, text in goal.labels.items() if text and label in rows.label_names
        },
        "parts": written,
        "card": card_as_dict(card),
    }
    (folder / CARD_FILE).write_text(json.dumps(facts, indent=1))
