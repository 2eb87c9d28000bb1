"""Files as bytes: decompressed on the way, capped, cut into physical lines.

Every reader gets its bytes here, so that what a hostile or damaged file can do is decided once.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple, Protocol

from sartor.core.errors import DataError
from sartor.data.unpack import BROKEN_STREAM, unpacked

BLOCK_BYTES = 1 << 18
MAX_DECOMPRESSED_BYTES = 20 * 2**30
"""A compressed file that grows beyond this is taken for a bomb."""
MAX_LINE_BYTES = 32 * 2**20
"""Longest physical line; longer ones are skipped and named."""
UTF8_MARK = b"\xef\xbb\xbf"

_OTHER_FORMATS = {
    b"\xff\xfe": ("is UTF-16, not UTF-8.", "Save it as UTF-8."),
    b"\xfe\xff": ("is UTF-16, not UTF-8.", "Save it as UTF-8."),
    b"\x1f\x8b": ("is gzipped, but its name does not say so.", "Add `.gz` to its name."),
    b"PK\x03\x04": (
        "is a zip archive or an office document.",
        "Unpack it; the name of a workbook ends in `.xlsx` or `.ods`.",
    ),
    b"BZh": ("is compressed by bzip2, but its name does not say so.", "Add `.bz2` to its name."),
    b"\xfd7zXZ": ("is compressed by xz, but its name does not say so.", "Add `.xz` to its name."),
    b"\x28\xb5\x2f\xfd": (
        "is compressed by zstd, but its name does not say so.",
        "Add `.zst` to its name.",
    ),
    b"SQLite format 3\x00": ("is an SQLite database.", "End its name in `.db` or `.sqlite`."),
    b"ARROW1": ("is an Arrow file, but its name does not say so.", "End its name in `.arrow`."),
    b"PAR1": ("is a Parquet file, but its name does not say so.", "End its name in `.parquet`."),
    b"%PDF": ("is a PDF.", "Export the rows as JSONL or CSV."),
}


class Annotators(NamedTuple):
    """Several people who labelled the same rows."""

    names: tuple[str, ...]
    """Their columns."""
    rate_numbers: bool
    """Whether they rate on a scale; else they choose labels."""


@dataclass(frozen=True)
class DataFile:
    """A file to read, its split and its format."""

    path: Path
    name: str
    """As the user named it; used in every place and message."""
    split: str
    """`all`, `train`, `valid` or `test`."""
    format: str
    """Name of its reader: `jsonl`, `json`, `csv`, `tsv`, `parquet`, `mbox`, `maildir`."""
    compression: str
    """`gz`, `bz2`, `xz` or `zst`; empty: as it is."""
    agents: tuple[str, ...] = ()
    """Names and addresses of those who answer customers, in mail and chats; empty: not told."""
    is_for_answers: bool = False
    """Whether answers are learned from it, so that exchanges without one are of no use."""
    parts: tuple[DataFile, ...] = ()
    """The files and folders that are read as one, because what belongs together may lie in several."""
    companions: tuple[DataFile, ...] = ()
    """Files of the same export that are read with it: its list of users."""
    part: str = ""
    """What of it is read: the sheet of a workbook; empty: all of it."""
    class_names: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Columns that hold numbers of classes, each with the names that its description gives them."""
    annotators: Annotators | None = None
    """Who labelled its rows, where several people did."""


class Blocks(Protocol):
    """Bytes that come in blocks."""

    def read(self, num_bytes: int = BLOCK_BYTES) -> bytes:
        """The next bytes; empty at the end."""


class Line(NamedTuple):
    """One physical line."""

    number: int
    """From 1."""
    offset: int
    """Byte at which it starts, after decompression."""
    data: bytes | None
    """Without its line feed; None where it is longer than the cap."""


