"""Where mails lie: in an mbox file, one to a file, or in a folder of them; each can be read on demand.

Nothing but offsets is kept, so a mailbox of many gigabytes takes no more memory than its list of mails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from sartor.core.errors import DataError
from sartor.data.byte_stream import UTF8_MARK, ByteStream, DataFile, refuse_other_formats, seekable

MAX_MAIL_BYTES = 32 * 2**20
"""Of a longer mail only so much is read: what lies beyond are attachments."""
HEAD_BYTES = 1 << 14
MAX_HEAD_BYTES = 1 << 18
"""A header that goes on beyond this is cut."""
_BLOCK_BYTES = 1 << 20
_KEPT_BYTES = 4_096
_START = re.compile(rb"\nFrom [^\n]{0,1000}(?=\n[!-9;-~]{1,80}[ \t]*:)")
"""What begins a mail in an mbox (RFC 4155): a `From ` line with a header line after it."""
_DATED = re.compile(rb"\d\d:\d\d.{0,40}\d{4}")
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_ESCAPED_FROM = re.compile(rb"(?m)^>(>*From )")


class Spot(NamedTuple):
    """Where a mail lies in its store."""

    offset: int
    """Byte of its `From ` line in an mbox; number of its file in a folder."""
    num_bytes: int
    line: int
    """Physical line from 1 in an mbox; number of its file from 1 in a folder."""


class MailStore(Protocol):
    """One file or folder of mails."""

    def spots(self) -> Iterator[Spot]:
        """Every mail, in order."""

    def read(self, spot: Spot, num_bytes: int) -> bytes:
        """The beginning of a mail."""

    def place(self, spot: Spot) -> str:
        """Where a person finds it."""


def open_store(file: DataFile, stack: ExitStack) -> MailStore:
    """The store of a file or a folder.

    Raises:
        DataError: It cannot be opened, or is of another kind.
    """
    if file.format == "mbox":
        return _MboxStore(file, stack)
    return _FolderStore(file) if file.path.is_dir() else _EmlStore(file)


def mail_files(folder: Path) -> Iterator[Path]:
    """Every mail in a folder and below: `.eml` files, and what lies in `cur` and `new` of a Maildir.

    Folders with a leading dot count where they are Maildirs, which is how Maildir++ spells subfolders.
    """
    for path in sorted(folder.rglob("*")):
        is_hidden = path.name.startswith(".")
        if not is_hidden and (path.suffix.lower() == ".eml" or in_maildir(path)) and path.is_file():
            yield path


def in_maildir(path: Path) -> bool:
    """Whether a file is a delivered mail of a Maildir."""
    return path.parent.name in ("cur", "new") and is_maildir(path.parent.parent)


def is_maildir(folder: Path) -> bool:
    """Whether a folder is a Maildir."""
    return (folder / "cur").is_dir() and (folder / "new").is_dir()


class _MboxStore:
    """An mbox; a gzipped one is unpacked into a file without a name first."""

    def __init__(self, file: DataFile, stack: ExitStack) -> None:
        self._file = file
        self._bytes: IO[bytes] = stack.enter_context(seekable(file))

    def spots(self) -> Iterator[Spot]:
        """From one `From ` line to the next."""
        before: tuple[int, int] | None = None
        for offset, line in self._starts():
            if before is not None:
                yield Spot(before[0], offset - before[0], before[1])
            before = offset, line
        if before is None:
            raise _no_mbox(self._file)
        yield Spot(before[0], self._bytes.seek(0, 2) - before[0], before[1])

    def read(self, spot: Spot, num_bytes: int) -> bytes:
        """Without the `From ` line; `>From ` is `From ` again."""
        self._bytes.seek(spot.offset)
        content = _read(self._bytes, min(spot.num_bytes, num_bytes), name=self._file.name)
        return _ESCAPED_FROM.sub(rb"\1", content.partition(b"\n")[2])

    def place(self, spot: Spot) -> str:
        """By its line."""
        return f"{self._file.name}:{spot.line}"

    def _starts(self) -> Iterator[tuple[int, int]]:
        """Offset and line of every `From ` line. A line feed is thought in front of the file."""
        head = self._block(0)
        refuse_other_formats(head, name=self._file.name)
        skipped = len(UTF8_MARK) if head.startswith(UTF8_MARK) else 0
        window, base, line, seen = b"\n" + head[skipped:], skipped - 1, 0, 0
        while True:
            block = self._block(base + len(window))
            until = max(seen, len(window) - _KEPT_BYTES) if block else len(window)
            for match in _START.finditer(window, seen):
                if match.start() >= until:
                    break
                line += window.count(b"\n", seen, match.start() + 1)
                seen = match.start() + 1
                if _begins_mail(match, window, is_first=base + match.start() < skipped):
                    yield base + seen, line
            if not block:
                return
            line += window.count(b"\n", seen, until)
            kept = max(0, until - 2)  # whether a blank line stands before the next one
            window, base, seen = window[kept:] + block, base + kept, until - kept

    def _block(self, offset: int) -> bytes:
        """Mails are read between two blocks, so each says where it starts."""
        self._bytes.seek(offset)
        return _read(self._bytes, _BLOCK_BYTES, name=self._file.name)


def _begins_mail(match: re.Match[bytes], window: bytes, *, is_first: bool) -> bool:
    """A sentence may begin with From, too: then there is neither a blank line before it nor a date in it."""
    before = window[max(0, match.start() - 2) : match.start()]
    is_after_blank = before.endswith(b"\n") or before == b"\n\r"
    return is_first or is_after_blank or _DATED.search(match[0]) is not None


class _FolderStore:
    """A folder with one mail to a file."""

    def __init__(self, file: DataFile) -> None:
        self._file = file
        self._names = [path.relative_to(file.path).as_posix() for path in mail_files(file.path)]

    def spots(self) -> Iterator[Spot]:
        """In the order of their names."""
        for number, name in enumerate(self._names):
            try:
                num_bytes = (self._file.path / name).stat().st_size
            except OSError as error:
                raise _unreadable(f"{self._file.name}/{name}", error) from error
            yield Spot(number, num_bytes, number + 1)

    def read(self, spot: Spot, num_bytes: int) -> bytes:
        """From its file."""
        name = self._names[spot.offset]
        try:
            with (self._file.path / name).open("rb") as content:
                return _without_mark(_read(content, num_bytes, name=self.place(spot)))
        except OSError as error:
            raise _unreadable(self.place(spot), error) from error

    def place(self, spot: Spot) -> str:
        """By its file."""
        return f"{self._file.name}/{self._names[spot.offset]}"


class _EmlStore:
    """A single mail."""

    def __init__(self, file: DataFile) -> None:
        self._file = file

    def spots(self) -> Iterator[Spot]:
        """The one there is."""
        with ByteStream(self._file) as stream:
            refuse_other_formats(stream.read(1 << 12), name=self._file.name)
        yield Spot(0, self._file.path.stat().st_size, 1)

    def read(self, spot: Spot, num_bytes: int) -> bytes:
        """Unpacked where it is gzipped."""
        with ByteStream(self._file) as stream:
            return _without_mark(stream.read(num_bytes))

    def place(self, spot: Spot) -> str:
        """By its file."""
        return self._file.name


def head_of(store: MailStore, spot: Spot) -> bytes:
    """The header of a mail, read in a short piece first since most are short."""
    for num_bytes in (HEAD_BYTES, MAX_HEAD_BYTES):
        content = store.read(spot, num_bytes)
        if (end := _END_OF_HEAD.search(content)) is not None:
            return content[: end.start()]
        if len(content) < num_bytes - 2_000:
            break
    return content


def _read(file: IO[bytes], num_bytes: int, *, name: str) -> bytes:
    try:
        return file.read(num_bytes)
    except OSError as error:
        raise _unreadable(name, error) from error


def _without_mark(content: bytes) -> bytes:
    return content.removeprefix(UTF8_MARK)


def _unreadable(name: str, error: OSError) -> DataError:
    return DataError(
        where=name,
        problem=f"cannot be read ({error.strerror}).",
        fix="Check that it is still there and that you may read it.",
    )


def _no_mbox(file: DataFile) -> DataError:
    return DataError(
        where=file.name,
        problem="is no mbox: no line of it begins a mail (`From ` and a header).",
        fix="Export the folder as mbox anew; name a single mail `.eml`.",
    )
