"""The user's folder: what may be opened, what stays inside, what is counted."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from sartor.core.candidate import State
from sartor.core.errors import WorkspaceError
from sartor.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    created = Workspace.create(tmp_path / "inbox")
    created.write_text("sartor.yaml", "task: classify\n")
    return Workspace.open(tmp_path / "inbox")


def test_a_folder_without_a_goal_is_no_workspace_and_the_fix_makes_it_one(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match=f"sartor init {tmp_path}"):
        Workspace.open(tmp_path)
    with pytest.raises(WorkspaceError, match="does not exist"):
        Workspace.open(tmp_path / "absent")
    (tmp_path / "sartor.yml").write_text("task: classify\n")
    with pytest.raises(WorkspaceError, match=r"Rename `sartor\.yml` to `sartor\.yaml`"):
        Workspace.open(tmp_path)


def test_the_goal_file_itself_is_not_taken_for_the_folder(workspace: Workspace) -> None:
    with pytest.raises(WorkspaceError, match="is a file, not a folder"):
        Workspace.open(workspace.goal_file)


def test_opening_to_read_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "sartor.yaml").write_text("task: classify\n")
    workspace = Workspace.open(tmp_path)
    assert workspace.latest_run() is None
    assert workspace.test_looks("ab12") == 0
    assert workspace.artifacts.find("trial", "0a") is None
    assert [path.name for path in tmp_path.iterdir()] == ["sartor.yaml"]


def test_a_workspace_is_not_made_twice(workspace: Workspace) -> None:
    with pytest.raises(WorkspaceError, match="already exists"):
        Workspace.create(workspace.folder)


def test_a_new_workspace_may_be_made_around_the_data(tmp_path: Path) -> None:
    (tmp_path / "messages.csv").write_text("text,label\n")
    Workspace.create(tmp_path)
    assert (tmp_path / "messages.csv").exists()


def test_an_unwritable_folder_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "sartor.yaml").write_text("task: classify\n")
    workspace = Workspace.open(tmp_path)
    freeze, thaw = (
        (["chattr", "+i"], ["chattr", "-i"])
        if os.geteuid() == 0
        else (["chmod", "a-w"], ["chmod", "u+w"])
    )
    if subprocess.run([*freeze, str(tmp_path)], capture_output=True, check=False).returncode:
        pytest.skip("this file system knows no immutable folders, and root ignores modes")
    try:
        with pytest.raises(WorkspaceError, match="read-only"), workspace.lock("run 1"):
            pytest.fail("work began in a folder that cannot keep it")
    finally:
        subprocess.run([*thaw, str(tmp_path)], check=True)


def test_runs_that_cannot_be_kept_are_refused_before_any_work(workspace: Workspace) -> None:
    (workspace.folder / "runs").rmdir()
    (workspace.folder / "runs").write_text("file")
    with pytest.raises(WorkspaceError, match="Move that file away"), workspace.lock("run 1"):
        pytest.fail("work began in a folder that cannot keep it")


def test_the_lock_clears_what_killed_writers_left(workspace: Workspace) -> None:
    workspace.artifacts.put("trial", "0a", State({}, {"kept": True}))
    (workspace.artifacts.staging / "4711-dead").mkdir()
    (workspace.artifacts.staging / "4711-dead" / "half").write_text("half")
    with workspace.lock("run 1"):
        assert list(workspace.artifacts.staging.iterdir()) == []
        assert workspace.artifacts.find("trial", "0a") is not None


def test_a_second_writer_cleans_nothing(workspace: Workspace) -> None:
    with workspace.lock("run 1"):
        half = workspace.artifacts.staging / "being-written"
        half.mkdir(parents=True)
        with pytest.raises(WorkspaceError, match="in use"), workspace.lock("run 2"):
            pass
        assert half.exists()


@pytest.mark.parametrize("path", ["../x", "/etc/x", "data/../../x", "out/x"])
def test_nothing_is_written_outside_the_workspace(workspace: Workspace, path: str) -> None:
    (workspace.folder / "out").symlink_to(workspace.folder.parent)
    with pytest.raises(WorkspaceError, match="leads out of"):
        workspace.write_text(path, "escaped")
    assert not (workspace.folder.parent / "x").exists()


def test_a_path_inside_is_resolved(workspace: Workspace) -> None:
    assert workspace.resolve("a/../b") == workspace.folder.resolve() / "b"


def test_the_latest_run_is_the_one_set_last(workspace: Workspace) -> None:
    for run_id in ("1f2e", "9a0b"):
        workspace.run_folder(run_id).write_json("decision.json", {"run": run_id})
        workspace.set_latest_run(run_id)
    latest = workspace.latest_run()
    assert latest is not None
    assert latest.read_json("decision.json") == {"run": "9a0b"}


def test_a_deleted_latest_run_is_no_run(workspace: Workspace) -> None:
    workspace.set_latest_run("1f2e")
    assert workspace.latest_run() is None


@pytest.mark.parametrize("content", ["junk", "[]", "{}"])
def test_a_latest_run_changed_by_hand_is_named(workspace: Workspace, content: str) -> None:
    (workspace.folder / "runs" / "latest.json").write_text(content)
    with pytest.raises(WorkspaceError, match=r"latest\.json: does not name a run"):
        workspace.latest_run()


def test_a_latest_run_cannot_lead_elsewhere(workspace: Workspace) -> None:
    (workspace.folder / "runs" / "latest.json").write_text('{"run": "../.."}')
    with pytest.raises(WorkspaceError, match="is not a name"):
        workspace.latest_run()


def test_looks_at_a_test_set_are_counted_by_run(workspace: Workspace) -> None:
    assert workspace.record_test_look("ab12", "report of run 1f2e", "1f2e") == 1
    assert workspace.record_test_look("ab12", "report of run 1f2e", "1f2e") == 1
    assert workspace.record_test_look("ab12", "report of run 9a0b", "9a0b") == 2
    assert workspace.record_test_look("cd34", "report of run 9a0b", "9a0b") == 1
    assert Workspace.open(workspace.folder).test_looks("ab12") == 2


def test_a_look_torn_by_a_kill_costs_no_other_look(workspace: Workspace) -> None:
    workspace.record_test_look("ab12", "report of run 1f2e", "1f2e")
    ledger = workspace.folder / ".sartor" / "test_looks.jsonl"
    with ledger.open("ab") as file:
        file.write(b'{"test": "ab12", "run": "9a')
    assert workspace.record_test_look("ab12", "report of run 77aa", "77aa") == 2
    assert workspace.test_looks("ab12") == 2
