"""What people decided about rows, in `review.csv` beside `sartor.yaml`: read back by every later command.

A row is known by what stands in it, so that a decision holds when lines move, and ends when the text changes.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from sartor.core.dataset import Count
from sartor.core.errors import DataError, did_you_mean

FILE = "review.csv"
COLUMNS = (
    *("decision", "new_label", "place", "what", "score", "text", "label", "suggested"),
    *("reason", "key"),
)
"""What a person fills in stands first; `key` names the row."""
MAX_BYTES = 64 * 2**20
MAX_CELL_CHARACTERS = 100_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is run by spreadsheet programs; it is written behind an apostrophe."""


class Choice(StrEnum):
    """What may be decided about a row."""

    KEEP = "keep"
    DROP = "drop"
    RELABEL = "relabel"


class Decision(NamedTuple):
    """What a person decided about one row."""

    choice: Choice
    label: str
    """The new label where it gets one; empty otherwise."""
    place: str
    """Where it was decided: `review.csv:7`."""


@dataclass
class Decisions:
    """All decisions, and which of them were met by a row."""

    by_key: dict[str, Decision] = field(default_factory=dict)
    _met: Counter[str] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        return bool(self.by_key)

    def of(self, key: int) -> Decision | None:
        """What was decided about the rows of a key, which counts as met."""
        name = spelled_key(key)
        decision = self.by_key.get(name)
        if decision is not None:
            self._met[name] += 1
        return decision

    def as_list(self) -> list[list[str]]:
        """As a part of a hash: row and decision, in one order."""
        return sorted([key, one.choice, one.label] for key, one in self.by_key.items())

    def counts(self) -> list[Count]:
        """What was decided, and what no longer meets a row."""
        words = {
            Choice.KEEP: ("rows kept by decision", "Looked at by a person, who kept them."),
            Choice.DROP: ("rows dropped by decision", "Looked at by a person, who took them out."),
            Choice.RELABEL: ("rows relabelled by decision", "A person gave them another label."),
        }
        found = []
        for choice, (what, note) in words.items():
            keys = [key for key in self._met if self.by_key[key].choice is choice]
            if keys:
                places = tuple(self.by_key[key].place for key in keys[:3])
                found.append(Count(what, sum(self._met[key] for key in keys), note, places))
        lost = [one.place for key, one in self.by_key.items() if key not in self._met]
        if lost:
            note = f"The rows of {FILE} that they were made for are gone or changed."
            found.append(Count("decisions without a row", len(lost), note, tuple(lost[:3])))
        return found


def spelled_key(key: int) -> str:
    """The name of a row as the file has it: text to every spreadsheet program."""
    return f"k{key:016x}"


def read_decisions(folder: Path) -> Decisions:
    """The decisions of a workspace; none where there is no file.

    Raises:
        DataError: The file cannot be read, or a decision is none.
    """
    path = folder / FILE
    if not path.is_file():
        return Decisions()
    if path.stat().st_size > MAX_BYTES:
        problem = f"is larger than {MAX_BYTES // 2**20} MiB."
        raise DataError(where=FILE, problem=problem, fix="Delete the rows without a decision.")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        fix = "Save it as CSV in UTF-8."
        raise DataError(where=FILE, problem="is not UTF-8.", fix=fix) from error
    found = Decisions()
    for place, row in _rows(text):
        decision = _decision(row, place=place)
        key = str(row.get("key") or "").strip()
        if decision is None:
            continue
        if not key:
            fix = f"Write a new {FILE} by `sartor data DIR --review` and decide there."
            raise DataError(where=place, problem="has lost its `key`.", fix=fix)
        _refuse_second(found, key, decision)
        found.by_key[key] = decision
    return found


def write_review(folder: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """Write what should be looked at; what was decided before stays, decided.

    Args:
        folder: The workspace.
        rows: Cells by column, without decisions.

    Raises:
        DataError: The file that is there cannot be read.
    """
    path = folder / FILE
    before = list(_rows(path.read_bytes().decode("utf-8-sig"))) if read_decisions(folder) else []
    decided = {row["key"]: row for place, row in before if _decision(row, place=place)}
    kept = list(decided.values()) + [row for row in rows if row["key"] not in decided]
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore", restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _safe(row.get(name, "")) for name in COLUMNS} for row in kept)
    aside = path.with_suffix(".csv.part")
    aside.write_text(out.getvalue(), "utf-8-sig")
    aside.replace(path)
    return path


def _rows(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Rows with their places; programs save CSV with commas, semicolons or tabs."""
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        names = [name.strip() for name in next(lines, [])]
        _refuse_other_table(names)
        for row in lines:
            yield f"{FILE}:{lines.line_num}", dict(zip(names, row, strict=False))
    except csv.Error as error:
        fix = "Save it as CSV again."
        raise DataError(where=FILE, problem=f"is broken ({error}).", fix=fix) from error


def _refuse_other_table(names: Sequence[str]) -> None:
    absent = [name for name in ("decision", "key") if name not in names]
    if absent:
        problem = f"has no column `{absent[0]}`."
        raise DataError(where=FILE, problem=problem, fix=did_you_mean(absent[0], names or ["key"]))


def _decision(row: dict[str, str], *, place: str) -> Decision | None:
    said = (row.get("decision") or "").strip().casefold()
    label = _unsafe((row.get("new_label") or "").strip())
    if not said and not label:
        return None
    if said and said not in set(Choice):
        problem = f"`{said[:40]}` is no decision."
        raise DataError(where=place, problem=problem, fix=did_you_mean(said, list(Choice)))
    choice = Choice(said or "relabel")
    if choice is Choice.RELABEL:
        label = label or _unsafe((row.get("suggested") or "").strip())
        if not label:
            fix = "Write it into `new_label`."
            raise DataError(where=place, problem="gives no new label.", fix=fix)
    return Decision(choice, label if choice is Choice.RELABEL else "", place)


def _refuse_second(found: Decisions, key: str, decision: Decision) -> None:
    first = found.by_key.get(key)
    if first is not None and first[:2] != decision[:2]:
        raise DataError(
            where=decision.place,
            problem=f"decides otherwise about the row of {first.place}.",
            fix="Decide the same in both, or delete one of them.",
        )


def _safe(value: Any) -> str:
    """A cell that no spreadsheet program runs."""
    text = str(value)[:MAX_CELL_CHARACTERS]
    return f"'{text}" if text.startswith(_FORMULA) else text


def _unsafe(text: str) -> str:
    """A cell as it was before `_safe`."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text
