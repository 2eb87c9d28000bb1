"""Artifacts on disk: whole or absent, whatever happens to the process or the disk."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from sartor.core.candidate import State
from sartor.core.errors import WorkspaceError
from sartor.core.protocols import Artifacts
from sartor.store.artifacts import DiskArtifacts

MIB = 1 << 20


@pytest.fixture
def artifacts(tmp_path: Path) -> DiskArtifacts:
    return DiskArtifacts(tmp_path / "artifacts")


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a tiny file system")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def state_of(number: int) -> State:
    """A state whose arrays and facts repeat one number, so that a mix of two would be seen."""
    return State(
        {"weights": np.full((200, 300), number, np.float32), "steps": np.array(number)},
        {"number": number, "padding": [number] * 2000},
    )


def assert_whole(artifacts: DiskArtifacts, number: int) -> bool:
    """Whether the artifact is there; fails where it is there and not whole."""
    found = artifacts.find("trial", f"{number:04d}")
    if found is None:
        return False
    arrays = found.arrays()
    assert found.facts == state_of(number).facts
    assert (arrays["weights"] == number).all()
    assert arrays["steps"] == number
    return True


def killed_after(work: Callable[[], None], seconds: float) -> None:
    """Run `work` in a forked process and kill -9 it a while after it has begun."""
    has_begun, begin = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(begin, b".")
            work()
        finally:
            os._exit(1)
    os.read(has_begun, 1)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(has_begun)
    os.close(begin)


def test_the_store_is_what_the_steps_are_promised(artifacts: DiskArtifacts) -> None:
    promised: Artifacts = artifacts
    assert promised.find("trial", "00ff") is None


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12, dtype=np.float32).reshape(3, 4).T,
        np.arange(20)[::3],
        np.array(7, dtype=np.int64),
        np.zeros((0, 5), np.float32),
        np.array([[True, False]]),
        np.linspace(0, 1, 5, dtype=np.float16),
        np.array([1.5, -2.0], dtype=">f8"),
    ],
    ids=["transposed", "strided", "scalar", "empty", "bool", "half", "big-endian"],
)
def test_an_array_comes_back_with_its_values_shape_and_type(
    artifacts: DiskArtifacts, array: np.ndarray
) -> None:
    arrays = artifacts.put("trial", "0a", State({"array": array})).arrays()
    assert arrays["array"].dtype == array.dtype.newbyteorder("=")
    assert arrays["array"].shape == array.shape
    np.testing.assert_array_equal(arrays["array"], array)


def test_facts_come_back_in_another_process_of_the_same_folder(artifacts: DiskArtifacts) -> None:
    facts = {"losses": [0.5, 0.25], "labels": ["ja", "größe"], "nested": {"epochs": 3}}
    artifacts.put("trial", "0a", State({}, facts))
    found = DiskArtifacts(artifacts.folder).find("trial", "0a")
    assert found is not None
    assert found.facts == facts
    assert found.arrays() == {}


def test_what_is_already_there_stays_as_it_is(artifacts: DiskArtifacts) -> None:
    artifacts.put("trial", "0001", state_of(1))
    again = artifacts.put("trial", "0001", state_of(2))
    assert again.facts["number"] == 1


def test_a_folder_of_files_is_stored_whole(artifacts: DiskArtifacts) -> None:
    def write(folder: Path) -> None:
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text("{}")

    stored = artifacts.put_files("package", "0a", write)
    assert (stored.folder / "1_Pooling" / "config.json").read_text() == "{}"
    assert stored.facts == {}


def test_a_writer_that_fails_leaves_nothing(artifacts: DiskArtifacts) -> None:
    def write(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise RuntimeError("export failed")

    with pytest.raises(RuntimeError, match="export failed"):
        artifacts.put_files("package", "0a", write)
    assert artifacts.find("package", "0a") is None
    assert list(artifacts.staging.iterdir()) == []


def test_the_same_work_finished_by_another_process_first_is_kept(artifacts: DiskArtifacts) -> None:
    def write(folder: Path) -> None:
        DiskArtifacts(artifacts.folder).put("trial", "0001", state_of(1))
        (folder / "late").write_text("late")

    assert artifacts.put_files("trial", "0001", write).facts["number"] == 1


def test_a_dropped_artifact_is_gone_and_can_be_made_anew(artifacts: DiskArtifacts) -> None:
    artifacts.put("trial", "0001", state_of(1))
    artifacts.drop("trial", "0001")
    artifacts.drop("trial", "0001")
    assert artifacts.find("trial", "0001") is None
    assert artifacts.put("trial", "0001", State({}, {"number": 2})).facts == {"number": 2}


@pytest.mark.parametrize("name", ["..", "../x", "a/b", "/etc", "", ".staging", "a\0b", "x" * 200])
def test_a_name_that_could_lead_elsewhere_is_refused(artifacts: DiskArtifacts, name: str) -> None:
    for kind, key in [(name, "0a"), ("trial", name)]:
        with pytest.raises(WorkspaceError, match="is not a name"):
            artifacts.put(kind, key, State({}))
        with pytest.raises(WorkspaceError, match="is not a name"):
            artifacts.drop(kind, key)
    assert not artifacts.folder.exists()


def test_a_damaged_artifact_is_named_and_not_mistaken_for_absent(artifacts: DiskArtifacts) -> None:
    stored = artifacts.put("trial", "0001", state_of(1))
    (stored.folder / "arrays.safetensors").write_bytes(b"junk")
    with pytest.raises(WorkspaceError, match="Delete the folder"):
        stored.arrays()
    (stored.folder / "facts.json").write_bytes(b"{")
    with pytest.raises(WorkspaceError, match=r"facts\.json: is missing or damaged"):
        artifacts.find("trial", "0001")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_kill_9_at_any_moment_leaves_whole_artifacts_or_none(artifacts: DiskArtifacts) -> None:
    moments = random.Random(7)
    num_cut_short = 0
    done = 0
    for num_kills in range(400):  # on a busy machine little is written between two kills
        if num_kills >= 40 and done > 20 and num_cut_short > 3:
            break

        def write_on(start: int = done) -> None:
            for number in range(start, start + 10_000):
                artifacts.put("trial", f"{number:04d}", state_of(number))
                artifacts.drop("trial", f"{number - 5:04d}")

        killed_after(write_on, moments.uniform(0.0, 0.03))
        num_cut_short += artifacts.clean_staging() > 0
        present = [number for number in range(done + 200) if assert_whole(artifacts, number)]
        folders = artifacts.folder / "trial"
        assert len(present) == (len(list(folders.iterdir())) if folders.exists() else 0)
        done = max(present, default=-1) + 1
    assert done > 20, "the writer hardly wrote; the test shows nothing"
    assert num_cut_short > 3, "no kill hit a write; the test shows nothing"
    assert list(artifacts.staging.iterdir()) == []


def test_a_full_disk_is_said_and_finished_work_is_kept(tiny_disk: Path) -> None:
    artifacts = DiskArtifacts(tiny_disk / "artifacts")
    artifacts.put("trial", "0001", state_of(1))
    big = State({"weights": np.zeros(2 * MIB, np.uint8)})
    with pytest.raises(WorkspaceError, match="disk is full") as refusal:
        artifacts.put("trial", "big", big)
    assert str(tiny_disk) in refusal.value.where
    with pytest.raises(WorkspaceError, match="disk is full"):
        artifacts.put_files("trial", "big", lambda f: (f / "x").write_bytes(bytes(2 * MIB)))
    assert artifacts.find("trial", "big") is None
    assert assert_whole(artifacts, 1)
    assert list(artifacts.staging.iterdir()) == []
    artifacts.put("trial", "small", State({}, {"still": "works"}))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_file_over_the_limit_of_the_process_is_said_as_a_full_disk(
    artifacts: DiskArtifacts,
) -> None:
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, MIB))
        try:
            artifacts.put("trial", "big", State({"weights": np.zeros(2 * MIB, np.uint8)}))
        except WorkspaceError as error:
            os._exit(42 if "disk is full" in error.problem else 1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 42
    assert artifacts.find("trial", "big") is None
    assert list(artifacts.staging.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said_with_place_and_fix(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    artifacts = DiskArtifacts(tmp_path / "file" / "artifacts")
    assert artifacts.find("trial", "0a") is None
    with pytest.raises(WorkspaceError, match="Move that file away"):
        artifacts.put("trial", "0a", State({}))


def test_a_read_only_folder_is_said(artifacts: DiskArtifacts) -> None:
    artifacts.put("trial", "0001", state_of(1))
    freeze = ["chattr", "-R", "+i", str(artifacts.folder)]
    if os.geteuid() != 0:
        freeze = ["chmod", "-R", "a-w", str(artifacts.folder)]
    if subprocess.run(freeze, capture_output=True, check=False).returncode:
        pytest.skip("this file system knows no immutable folders, and root ignores modes")
    try:
        with pytest.raises(WorkspaceError, match="read-only"):
            artifacts.put("trial", "0002", state_of(2))
        with pytest.raises(WorkspaceError, match="read-only"):
            artifacts.drop("trial", "0001")
        assert assert_whole(artifacts, 1)
    finally:
        thaw = {"chattr": "-i", "chmod": "u+w"}[freeze[0]]
        subprocess.run([freeze[0], "-R", thaw, str(artifacts.folder)], check=True)
