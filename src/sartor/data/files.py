"""From the entries under `data:` to the files they mean: what is elsewhere is copied here first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sartor.core.address import (
    DATABASES,
    HUB,
    STORES,
    is_database,
    masked,
    scheme_of,
    schemes_of,
    split_part,
)
from sartor.core.dataset import Count
from sartor.core.errors import DataError, did_you_mean
from sartor.data.byte_stream import DataFile
from sartor.data.copies import Copies
from sartor.data.database import database_rows, sqlite_rows
from sartor.data.hub_dataset import hub_dataset
from sartor.data.hub_folder import DatasetFolder, described
from sartor.data.personal import excerpt
from sartor.data.read_sqlite import ENDINGS as SQLITE_ENDINGS
from sartor.data.readers import READERS, format_of
from sartor.data.remote import remote_files
from sartor.data.sheets import WORKBOOKS, with_sheet

SPLIT_WORDS = {
    "train": "train",
    "training": "train",
    "valid": "valid",
    "validation": "valid",
    "val": "valid",
    "dev": "valid",
    "test": "test",
    "testing": "test",
    "heldout": "test",
}
"""What people write in a split column or a file name, and the split that is meant."""


OLD_FORMATS = {
    ".xls": "is an Excel workbook from before 2007, which is not read.",
    ".xlsb": "is a binary Excel workbook, which is not read.",
    ".numbers": "is a Numbers document, which is not read.",
}
_SELF_DESCRIPTIONS = frozenset(
    {"dataset_infos.json", "dataset_info.json", "dataset_dict.json", "state.json"}
)
"""Files that say what a dataset is, and hold no rows."""


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
    search = _Search(folder, copies)
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
    if not any(file.split in ("all", "train") for file in files):
        raise DataError(
            where="sartor.yaml > data",
            problem=f"names no file to learn from, only {' and '.join(sorted(data)) or 'nothing'}.",
            fix="Add `train: [FILE]`.",
        )
    counts = tuple(search.counts)
    return FoundFiles(tuple(files), tuple(search.passed_over), is_split_by_name, is_told, counts)


def split_by_name(files: list[DataFile]) -> tuple[list[DataFile], bool]:
    """Take the splits from the names where every name has one and there is a `train`."""
    splits = [_split_word(Path(split_part(file.name)[0])) for file in files]
    if None in splits or "train" not in splits or len(set(splits)) == 1:
        return files, False
    return [
        replace(file, split=split or "") for file, split in zip(files, splits, strict=True)
    ], True


def _split_word(path: Path) -> str | None:
    return SPLIT_WORDS.get(re.split(r"[-_.\d]", path.name.lower())[0])


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


class _Search:
    """Follows entries to the files they mean, and notes what has to be said on the way."""

    def __init__(self, folder: Path, copies: Copies | None) -> None:
        self.passed_over: list[str] = []
        self.counts: list[Count] = []
        self.is_folder = self.is_told = False
        """What the last entry was: a folder, and one that says what it holds."""
        self._folder = folder
        self._copies = copies

    def files_of(self, entry: str, *, split: str) -> list[DataFile]:
        """The files of one entry, each with its sheet."""
        self.is_folder = self.is_told = False
        if scheme_of(entry):
            return [self._whole(file) for file in self._files_at(entry, split)]
        path, name, part = self._place(entry)
        if path.is_dir():
            return [self._whole(file) for file in self._files_in(path, name, part, split)]
        if path.is_file():
            return [self._whole(replace(_named_file(path, name=entry, split=split), part=part))]
        if any(mark in entry for mark in "*?["):
            return [self._whole(file) for file in self._matches(name, part, split)]
        raise _absent(path, entry=entry)

    def _place(self, entry: str) -> tuple[Path, str, str]:
        """Path, name and part; a `#` may also belong to the name."""
        if (self._folder / entry).exists() or "#" not in entry:
            return self._folder / entry, entry, ""
        name, part = split_part(entry)
        return self._folder / name, name, part

    def _whole(self, file: DataFile) -> DataFile:
        """With the sheet or table that is meant, and its rows where they have to be copied."""
        if file.format in WORKBOOKS:
            file, counts = with_sheet(file)
        elif file.format in SQLITE_ENDINGS and self._copies is not None and not file.compression:
            file, counts = sqlite_rows(file, copies=self._copies)
        elif file.part and file.format not in SQLITE_ENDINGS:
            raise DataError(
                where=file.name,
                problem="has no sheets or tables.",
                fix=f"Remove `#{excerpt(file.part)}` from its name.",
            )
        else:
            return file
        self.counts += counts
        return file

    def _files_at(self, entry: str, split: str) -> list[DataFile]:
        """The files behind an address, as copies on this machine."""
        scheme = scheme_of(entry)
        if self._copies is None:
            raise DataError(
                where=masked(entry), problem="is an address.", fix="Download it and name the file."
            )
        if scheme == HUB:
            return self._files_of_hub(entry, split, is_offline=self._copies.is_offline)
        if is_database(entry):
            file, counts = database_rows(
                entry, split=split, folder=self._folder, copies=self._copies
            )
            self.counts += counts
            return [file]
        if not set(schemes_of(entry)) <= STORES:
            raise DataError(
                where=masked(entry),
                problem="is an address of an unknown kind.",
                fix=did_you_mean(scheme, [*STORES, *DATABASES, HUB]),
            )
        files, counts = remote_files(entry, split=split, folder=self._folder, copies=self._copies)
        self.counts += counts
        self.is_folder = len(files) > 1
        return files

    def _files_of_hub(self, entry: str, split: str, *, is_offline: bool) -> list[DataFile]:
        dataset = hub_dataset(entry, is_offline=is_offline)
        note = f"Fetched from the hub at revision {dataset.revision}."
        self.counts.append(Count("hub dataset", 0, note, (dataset.name,)))
        _, part = split_part(entry)
        if not dataset.path:
            return list(self._files_in(dataset.folder, dataset.name, part, split))
        inner = _Search(dataset.folder, None)
        found = inner.files_of(dataset.path, split=split)
        self.is_folder, self.is_told = inner.is_folder, inner.is_told
        return [replace(file, name=f"{dataset.name}/{file.name}", part=part) for file in found]

    def _files_in(self, path: Path, name: str, part: str, split: str) -> list[DataFile]:
        self.is_folder = True
        told = described(path, part=part, name=name)
        if told is not None and told.files:
            self.is_told = True
            return self._told_files(told, path, name, split)
        found: list[DataFile] = []
        for inner in sorted(path.rglob("*")):
            relative = inner.relative_to(path)
            if not inner.is_file() or any(word.startswith(".") for word in relative.parts):
                continue
            shown = f"{name.rstrip('/')}/{relative.as_posix()}"
            form = None if inner.name in _SELF_DESCRIPTIONS else format_of(inner)
            if form is None:
                self.passed_over.append(shown)
            else:
                found.append(DataFile(inner, shown, split, *form))
        if not found:
            raise DataError(where=name, problem="has no data file in it.", fix=_formats_fix())
        names = told.class_names if told is not None else ()
        return [replace(file, class_names=names) for file in found]

    def _told_files(self, told: DatasetFolder, path: Path, name: str, split: str) -> list[DataFile]:
        """Files by the splits of the folder; a lone one is no split, unknown ones are passed over."""
        is_one = len({its_split for its_split, _ in told.files}) == 1
        files: list[DataFile] = []
        for its_split, file in told.files:
            shown = f"{name.rstrip('/')}/{file.relative_to(path).as_posix()}"
            known = split if is_one else _split_word(Path(its_split))
            if known is None or (form := format_of(file)) is None:
                self.passed_over.append(shown)
                continue
            files.append(DataFile(file, shown, known, *form, class_names=told.class_names))
        if not files:
            raise DataError(where=name, problem="has no data file in it.", fix=_formats_fix())
        return files

    def _matches(self, entry: str, part: str, split: str) -> list[DataFile]:
        pattern = Path(entry)
        root = Path(pattern.anchor) if pattern.is_absolute() else self._folder
        relative = pattern.relative_to(root) if pattern.is_absolute() else pattern
        found = [path for path in sorted(root.glob(relative.as_posix())) if path.is_file()]
        if not found:
            raise DataError(
                where=entry,
                problem="no file matches.",
                fix=f"Check the pattern; it starts at {root}.",
            )
        return [
            replace(_named_file(path, name=name, split=split), part=part)
            for path in found
            for name in [
                path.as_posix() if pattern.is_absolute() else path.relative_to(root).as_posix()
            ]
        ]


def _named_file(path: Path, *, name: str, split: str) -> DataFile:
    form = format_of(path)
    if form is None:
        ending = path.suffix.lower()
        is_old = ending in OLD_FORMATS
        raise DataError(
            where=name,
            problem=OLD_FORMATS[ending]
            if is_old
            else f"ends in `{path.suffix}`, which no reader knows.",
            fix="Open it and save it as `.xlsx` or as CSV in UTF-8." if is_old else _formats_fix(),
        )
    return DataFile(path, name, split, *form)


def _absent(path: Path, *, entry: str) -> DataError:
    siblings = (
        [file.name for file in path.parent.iterdir() if file.is_dir() or format_of(file)]
        if path.parent.is_dir()
        else []
    )
    near = did_you_mean(path.name, siblings) if siblings else f"There is no {path.parent} either."
    if re.fullmatch(r"[A-Za-z0-9][\w.-]*/[\w.-]+", entry) and not path.parent.is_dir():
        near += f" A dataset of the hub is spelled `hf://datasets/{entry}`."
    return DataError(where=entry, problem="does not exist.", fix=near)


def _formats_fix() -> str:
    endings = ", ".join(f".{name}" for name in READERS.names())
    return f"Name a file that ends in {endings} (also with .gz, .bz2, .xz or .zst)."


def _refuse_repeats(files: list[DataFile]) -> None:
    seen: dict[tuple[Path, str], DataFile] = {}
    for file in files:
        first = seen.setdefault((file.path.resolve(), file.part), file)
        if first is not file:
            both = f"`{first.split}` and `{file.split}`" if first.split != file.split else "`data`"
            raise DataError(
                where=file.name, problem=f"stands twice in {both}.", fix="Name each file once."
            )
