"""The folder of one run: decision, report, package and progress, for people and programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sartor.core.errors import WorkspaceError
from sartor.store.durable import (
    append_line,
    confined,
    json_bytes,
    read_lines,
    write_file,
    write_folder,
)


@dataclass(frozen=True)
class RunFolder:
    """`runs/<id>/`. Every name given stays inside it; every file is whole or absent."""

    run_id: str
    folder: Path
    """Created by the first write."""
    staging: Path
    """Where files are written before they get their names."""

    def path(self, name: str) -> Path:
        """Where a file or folder of this run is, or would be.

        Raises:
            WorkspaceError: The name leads out of the run's folder.
        """
        return confined(self.folder, name)

    def write_json(self, name: str, document: Any) -> Path:
        """Write a JSON document over an older one of that name."""
        return self._write(name, json_bytes(document))

    def write_text(self, name: str, text: str) -> Path:
        """Write a text over an older one of that name."""
        return self._write(name, text.encode())

    def read_json(self, name: str) -> Any:
        """A document of this run.

        Raises:
            WorkspaceError: It is absent, because the run has not come so far, or damaged.
        """
        path = self.path(name)
        try:
            return json.loads(path.read_bytes())
        except FileNotFoundError as error:
            raise WorkspaceError(
                where=str(path),
                problem="does not exist: the run has not come so far.",
                fix=f"Continue it with `sartor run {self.folder.parent.parent}`.",
            ) from error
        except ValueError as error:
            raise WorkspaceError(
                where=str(path),
                problem="is no JSON document: it was changed after it had been written.",
                fix=f"Delete it and run `sartor run {self.folder.parent.parent}` again.",
            ) from error

    def put_folder(self, name: str, write: Callable[[Path], None]) -> Path:
        """Put the folder that `write` fills in place of an older one of that name."""
        path = self.path(name)
        write_folder(path, write, staging=self.staging)
        return path

    def append_line(self, name: str, document: Any) -> None:
        """Add a line to a JSONL file, such as the progress."""
        append_line(self.path(name), document, is_durable=False)

    def read_lines(self, name: str) -> list[dict[str, Any]]:
        """The lines of a JSONL file, in order; none where there is no such file."""
        return read_lines(self.path(name))

    def _write(self, name: str, content: bytes) -> Path:
        path = self.path(name)
        write_file(path, content, staging=self.staging)
        return path
