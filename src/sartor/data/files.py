"""From the entries under `data:` to the files they mean: what is elsewhere is copied here first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sartor.core.address import masked
from sartor.core.dataset import Count
from sartor.core.errors import DataError
from sartor.core.hashing import file_hash, path_hash
from sartor.data.byte_stream import DataFile
from sartor.data.copies import Copies
from sartor.data.mail_folders import as_one_mailbox, is_mail_file
from sartor.data.mail_store import mail_files
from sartor.data.readers import MAIL, MAIL_FOLDERS
from sartor.data.search import Search
from sartor.data.split_names import split_by_name


@dataclass(frozen=True)
class FoundFiles:
    """The files of a goal."""

    files: tuple[DataFile, ...]
    passed_over: tuple[str, ...]
    """Files in the named folders that are no data."""
    is_split_by_name: bool
    """Whether the splits come from the names of the files in a folder."""
    is_split_as_told: bool = False
    """Whether the splits come from what a folder says about itself."""
    counts: tuple[Count, ...] = ()
    """What has to be said about sources that are no plain files."""


def find_files(
    data: Mapping[str, tuple[str, ...]], *, folder: Path, copies: Copies | None = None
) -> FoundFiles:
    """The files that `data:` names: files, folders, patterns and addresses, relative to the workspace.

    A folder that holds nothing but `train`, `valid` and `test` files, or says what it holds, brings its own
    splits.

    Args:
        data: Entries by split.
        folder: The workspace.
        copies: Where copies of rows and files from elsewhere are kept; None: nothing is copied.

    Raises:
        DataError: Something is absent, cannot be fetched, is no data file, or is named twice.
    """
    search = Search(folder, copies)
    files: list[DataFile] = []
    is_split_by_name = is_told = False
    for split, entries in data.items():
        for entry in entries:
            found = search.files_of(entry, split=split)
            if split == "all" and len(entries) == 1 and not search.is_told:
                found, is_split_by_name = (
                    split_by_name(found) if search.is_folder else (found, False)
                )
            elif search.is_told:
                found = _as_told(found, entry, is_alone=split == "all" and len(entries) == 1)
                is_told = True
            files += found
    _refuse_repeats(files)
    files = as_one_mailbox(files)
    if not any(file.split in ("all", "train") for file in files):
        raise DataError(
            where="sartor.yaml > data",
            problem=f"names no file to learn from, only {' and '.join(sorted(data)) or 'nothing'}.",
            fix="Add `train: [FILE]`.",
        )
    counts = tuple(search.counts)
    return FoundFiles(tuple(files), tuple(search.passed_over), is_split_by_name, is_told, counts)


def _as_told(found: list[DataFile], entry: str, *, is_alone: bool) -> list[DataFile]:
    """Files with the splits that their folder gives them.

    Raises:
        DataError: It stands beside others, so that its test rows would be learned.
    """
    splits = {file.split for file in found}
    if is_alone or len(splits) == 1:
        return found
    raise DataError(
        where=masked(entry),
        problem=f"holds splits of its own ({', '.join(sorted(splits))}).",
        fix="Name it alone under `data`, or name its files.",
    )


def _refuse_repeats(files: list[DataFile]) -> None:
    seen: dict[tuple[Path, str], DataFile] = {}
    for file in files:
        first = seen.setdefault((file.path.resolve(), file.part), file)
        if first is not file:
            both = f"`{first.split}` and `{file.split}`" if first.split != file.split else "`data`"
            raise DataError(
                where=file.name, problem=f"stands twice in {both}.", fix="Name each file once."
            )
    outermost = {file.path.resolve(): file for file in files}
    for file in files:
        parents = file.path.resolve().parents
        outer = next((outermost[path] for path in parents if path in outermost), None)
        if outer is not None and (is_mail_file(file.path) or file.format in MAIL_FOLDERS):
            raise DataError(
                where=file.name,
                problem=f"lies in `{outer.name}`, which is read as a whole.",
                fix="Name each file once.",
            )


def content_of(file: DataFile) -> Any:
    """What a file holds, as a part of a hash; of a folder, and of files read as one, all of it."""
    if file.parts:
        return [[part.name, content_of(part)] for part in file.parts]
    if file.format in MAIL and file.path.is_dir():
        return [
            [path.relative_to(file.path).as_posix(), file_hash(path)]
            for path in mail_files(file.path)
        ]
    return path_hash(file.path)
