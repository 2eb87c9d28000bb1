"""Messages are read as those that were learned: repaired, and without personal data where these were without.

What stood behind a placeholder of the message stands in the answer again; nothing of it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sartor.core.conversation import Turn, conversation_text, turns_of
from sartor.data.personal_replace import Replacer, restore
from sartor.data.repair import repair

_BEGUN = re.compile(r"<[A-Z_0-9]{0,40}\Z")
"""An end that may be the beginning of a placeholder."""


@dataclass(frozen=True)
class ReadMessage:
    """A message as the package gets it."""

    text: str
    values: Mapping[str, str]
    """Placeholder to what stood there; personal data, for this answer only."""


@dataclass(frozen=True)
class Reading:
    """How messages are read."""

    repairs: bool = False
    replaces_personal_data: bool = False

    @staticmethod
    def of(stored: Mapping[str, object]) -> Reading:
        """As a package says it; one that says nothing takes messages as they are."""
        return Reading(bool(stored.get("repairs")), bool(stored.get("replaces_personal_data")))

    def text(self, text: str) -> ReadMessage:
        """A text alone."""
        (read,), values = self._read([text])
        return ReadMessage(read, values)

    def turns(self, turns: Sequence[Turn]) -> ReadMessage:
        """A conversation: the same value has the same placeholder in all its turns."""
        contents, values = self._read([turn.content for turn in turns])
        read = [
            replace(turn, content=content) for turn, content in zip(turns, contents, strict=True)
        ]
        return ReadMessage(conversation_text(read), values)

    def conversation(self, text: str) -> ReadMessage:
        """A conversation in the form of `core.conversation`."""
        return self.turns(turns_of(text))

    def _read(self, texts: Sequence[str]) -> tuple[list[str], Mapping[str, str]]:
        read = [repair(text).text for text in texts] if self.repairs else list(texts)
        if not self.replaces_personal_data:
            return read, {}
        replaced = Replacer().replace(read)
        return list(replaced.texts), replaced.values


AS_IT_IS = Reading()
"""Messages are not treated."""


def restored(text: str, values: Mapping[str, str]) -> str:
    """An answer with the values in place of their placeholders."""
    return restore([text], values)[0] if values else text


def restored_pieces(pieces: Iterator[str], values: Mapping[str, str]) -> Iterator[str]:
    """An answer as it comes; a piece waits while it may end within a placeholder."""
    if not values:
        yield from pieces
        return
    waiting = ""
    for piece in pieces:
        waiting += piece
        begun = _BEGUN.search(waiting)
        at = begun.start() if begun else len(waiting)
        if at:
            yield restored(waiting[:at], values)
        waiting = waiting[at:]
    if waiting:
        yield restored(waiting, values)
