"""What `sartor init` sees in the data before there is a goal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from sartor.core.errors import DataError
from sartor.core.goal import DataFormat, Goal, OutputKind
from sartor.core.protocols import Artifacts
from sartor.data.by_content import (
    flag_columns,
    label_column,
    refuse_missing_header,
    text_column,
)
from sartor.data.byte_stream import ByteStream, DataFile
from sartor.data.check import RowRules
from sartor.data.columns import ROLES, recognise
from sartor.data.copies import Copies, is_offline
from sartor.data.files import find_files
from sartor.data.folder_roles import folder_roles
from sartor.data.look import (
    LOOKED_AT_ROWS,
    columns_of,
    head_rows,
    learnable_values,
    nothing_readable,
)
from sartor.data.output_kind import LabelReading, recognise_kind
from sartor.data.peek_written import peek_written
from sartor.data.personal import excerpt
from sartor.data.readers import CHATS, MAIL, read_rows
from sartor.data.recognise import to_learn_from
from sartor.data.row import Dropped, RawRow, with_languages
from sartor.data.split_names import split_by_name

OUT_OF_SCOPE_NAMES = frozenset(
    {"out_of_scope", "oos", "ood", "other", "others", "none", "unknown", "misc", "no_intent"}
)
TABLES = frozenset({"csv", "tsv", "xlsx", "xlsm", "ods"})
"""Formats whose first row is a header, or was taken for one."""
COUNTED = frozenset({"xlsx", "xlsm", "ods", "arrow", "feather", "db", "sqlite", "sqlite3"})
"""Formats in which bytes say nothing about rows: they are counted."""
_MEASURED_BYTES = 1 << 23


@dataclass(frozen=True)
class Guess:
    """What the first rows look like; nothing here is binding."""

    data: dict[str, tuple[str, ...]]
    """Files by split, `all` unless their names are splits."""
    columns: dict[str, str]
    """Role to column, the roles that were recognised."""
    columns_there: tuple[str, ...]
    """Every column that occurs."""
    output_kind: OutputKind | None
    """None where no label column was recognised."""
    labels: dict[str, int]
    """Label to its rows among those looked at, most frequent first; empty for scores."""
    out_of_scope: str | None
    """A label that looks like it marks texts of no class."""
    num_rows: int
    """Rows of all files, estimated."""
    is_exact: bool
    """Whether `num_rows` was counted."""
    notes: tuple[str, ...]
    """What a person should look at: questions, rules that decided, doubts."""
    format: DataFormat | None = None
    """How the rows are spelled, where answers are written; None to classify, or not recognised."""
    languages: dict[str, str] = field(default_factory=dict)
    """To translate: the names of the languages, `from` and `to`."""
    documents: tuple[str, ...] = ()
    """Files of a folder that answers may draw on."""
    guidelines: str | None = None
    """A file of a folder that says how answers should sound."""


def peek(
    files: Sequence[str],
    folder: Path,
    *,
    task: str = "classify",
    agents: Sequence[str] = (),
    artifacts: Artifacts | None = None,
) -> Guess:
    """Look at the first 2,000 rows, and not at the test split's.

    Args:
        files: Files, folders, patterns or addresses, relative to `folder`.
        folder: The workspace.
        task: What has to be done with them.
        agents: Who answers in mail and chats; empty: guessed.
        artifacts: Where copies of what lies elsewhere are kept; None: addresses are refused.

    Raises:
        DataError: A file is absent or cannot be read, or there are no rows.
    """
    copies = None if artifacts is None else Copies(artifacts, is_offline=is_offline())
    gathered = find_files({"all": tuple(files)}, folder=folder, copies=copies)
    found, is_split = list(gathered.files), False
    if not gathered.is_split_as_told:
        found, is_split = split_by_name(found)
    found = list(to_learn_from(found, Goal(task=task, data={}, agents=tuple(agents))))
    roles = folder_roles(found, gathered.passed_over, task=task)
    found = list(roles.rows)
    readable = [file for file in found if file.split != "test"]
    heads = {file: head_rows(file, num_files=len(readable)) for file in readable}
    rows = [row for head in heads.values() for row in head]
    if not rows:
        raise nothing_readable(readable)
    data = _files_by_split(found) if is_split else {"all": roles.entries(files)}
    sizes = [_estimated_rows(file) for file in found]
    said = (*(count.note for count in gathered.counts), *roles.notes)
    if task != "classify":
        guess = _written(rows, data, sizes, task, where=readable[0].name)
        return replace(
            guess,
            notes=(*said, *guess.notes),
            documents=roles.documents,
            guidelines=roles.guidelines,
        )
    columns, notes = _recognised(rows, where=readable[0])
    kind, labels, more = _label_facts(rows, columns)
    return Guess(
        data=data,
        columns=columns,
        columns_there=tuple(columns_of(rows)),
        output_kind=kind,
        labels=labels,
        out_of_scope=_out_of_scope_label(labels),
        num_rows=sum(size for size, _ in sizes),
        is_exact=all(is_exact for _, is_exact in sizes),
        notes=(*said, *notes, *more),
    )


def _written(
    rows: Sequence[RawRow],
    data: dict[str, tuple[str, ...]],
    sizes: Sequence[tuple[int, bool]],
    task: str,
    *,
    where: str,
) -> Guess:
    """The guess for a task whose answers are written or cut out of the input."""
    rows = [with_languages(row, task) for row in rows]
    there = columns_of(rows)
    guess = peek_written(rows, there, task, where=where)
    return Guess(
        data=data,
        columns=guess.columns,
        columns_there=tuple(there),
        output_kind=guess.output_kind,
        labels=guess.labels,
        out_of_scope=None,
        num_rows=sum(size for size, _ in sizes),
        is_exact=all(is_exact for _, is_exact in sizes),
        notes=guess.notes,
        format=guess.format,
        languages=guess.languages,
    )


def _recognised(rows: Sequence[RawRow], *, where: DataFile) -> tuple[dict[str, str], list[str]]:
    """Columns by role, by name and else by content; a role that needs an answer becomes a note."""
    there = columns_of(rows)
    columns, notes = _known_by_name(there, where=where.name)
    needed = [role for role in ("input", "output") if role not in columns]
    if needed and where.format in TABLES:
        refuse_missing_header(rows, there, where=where.name)
    for role in needed:
        if any(f"the {role} column" in note for note in notes):
            continue  # two names are known: that is a question, not a matter of content
        free = [name for name in there if name not in columns.values()]
        guess = {"input": text_column, "output": label_column}[role]
        if (name := guess(rows, free)) is not None:
            columns[role] = name
            notes.append(f"`{name}` was taken as {role} for what stands in it; check it.")
        else:
            notes.append(_not_recognised(role, rows, free))
    unused = [name for name in there if name not in columns.values()]
    if unused and {"input", "output"} <= columns.keys():
        notes.append(f"Not used: {', '.join(f'`{excerpt(name)}`' for name in unused[:10])}.")
    return columns, notes


def _not_recognised(role: str, rows: Sequence[RawRow], free: Sequence[str]) -> str:
    flags = flag_columns(rows, free) if role == "output" else []
    if flags:
        named = ", ".join(f"`{excerpt(name)}`" for name in flags[:5])
        return (
            f"{named} hold 0 and 1: write the names of those that are 1 into one column, "
            "separated by `|`."
        )
    unlabelled = (
        " If there are no labels yet, `sartor data DIR --intents` proposes some."
        if role == "output"
        else ""
    )
    return f"No column was recognised as {role}; name it under `columns`.{unlabelled}"


def _known_by_name(there: Sequence[str], *, where: str) -> tuple[dict[str, str], list[str]]:
    columns: dict[str, str] = {}
    notes = []
    for role in ROLES:
        free = [name for name in there if name not in columns.values()]
        try:
            name = recognise(role, free, where=where)
        except DataError as error:
            notes.append(f"{error.problem} {error.fix}")
            continue
        if name is not None:
            columns[role] = name
    return columns, notes


def _label_facts(
    rows: Sequence[RawRow], columns: dict[str, str]
) -> tuple[OutputKind | None, dict[str, int], list[str]]:
    if "output" not in columns:
        return None, {}, []
    values = learnable_values(rows, columns)
    reading = recognise_kind(values, given=None)
    if reading.kind is OutputKind.SCORE:
        return reading.kind, {}, [reading.note]
    labels = Counter(label for value in values for label in _labels_in(value, reading))
    notes = [reading.note] if reading.kind is OutputKind.MULTI or _are_numbers(labels) else []
    if (scope := _out_of_scope_label(labels)) is not None:
        notes.append(f"`{scope}` looks like the label of texts that belong to no class.")
    return reading.kind, dict(labels.most_common()), notes


def _labels_in(value: Any, reading: LabelReading) -> tuple[str, ...]:
    """The labels of one cell by the same rules that `prepare` goes by; none where it is bad."""
    rules = RowRules({"input": "text", "output": "label"}, reading, frozenset(), "all")
    checked = rules.check(RawRow("", 0, {"text": "-", "label": value}))
    return getattr(checked, "labels", ())


def _are_numbers(labels: Counter[str]) -> bool:
    return bool(labels) and all(label.lstrip("-").isdecimal() for label in labels)


def _out_of_scope_label(labels: dict[str, int]) -> str | None:
    plain = {label: label.strip().lower().replace("-", "_").replace(" ", "_") for label in labels}
    return next((label for label in sorted(plain) if plain[label] in OUT_OF_SCOPE_NAMES), None)


def _files_by_split(found: Sequence[DataFile]) -> dict[str, tuple[str, ...]]:
    return {
        split: names
        for split in ("train", "valid", "test")
        if (names := tuple(file.name for file in found if file.split == split))
    }


def _estimated_rows(file: DataFile) -> tuple[int, bool]:
    """Rows of a file, and whether they were counted: from the bytes that its first rows take."""
    if file.format == "parquet":
        from sartor.data.read_parquet import count_parquet_rows

        return count_parquet_rows(file), True
    if file.format in MAIL:
        from sartor.data.read_mail import count_threads

        return count_threads(file), False
    rows = (row for row in read_rows(file) if not isinstance(row, Dropped))
    if file.format in COUNTED | CHATS:
        return sum(1 for _ in rows), True
    head = list(islice(rows, LOOKED_AT_ROWS))
    if len(head) < LOOKED_AT_ROWS:
        return len(head), True
    row_bytes = [_row_bytes(row, file.format) for row in head if isinstance(row, RawRow)]
    mean_bytes = sum(row_bytes) / max(1, len(row_bytes))
    return round(_text_bytes(file) / mean_bytes) if mean_bytes else len(head), False


def _text_bytes(file: DataFile) -> int:
    """Size after decompression, estimated from the first few mebibytes."""
    with ByteStream(file) as stream:
        num_read = len(stream.read(_MEASURED_BYTES))
        share = stream.disk_position() / max(1, file.path.stat().st_size)
        is_whole = not stream.read(1)
    return num_read if is_whole else round(num_read / share)


def _row_bytes(row: RawRow, form: str) -> int:
    if form in ("csv", "tsv"):
        return sum(len(str(value).encode()) + 1 for value in row.fields.values())
    return len(json.dumps(row.fields, ensure_ascii=False).encode("utf-8", "replace")) + 1
