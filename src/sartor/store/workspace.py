"""The user's folder, and the one place that decides where in it things are written.

sartor.yaml                   the goal
runs/<id>/                    one folder per run; runs/latest.json names the latest
.sartor/artifacts/            finished work, found by its hash
.sartor/lock                  who is writing
.sartor/test_looks.jsonl      how often each test set was opened
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sartor.core.errors import WorkspaceError
from sartor.store.artifacts import DiskArtifacts
from sartor.store.durable import checked_name, confined, disk_errors, json_bytes, write_file
from sartor.store.lock import held
from sartor.store.looks import num_looks, record_look
from sartor.store.run_folder import RunFolder

GOAL_FILE = "sartor.yaml"
PROBE_BYTES = 64 * 1024


@dataclass(frozen=True)
class Workspace:
    """A workspace that exists. Reading needs nothing; whoever writes holds `lock`."""

    folder: Path
    """As the user spelled it."""

    @classmethod
    def open(cls, folder: Path) -> Workspace:
        """The workspace in a folder.

        Raises:
            WorkspaceError: There is no such folder, or no `sartor.yaml` in it.
        """
        if not (folder / GOAL_FILE).is_file():
            raise _no_workspace(folder)
        return cls(folder)

    @classmethod
    def create(cls, folder: Path) -> Workspace:
        """A new workspace, without its goal yet; the folder may exist and hold the data.

        Raises:
            WorkspaceError: It already has a goal, or cannot be written.
        """
        if (folder / GOAL_FILE).exists():
            raise WorkspaceError(
                where=str(folder / GOAL_FILE),
                problem="already exists: the folder is a workspace.",
                fix="Edit that file, or choose another folder.",
            )
        workspace = cls(folder)
        workspace._check_writable()
        return workspace

    @property
    def goal_file(self) -> Path:
        """`sartor.yaml`."""
        return self.folder / GOAL_FILE

    @property
    def artifacts(self) -> DiskArtifacts:
        """Finished work, shared by all runs of this workspace."""
        return DiskArtifacts(self._own / "artifacts")

    @contextmanager
    def lock(self, purpose: str) -> Iterator[None]:
        """Be the only writer while the block runs; clears what killed writers left unfinished.

        Args:
            purpose: Shown to whoever comes second: `run 1f2e`.

        Raises:
            WorkspaceError: Another process is writing, or the folder cannot be written.
        """
        self._check_writable()
        with held(self._own / "lock", purpose=purpose):
            self.artifacts.clean_staging()
            yield

    def resolve(self, relative_path: str | Path) -> Path:
        """A path for writing, inside the workspace.

        Raises:
            WorkspaceError: It leads out of the workspace.
        """
        return confined(self.folder, relative_path)

    def write_text(self, relative_path: str | Path, text: str) -> Path:
        """Write a file of the user's folder, such as `sartor.yaml`, over an older one."""
        path = self.resolve(relative_path)
        write_file(path, text.encode(), staging=self.artifacts.staging)
        return path

    def run_folder(self, run_id: str) -> RunFolder:
        """The folder of a run, which need not exist yet."""
        name = checked_name(run_id, what="run")
        return RunFolder(name, self._runs / name, self.artifacts.staging)

    def set_latest_run(self, run_id: str) -> None:
        """Make a run the one that `latest_run` finds."""
        name = checked_name(run_id, what="run")
        write_file(
            self._runs / "latest.json", json_bytes({"run": name}), staging=self.artifacts.staging
        )

    def latest_run(self) -> RunFolder | None:
        """The run finished last, or None where there is none, or its folder was deleted."""
        try:
            run_id = json.loads((self._runs / "latest.json").read_bytes())["run"]
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise WorkspaceError(
                where=str(self._runs / "latest.json"),
                problem="does not name a run: it was changed by hand.",
                fix="Delete it and run `sartor run` again; finished work is kept.",
            ) from error
        latest = self.run_folder(run_id)
        return latest if latest.folder.is_dir() else None

    def record_test_look(self, test_fingerprint: str, reason: str, run_id: str) -> int:
        """Write down, durably, that a run is about to open a test set.

        Returns:
            How many different runs have looked at it, this one included.
        """
        return record_look(self._looks, fingerprint=test_fingerprint, reason=reason, run_id=run_id)

    def test_looks(self, test_fingerprint: str) -> int:
        """How many different runs have looked at a test set."""
        return num_looks(self._looks, test_fingerprint)

    @property
    def _own(self) -> Path:
        return self.folder / ".sartor"

    @property
    def _runs(self) -> Path:
        return self.folder / "runs"

    @property
    def _looks(self) -> Path:
        return self._own / "test_looks.jsonl"

    def _check_writable(self) -> None:
        """Find out before any work whether its results could be kept."""
        for folder in (self.artifacts.folder, self._runs):
            with disk_errors(folder):
                folder.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=folder) as probe:
                    probe.write(bytes(PROBE_BYTES))
                    probe.flush()
                    os.fsync(probe.fileno())


def _no_workspace(folder: Path) -> WorkspaceError:
    if not folder.is_dir():
        wanted = folder.parent if folder.exists() else folder
        return WorkspaceError(
            where=str(folder),
            problem="is a file, not a folder." if folder.exists() else "does not exist.",
            fix=f"Make a workspace with `sartor init {wanted}`.",
        )
    misspelled = folder / "sartor.yml"
    return WorkspaceError(
        where=str(folder),
        problem=f"has no `{GOAL_FILE}`, so it is no workspace.",
        fix=f"Rename `sartor.yml` to `{GOAL_FILE}`."
        if misspelled.exists()
        else f"Make it one with `sartor init {folder}`.",
    )
