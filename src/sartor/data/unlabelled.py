"""Messages that nobody has labelled yet: read and cleaned, so that intents can be proposed for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sartor.core.dataset import Count
from sartor.core.errors import DataError
from sartor.core.goal import Goal, OutputKind
from sartor.core.hashing import derived_seed
from sartor.core.protocols import Artifacts
from sartor.data.byte_stream import DataFile
from sartor.data.check import clean_text
from sartor.data.columns import ChosenColumns, recognise
from sartor.data.copies import Copies
from sartor.data.example import Tally
from sartor.data.files import find_files
from sartor.data.look import Look, columns_of, head_rows, named, no_rows
from sartor.data.output_kind import LabelReading
from sartor.data.readers import read_rows
from sartor.data.recognise import to_learn_from
from sartor.data.row import BadRow, Dropped, RawRow
from sartor.data.scan import CHARACTERS_PER_TOKEN
from sartor.data.split_names import SPLIT_WORDS
from sartor.data.treatment import treatment_of

MOST_MESSAGES = 50_000
"""Of more a seeded sample gets intents: an encoder reads some hundred a second on two cores."""
_CARRIED = ("group", "time")
_TICK_ROWS = 1_000


@dataclass(frozen=True)
class Messages:
    """Messages without labels."""

    texts: tuple[str, ...]
    places: tuple[str, ...]
    """Where each stands, `file:line`."""
    beside: tuple[dict[str, Any], ...]
    """What else is known of each: its `group` and its `time`, as the data spells them."""
    counts: tuple[Count, ...]
    """What was done to them."""


def unlabelled_messages(
    goal: Goal, folder: Path, *, artifacts: Artifacts, tick: Callable[[int], None]
) -> Messages | None:
    """The messages of a goal whose rows have no labels, those of a test split left out.

    Args:
        goal: Names the files, and the column of the texts if the user did.
        folder: The workspace.
        artifacts: Where copies of what lies elsewhere are kept.
        tick: Told the number of rows read so far, now and then.

    Returns:
        None where the rows have labels, or something other than labels is learned.

    Raises:
        DataError: There are no messages, or no column holds their text.
    """
    if goal.task != "classify" or goal.columns.output is not None:
        return None
    copies = Copies(artifacts, is_offline=goal.constraints.offline)
    found = to_learn_from(find_files(goal.data, folder=folder, copies=copies).files, goal)
    files = [file for file in found if file.split != "test"]
    head = [row for file in files for row in head_rows(file, num_files=len(files))]
    if not head:
        raise no_rows(files)
    columns = _columns(head, goal, where=files[0].name)
    return None if columns is None else _read(files, columns, goal, folder=folder, tick=tick)


def _columns(head: Sequence[RawRow], goal: Goal, *, where: str) -> ChosenColumns | None:
    """Role to column; None where a column of labels is recognised."""
    there = columns_of(head)
    if recognise("output", there, where=where) is not None:
        return None
    names: dict[str, str] = {}
    for role in ("input", *_CARRIED, "split"):
        given = getattr(goal.columns, role)
        free = [name for name in there if name not in names.values()]
        name = given if given in there else recognise(role, free, where=where)
        if name is not None:
            names[role] = name
    if "input" not in names:
        raise DataError(
            where=where,
            problem="no column was recognised as the text.",
            fix="Add `columns: {input: NAME}` to sartor.yaml.",
        )
    return ChosenColumns(names, dict.fromkeys(names, "recognised"))


def _read(
    files: Sequence[DataFile],
    columns: ChosenColumns,
    goal: Goal,
    *,
    folder: Path,
    tick: Callable[[int], None],
) -> Messages:
    look = Look(
        columns, LabelReading(OutputKind.SINGLE, None, "There are no labels.", is_given=False), 0
    )
    treatment, tally = treatment_of(goal, look, folder), Tally()
    longest = CHARACTERS_PER_TOKEN * goal.max_tokens
    rows = [
        (text[:longest], row.place, _beside(row, columns.names))
        for row in _rows(files, treatment.rows, tally, tick)
        if (text := _text(row, columns.names, tally))
    ]
    if not rows:
        raise DataError(
            where=named(files), problem="holds no messages.", fix="Is the column the right one?"
        )
    counts = [*treatment.counts(), *tally.counts()]
    if len(rows) > MOST_MESSAGES:
        draw = np.random.default_rng(derived_seed(goal.seed, "unlabelled"))
        note = f"Intents are proposed for {MOST_MESSAGES:,} messages, drawn at random; these were left out."
        counts.append(Count("messages beyond the sample", len(rows) - MOST_MESSAGES, note))
        rows = [rows[at] for at in np.sort(draw.permutation(len(rows))[:MOST_MESSAGES])]
    texts, places, beside = zip(*rows, strict=True)
    return Messages(texts, places, beside, tuple(counts))


def _rows(
    files: Sequence[DataFile],
    treated: Callable[[Iterator[RawRow | BadRow | Dropped]], Iterator[RawRow | BadRow | Dropped]],
    tally: Tally,
    tick: Callable[[int], None],
) -> Iterator[RawRow]:
    """Rows that can be read; what cannot is counted."""
    num_rows = 0
    for file in files:
        for row in treated(read_rows(file)):
            num_rows += 1
            if num_rows % _TICK_ROWS == 0:
                tick(num_rows)
            if isinstance(row, RawRow):
                yield row
            elif isinstance(row, Dropped):
                tally.count(row.what, row.note, row.place)
            else:
                tally.count("bad rows", "They cannot be read, and were left out.", row.place)
    tick(num_rows)


def _text(row: RawRow, names: dict[str, str], tally: Tally) -> str:
    """The message, cleaned; empty where there is none, or where it belongs to a test split."""
    split = row.fields.get(names["split"]) if "split" in names else None
    if SPLIT_WORDS.get(str(split).strip().lower()) == "test":
        tally.count("rows of the test split", "They stay sealed, and get no intents.", row.place)
        return ""
    value = row.fields.get(names["input"])
    text = clean_text(value) if isinstance(value, str) else ""
    if not text:
        tally.count("rows without a text", "There is nothing in them to be sorted.", row.place)
    return text


def _beside(row: RawRow, names: dict[str, str]) -> dict[str, Any]:
    values = {role: row.fields.get(names[role]) for role in _CARRIED if role in names}
    return {role: str(value) for role, value in values.items() if value not in (None, "")}
