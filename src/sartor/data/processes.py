"""Pieces of work in processes of their own; results come in order, whatever the number of processes.

Each process is a fresh interpreter that is sent pieces through a pipe. It ends with the pipe, so that none
outlives this one, however that is ended. A piece whose process ends is done here: where it has a fault, the
fault shows itself.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from sartor.core.errors import DataError

MOST = 8
"""More processes would wait for this one, which reads and writes."""
DONE_HERE = 8
"""So many pieces are done here before any process is started: little data needs none."""
VARIABLE = "SARTOR_PROCESSES"
"""Environment variable that says how many; by default one for each core, 8 at most."""
_START = "import sys; sys.path[:] = sys.argv[1:]; from sartor.data.processes import serve; serve()"
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"), "1")

Shared = TypeVar("Shared")
Piece = TypeVar("Piece")
Result = TypeVar("Result")
Kept = TypeVar("Kept")


class Processes:
    """Processes that are started when there is enough to do.

    Args:
        number: How many; 1 does everything here. None: as `VARIABLE` or the cores say.
    """

    def __init__(self, number: int | None = None) -> None:
        wanted = _usual_number() if number is None else number
        self.number = wanted if sys.executable else 1
        self._num_done_here = 0
        self._threads: ThreadPoolExecutor | None = None
        self._idle: SimpleQueue[_Process] = SimpleQueue()
        self._processes: list[_Process] = []
        self._is_closed = False

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        """End all processes, whatever they do."""
        self._is_closed = True
        for process in self._processes:
            process.end()
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            process.close()

    def job(
        self, function: Callable[[Shared, Piece], Result], shared: Shared
    ) -> Job[Piece, Result]:
        """Work of one kind.

        Args:
            function: Of a module; pure, and given pieces one by one.
            shared: What it needs for all of them; sent to each process once.
        """
        return Job(self, function, shared)

    def submit(self, job: Job[Piece, Result], piece: Piece) -> Future[Result] | None:
        """Have a piece done by the next process that is idle; None where it is to be done here."""
        if self.number == 1 or self._is_closed or self._num_done_here < DONE_HERE:
            self._num_done_here += 1
            return None
        if self._threads is None:
            self._threads = self._started()
        return self._threads.submit(self._done, job, piece)

    def _started(self) -> ThreadPoolExecutor:
        """A thread for each process, which waits for it; where the system starts none, work is done here."""
        with suppress(OSError):
            for _ in range(self.number):
                self._processes.append(_Process())
        for process in self._processes:
            self._idle.put(process)
        self.number = max(1, len(self._processes))
        return ThreadPoolExecutor(self.number, thread_name_prefix="pieces")

    def _done(self, job: Job[Any, Any], piece: Any) -> Any:
        if not self._processes:
            return job.function(job.shared, piece)
        process = self._idle.get()
        try:
            return process.done(job, piece)
        except (OSError, EOFError, pickle.PickleError):
            if self._is_closed:
                raise
            return job.function(job.shared, piece)
        finally:
            self._idle.put(process)


ALONE = Processes(1)
"""Everything is done here."""


@dataclass(frozen=True, eq=False)
class Job(Generic[Piece, Result]):
    """Work of one kind, for any number of pieces."""

    processes: Processes
    function: Callable[[Any, Piece], Result]
    shared: Any

    def map(self, pieces: Iterable[tuple[Kept, Piece]]) -> Iterator[tuple[Kept, Result]]:
        """What comes of each piece, in order, beside what was kept here meanwhile.

        No more than two pieces for each process are under way. A DataError of `pieces` is raised when all
        pieces before it have been given.
        """
        waiting: deque[tuple[Kept, Future[Result]]] = deque()
        failure: DataError | None = None
        source = iter(pieces)
        while failure is None:
            try:
                kept, piece = next(source)
            except StopIteration:
                break
            except DataError as error:
                failure = error
                break
            future = self.processes.submit(self, piece)
            if future is None:
                yield kept, self.function(self.shared, piece)
                continue
            waiting.append((kept, future))
            if len(waiting) > 2 * self.processes.number:
                kept, first = waiting.popleft()
                yield kept, first.result()
        for kept, first in waiting:
            yield kept, first.result()
        if failure is not None:
            raise failure


class _Process:
    """Another interpreter, and what was last told to it."""

    def __init__(self) -> None:
        self._job: Job[Any, Any] | None = None
        apart: dict[str, Any] = {"process_group": 0} if os.name == "posix" else {}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_ONE_THREAD},
            **apart,  # Ctrl-C is for this process, which then ends the others
        )

    def done(self, job: Job[Any, Any], piece: Any) -> Any:
        """What comes of a piece.

        Raises:
            OSError: The process has ended, as EOFError and PickleError say too.
        """
        assert self._process.stdin
        assert self._process.stdout
        if self._job is not job:
            path = (job.function.__module__, job.function.__name__)
            pickle.dump((True, (path, job.shared)), self._process.stdin, pickle.HIGHEST_PROTOCOL)
            self._job = job
        pickle.dump((False, piece), self._process.stdin, pickle.HIGHEST_PROTOCOL)
        self._process.stdin.flush()
        return pickle.load(self._process.stdout)

    def end(self) -> None:
        """Kill it and wait until it is gone."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Give the pipes back; what was not sent yet is forgotten."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            with suppress(OSError):
                pipe.close()


def serve() -> None:
    """Do pieces until the pipe ends; what is printed meanwhile goes nowhere."""
    given, taken = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    function: Callable[[Any, Any], Any] | None = None
    shared: Any = None
    while True:
        try:
            is_job, value = pickle.load(given)
        except EOFError:
            return
        if is_job:
            (module, name), shared = value
            function = getattr(import_module(module), name)
            continue
        assert function is not None, "a piece comes behind its job"
        pickle.dump(function(shared, value), taken, pickle.HIGHEST_PROTOCOL)
        taken.flush()


def _usual_number() -> int:
    said = os.environ.get(VARIABLE, "")
    if said.isdecimal() and int(said):
        return int(said)
    is_known = hasattr(os, "sched_getaffinity")
    cores = len(os.sched_getaffinity(0)) if is_known else os.cpu_count() or 1
    return min(cores, MOST)
