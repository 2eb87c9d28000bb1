"""What of a folder is data: files of rows, mail, exports of chats; documents where there is nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sartor.core.errors import DataError
from sartor.data.byte_stream import DataFile
from sartor.data.mail_folders import is_mail_file, mail_folder
from sartor.data.named_file import formats_fix
from sartor.data.read_slack import is_slack_folder
from sartor.data.read_sqlite import ENDINGS as SQLITE_ENDINGS
from sartor.data.readers import FAQ_ENDINGS, format_of, unsaid_format
from sartor.data.recognise import is_known_inside
from sartor.data.sqlite_rows import has_one_table

_SELF_DESCRIPTIONS = frozenset(
    {"dataset_infos.json", "dataset_info.json", "dataset_dict.json", "state.json"}
)
"""Files that say what a dataset is, and hold no rows."""


def files_in(folder: Path, *, name: str, split: str) -> tuple[list[DataFile], list[str]]:
    """The data of a folder and below, and the names of what is none.

    Beside rows, documents such as a README only tell about them, and a database of several tables is
    asked by name only.

    Raises:
        DataError: Nothing in it is data.
    """
    passed_over: list[str] = []
    mails = mail_folder(folder, name=name, split=split)
    found = list(mails)
    for path in _paths(folder):
        if mails and is_mail_file(path):
            continue
        shown = name if path == folder else name_inside(name, path.relative_to(folder))
        if (form := _form_inside(path)) is None:
            passed_over.append(shown)
        else:
            found.append(DataFile(path, shown, split, *form))
    if not found:
        raise DataError(where=name, problem="has no data file in it.", fix=formats_fix())
    kept = _most_telling(found)
    return kept, sorted([*passed_over, *(file.name for file in found if file not in kept)])


def _most_telling(found: list[DataFile]) -> list[DataFile]:
    """Files of rows; where there are none, databases of which nobody says what is meant; else documents."""
    documents = [file for file in found if file.format in FAQ_ENDINGS]
    unsaid = [
        file
        for file in found
        if file.format in SQLITE_ENDINGS and not (file.compression or has_one_table(file.path))
    ]
    rows = [file for file in found if file not in documents and file not in unsaid]
    return rows or unsaid or documents


def name_inside(name: str, inner: Path) -> str:
    """What a file of a folder is called, where the folder is called by a path or an address."""
    return f"{name}/{inner.as_posix()}" if "://" in name else (Path(name) / inner).as_posix()


def _paths(folder: Path) -> Iterator[Path]:
    """Files that are not hidden, and folders that are read as a whole in place of their files."""
    whole: list[Path] = []
    for path in [folder, *sorted(folder.rglob("*"))]:
        is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if is_hidden or any(outer in path.parents for outer in whole):
            continue
        if path.is_dir():
            if not is_slack_folder(path):
                continue
            whole.append(path)
        yield path


def _form_inside(path: Path) -> tuple[str, str] | None:
    """The format of something in a folder: a data file, or what is seen to be one."""
    if path.is_dir():
        return "folder", ""
    if path.name in _SELF_DESCRIPTIONS:
        return None
    if (form := format_of(path)) is not None:
        return form
    form = unsaid_format(path)
    return form if form and is_known_inside(path, form) else None
