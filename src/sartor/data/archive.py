"""Exports that are many files: a zip archive or the folder it was unpacked to, read in the same way.

Nothing is unpacked to disk and no name leads outside. An archive that tries is refused as a whole: whoever
made it meant harm, and what else stands in it is not to be trusted.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple, Protocol

from sartor.core.errors import DataError
from sartor.data.byte_stream import BLOCK_BYTES, MAX_DECOMPRESSED_BYTES
from sartor.data.personal import excerpt

MAX_MEMBERS = 300_000
"""More files than this are no export: one of a hundred channels over five years has 180,000."""
MAX_TABLE_BYTES = 32 * 2**20
"""Longest table of contents of a zip archive; it is held in memory as a whole."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Methods that can be unpacked a block at a time; the others may unpack a block to gigabytes."""
_ENCRYPTED = 1
_LEFTOVERS = ("__MACOSX", ".DS_Store", "Thumbs.db")
_UNREADABLE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, ValueError)
"""What zipfile and the disk raise on damage; NotImplementedError is a RuntimeError."""


class Member(NamedTuple):
    """One file of an export."""

    name: str
    """Its path in the export, with `/`."""
    num_bytes: int
    """Unpacked, as the export says; reading more is refused."""


class MemberStream:
    """The bytes of one member in blocks, never more than it says it has."""

    def __init__(self, source: IO[bytes], member: Member, *, where: str) -> None:
        self._source, self._where = source, where
        self._num_left = member.num_bytes

    def __enter__(self) -> MemberStream:
        return self

    def __exit__(self, *_: object) -> None:
        self._source.close()

    def read(self, num_bytes: int = BLOCK_BYTES) -> bytes:
        """The next bytes; empty at the end.

        Raises:
            DataError: The member is damaged, or longer than the table of contents says.
        """
        try:
            block = self._source.read(num_bytes)
        except _UNREADABLE as error:
            raise _damaged(self._where, error) from error
        self._num_left -= len(block)
        if self._num_left < 0:
            raise _refused(self._where, "is longer than its table of contents says.")
        return block


class Archive(Protocol):
    """What readers need of an export that is many files."""

    name: str
    """As the user named it."""

    def members(self) -> tuple[Member, ...]:
        """Its files in the order of their names; leftovers of operating systems are none."""

    def open(self, member: Member) -> MemberStream:
        """The bytes of one."""

    def close(self) -> None:
        """Give back what it holds."""


def open_archive(path: Path, name: str) -> Archive:
    """An export as it lies on disk.

    Args:
        path: A zip archive or a folder.
        name: As the user named it, for messages.

    Raises:
        DataError: It is damaged, encrypted, too large, or names a path outside itself.
    """
    return _Folder(path, name) if path.is_dir() else _Zip(path, name)


class _Folder:
    """A folder; links are refused, since they may lead anywhere."""

    def __init__(self, path: Path, name: str) -> None:
        self._path, self.name = path, name
        self._members = tuple(sorted(self._found()))

    def members(self) -> tuple[Member, ...]:
        return self._members

    def open(self, member: Member) -> MemberStream:
        where = f"{self.name}/{excerpt(member.name)}"
        try:
            return MemberStream((self._path / member.name).open("rb"), member, where=where)
        except OSError as error:
            raise _damaged(where, error) from error

    def close(self) -> None:
        """A folder holds nothing open."""

    def _found(self) -> Iterator[Member]:
        num_found = 0
        for inner in self._path.rglob("*"):
            relative = inner.relative_to(self._path).as_posix()
            if inner.is_symlink():
                raise _refused(f"{self.name}/{excerpt(relative)}", "is a link.")
            if not inner.is_file() or _is_leftover(relative):
                continue
            num_found += 1
            _refuse_many(num_found, self.name)
            yield Member(relative, inner.stat().st_size)


class _GuardedFile(io.BufferedReader):
    """A file of which nobody reads more at once than a table of contents may have."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_TABLE_BYTES:
            raise zipfile.BadZipFile("its table of contents is too long")
        return super().read(size)


class _Zip:
    """A zip archive."""

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        try:
            self._disk = _GuardedFile(io.FileIO(path))
        except OSError as error:
            raise _damaged(name, error) from error
        try:
            self._zip = zipfile.ZipFile(self._disk)
            infos = [info for info in self._zip.infolist() if not info.filename.endswith("/")]
            self._infos = {info.filename: info for info in infos}
            self._refuse_unsafe(infos)
        except _UNREADABLE as error:
            self._disk.close()
            raise _damaged(name, error) from error
        except DataError:
            self._disk.close()
            raise

    def members(self) -> tuple[Member, ...]:
        kept = (info for name, info in self._infos.items() if not _is_leftover(name))
        return tuple(sorted(Member(info.filename, info.file_size) for info in kept))

    def open(self, member: Member) -> MemberStream:
        where = f"{self.name}/{excerpt(member.name)}"
        try:
            source = self._zip.open(self._infos[member.name])
        except _UNREADABLE as error:
            raise _damaged(where, error) from error
        return MemberStream(source, member, where=where)

    def close(self) -> None:
        self._zip.close()
        self._disk.close()

    def _refuse_unsafe(self, infos: list[zipfile.ZipInfo]) -> None:
        _refuse_many(len(infos), self.name)
        if len(self._infos) < len(infos):
            raise _refused(self.name, "holds two files of one name.")
        if sum(info.file_size for info in infos) > MAX_DECOMPRESSED_BYTES:
            limit = f"{MAX_DECOMPRESSED_BYTES / 2**30:g} GiB"
            raise _refused(self.name, f"unpacks to more than {limit}.")
        for info in infos:
            _refuse_entry(info, f"{self.name}/{excerpt(info.filename)}")


def _refuse_entry(info: zipfile.ZipInfo, where: str) -> None:
    name = info.filename
    if not name:
        raise _refused(where, "is a file without a name.")
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or name[1:2] == ":":
        raise _refused(where, "names a path outside the archive.")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise _refused(where, "is a link.")
    if info.flag_bits & _ENCRYPTED:
        fix = "Unpack it with its password, and name the folder."
        raise DataError(where=where, problem="is encrypted.", fix=fix)
    if info.compress_type not in _METHODS:
        fix = "Unpack it, and name the folder."
        raise DataError(where=where, problem="is packed in a way that is not read.", fix=fix)


def _refuse_many(num_members: int, name: str) -> None:
    if num_members > MAX_MEMBERS:
        raise _refused(name, f"holds more than {MAX_MEMBERS:,} files.")


def _is_leftover(name: str) -> bool:
    return any(part in _LEFTOVERS or part.startswith("._") for part in PurePosixPath(name).parts)


def _refused(where: str, problem: str) -> DataError:
    return DataError(where=where, problem=problem, fix="Export it anew, and name that export.")


def _damaged(where: str, error: BaseException) -> DataError:
    reason = excerpt(str(error)).rstrip(".")
    return DataError(where=where, problem=f"cannot be read ({reason}).", fix="Export it anew.")
