"""A run's folder: every file whole, every name inside it."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from sartor.core.errors import WorkspaceError
from sartor.store.run_folder import RunFolder


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder("1f2e", tmp_path / "runs" / "1f2e", tmp_path / "staging")


def test_a_document_comes_back_and_is_readable_for_people(run: RunFolder) -> None:
    document = {"verdict": "ship", "label": "Größe", "value": 0.93}
    path = run.write_json("decision.json", document)
    assert run.read_json("decision.json") == document
    assert '"label": "Größe",\n' in path.read_text()


def test_a_newer_document_replaces_the_older(run: RunFolder) -> None:
    run.write_json("decision.json", {"a": 1})
    run.write_json("decision.json", {"b": 2})
    assert run.read_json("decision.json") == {"b": 2}


def test_a_number_that_json_does_not_know_is_never_written(run: RunFolder) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        run.write_json("decision.json", {"value": float("nan")})
    assert not run.path("decision.json").exists()


def test_an_absent_document_says_how_to_get_it(run: RunFolder) -> None:
    with pytest.raises(WorkspaceError, match="Continue it with `sartor run"):
        run.read_json("decision.json")


def test_a_damaged_document_is_named(run: RunFolder) -> None:
    run.write_text("decision.json", "{")
    with pytest.raises(WorkspaceError, match="is no JSON document"):
        run.read_json("decision.json")


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x"])
def test_a_name_cannot_leave_the_run(run: RunFolder, name: str) -> None:
    with pytest.raises(WorkspaceError, match="leads out of"):
        run.write_text(name, "escaped")


def test_a_folder_replaces_the_older_one_without_a_mix(run: RunFolder) -> None:
    run.put_folder("winner", lambda folder: (folder / "old.txt").write_text("old"))
    run.put_folder("winner", lambda folder: (folder / "new.txt").write_text("new"))
    assert [path.name for path in run.path("winner").iterdir()] == ["new.txt"]
    assert list(run.staging.iterdir()) == []


def test_a_folder_whose_writer_fails_leaves_the_older_one(run: RunFolder) -> None:
    def fail(folder: Path) -> None:
        (folder / "half.txt").write_text("half")
        raise RuntimeError("export failed")

    run.put_folder("winner", lambda folder: (folder / "old.txt").write_text("old"))
    with pytest.raises(RuntimeError):
        run.put_folder("winner", fail)
    assert [path.name for path in run.path("winner").iterdir()] == ["old.txt"]


def test_progress_lines_keep_their_order(run: RunFolder) -> None:
    for step in range(3):
        run.append_line("progress.jsonl", {"step": step})
    assert run.read_lines("progress.jsonl") == [{"step": 0}, {"step": 1}, {"step": 2}]
    assert run.read_lines("absent.jsonl") == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_reader_never_sees_half_a_document_though_its_writer_is_killed(run: RunFolder) -> None:
    moments = random.Random(11)
    run.write_json("decision.json", [0] * 5000)
    for _ in range(30):
        child = os.fork()
        if child == 0:
            for number in range(10_000):
                run.write_json("decision.json", [number] * 5000)
            os._exit(0)
        time.sleep(moments.uniform(0.0, 0.02))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        document = run.read_json("decision.json")
        assert len(document) == 5000
        assert len(set(document)) == 1
