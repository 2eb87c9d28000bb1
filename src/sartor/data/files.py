"""From the names under `data:` to the files they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sartor.core.errors import DataError, did_you_mean
from sartor.data.byte_stream import DataFile
from sartor.data.readers import FAQ_ENDINGS, READERS, format_of

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


@dataclass(frozen=True)
class FoundFiles:
    """The files of a goal."""

    files: tuple[DataFile, ...]
    passed_over: tuple[str, ...]
    """Files in the named folders that are no data."""
    is_split_by_name: bool
    """Whether the splits come from the names of the files in a folder."""


def find_files(data: Mapping[str, tuple[str, ...]], *, folder: Path) -> FoundFiles:
    """The files that `data:` names: files, folders and patterns, relative to the workspace.

    A folder that holds nothing but `train`, `valid` and `test` files brings its own splits.

    Raises:
        DataError: Something is absent, no data file, or named twice.
    """
    passed_over: list[str] = []
    files: list[DataFile] = []
    is_split_by_name = False
    for split, entries in data.items():
        for entry in entries:
            found = list(_files_of(entry, split=split, folder=folder, passed_over=passed_over))
            if split == "all" and len(entries) == 1 and (folder / entry).is_dir():
                found, is_split_by_name = split_by_name(found)
            files += found
    _refuse_repeats(files)
    if not any(file.split in ("all", "train") for file in files):
        raise DataError(
            where="sartor.yaml > data",
            problem=f"names no file to learn from, only {' and '.join(sorted(data)) or 'nothing'}.",
            fix="Add `train: [FILE]`.",
        )
    return FoundFiles(tuple(files), tuple(passed_over), is_split_by_name)


def split_by_name(files: list[DataFile]) -> tuple[list[DataFile], bool]:
    """Take the splits from the names where every name has one and there is a `train`."""
    splits = [_split_word(file.path) for file in files]
    if None in splits or "train" not in splits or len(set(splits)) == 1:
        return files, False
    return [
        replace(file, split=split or "") for file, split in zip(files, splits, strict=True)
    ], True


def _split_word(path: Path) -> str | None:
    return SPLIT_WORDS.get(re.split(r"[-_.\d]", path.name.lower())[0])


def _files_of(
    entry: str, *, split: str, folder: Path, passed_over: list[str]
) -> Iterator[DataFile]:
    if "://" in entry:
        raise DataError(
            where=entry, problem="is an address.", fix="Download the file and name it here."
        )
    path = folder / entry
    if path.is_dir():
        yield from _files_in(path, entry=entry, split=split, passed_over=passed_over)
    elif path.is_file():
        yield _named_file(path, name=entry, split=split)
    elif any(mark in entry for mark in "*?["):
        yield from _matches(entry, split=split, folder=folder)
    else:
        raise _absent(path, entry=entry)


def _files_in(path: Path, *, entry: str, split: str, passed_over: list[str]) -> Iterator[DataFile]:
    """The files of a folder; beside rows, documents such as a README only tell about them."""
    found: list[DataFile] = []
    for inner in sorted(path.rglob("*")):
        relative = inner.relative_to(path)
        if not inner.is_file() or any(part.startswith(".") for part in relative.parts):
            continue
        name = (Path(entry) / relative).as_posix()
        if (form := format_of(inner)) is None:
            passed_over.append(name)
            continue
        found.append(DataFile(inner, name, split, *form))
    if not found:
        raise DataError(where=entry, problem="has no data file in it.", fix=_formats_fix())
    has_rows = any(file.format not in FAQ_ENDINGS for file in found)
    passed_over += (file.name for file in found if has_rows and file.format in FAQ_ENDINGS)
    yield from (file for file in found if not has_rows or file.format not in FAQ_ENDINGS)


def _matches(entry: str, *, split: str, folder: Path) -> Iterator[DataFile]:
    pattern = Path(entry)
    root = Path(pattern.anchor) if pattern.is_absolute() else folder
    relative = pattern.relative_to(root) if pattern.is_absolute() else pattern
    found = [path for path in sorted(root.glob(relative.as_posix())) if path.is_file()]
    if not found:
        raise DataError(
            where=entry, problem="no file matches.", fix=f"Check the pattern; it starts at {root}."
        )
    for path in found:
        name = path.as_posix() if pattern.is_absolute() else path.relative_to(root).as_posix()
        yield _named_file(path, name=name, split=split)


def _named_file(path: Path, *, name: str, split: str) -> DataFile:
    form = format_of(path)
    if form is None:
        raise DataError(
            where=name,
            problem=f"ends in `{path.suffix}`, which no reader knows.",
            fix=_formats_fix(),
        )
    return DataFile(path, name, split, *form)


def _absent(path: Path, *, entry: str) -> DataError:
    siblings = (
        [file.name for file in path.parent.iterdir() if file.is_dir() or format_of(file)]
        if path.parent.is_dir()
        else []
    )
    near = did_you_mean(path.name, siblings) if siblings else f"There is no {path.parent} either."
    return DataError(where=entry, problem="does not exist.", fix=near)


def _formats_fix() -> str:
    endings = ", ".join(f".{name}" for name in READERS.names())
    return f"Name a file that ends in {endings} (also with .gz)."


def _refuse_repeats(files: list[DataFile]) -> None:
    seen: dict[Path, DataFile] = {}
    for file in files:
        first = seen.setdefault(file.path.resolve(), file)
        if first is not file:
            both = f"`{first.split}` and `{file.split}`" if first.split != file.split else "`data`"
            raise DataError(
                where=file.name, problem=f"stands twice in {both}.", fix="Name each file once."
            )
