"""How anything reaches the disk: written aside, synced, renamed; whole or absent, even if killed.

A rename inside one file system is atomic (POSIX `rename`); what it names must be on the disk before
it, and the folder that holds the name after it, or a power cut leaves a name without content.
"""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from sartor.core.errors import WorkspaceError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
IN_THE_WAY = frozenset({errno.ENOTDIR, errno.EEXIST, errno.EISDIR})
NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")


@contextmanager
def disk_errors(place: Path) -> Iterator[None]:
    """Say in words what the file system refuses; other errors pass as they are.

    Args:
        place: The file or folder that was to be written, for the message.

    Raises:
        WorkspaceError: The disk is full, the place is not writable, or a file stands in its way.
    """
    try:
        yield
    except (OSError, SafetensorError) as error:
        refusal = _in_words(place, _error_number(error))
        if refusal is None:
            raise
        raise refusal from error


@contextmanager
def staged(staging: Path) -> Iterator[Path]:
    """A path of one's own to write at; whatever is left there afterwards is removed.

    Args:
        staging: Folder on the same file system as the final place.
    """
    staging.mkdir(parents=True, exist_ok=True)
    aside = staging / f"{os.getpid()}-{secrets.token_hex(8)}"
    try:
        yield aside
    finally:
        remove(aside)


def write_file(path: Path, content: bytes, *, staging: Path) -> None:
    """Put a file in place, whole, over whatever file was there.

    Raises:
        WorkspaceError: Disk full or place not writable; what was there is untouched.
    """
    with disk_errors(path), staged(staging) as aside:
        aside.write_bytes(content)
        publish(aside, path)


def write_folder(path: Path, write: Callable[[Path], None], *, staging: Path) -> None:
    """Put the folder that `write` fills in place, whole, instead of whatever was there.

    A folder cannot be renamed over a full one, so the old one is moved aside first: a kill between
    the two renames leaves the place empty, never half full.

    Raises:
        WorkspaceError: Disk full or place not writable; what was there is untouched.
    """
    with disk_errors(path), staged(staging) as aside, staged(staging) as replaced:
        aside.mkdir()
        write(aside)
        sync_tree(aside)
        if path.exists():
            path.replace(replaced)
        publish(aside, path)


def publish(aside: Path, path: Path) -> None:
    """Give what was written aside its name, and make both last."""
    sync_tree(aside)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside.replace(path)
    _sync(path.parent)
    _sync(path.parent.parent)


def append_line(path: Path, document: Any, *, is_durable: bool) -> None:
    """Add one JSON line with a single write, on a line of its own even after a torn one.

    Args:
        path: JSONL file, created on use.
        document: JSON-like.
        is_durable: Whether to wait until it is on the disk.

    Raises:
        WorkspaceError: Disk full or file not writable.
    """
    line = json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n"
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b", buffering=0) as file:
            file.write(b"\n" * _ends_torn(file) + line.encode())
            if is_durable:
                os.fsync(file.fileno())


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The documents of a JSONL file; a line that a kill has torn was never finished."""
    if not path.exists():
        return []
    documents = [_document(line) for line in path.read_bytes().splitlines()]
    return [document for document in documents if isinstance(document, dict)]


def json_bytes(document: Any) -> bytes:
    """A JSON file for people and programs: two spaces, the given order, no NaN."""
    return (json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def sync_tree(path: Path) -> None:
    """Wait until a file, or a folder with all it holds, is on the disk."""
    if path.is_dir():
        for inner in path.iterdir():
            sync_tree(inner)
    _sync(path)


def remove(path: Path) -> None:
    """Remove a file or a folder, where there is one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def checked_name(name: str, *, what: str) -> str:
    """A name that is one folder and no more: letters, digits, `_` and `-`.

    Args:
        name: What was asked for.
        what: What it names, for the message: `artifact key`, `run`.

    Raises:
        WorkspaceError: It could name a path elsewhere.
    """
    if not NAME.fullmatch(name):
        raise WorkspaceError(
            where=f"{what} {name!r}",
            problem="is not a name: it has characters that could lead to another folder.",
            fix="Use 1 to 128 letters, digits, `_` and `-`.",
        )
    return name


def confined(folder: Path, relative_path: str | Path) -> Path:
    """The path inside a folder, links followed.

    Args:
        folder: Where it has to stay.
        relative_path: As the user or a program spells it.

    Raises:
        WorkspaceError: It leads out of the folder, by `..`, as an absolute path or over a link.
    """
    path = (folder / relative_path).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise WorkspaceError(
            where=str(relative_path),
            problem=f"leads out of {folder}, where nothing is written.",
            fix="Give a path inside that folder, without `..` and without links that leave it.",
        )
    return path


def _in_words(place: Path, number: int | None) -> WorkspaceError | None:
    if number in FULL:
        return WorkspaceError(
            where=str(place),
            problem="cannot be written: the disk is full.",
            fix="Free some space there and run the same command again; finished work is kept.",
        )
    if number in REFUSED:
        return WorkspaceError(
            where=str(place),
            problem="cannot be written: this user may not, or the file system is read-only.",
            fix="Make the folder writable for this user, or use a workspace elsewhere.",
        )
    if number in IN_THE_WAY:
        return WorkspaceError(
            where=str(place),
            problem="cannot be written: a file stands where a folder is needed, or the reverse.",
            fix="Move that file away, or use a workspace elsewhere.",
        )
    return None


def _error_number(error: OSError | SafetensorError) -> int | None:
    """safetensors writes from Rust and puts the number into its text: `(os error 28)`."""
    if isinstance(error, OSError):
        return error.errno
    found = re.search(r"\(os error (\d+)\)", str(error))
    return int(found[1]) if found else None


def _ends_torn(file: Any) -> bool:
    if file.seek(0, os.SEEK_END) == 0:
        return False
    file.seek(-1, os.SEEK_END)
    return bool(file.read(1) != b"\n")


def _document(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
