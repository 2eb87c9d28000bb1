"""Trials in a process of their own: its end costs a trial, never the run. Oracles: signals of the system."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sartor.core.errors import GoalError, SartorError, TrialError, WorkspaceError
from sartor.decide import worker
from sartor.decide.worker import Worker

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks as Linux does")


class Somebody:
    """An entrant as far as a worker looks at it."""

    name = "full · tiny"


def working(work, folder: Path) -> Worker:
    """A worker whose pieces get a file to leave words in."""
    notes = folder / "notes"
    notes.touch()

    def noted(piece, entrant, *arguments):
        with notes.open("a") as file:
            file.write(f"{os.getpid()} {piece}\n")
        work(piece, entrant, *arguments)

    return Worker(noted)


def notes(folder: Path) -> list[tuple[int, str]]:
    lines = (folder / "notes").read_text().splitlines()
    return [(int(line.split()[0]), line.split()[1]) for line in lines]


def is_alive(process: int) -> bool:
    """Zombies that nobody has waited for count as ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except FileNotFoundError:
        return False


def test_all_work_is_done_in_one_other_process(tmp_path):
    does = working(lambda *_: None, tmp_path)
    does("score", Somebody(), 1)
    does("train", Somebody(), 2)
    does.close()
    (first, one), (second, other) = notes(tmp_path)
    assert (one, other) == ("score", "train")
    assert first == second != os.getpid()
    assert not is_alive(first)


def test_arguments_arrive_and_what_is_written_stays(tmp_path):
    def write(_, entrant, settings, number):
        (tmp_path / "found").write_text(f"{entrant.name} {settings['rank']} {number}")

    does = working(write, tmp_path)
    does("score", Somebody(), {"rank": 4}, 0.25)
    does.close()
    assert (tmp_path / "found").read_text() == "full · tiny 4 0.25"


@pytest.mark.parametrize("kind", [TrialError, WorkspaceError, GoalError])
def test_an_error_comes_back_as_it_was(tmp_path, kind):
    def fails(*_):
        raise kind(where="here", problem="is full.", fix="Empty it.")

    does = working(fails, tmp_path)
    with pytest.raises(kind) as caught:
        does("score", Somebody())
    assert (
        caught.value.as_dict() == kind(where="here", problem="is full.", fix="Empty it.").as_dict()
    )
    does.close()


def test_a_slip_of_ours_comes_back_too_and_says_where_it_was(tmp_path):
    def slips(*_):
        raise KeyError("head")

    does = working(slips, tmp_path)
    with pytest.raises(KeyError, match="head") as caught:
        does("score", Somebody())
    does.close()
    assert "process of the trials" in "".join(caught.value.__notes__)


def test_after_one_death_the_work_is_done_again_elsewhere(tmp_path):
    def dies_once(*_):
        if len(notes(tmp_path)) == 1:
            os.kill(os.getpid(), signal.SIGKILL)

    does = working(dies_once, tmp_path)
    does("score", Somebody())
    does("score", Somebody())
    does.close()
    (first, _), (second, _), (third, _) = notes(tmp_path)
    assert first != second == third


def test_two_deaths_over_one_piece_fail_the_candidate_and_name_the_cause(tmp_path):
    def dies(piece, *_):
        if piece == "score":
            os.kill(os.getpid(), signal.SIGKILL)

    does = working(dies, tmp_path)
    with pytest.raises(TrialError) as caught:
        does("score", Somebody())
    assert caught.value.where == "full · tiny"
    assert caught.value.problem.count("SIGKILL") == 2
    does("train", Somebody())  # the next one is served
    does.close()
    assert [piece for _, piece in notes(tmp_path)] == ["score", "score", "train"]


def test_an_exit_of_the_process_counts_as_a_death(tmp_path):
    does = working(lambda *_: os._exit(7), tmp_path)
    with pytest.raises(TrialError, match="exit code 7, then exit code 7"):
        does("score", Somebody())


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_with_the_parent_the_work_ends(tmp_path, how):
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # ignored behind a shell's `&`
        "from contextlib import closing\n"
        "from pathlib import Path\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "import test_worker as here\n"
        "with closing(here.working(lambda *_: time.sleep(60), Path(sys.argv[2]))) as does:\n"
        "    does('score', here.Somebody())\n"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parent), str(tmp_path)]
    parent = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _wait_for(lambda: (tmp_path / "notes").exists() and notes(tmp_path))
        ((child, _),) = notes(tmp_path)
        assert is_alive(child)
        parent.send_signal(how)
        parent.wait(10)
        _wait_for(lambda: not is_alive(child))
    finally:
        parent.kill()
        parent.wait(10)


def test_ctrl_c_is_for_the_parent_alone(tmp_path):
    def is_pressed(*_):
        os.kill(os.getpid(), signal.SIGINT)

    does = working(is_pressed, tmp_path)
    does("score", Somebody())
    does.close()
    assert len(notes(tmp_path)) == 1


def test_a_process_that_has_loaded_torch_forks_no_trials(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", object())
    assert not worker.can_fork()
    monkeypatch.delitem(sys.modules, "torch")
    assert worker.can_fork()


@pytest.mark.parametrize("kind", [SartorError, *SartorError.__subclasses__()])
def test_errors_cross_between_processes_whole(kind):
    error = kind(where="a", problem="b.", fix="C.")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert again.as_dict() == error.as_dict()
    assert str(again) == str(error)


def _wait_for(is_so, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)
