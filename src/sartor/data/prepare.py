"""Steps 2 and 3: from the user's files to an immutable dataset with splits and a card."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from sartor.core.address import masked
from sartor.core.dataset import Count, Dataset
from sartor.core.goal import Goal, OutputKind
from sartor.core.hashing import content_hash
from sartor.core.protocols import Artifacts
from sartor.data.beside import Beside, read_beside
from sartor.data.boilerplate_rows import boilerplate_counts
from sartor.data.byte_stream import DataFile
from sartor.data.card import card_as_dict, long_texts, make_card, reading_counts
from sartor.data.classes import settle_classes, take_out_of_scope, unused_labels
from sartor.data.contamination import ReadBefore, contamination_counts
from sartor.data.copies import Copies
from sartor.data.dataset_file import CARD_FILE, load_dataset, write_parts
from sartor.data.decisions import Decisions, read_decisions
from sartor.data.files import FoundFiles, content_of, find_files
from sartor.data.label_names import LabelNames, read_label_names
from sartor.data.label_spellings import label_spellings
from sartor.data.look import Look, look_at
from sartor.data.output_kind import LabelReading
from sartor.data.plain_texts import PlainTexts
from sartor.data.processes import Processes
from sartor.data.recognise import spelled_goal, to_learn_from
from sartor.data.rows import TRAIN, VALID, Rows
from sartor.data.scan import scan
from sartor.data.split import assign_parts
from sartor.data.stored_answers import schema_of_records
from sartor.data.treatment import treatment_of

DATA_VERSION = 4
"""Raised whenever the same files would be prepared differently."""
WRITTEN_VERSION = 2
"""The same where answers are written or cut out of the input."""


def prepare(
    goal: Goal,
    folder: Path,
    *,
    skip_bad: bool,
    artifacts: Artifacts,
    unseal_ledger: Callable[[str, str], None],
    tick: Callable[[int], None],
    read_before: Sequence[ReadBefore] = (),
) -> Dataset:
    """Gather, check, clean, split and store; or find what was stored for the same files.

    Args:
        goal: What to read and how.
        folder: The workspace; file names are relative to it.
        skip_bad: Whether bad rows are set aside and counted instead of refused.
        artifacts: Where prepared datasets are kept.
        unseal_ledger: Told fingerprint and reason before a test part is opened.
        tick: Told the number of rows read so far, now and then.
        read_before: What base models read in pretraining, for the card.

    Raises:
        BadRowsError: Rows break a rule and may not be skipped.
        DataError: The data as a whole cannot be used.
    """
    copies = Copies(artifacts, is_offline=goal.constraints.offline)
    found = find_files(goal.data, folder=folder, copies=copies)
    beside, decisions = read_beside(goal, folder), read_decisions(folder)
    label_names = read_label_names(goal, folder)
    key = _key(found.files, goal, beside, decisions, label_names, read_before, skip_bad=skip_bad)
    artifact = artifacts.find("dataset", key) or artifacts.put_files(
        "dataset",
        key,
        lambda aside: _build(
            found,
            goal,
            beside,
            decisions,
            label_names,
            workspace=folder,
            skip_bad=skip_bad,
            folder=aside,
            tick=tick,
            read_before=read_before,
        ),
    )
    return load_dataset(artifact.folder, unseal_ledger)


def data_settings(goal: Goal) -> dict[str, Any]:
    """The part of a goal that a prepared dataset depends on."""
    return {
        "version": DATA_VERSION,
        "data": {split: list(map(masked, names)) for split, names in goal.data.items()},
        "columns": asdict(goal.columns),
        "labels": dict(goal.labels),
        "output_kind": goal.output_kind,
        "out_of_scope": goal.out_of_scope.label,
        "max_tokens": goal.max_tokens,
        "max_examples": goal.max_examples,
        "seed": goal.seed,
        "prepare": _preparation(goal),
        **({"agents": list(goal.agents)} if goal.agents else {}),
        **(_written_settings(goal) if goal.task != "classify" else _file_settings(goal)),
    }


def _preparation(goal: Goal) -> dict[str, Any]:
    """Settings of the preparation; without columns to count a dataset is what it was."""
    settings = asdict(goal.prepare)
    if not settings["groups"]:
        del settings["groups"]
    return settings


def _written_settings(goal: Goal) -> dict[str, Any]:
    return {
        "written_version": WRITTEN_VERSION,
        "task": goal.task,
        "format": goal.format,
        "languages": dict(goal.languages),
        "schema": goal.schema,
    }


def _file_settings(goal: Goal) -> dict[str, Any]:
    """How the files are read, where the goal says it."""
    return {"format": goal.format} if goal.format else {}


def _key(
    files: Sequence[DataFile],
    goal: Goal,
    beside: Beside,
    decisions: Decisions,
    label_names: LabelNames,
    read_before: Sequence[ReadBefore],
    *,
    skip_bad: bool,
) -> str:
    contents = [
        [file.split, file.name, content_of(file), *map(list, file.class_names)] for file in files
    ]
    more = (*beside.parts(), *_decided(decisions), *label_names.parts())
    more += tuple([read.fingerprint, *read.bases] for read in read_before)
    return content_hash(data_settings(goal), contents, skip_bad, *more)


def _decided(decisions: Decisions) -> list[list[list[str]]]:
    """Decisions as a part of a hash; without any a dataset is what it was."""
    return [decisions.as_list()] if decisions else []


def _build(
    found: FoundFiles,
    goal: Goal,
    beside: Beside,
    decisions: Decisions,
    label_names: LabelNames,
    *,
    workspace: Path,
    skip_bad: bool,
    folder: Path,
    tick: Callable[[int], None],
    read_before: Sequence[ReadBefore],
) -> None:
    """The whole preparation, into a folder that is put into place when it is done."""
    files, spelled = to_learn_from(found.files, goal), spelled_goal(goal)
    look = look_at(files, spelled)
    with Processes() as processes:
        scanned = scan(
            files,
            spelled,
            look=look,
            treatment=treatment_of(goal, look, workspace),
            decisions=decisions,
            label_names=label_names,
            skip_bad=skip_bad,
            folder=folder,
            tick=tick,
            processes=processes,
        )
        counts = [*reading_counts(look, scanned.table, found.passed_over)]
        counts += [*found.counts, *scanned.counts]
        rows, part_N, more = _classes(scanned.rows, goal, skip_bad=skip_bad)
        counts += [*more, *label_names.counts(files, num_rows=len(part_N))]
        texts = PlainTexts(scanned.spool, are_conversations=goal.task == "chat")
        parts = assign_parts(
            rows,
            part_N,
            goal,
            is_split_by_user=scanned.is_split_by_user,
            texts=texts,
            folder=folder,
            processes=processes,
        )
    counts += [*long_texts(rows, parts.part_N, goal), *beside.counts(goal)]
    counts += contamination_counts(texts, parts.part_N, read_before, seed=goal.seed)
    if rows.kind is OutputKind.TEXT:
        counts += boilerplate_counts(scanned.spool, parts.part_N)
    card = make_card(
        rows,
        parts,
        files=files,
        look=look,
        counts=counts,
        num_read=scanned.table.num_rows,
        groups=scanned.groups.tables(rows, parts.part_N),
    )
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
        "hash": content_hash(
            data_settings(goal),
            labels,
            written,
            *more_facts,
            *beside.parts(),
            *_decided(decisions),
            *label_names.parts(),
        ),
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
    return rows, part_N, [*counts, *unused_labels(rows, goal), *label_spellings(rows, part_N)]


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
