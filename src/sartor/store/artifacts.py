"""Finished work on disk, found by what went into it.

<folder>/<kind>/<key>/facts.json            JSON-like facts
<folder>/<kind>/<key>/arrays.safetensors    where there are arrays
<folder>/.staging/                          what is being written right now
"""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from sartor.core.candidate import State
from sartor.core.errors import WorkspaceError
from sartor.store.durable import checked_name, disk_errors, json_bytes, publish, remove, staged

FACTS = "facts.json"
ARRAYS = "arrays.safetensors"


@dataclass
class DiskArtifact:
    """One finished piece of work, whole because its folder has its final name."""

    facts: Mapping[str, Any]
    """What `facts.json` says; empty for an artifact made of other files."""
    folder: Path
    """Its folder; read-only by agreement."""

    def arrays(self) -> dict[str, np.ndarray]:
        """Its arrays, loaded now; none where it has none.

        Raises:
            WorkspaceError: The file was damaged after it had been written.
        """
        path = self.folder / ARRAYS
        if not path.exists():
            return {}
        try:
            return dict(load_file(path))
        except SafetensorError as error:
            raise _damaged(path) from error


class DiskArtifacts:
    """Artifacts in one folder. Implements `core.protocols.Artifacts`.

    Args:
        folder: Created on the first `put`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.staging = folder / ".staging"

    def find(self, kind: str, key: str) -> DiskArtifact | None:
        """The artifact, or None where this work has not been finished.

        Raises:
            WorkspaceError: It is there but was damaged after it had been written.
        """
        folder = self._place(kind, key)
        if not folder.is_dir():
            return None
        try:
            facts = json.loads((folder / FACTS).read_bytes())
        except (FileNotFoundError, ValueError) as error:
            raise _damaged(folder / FACTS) from error
        return DiskArtifact(facts, folder)

    def keys(self, kind: str) -> list[str]:
        """Keys of all artifacts of a kind, the newest first."""
        folder = self.folder / checked_name(kind, what="artifact kind")
        if not folder.is_dir():
            return []
        places = [(place.stat().st_mtime_ns, place.name) for place in folder.iterdir()]
        return [name for _, name in sorted(places, reverse=True)]

    def put(self, kind: str, key: str, state: State) -> DiskArtifact:
        """Store arrays and facts; what is already there stays as it is.

        Raises:
            WorkspaceError: Disk full or folder not writable; nothing is left behind.
        """

        def write(folder: Path) -> None:
            (folder / FACTS).write_bytes(json_bytes(state.facts))
            if state.arrays:
                save_file({name: _dense(a) for name, a in state.arrays.items()}, folder / ARRAYS)

        return self.put_files(kind, key, write)

    def put_files(self, kind: str, key: str, write: Callable[[Path], None]) -> DiskArtifact:
        """Store what `write` puts into the empty folder it is given.

        Its facts are those of the `facts.json` that `write` leaves, else empty.

        Raises:
            WorkspaceError: Disk full or folder not writable; nothing is left behind.
        """
        place = self._place(kind, key)
        if not place.is_dir():
            with disk_errors(place), staged(self.staging) as aside:
                aside.mkdir()
                write(aside)
                if not (aside / FACTS).exists():
                    (aside / FACTS).write_bytes(json_bytes({}))
                _publish_once(aside, place)
        found = self.find(kind, key)
        assert found is not None, f"{place} is gone right after it was written"
        return found

    def drop(self, kind: str, key: str) -> None:
        """Forget an artifact that another one replaces; nothing happens where it is absent."""
        place = self._place(kind, key)
        if place.is_dir():
            with disk_errors(place), staged(self.staging) as aside:
                place.replace(aside)

    def clean_staging(self) -> int:
        """Remove what killed processes were writing. Only for the holder of the workspace's lock.

        Returns:
            How many unfinished pieces were removed.
        """
        if not self.staging.is_dir():
            return 0
        left_behind = list(self.staging.iterdir())
        with disk_errors(self.staging):
            for path in left_behind:
                remove(path)
        return len(left_behind)

    def _place(self, kind: str, key: str) -> Path:
        return (
            self.folder
            / checked_name(kind, what="artifact kind")
            / checked_name(key, what="artifact key")
        )


def _publish_once(aside: Path, place: Path) -> None:
    """Another process may have finished the same work a moment before: its result is as good."""
    try:
        publish(aside, place)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or not place.is_dir():
            raise


def _dense(array: np.ndarray) -> np.ndarray:
    """safetensors writes the memory behind an array in order, whatever its strides say."""
    return array if array.flags.c_contiguous else array.copy(order="C")


def _damaged(path: Path) -> WorkspaceError:
    return WorkspaceError(
        where=str(path),
        problem="is missing or damaged, though its artifact was finished: the file was changed.",
        fix=f"Delete the folder {path.parent}; the work is done again on the next run.",
    )
