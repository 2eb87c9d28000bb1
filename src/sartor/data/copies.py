"""Copies of what lies elsewhere: numbered, never changed, the latest one is used.

Rows of a database and files of an address may be others tomorrow. A run goes on from a copy, so that it
ends in the same decision; a source that has changed gets a new copy beside the old one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sartor.core.hashing import content_hash
from sartor.core.protocols import Artifact, Artifacts

_KIND = "source"
_VERSION = 1


@dataclass(frozen=True)
class Copies:
    """The copies of a workspace."""

    artifacts: Artifacts
    is_offline: bool = False
    """Whether nothing may be fetched: then the latest copy serves."""

    def latest(self, name: str) -> Artifact | None:
        """The newest copy of a source.

        Args:
            name: Its address without secrets.
        """
        return self._numbered(name)[0]

    def add(self, name: str, facts: dict[str, Any], write: Callable[[Path], None]) -> Artifact:
        """One more copy.

        Args:
            name: Its address without secrets.
            facts: What is known of it: by these a later look sees whether it changed.
            write: Puts its files into a folder.
        """

        def whole(folder: Path) -> None:
            write(folder)
            (folder / "facts.json").write_text(json.dumps({"address": name, **facts}))

        return self.artifacts.put_files(_KIND, _key(name, self._numbered(name)[1]), whole)

    def _numbered(self, name: str) -> tuple[Artifact | None, int]:
        """The newest copy and the number of the next."""
        newest, number = None, 0
        while (found := self.artifacts.find(_KIND, _key(name, number))) is not None:
            newest, number = found, number + 1
        return newest, number


def _key(name: str, number: int) -> str:
    return content_hash(_VERSION, name, number)


def is_offline() -> bool:
    """Whether the environment forbids fetching, where there is no goal yet that could."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}
