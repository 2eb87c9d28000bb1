"""Whole runs whose trials have a process of their own, as the command line starts them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sartor.tune.baseline import TfidfLinear
from small_runs import split_workspace

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="forks as Linux does"),
]
RUNS = """
import json, sys
sys.path[:0] = sys.argv[1:3]
from pathlib import Path
from sartor.flow import run
from sartor.tune.registry import METHODS
import small_runs, test_apart
METHODS.names()
METHODS._paths["mortal"] = "test_apart:Mortal"
found = run(Path(sys.argv[3]), settings=sys.argv[4:], quick=True, apart=True, progress=small_runs.Silent())
print("torch" in sys.modules, file=sys.stderr)
"""
SETTINGS = ("bases=[tiny]", "max_tokens=24", "seeds=1")


class Mortal(TfidfLinear):
    """TF-IDF whose process the system ends, as it does when memory is full."""

    name = "mortal"

    def begin(self, job: Any, engine: Any) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)


def started(folder: Path, methods: str) -> subprocess.Popen[str]:
    tests = Path(__file__).parent
    command = [sys.executable, "-c", RUNS, str(tests), str(tests.parent), str(folder)]
    return subprocess.Popen(
        [*command, f"methods=[{methods}]", *SETTINGS], stderr=subprocess.PIPE, text=True
    )


def decision_of(folder: Path) -> dict[str, Any]:
    run = json.loads((folder / "runs" / "latest.json").read_text("utf-8"))
    name = run["run"] if isinstance(run, dict) else run
    return dict(json.loads((folder / "runs" / name / "decision.json").read_text("utf-8")))


def children_of(process: int) -> list[int]:
    try:
        return [
            int(c) for c in Path(f"/proc/{process}/task/{process}/children").read_text().split()
        ]
    except FileNotFoundError:
        return []


def test_whose_process_is_always_ended_is_named_and_the_others_decide(
    tmp_path: Path, tiny_base_folder: Path
) -> None:
    folder = split_workspace(tmp_path / "inbox", base=tiny_base_folder)
    with started(folder, "tfidf,mortal,head") as running:
        _, said = running.communicate(timeout=300)
    assert running.returncode == 0, said[-3000:]
    decision = decision_of(folder)
    assert decision["winner"]["method"] in ("tfidf", "head")
    mortal = [c for c in decision["candidates"] if c["method"] == "mortal"]
    assert mortal
    assert all(c["state"] == "failed" for c in mortal)
    assert all(c["stopped_because"].count("SIGKILL") == 2 for c in mortal)


def test_a_process_that_is_ended_once_changes_no_figure(
    tmp_path: Path, tiny_base_folder: Path
) -> None:
    whole, ended = (tmp_path / name for name in ("whole", "ended"))
    for folder in (whole, ended):
        split_workspace(folder, base=tiny_base_folder)
    with started(whole, "tfidf,last_layers") as running:
        assert running.wait(300) == 0
    with started(ended, "tfidf,last_layers") as running:
        kill_while_training(running.pid, ended)
        assert running.wait(300) == 0
    first, second = (figures(decision_of(folder)) for folder in (whole, ended))
    assert first == second


def figures(decision: dict[str, Any]) -> dict[str, Any]:
    return {
        c["candidate"]: (c["state"], c["valid"], c["test"], c["test_seeds"])
        for c in decision["candidates"]
    }


def kill_while_training(parent: int, folder: Path) -> None:
    """End the process of the trials once a trained state of it lies on the disk."""
    end = time.monotonic() + 120
    while not list((folder / ".sartor" / "artifacts").glob("state/*")):
        assert time.monotonic() < end, "nothing was trained"
        time.sleep(0.002)
    (child,) = children_of(parent)
    os.kill(child, signal.SIGKILL)
