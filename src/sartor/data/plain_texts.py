"""The inputs while they wait on disk to be put into splits, as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import overload

import pyarrow as pa

from sartor.core.conversation import readable
from sartor.data.dataset_file import TextColumn


class PlainTexts(Sequence[str]):
    """The inputs of all rows, one at a time."""

    def __init__(self, spool: Path, *, are_conversations: bool) -> None:
        self._texts = TextColumn(pa.ipc.open_file(pa.memory_map(str(spool))).read_all()["text"])
        self.are_conversations = are_conversations

    def __len__(self) -> int:
        return len(self._texts)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self[row] for row in range(*at.indices(len(self)))]
        text = self.stored(at)
        return readable(text) if self.are_conversations else text

    def stored(self, row: int) -> str:
        """One as it is stored: of a chat a conversation in JSON."""
        return self._texts[row]
