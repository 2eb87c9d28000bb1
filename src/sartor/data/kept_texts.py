"""Texts that are kept on disk for a while, to be read again one by one and in any order."""

from __future__ import annotations

import mmap
from array import array
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryFile


class KeptTexts:
    """Texts under their numbers; eight bytes of memory each. The file goes with the last who reads it."""

    def __init__(self, texts: Iterable[str], folder: Path) -> None:
        self._ends = array("q", [0])
        self._bytes: mmap.mmap | bytes = b""
        with TemporaryFile(dir=folder) as file:
            for text in texts:
                self._ends.append(self._ends[-1] + file.write(text.encode()))
            file.flush()
            if self._ends[-1]:
                self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, number: int) -> str:
        return self._bytes[self._ends[number] : self._ends[number + 1]].decode()
