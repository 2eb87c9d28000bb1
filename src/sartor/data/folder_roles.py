"""What each file of a company's folder is for: rows, documents to look up, guidelines, or nothing.

A folder of mail, exports, an FAQ and a database of orders is no list of equal files. `sartor init` sorts them
once and writes the result down, so that a person sees it and may move a file.

An FAQ beside answered messages becomes a document and no rows: the answers of held-out rows would stand
in the passages that are looked up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sartor.core.errors import DataError
from sartor.data.byte_stream import DataFile
from sartor.data.columns import recognise
from sartor.data.look import columns_of, head_rows, learnable_values
from sartor.data.peek_written import peek_written
from sartor.data.read_sqlite import ENDINGS as SQLITE_ENDINGS
from sartor.data.readers import CORRESPONDENCE, FAQ_ENDINGS
from sartor.data.row import RawRow, with_languages

LEAST_LABELLED_SHARE = 0.5
"""Of the rows looked at; a file with fewer labels is no file to learn labels from."""
_GUIDELINES = re.compile(
    r"guideline|style.?guide|tone.?of.?voice|brand.?voice|(?:^|[^a-z])voice(?:[^a-z]|$)|richtlinie|leitfaden|"
    r"lignes?.directrices|charte|directrices|richtlijn|riktlinj",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class FolderRoles:
    """The files of a folder, sorted by use."""

    rows: tuple[DataFile, ...]
    documents: tuple[str, ...] = ()
    guidelines: str | None = None
    notes: tuple[str, ...] = ()
    """What was decided, a sentence each."""
    is_sorted: bool = False
    """Whether anything was left out of what was named."""

    def entries(self, named: Sequence[str]) -> tuple[str, ...]:
        """What stands under `data`: what was named, or file by file what is left of it."""
        if not self.is_sorted:
            return tuple(named)
        files = (part for file in self.rows for part in (file.parts or (file,)))
        return tuple(file.name for file in files)


def folder_roles(
    found: Sequence[DataFile], passed_over: Sequence[str], *, task: str
) -> FolderRoles:
    """Sort what a folder holds; one with files of one sort is left as it is.

    Args:
        found: Its files with rows.
        passed_over: Names of its other files.
        task: What has to be done with the rows.
    """
    texts = [name for name in passed_over if _ending(name) in FAQ_ENDINGS]
    if not any(file.format in CORRESPONDENCE for file in found) and not texts:
        return FolderRoles(tuple(found))
    fitting = tuple(file for file in found if _fits(file, task, num_files=len(found)))
    if not fitting:
        return FolderRoles(tuple(found))
    notes = [_unfit(file, task) for file in found if file not in fitting]
    notes += [_database(name) for name in passed_over if _ending(name) in SQLITE_ENDINGS]
    if task not in ("chat", "generate"):
        return FolderRoles(fitting, notes=tuple(notes), is_sorted=True)
    guidelines = next((name for name in texts if _GUIDELINES.search(Path(name).name)), None)
    documents = tuple(name for name in texts if name != guidelines)
    told = (*_told(documents, guidelines), *notes)
    return FolderRoles(fitting, documents, guidelines, told, is_sorted=True)


def _ending(name: str) -> str:
    return Path(name).suffix.lower().lstrip(".")


def _fits(file: DataFile, task: str, *, num_files: int) -> bool:
    """Whether the first rows hold what the task learns from."""
    rows = head_rows(file, num_files=num_files)
    if not rows:
        return False
    if task != "classify":
        rows = [with_languages(row, task) for row in rows]
        return peek_written(rows, columns_of(rows), task, where=file.name).format is not None
    return _is_labelled(rows, where=file.name)


def _is_labelled(rows: Sequence[RawRow], *, where: str) -> bool:
    there = columns_of(rows)
    try:
        text, label = (recognise(role, there, where=where) for role in ("input", "output"))
    except DataError:
        return True  # two columns could be meant, so there are labels: the question is asked later
    if text is None or label is None:
        return False
    values = learnable_values(rows, {"output": label})
    return sum(value not in (None, "", []) for value in values) >= LEAST_LABELLED_SHARE * len(rows)


def _told(documents: Sequence[str], guidelines: str | None) -> list[str]:
    notes = []
    if documents:
        listed = ", ".join(f"`{name}`" for name in documents)
        notes.append(f"Passages of {listed} are looked up by answers; they are no rows.")
    if guidelines:
        notes.append(f"`{guidelines}` was taken for the guidelines of answers, for its name.")
    return notes


def _unfit(file: DataFile, task: str) -> str:
    lacking = "labels" if task == "classify" else "answers"
    return f"Not used: `{file.name}`, in which no {lacking} were found to learn from."


def _database(name: str) -> str:
    return f"Not used: `{name}`; name one of its tables, `{name}#TABLE`, to read it."
