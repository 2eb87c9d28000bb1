"""The workspace's lock: one writer, and the second knows whom to wait for."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sartor.core.errors import WorkspaceError
from sartor.store.lock import held

HOLDER = """
import sys, time
from pathlib import Path
from sartor.store.lock import held
with held(Path(sys.argv[1]), purpose="run 1f2e"):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def held_elsewhere(path: Path) -> Iterator[subprocess.Popen[str]]:
    """The lock held by another process until the block ends."""
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "inbox" / ".sartor" / "lock"


def test_a_second_process_is_told_who_holds_it_since_when_and_what_to_do(path: Path) -> None:
    with held_elsewhere(path) as holder:
        with pytest.raises(WorkspaceError) as refusal, held(path, purpose="run 2"):
            pass
        assert refusal.value.where == str(path.parent.parent)
        assert f"process {holder.pid} (run 1f2e) since 20" in refusal.value.problem
        assert f"kill {holder.pid}" in refusal.value.fix


def test_a_process_that_was_killed_holds_nothing(path: Path) -> None:
    with held_elsewhere(path) as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert json.loads(path.read_text())["pid"] == holder.pid
        with held(path, purpose="run 2"):
            assert json.loads(path.read_text())["pid"] == os.getpid()


@pytest.mark.parametrize("stale", ["", "junk", "[]", '{"pid": 1}'])
def test_a_file_left_behind_never_blocks(path: Path, stale: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(stale)
    with held(path, purpose="run 2"):
        pass


@pytest.mark.parametrize("unsigned", ["", "junk"])
def test_a_holder_without_a_readable_signature_still_holds(path: Path, unsigned: str) -> None:
    with held_elsewhere(path):
        path.write_text(unsigned)
        with (
            pytest.raises(WorkspaceError, match="in use by another process"),
            held(path, purpose="run 2"),
        ):
            pass


def test_a_holder_on_another_machine_is_named_with_it(path: Path) -> None:
    with held_elsewhere(path):
        signature = json.loads(path.read_text())
        path.write_text(json.dumps({**signature, "host": "atelier"}))
        with pytest.raises(WorkspaceError) as refusal, held(path, purpose="run 2"):
            pass
        assert "on atelier" in refusal.value.problem
        assert "kill" not in refusal.value.fix
        assert platform.node() != "atelier"


def test_the_same_process_cannot_hold_it_twice_and_can_again_afterwards(path: Path) -> None:
    with held(path, purpose="run 1"):
        with pytest.raises(WorkspaceError, match="run 1"), held(path, purpose="run 2"):
            pass
        with pytest.raises(WorkspaceError, match="run 1"), held(path, purpose="run 3"):
            pass
    with held(path, purpose="run 4"):
        pass


def test_an_error_inside_releases_it(path: Path) -> None:
    with pytest.raises(RuntimeError), held(path, purpose="run 1"):
        raise RuntimeError("trial failed")
    with held(path, purpose="run 2"):
        pass


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_trial_neither_keeps_nor_ends_the_lock_of_its_run(path: Path) -> None:
    """The child leaves the block as if it held the lock, and outlives the parent's hold."""
    to_child, from_parent = os.pipe()
    child = -1
    try:
        with held(path, purpose="run 1"):
            child = os.fork()
            if child:
                with pytest.raises(WorkspaceError), held(path, purpose="run 2"):
                    pass
    finally:
        if child == 0:
            os.close(from_parent)
            os.read(to_child, 1)
            os._exit(0)
    with held(path, purpose="run 3"):
        pass
    os.close(from_parent)
    os.waitpid(child, 0)
    os.close(to_child)


def test_a_file_in_the_way_is_said(tmp_path: Path) -> None:
    (tmp_path / ".sartor").write_text("file")
    with (
        pytest.raises(WorkspaceError, match="Move that file away"),
        held(tmp_path / ".sartor" / "lock", purpose="run 1"),
    ):
        pass
