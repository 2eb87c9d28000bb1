"""The command line as users meet it: another process, with streams that are no terminal."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_samples import MESSAGES, Sartor


@pytest.fixture(scope="session")
def sartor() -> Sartor:
    """Runs `python -m sartor` with the given words."""

    def call(
        *words: str | Path, stdin: str = "", cwd: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "sartor", *map(str, words)],
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=cwd,
            env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
            timeout=120,
        )

    return call


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder with data and a sartor.yaml that tries two methods without a language model."""
    return make_workspace(tmp_path / "inbox")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, sartor: Sartor) -> Path:
    """A workspace whose run is done."""
    folder = make_workspace(tmp_path_factory.mktemp("finished") / "inbox")
    result = sartor("run", folder, "--quick")
    assert result.returncode == 0, result.stderr
    return folder


def make_workspace(folder: Path) -> Path:
    folder.mkdir()
    with (folder / "messages.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "text", "label"])
        for number in range(96):
            label = ("parcel", "refund")[number % 2]
            text = MESSAGES[label][number // 2 % len(MESSAGES[label])]
            rows.writerow([number, f"{text} number {number}", label])
    (folder / "sartor.yaml").write_text(
        "task: classify\ndata: [messages.csv]\nmethods: [majority, tfidf]\n"
    )
    return folder