class ByteStream:
    """A file's bytes in blocks; any failure to read is a DataError that names the file."""

    def __init__(self, file: DataFile) -> None:
        self._file = file
        self._num_read = 0
        try:
            self._disk = file.path.open("rb")
        except OSError as error:
            raise _not_opened(file, error) from error
        self._bytes = unpacked(self._disk, file.compression)

    def __enter__(self) -> ByteStream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bytes.close()
        self._disk.close()

    def read(self, num_bytes: int = BLOCK_BYTES) -> bytes:
        """The next bytes; empty at the end.

        Raises:
            DataError: The disk or the compression fails, or the file grows beyond the cap.
        """
        try:
            block = self._bytes.read(num_bytes)
        except BROKEN_STREAM as error:
            raise DataError(
                where=self._file.name,
                problem=f"cannot be read beyond byte {self._num_read:,}: {error}.",
                fix="Copy or compress the file anew.",
            ) from error
        self._num_read += len(block)
        if self._file.compression and self._num_read > MAX_DECOMPRESSED_BYTES:
            raise DataError(
                where=self._file.name,
                problem=f"grows beyond {MAX_DECOMPRESSED_BYTES / 2**30:g} GiB when decompressed.",
                fix="Split it into smaller files.",
            )
        return block

    def disk_position(self) -> int:
        """Bytes taken from the disk so far, before decompression."""
        return self._disk.tell()


def seekable(file: DataFile) -> IO[bytes]:
    """The file itself, or its decompressed copy on disk: some formats are read from their end.

    Raises:
        DataError: It cannot be opened or decompressed.
    """
    if not file.compression:
        try:
            return file.path.open("rb")
        except OSError as error:
            raise _not_opened(file, error) from error
    with ExitStack() as stack:
        copy = stack.enter_context(tempfile.TemporaryFile())
        with ByteStream(file) as stream:
            while block := stream.read():
                copy.write(block)
        copy.seek(0)
        stack.pop_all()
    return copy


def physical_lines(stream: Blocks, *, name: str) -> Iterator[Line]:
    """Cut a stream into lines; a line longer than the cap comes without its data.

    Args:
        stream: At its start.
        name: File name for messages.

    Raises:
        DataError: The file is of another kind or encoding as a whole.
    """
    block = stream.read()
    refuse_other_formats(block, name=name)
    number, offset = 1, 0
    rest, num_lost = b"", 0
    if block.startswith(UTF8_MARK):
        offset, block = len(UTF8_MARK), block[len(UTF8_MARK) :]
    while block:
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            num_bytes = len(line) + num_lost
            yield Line(number, offset, None if num_lost else line)
            number, offset, num_lost = number + 1, offset + num_bytes + 1, 0
        if len(rest) > MAX_LINE_BYTES:
            num_lost, rest = num_lost + len(rest), b""
        block = stream.read()
    if rest or num_lost:
        yield Line(number, offset, None if num_lost else rest)


def _not_opened(file: DataFile, error: OSError) -> DataError:
    return DataError(
        where=file.name,
        problem=f"cannot be opened ({error.strerror}).",
        fix="Check the name and that you may read it.",
    )


def refuse_other_formats(head: bytes, *, name: str) -> None:
    """Say what a file is that cannot be text in UTF-8, instead of listing every line of it."""
    for mark, (problem, fix) in _OTHER_FORMATS.items():
        if head.startswith(mark):
            raise DataError(where=name, problem=problem, fix=fix)
    start = head[:4096]
    if start.count(0) * 5 > len(start):
        raise DataError(
            where=name,
            problem="is full of NUL bytes: it is UTF-16 or no text at all.",
            fix="Save it as UTF-8.",
        )
    if b"\r" in start and b"\n" not in head:
        raise DataError(
            where=name,
            problem="ends its lines with a bare carriage return (old Macintosh).",
            fix="Save it with line feeds, for example as `CSV UTF-8`.",
        )


def encoding_guess(error: UnicodeDecodeError, *, offset: int) -> str:
    """Where the first wrong byte stands and what the file looks like.

    Args:
        error: From decoding some bytes as UTF-8.
        offset: Where those bytes start in the file.
    """
    place = f"Byte {offset + error.start:,} (0x{error.object[error.start]:02X})"
    if error.reason == "unexpected end of data":
        return f"{place} starts a character that is cut off; save the file as UTF-8."
    return f"{place} looks like Latin-1 or Windows-1252; save the file as UTF-8."
