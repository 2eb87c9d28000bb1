"""From one entry under `data:` to its files: a file, a folder, a pattern, or an address somewhere else."""

from __future__ import annotations

from dataclasses import replace
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
from sartor.data.folder_files import files_in, name_inside
from sartor.data.hub_dataset import hub_dataset
from sartor.data.hub_folder import DatasetFolder, described
from sartor.data.named_file import absent, formats_fix, named_file
from sartor.data.personal import excerpt
from sartor.data.read_sqlite import ENDINGS as SQLITE_ENDINGS
from sartor.data.readers import format_of
from sartor.data.remote import remote_files
from sartor.data.sheets import WORKBOOKS, with_sheet
from sartor.data.split_names import split_word


class Search:
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
            return [self._whole(replace(named_file(path, name=entry, split=split), part=part))]
        if any(mark in entry for mark in "*?["):
            return [self._whole(file) for file in self._matches(name, part, split)]
        raise absent(path, entry=entry)

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
        inner = Search(dataset.folder, None)
        found = inner.files_of(dataset.path, split=split)
        self.is_folder, self.is_told = inner.is_folder, inner.is_told
        return [replace(file, name=f"{dataset.name}/{file.name}", part=part) for file in found]

    def _files_in(self, path: Path, name: str, part: str, split: str) -> list[DataFile]:
        self.is_folder = True
        told = described(path, part=part, name=name)
        if told is not None and told.files:
            self.is_told = True
            return self._told_files(told, path, name, split)
        found, passed_over = files_in(path, name=name, split=split)
        self.passed_over += passed_over
        names = told.class_names if told is not None else ()
        return [replace(file, class_names=names) for file in found]

    def _told_files(self, told: DatasetFolder, path: Path, name: str, split: str) -> list[DataFile]:
        """Files by the splits of the folder; a lone one is no split, unknown ones are passed over."""
        is_one = len({its_split for its_split, _ in told.files}) == 1
        files: list[DataFile] = []
        for its_split, file in told.files:
            shown = name_inside(name, file.relative_to(path))
            known = split if is_one else split_word(Path(its_split))
            if known is None or (form := format_of(file)) is None:
                self.passed_over.append(shown)
                continue
            files.append(DataFile(file, shown, known, *form, class_names=told.class_names))
        if not files:
            raise DataError(where=name, problem="has no data file in it.", fix=formats_fix())
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
            replace(named_file(path, name=name, split=split), part=part)
            for path in found
            for name in [
                path.as_posix() if pattern.is_absolute() else path.relative_to(root).as_posix()
            ]
        ]
