"""A killed `sartor data` leaves nothing behind that counts, and run again it ends as if never killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

NUM_ROWS = 3_000
WORDS = ("coat", "hem", "button", "sleeve", "collar", "lining", "zip", "seam", "pocket", "belt")


def _workspace(folder: Path) -> Path:
    folder.mkdir()
    rows = (
        {
            "text": f"The {WORDS[at % 10]} of order {at + 10_000}: {WORDS[at // 10 % 10]}, {WORDS[at % 7]}",
            "label": WORDS[at % 3],
        }
        for at in range(NUM_ROWS)
    )
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    goal = "task: classify\ndata: [rows.jsonl]\nprepare: {personal_data: replace, personal_key: p.key}\n"
    (folder / "sartor.yaml").write_text(goal)
    return folder


def _command(folder: Path) -> list[str]:
    return [sys.executable, "-m", "sartor", "data", str(folder), "--json"]


def _hash_of(folder: Path) -> str:
    done = subprocess.run(_command(folder), capture_output=True, check=True, timeout=300)
    return str(json.loads(done.stdout)["hash"])


@pytest.mark.slow
def test_a_killed_data_run_resumes(tmp_path):
    whole, killed = _workspace(tmp_path / "whole"), _workspace(tmp_path / "killed")
    started = time.monotonic()
    wanted = _hash_of(whole)
    seconds = time.monotonic() - started
    for share in (0.3, 0.6, 0.9):
        with subprocess.Popen(
            _command(killed), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as run:
            time.sleep(share * seconds)
            run.send_signal(signal.SIGKILL)
    assert _hash_of(killed) == wanted
    assert not list((killed / ".sartor").rglob(".staging/*"))
    keys = [set((folder / "p.key").read_text("utf-8").splitlines()) for folder in (whole, killed)]
    assert keys[0] == keys[1]
    assert len(keys[0]) > NUM_ROWS // 2
