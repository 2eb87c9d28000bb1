"""The way back from placeholders to values, in a file of its own that stays out of the data set.

JSON Lines, only appended to: `{"document": ..., "placeholder": ..., "value": ...}`; of one placeholder in one
document the last line counts, since rows move when files change. Nobody but its owner may read it. Nothing of
it is ever logged or shown.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sartor.core.errors import DataError

_OWNER_ONLY = 0o600
NoteValues = Callable[[str, Mapping[str, str]], None]
"""Given a document's name and its placeholders with their values, notes them."""


@dataclass(frozen=True)
class KeyFile:
    """Where the values are kept; written only where a user asks for it."""

    path: Path

    def add(self, document: str, values: Mapping[str, str]) -> None:
        """Append the values of a document; they take the place of those that are there already.

        Args:
            document: What the document is called in the data set.
            values: Placeholder to value: `Replaced.values`.

        Raises:
            DataError: The file is a link, no plain file, or other users may read it.
        """
        with self.appending() as note:
            note(document, values)

    @contextmanager
    def appending(self) -> Iterator[NoteValues]:
        """Append the values of many documents; all of them are on disk when it is left.

        The file is opened with the first value.

        Raises:
            DataError: As `add`.
        """
        with ExitStack() as stack:
            file: BinaryIO | None = None

            def note(document: str, values: Mapping[str, str]) -> None:
                nonlocal file
                if not values:
                    return
                if file is None:
                    handle = self._opened(os.O_WRONLY | os.O_APPEND | os.O_CREAT)
                    file = stack.enter_context(os.fdopen(handle, "ab"))
                for placeholder, value in values.items():
                    entry = {"document": document, "placeholder": placeholder, "value": value}
                    file.write(f"{json.dumps(entry)}\n".encode("ascii"))

            try:
                yield note
            finally:
                if file is not None:
                    file.flush()
                    os.fsync(file.fileno())

    def read(self, document: str) -> dict[str, str]:
        """Placeholder to value for a document; empty where it has none.

        Raises:
            DataError: The file is absent, not private, or a line of it is broken.
        """
        key: dict[str, str] = {}
        with os.fdopen(self._opened(os.O_RDONLY), encoding="ascii") as file:
            for number, line in enumerate(file, start=1):
                entry = self._entry(line, number)
                if entry["document"] == document:
                    key[entry["placeholder"]] = entry["value"]
        return key

    def _entry(self, line: str, number: int) -> dict[str, str]:
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        names = ("document", "placeholder", "value")
        if isinstance(entry, dict) and all(isinstance(entry.get(name), str) for name in names):
            return entry
        raise DataError(
            where=f"{self.path}:{number}",
            problem="is no line of a key file.",
            fix="Restore the file from a copy, or take the broken line out.",
        )

    def _opened(self, flags: int) -> int:
        """A handle on the file itself, never on what a link points to."""
        try:
            handle = os.open(self.path, flags | getattr(os, "O_NOFOLLOW", 0), _OWNER_ONLY)
        except OSError as error:
            raise DataError(
                where=str(self.path),
                problem=f"cannot be used as a key file: {error.strerror}.",
                fix="Name a plain file in the workspace, outside the data set.",
            ) from error
        status = os.fstat(handle)
        is_private = os.name == "nt" or not stat.S_IMODE(status.st_mode) & 0o077
        if stat.S_ISREG(status.st_mode) and is_private:
            return handle
        os.close(handle)
        raise DataError(
            where=str(self.path),
            problem="is no plain file that only its owner may read.",
            fix=f"Run `chmod 600 {self.path}`, or name another file.",
        )
