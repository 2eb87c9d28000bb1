"""Trials in a process of their own: what ends it (no memory, a fault in a library) does not end the run.

The process is a fork of one that has not loaded torch, so it starts at once and reads the same rows in the
same memory. What it finds lands among the artifacts; only errors come back. One that dies is replaced and
goes on from the last stored state; where two die over a piece of work, its candidate cannot be trained here.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from sartor.core.errors import SartorError, TrialError
from sartor.decide.entrant import Entrant

ATTEMPTS = 2
DIES_WITH_PARENT = 1
"""`PR_SET_PDEATHSIG` of Linux."""

Work = Callable[..., None]
"""Takes the name of a piece of work, whose it is, and what it needs; what it finds is kept on disk."""


def can_fork() -> bool:
    """Whether a fork of this process can train: threads of torch do not survive one."""
    return sys.platform == "linux" and "torch" not in sys.modules


class Worker:
    """Does pieces of work in another process, one after the other.

    Args:
        work: Called there.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._process: Any = None
        self._pipe: Connection | None = None

    def __call__(self, piece: str, entrant: Entrant, *arguments: Any) -> None:
        """Do one piece, to its end.

        Args:
            piece: Its name.
            entrant: Whose it is.
            *arguments: Of the piece.

        Raises:
            TrialError: Two processes ended over it.
            SartorError: What the work itself raised, as it was.
        """
        ends = []
        for _ in range(ATTEMPTS):
            pipe = self._started()
            try:
                pipe.send((piece, entrant, *arguments))
                error = pipe.recv()
            except (EOFError, BrokenPipeError, ConnectionResetError):
                ends.append(self._end())
                continue
            if error is not None:
                raise error
            return
        raise TrialError(
            where=entrant.name,
            problem=f"its process was ended {ATTEMPTS} times ({', then '.join(ends)}).",
            fix="Systems do this when memory is full: take a smaller base or `batch_size`, or more memory.",
        )

    def close(self) -> None:
        """End the process, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._end()

    def _started(self) -> Connection:
        if self._pipe is None:
            context = multiprocessing.get_context("fork")
            self._pipe, theirs = context.Pipe()
            self._process = context.Process(
                target=_serve, args=(self._work, theirs, self._pipe, os.getpid()), daemon=True
            )
            self._process.start()
            theirs.close()
        return self._pipe

    def _end(self) -> str:
        """How it ended, in words."""
        assert self._pipe is not None
        self._pipe.close()
        self._process.join()
        code = self._process.exitcode
        self._process = self._pipe = None
        return f"signal {-code}, {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _serve(work: Work, pipe: Connection, other_end: Connection, parent: int) -> None:
    """Work until the other end is closed. Ctrl-C is for the parent, which then ends this process."""
    other_end.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(DIES_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        return
    while True:
        try:
            arguments = pipe.recv()
        except EOFError:
            return
        try:
            work(*arguments)
        except SartorError as error:
            pipe.send(error)
        except Exception as error:
            error.add_note("raised in the process of the trials")
            pipe.send(error)
        else:
            pipe.send(None)
