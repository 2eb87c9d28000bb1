"""Compressed files, decompressed on the way: gzip, bzip2, xz and zstd."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from typing import IO, Any

COMPRESSIONS = ("gz", "bz2", "xz", "zst")
"""Endings of compressed files."""
BROKEN_STREAM = (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError, MemoryError)
"""What the decompressors raise on damaged files."""
MAX_DICTIONARY_BYTES = 256 * 2**20
"""Memory an xz file may ask for; the strongest usual setting takes a fourth of it."""
_BLOCK_BYTES = 1 << 16


def unpacked(disk: IO[bytes], compression: str) -> IO[bytes]:
    """The bytes of an open file, decompressed as its name says."""
    if not compression:
        return disk
    if compression == "zst":
        import pyarrow as pa

        return pa.CompressedInputStream(disk, "zstd")  # type: ignore[no-any-return]
    raw: Any = {"gz": gzip.GzipFile, "bz2": bz2.BZ2File, "xz": _Xz}[compression](
        **{"filename" if compression == "bz2" else "fileobj": disk}
    )
    return io.BufferedReader(raw)


class _Xz(io.RawIOBase):
    """An xz file with a limit on memory, which the standard library's own class does not have."""

    def __init__(self, fileobj: IO[bytes]) -> None:
        self._disk = fileobj
        self._part = self._new_part()

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; zero at the end.

        Raises:
            EOFError: The file ends before its data does.
            lzma.LZMAError: It is damaged, or wants too much memory.
        """
        while True:
            if self._part.eof and not self._next_part():
                return 0
            block = self._disk.read(_BLOCK_BYTES) if self._part.needs_input else b""
            if self._part.needs_input and not block:
                raise EOFError("the file ends too early")
            if data := self._part.decompress(block, max_length=len(buffer)):
                buffer[: len(data)] = data
                return len(data)

    def _next_part(self) -> bool:
        """Go on behind the end of a stream: files may be joined, and padded with zeros."""
        rest = self._part.unused_data.lstrip(b"\0")
        while not rest and (block := self._disk.read(_BLOCK_BYTES)):
            rest = block.lstrip(b"\0")
        if not rest:
            return False
        self._part = self._new_part()
        self._disk = _Before(rest, self._disk)  # type: ignore[assignment]
        return True

    @staticmethod
    def _new_part() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_DICTIONARY_BYTES)


class _Before:
    """Bytes that were read too early, and then the rest of the file."""

    def __init__(self, first: bytes, then: IO[bytes]) -> None:
        self._first = first
        self._then = then

    def read(self, num_bytes: int) -> bytes:
        """The next bytes."""
        first, self._first = self._first, b""
        return first or self._then.read(num_bytes)
