"""Workbooks are zip archives of XML. Both are read here, with limits that no honest workbook comes near.

Nothing is unpacked to disk, no path of the archive is followed, and XML with a document type is refused,
so that entities can neither grow nor reach outside. Older versions of expat read a tag again and again
while it grows; therefore a tag that does not end is refused, too.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Protocol
from xml.parsers import expat

from sartor.core.errors import DataError
from sartor.data.byte_stream import DataFile, seekable

MAX_MEMBERS = 20_000
MAX_MEMBER_BYTES = 2 * 2**30
MAX_RATIO = 200
"""A member beyond `_SMALL_BYTES` that grows by more than this is a bomb; sheets grow by 5 to 50."""
_SMALL_BYTES = 32 * 2**20
MAX_IDLE_BYTES = 64 * 2**20
"""So much XML has to hold a row or a text at least."""
_MAX_TAG_BYTES = 1 << 20
_MAX_DEPTH = 64
_MAX_NAMES = 5_000
"""Different names of elements and attributes; they are kept for as long as the file is read."""
_BLOCK_BYTES = 1 << 16
_OLE_MARK = b"\xd0\xcf\x11\xe0"
_BROKEN = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, OSError, EOFError),
    *(ValueError, RuntimeError, IndexError, OverflowError, MemoryError, LookupError),
    expat.ExpatError,
)
"""What zipfile and expat raise on damaged files; a RuntimeError where a member has a password."""


class XmlHandler(Protocol):
    """What is told about the XML of a member; names come without their prefix."""

    @property
    def num_found(self) -> int:
        """Rows or other things found so far: where it stands still for long, nothing honest is read."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def text(self, data: str) -> None:
        """A piece of text."""

    def end(self, name: str) -> None:
        """An element ends."""


class OfficeZip:
    """An open workbook."""

    def __init__(self, file: DataFile, source: IO[bytes]) -> None:
        self.name = file.name
        self._zip = zipfile.ZipFile(source)
        if len(self._zip.infolist()) > MAX_MEMBERS:
            raise self.damaged(f"holds more than {MAX_MEMBERS:,} parts")
        self.members = frozenset(self._zip.namelist())

    def damaged(self, reason: object) -> DataError:
        """The error for a workbook that cannot be read."""
        said = " ".join(str(reason).split())[:200].rstrip(".")
        return DataError(
            where=self.name,
            problem=f"cannot be read as a workbook ({said}).",
            fix="Open it in a spreadsheet program and save it anew, or export the sheet as CSV.",
        )

    def parse(self, member: str, handler: XmlHandler) -> Iterator[None]:
        """Tell a handler about a member's XML, and pause after every block."""
        info = self._zip.getinfo(member)
        self._refuse_bomb(info)
        parser = _parser(handler, self)
        num_fed = num_idle = num_found = 0
        with self._zip.open(info) as stream:
            while block := stream.read(_BLOCK_BYTES):
                parser.Parse(block)
                num_fed += len(block)
                num_idle = 0 if handler.num_found > num_found else num_idle + len(block)
                num_found = handler.num_found
                if num_idle > MAX_IDLE_BYTES:
                    raise self.damaged("goes on and on without a value")
                if num_fed - parser.CurrentByteIndex > _MAX_TAG_BYTES:
                    raise self.damaged("holds a tag without an end")
                if len(parser.intern) > _MAX_NAMES:
                    raise self.damaged("holds too many kinds of elements")
                yield
        parser.Parse(b"", True)
        yield

    def num_bytes(self, *members: str | None) -> int:
        """Size of some members together, decompressed."""
        return sum(self._zip.getinfo(member).file_size for member in members if member)

    def holds_text(self, member: str, wanted: bytes) -> bool:
        """Whether some bytes occur in a member."""
        info = self._zip.getinfo(member)
        self._refuse_bomb(info)
        tail = b""
        with self._zip.open(info) as stream:
            while block := stream.read(1 << 20):
                if wanted in tail + block:
                    return True
                tail = block[-len(wanted) :]
        return False

    def _refuse_bomb(self, info: zipfile.ZipInfo) -> None:
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise self.damaged("is packed in a way that workbooks are not")
        is_bomb = info.file_size > max(_SMALL_BYTES, MAX_RATIO * info.compress_size)
        if is_bomb or info.file_size > MAX_MEMBER_BYTES:
            raise self.damaged(f"`{info.filename[:60]}` grows to {info.file_size:,} bytes")


@contextmanager
def office_zip(file: DataFile) -> Iterator[OfficeZip]:
    """A workbook, open; whatever is wrong with it is a DataError.

    Raises:
        DataError: It is damaged, has a password, is of the old format, or is a bomb.
    """
    with seekable(file) as source:
        head = source.read(len(_OLE_MARK))
        source.seek(0)
        if head == _OLE_MARK:
            raise DataError(
                where=file.name,
                problem="has a password, or is an old workbook (before 2007).",
                fix="Open it, remove the password and save it as `.xlsx`.",
            )
        try:
            yield OfficeZip(file, source)
        except _BROKEN as error:
            said = " ".join(str(error).split())[:200].rstrip(".")
            raise DataError(
                where=file.name,
                problem=f"cannot be read as a workbook ({said}).",
                fix="Open it in a spreadsheet program and save it anew, or export the sheet as CSV.",
            ) from error


def _parser(handler: XmlHandler, workbook: OfficeZip) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _MAX_DEPTH:
            raise workbook.damaged(f"is nested more than {_MAX_DEPTH} deep")
        handler.start(name.rpartition(":")[2], attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        handler.end(name.rpartition(":")[2])

    def refuse_document_type(*_: object) -> None:
        raise workbook.damaged("holds a document type, which workbooks have none of")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = refuse_document_type
    return parser
