"""The one pass over all rows: check each, keep numbers in memory and texts in a file."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import pyarrow as pa

from sartor.core.dataset import Count
from sartor.core.errors import DataError
from sartor.core.goal import Goal, OutputKind
from sartor.data.annotators import Ratings, with_consensus
from sartor.data.byte_stream import DataFile
from sartor.data.check import CheckedRow, ProblemTable, RowRules
from sartor.data.decided_rows import as_decided, is_taken_out
from sartor.data.decisions import Decisions
from sartor.data.example import Example, Tally
from sartor.data.groups import GroupColumns
from sartor.data.keys import exact_key, text_key
from sartor.data.label_names import LabelNames
from sartor.data.layouts import Rules, rules_of
from sartor.data.look import Look, named, no_rows
from sartor.data.output_kind import MAX_WHOLE_NUMBER_CLASSES, LabelReading, as_number
from sartor.data.processes import ALONE, Processes
from sartor.data.readers import read_rows
from sartor.data.row import BadRow, Dropped, RawRow
from sartor.data.rows import REJECTED, TEST, TRAIN, VALID, GrowingRows, Rows
from sartor.data.times import seconds_of, utc_time
from sartor.data.treatment import Treatment

MAX_LABELS = 10_000
"""More different labels than this are free texts, not classes."""
SPOOL_ROWS = 4_096
_SPOOL_CHARACTERS = 1 << 24
_TICK_ROWS = 1_000
_PART_OF_SPLIT = {"all": TRAIN, "train": TRAIN, "valid": VALID, "test": TEST}
CHARACTERS_PER_TOKEN = 32
"""No tokenizer makes tokens this long on average: what lies beyond is never read, and not kept."""
SPOOL_SCHEMA = pa.schema([("text", pa.string())])
WRITTEN_SPOOL_SCHEMA = pa.schema(
    [("text", pa.string()), ("answer", pa.string()), ("rejected", pa.list_(pa.string()))]
)
"""Where answers are written or cut out of the input, these wait too; spans and records as JSON."""


@dataclass(frozen=True)
class Scanned:
    """What the pass leaves: numbers here, texts in `spool`, bad rows in `table`."""

    rows: Rows
    table: ProblemTable
    spool: Path
    """Arrow file with the texts, in the order of `rows`."""
    is_split_by_user: bool
    """Whether files or a split column say which split a row belongs to."""
    groups: GroupColumns
    """Values of the columns that the user wants counted, row by row."""
    counts: tuple[Count, ...] = ()
    """What was decided about rows that are no errors."""


def scan(
    files: Sequence[DataFile],
    goal: Goal,
    *,
    look: Look,
    treatment: Treatment,
    decisions: Decisions,
    label_names: LabelNames,
    skip_bad: bool,
    folder: Path,
    tick: Callable[[int], None],
    processes: Processes = ALONE,
) -> Scanned:
    """Read every row of every file once.

    Args:
        files: In the order in which they are read.
        goal: For the labels it lists.
        look: Columns and output kind.
        treatment: What is done to texts before they are checked.
        decisions: What people decided about rows.
        label_names: What labels are called that the data spells otherwise.
        skip_bad: Whether bad rows are set aside in `quarantine.jsonl` instead of refused.
        folder: Where the texts wait.
        tick: Told the number of rows read so far, now and then.
        processes: Where texts are treated.

    Raises:
        BadRowsError: Rows break a rule and may not be skipped.
        DataError: A file cannot be read at all, or nothing usable is in it.
    """
    growing = GrowingRows(kind=look.reading.kind, file_names=tuple(file.name for file in files))
    table, tally, groups = ProblemTable(), Tally(), GroupColumns(goal.prepare.groups)
    ratings = [Ratings(files[0].annotators)] if files[0].annotators else []
    most_characters = CHARACTERS_PER_TOKEN * goal.max_tokens
    schema = SPOOL_SCHEMA if isinstance(look.reading, LabelReading) else WRITTEN_SPOOL_SCHEMA
    with ExitStack() as stack:
        spool = stack.enter_context(_Spool(folder / "spool.arrow", schema))
        quarantine = (
            stack.enter_context((folder / "quarantine.jsonl").open("w", encoding="utf-8"))
            if skip_bad
            else None
        )
        for position, file in enumerate(files):
            rules = _rules(file, goal, look, label_names, tally)
            noted = _rows(file, ratings if file.split != "test" else ())
            found_rows = treatment.rows(noted, processes)
            for row, found in _checked_rows(
                found_rows, rules, table, quarantine=quarantine, tick=tick, tally=tally
            ):
                spot = Spot(position, row.line, time_of(row, look.columns.names))
                if isinstance(found, CheckedRow):
                    key = exact_key(found.text[:most_characters])
                    decided = as_decided(found, decisions, look.reading.kind, key=key)
                    if decided is not None:
                        _keep(decided, growing, spool, spot, most_characters=most_characters)
                    groups.add(row.fields, num_rows=len(growing))
                    continue
                for example in found:
                    if not is_taken_out(example, decisions):
                        _keep_example(example, growing, spool, spot, tally=tally)
                groups.add(row.fields, num_rows=len(growing))
    tick(table.num_rows)
    if table.num_bad_rows and not (skip_bad and len(growing)):
        raise table.error(named(files))
    _refuse_unusable(growing, files, look=look)
    is_split = "split" in look.columns.names or any(file.split != "all" for file in files)
    counts = (
        *treatment.counts(),
        *tally.counts(),
        *decisions.counts(),
        *(count for some in ratings for count in some.counts(seed=goal.seed)),
    )
    spooled = folder / "spool.arrow"
    return Scanned(growing.finished(), table, spooled, is_split, groups, counts)


class Spot(NamedTuple):
    """Where a row stands, and when it was written."""

    file: int
    """Index into the names of the files."""
    line: int
    time: float
    """Seconds since 1970; NaN where nobody knows."""


def time_of(row: RawRow, columns: Mapping[str, str]) -> float:
    """What the time column says, as seconds since 1970; NaN where it is absent or says no time."""
    value = row.fields.get(columns["time"]) if "time" in columns else None
    seconds = seconds_of(utc_time(value))
    return math.nan if seconds is None else seconds


def _rules(
    file: DataFile, goal: Goal, look: Look, label_names: LabelNames, tally: Tally
) -> RowRules | Rules:
    if not isinstance(look.reading, LabelReading):
        return rules_of(look.reading, goal, file_split=file.split, tally=tally)
    listed = set(goal.labels)
    if listed and goal.out_of_scope.label is not None:
        listed.add(goal.out_of_scope.label)
    return RowRules(look.columns.names, look.reading, frozenset(listed), file.split, label_names)


def _rows(file: DataFile, ratings: Sequence[Ratings]) -> Iterator[RawRow | BadRow | Dropped]:
    """The rows of a file; what annotators say of them is noted on the way."""
    if not ratings:
        return read_rows(file)
    rows = read_rows(replace(file, annotators=None))
    return with_consensus(rows, file.annotators, seen=ratings[0].add)


def _checked_rows(
    found_rows: Iterator[RawRow | BadRow | Dropped],
    rules: RowRules | Rules,
    table: ProblemTable,
    *,
    quarantine: TextIO | None,
    tick: Callable[[int], None],
    tally: Tally,
) -> Iterator[tuple[RawRow, CheckedRow | tuple[Example, ...]]]:
    """The good rows of a file, read and checked; bad ones go to the table, what is left out is counted."""
    for raw in found_rows:
        if isinstance(raw, Dropped):
            tally.count(raw.what, raw.note, raw.place)
            continue
        table.num_rows += 1
        if table.num_rows % _TICK_ROWS == 0:
            tick(table.num_rows)
        checked = rules.check(raw) if isinstance(raw, RawRow) else raw
        if isinstance(checked, Dropped):
            tally.count(checked.what, checked.note, checked.place)
        elif isinstance(raw, RawRow) and not isinstance(checked, BadRow):
            yield raw, checked
        elif isinstance(checked, BadRow):
            table.add(checked)
            if quarantine is not None:
                quarantine.write(_quarantined(checked))


def _quarantined(bad: BadRow) -> str:
    rules = [problem.rule for problem in bad.problems]
    return json.dumps({"place": bad.place, "rules": rules, "row": bad.raw}) + "\n"


def _keep(
    checked: CheckedRow, growing: GrowingRows, spool: _Spool, spot: Spot, *, most_characters: int
) -> None:
    words = checked.text.casefold().split()
    group_key = text_key([checked.group]) if checked.group else 0
    growing.add_place(**spot._asdict(), part=_PART_OF_SPLIT[checked.split])
    growing.add_keys(text_key=text_key(words), group_key=group_key, num_words=len(words))
    growing.add_target(labels=checked.labels, score=checked.score)
    spool.add((checked.text[:most_characters],))
    if len(growing.label_index) > MAX_LABELS:
        raise DataError(
            where=f"line {spot.line}",
            problem=f"the label column holds more than {MAX_LABELS:,} different labels.",
            fix="Name the right one as `columns: {output: NAME}`, or set `output_kind: score`.",
        )


def _keep_example(
    example: Example, growing: GrowingRows, spool: _Spool, spot: Spot, *, tally: Tally
) -> None:
    """Nothing is cut off: a conversation and the places of spans would not survive it."""
    part = _PART_OF_SPLIT[example.split]
    place = f"{growing.file_names[spot.file]}:{spot.line}"
    if not example.answer:
        if part != TRAIN:
            note = "Only a worse answer is known of these valid and test rows; they were left out."
            tally.count("rejected rows of valid and test", note, place)
            return
        part = REJECTED
    elif example.rejected:
        note = "A worse answer is known of these rows; it is kept beside, for tuning behaviour."
        tally.count("rows with a rejected answer", note, place)
    words = example.plain.casefold().split()
    group_key = text_key([example.group]) if example.group else 0
    growing.add_place(**spot._asdict(), part=part)
    growing.add_keys(text_key=text_key(words), group_key=group_key, num_words=len(words))
    growing.add_answer(
        exact_key=exact_key(example.text),
        pair_key=exact_key(example.text, example.answer),
        answer_key=exact_key(example.answer),
        labels=example.labels,
        num_words=len(example.answer.split()) if growing.kind is OutputKind.TEXT else 0,
        num_turns=example.num_turns,
    )
    spool.add((example.text, example.answer, list(example.rejected)))


def _refuse_unusable(growing: GrowingRows, files: Sequence[DataFile], *, look: Look) -> None:
    if not len(growing):
        raise no_rows(files)
    for split in dict.fromkeys(file.split for file in files):
        if split != "all" and not growing.has_part(_PART_OF_SPLIT[split]):
            raise no_rows([file for file in files if file.split == split])
    if not growing.has_part(TRAIN):
        raise DataError(
            where=named(files),
            problem="no usable row belongs to train.",
            fix="Add rows to train, or leave the splits to Sartor.",
        )
    is_guessed = look.reading.kind is OutputKind.SINGLE and not look.reading.is_given
    if is_guessed and len(growing.label_index) > MAX_WHOLE_NUMBER_CLASSES:
        _refuse_late_numbers(growing, where=named(files))


def _refuse_late_numbers(growing: GrowingRows, *, where: str) -> None:
    """Whole numbers looked like classes in the first rows, and like a scale in all of them."""
    if all(as_number(label) is not None for label in growing.label_index):
        raise DataError(
            where=where,
            problem=f"the label column holds {len(growing.label_index)} different numbers: "
            "classes or a score?",
            fix="Set `output_kind: single` or `output_kind: score` in sartor.yaml.",
        )


class _Spool:
    """Texts, and what goes with them, on their way to disk in batches."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._schema = schema
        self._writer = pa.ipc.new_file(str(path), schema)
        self._rows: list[tuple[Any, ...]] = []
        self._num_characters = 0

    def __enter__(self) -> _Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._writer.close()

    def add(self, row: tuple[Any, ...]) -> None:
        """A value for each column of the schema, the text first."""
        self._rows.append(row)
        self._num_characters += len(row[0])
        if len(self._rows) >= SPOOL_ROWS or self._num_characters >= _SPOOL_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            columns = [list(column) for column in zip(*self._rows, strict=True)]
            self._writer.write_batch(pa.record_batch(columns, schema=self._schema))
        self._rows, self._num_characters = [], 0
