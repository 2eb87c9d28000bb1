"""A killed run loses nothing: it goes on, and ends as if nobody had disturbed it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sartor.core.decision import without_clocks
from small_runs import decision_document, small_run, split_workspace

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_five_kills_and_a_ctrl_c_change_neither_decision_nor_package_and_leave_nothing() -> None:
    """The benchmark's short form: `kill -9` at moments drawn from a seed, one a run, each run to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.kills", "--quick", "--json"],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["figures"]["kills"]["value"] == 5
    assert found["figures"]["interrupts"]["value"] == 1
    assert found["figures"]["finished_runs"]["value"] == 6, "each of them, to the end"
    assert {name: line["max_difference"] for name, line in found["equal"].items()} == {
        "decisions": 0,
        "package_files": 0,
        "pieces_left_behind": 0,
    }


def test_the_same_run_from_scratch_in_two_workspaces_is_the_same(
    tmp_path: Path, tiny_base_folder: Path
) -> None:
    """Decision without clocks, and the package to the byte, with a method that trains weights."""
    folders = [split_workspace(tmp_path / name, base=tiny_base_folder) for name in ("one", "two")]
    results = [small_run(folder, "methods=[tfidf,last_layers]", quick=True) for folder in folders]
    one, two = (without_clocks(decision_document(result)) for result in results)
    assert one == two
    first, second = (
        {
            str(path.relative_to(result.folder)): path.read_bytes()
            for path in sorted((result.folder / "package").rglob("*"))
            if path.is_file()
        }
        for result in results
    )
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_a_finished_run_leaves_no_state_and_nothing_half_written(
    tmp_path: Path, tiny_base_folder: Path
) -> None:
    folder = split_workspace(tmp_path / "inbox", base=tiny_base_folder)
    small_run(folder, "methods=[head,full]", "seeds=2", quick=True)
    artifacts = folder / ".sartor" / "artifacts"
    assert list((artifacts / "state").iterdir()) == []
    assert list((artifacts / ".staging").iterdir()) == []


def test_a_run_killed_after_the_report_and_before_the_decision_goes_on(
    tmp_path: Path, tiny_base_folder: Path
) -> None:
    """The states are given back by then; the winner learns again, to the bit."""
    folder = split_workspace(tmp_path / "inbox", base=tiny_base_folder)
    first = small_run(folder, "methods=[last_layers]", quick=True)
    before = without_clocks(decision_document(first))
    weights = (first.folder / "package" / "model.safetensors").read_bytes()
    (first.folder / "decision.json").unlink()
    (folder / "runs" / "latest.json").unlink()
    again = small_run(folder, "methods=[last_layers]", quick=True)
    assert not again.is_reused
    assert without_clocks(decision_document(again)) == before
    assert (again.folder / "package" / "model.safetensors").read_bytes() == weights
    assert list((folder / ".sartor/artifacts/state").iterdir()) == []
