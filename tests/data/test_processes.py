"""Work in several processes gives what one gives, in the same order, and leaves no process behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from bench.data_rows import rows as support_rows
from small_data import prepared

from sartor.core.errors import DataError
from sartor.core.goal import Goal, Preparation
from sartor.data import near_duplicates, processes, treatment
from sartor.data.processes import VARIABLE, Processes

pytestmark = pytest.mark.slow


@pytest.fixture
def at_once(monkeypatch):
    """Processes are started for the first piece."""
    monkeypatch.setattr(processes, "DONE_HERE", 0)


def squared(add: int, number: int) -> tuple[int, int]:
    time.sleep(0.002 * (number % 3))
    return number * number + add, os.getpid()


def ends_elsewhere(here: int, number: int) -> int:
    if os.getpid() != here and number == 3:
        os._exit(1)
    return number


def fails(_: None, number: int) -> int:
    return 1 // (2 - number)


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [1, 2, 3])
def test_results_come_in_order_beside_what_was_kept(at_once, number):
    with Processes(number) as several:
        found = list(several.job(squared, 7).map((f"piece {n}", n) for n in range(40)))
    assert [(kept, result) for kept, (result, _) in found] == [
        (f"piece {n}", n * n + 7) for n in range(40)
    ]
    pids = {pid for _, (_, pid) in found}
    assert pids == {os.getpid()} if number == 1 else os.getpid() not in pids
    assert not any(is_there(pid) for pid in pids - {os.getpid()})


def test_two_jobs_take_turns_in_the_same_processes(at_once):
    with Processes(2) as several:
        first, second = several.job(squared, 0), several.job(squared, 100)
        pieces = [(None, n) for n in range(6)]
        for _ in range(2):
            assert [r for _, (r, _) in first.map(pieces)] == [n * n for n in range(6)]
            assert [r for _, (r, _) in second.map(pieces)] == [n * n + 100 for n in range(6)]


def test_little_work_starts_no_process():
    with Processes(2) as several:
        found = list(several.job(squared, 0).map((n, n) for n in range(processes.DONE_HERE)))
    assert {pid for _, (_, pid) in found} == {os.getpid()}


def test_the_work_of_a_process_that_ends_is_done_here(at_once):
    with Processes(2) as several:
        found = list(several.job(ends_elsewhere, os.getpid()).map((n, n) for n in range(30)))
    assert found == [(n, n) for n in range(30)]


def test_a_fault_shows_itself(at_once):
    with Processes(2) as several, pytest.raises(ZeroDivisionError):
        list(several.job(fails, None).map((n, n) for n in range(5)))


@pytest.mark.parametrize("number", [1, 2])
def test_what_stands_before_a_broken_place_is_given_first(at_once, number):
    def pieces():
        yield from ((n, n) for n in range(4))
        raise DataError(where="rows.jsonl:5", problem="is broken.", fix="Mend it.")

    with Processes(number) as several:
        found = several.job(squared, 0).map(pieces())
        assert [next(found)[0] for _ in range(4)] == [0, 1, 2, 3]
        with pytest.raises(DataError):
            next(found)


def test_an_interrupt_leaves_no_process(at_once):
    pids: set[int] = set()

    def interrupted() -> None:
        with Processes(2) as several:
            for _, (_, pid) in several.job(squared, 0).map((n, n) for n in range(100)):
                pids.add(pid)
                if len(pids) == 2:
                    raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(pids) == 2
    assert not any(map(is_there, pids))


KILLED = """
from sartor.data import processes
from test_processes import squared
processes.DONE_HERE = 0
with processes.Processes(2) as several:
    for n, (_, pid) in several.job(squared, 0).map((n, n) for n in range(100_000)):
        print(pid, flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_processes_end_with_the_one_that_is_killed():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", KILLED], stdout=subprocess.PIPE, env=environment
    ) as parent:
        assert parent.stdout
        pids = {int(parent.stdout.readline()) for _ in range(20)}
        parent.send_signal(signal.SIGKILL)
    latest = time.monotonic() + 20
    while any(map(is_there, pids)) and time.monotonic() < latest:
        time.sleep(0.02)
    assert not any(map(is_there, pids))


@pytest.mark.parametrize("form", ["classify", "chat"])
def test_a_dataset_is_the_same_for_every_number_of_processes(tmp_path, monkeypatch, at_once, form):
    monkeypatch.setattr(treatment, "_CHUNK_ROWS", 16)
    monkeypatch.setattr(near_duplicates, "_CHUNK_TEXTS", 16)
    monkeypatch.setattr(near_duplicates, "_PIECE_PAIRS", 4)
    rows = [json.dumps(row) for row in support_rows(form, 400)]
    goal = Goal(task=form, data={"all": ("rows.jsonl",)})
    wanted = replace(goal, prepare=Preparation(personal_data="replace", personal_key="way.key"))
    found = []
    for number in (1, 2, 3):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "rows.jsonl").write_text("\n".join(rows), "utf-8")
        monkeypatch.setenv(VARIABLE, str(number))
        dataset = prepared(folder, wanted)
        found.append((dataset.hash, dataset.card, (folder / "way.key").read_text()))
    assert found[0] == found[1] == found[2]
    counted = {count.what for count in dataset.card.counts}
    assert {"personal data: phone numbers", "repaired: HTML tags"} <= counted
    assert "near-duplicates in train" in counted
