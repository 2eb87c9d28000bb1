"""One writer per workspace: the second is told who holds it.

The lock is the kernel's (`flock`), so it ends with the process that holds it, however that ends;
the file only says who that is, and a file left by a dead process means nothing.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sartor.core.errors import WorkspaceError
from sartor.store.durable import disk_errors

SIGNING_SECONDS = 0.2
"""How long a refused process waits for the new holder's signature."""
NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS})

_held_descriptors: set[int] = set()


@contextmanager
def held(path: Path, *, purpose: str) -> Iterator[None]:
    """Hold the lock while the block runs.

    Args:
        path: The lock file; created on use and never deleted.
        purpose: What it is held for, shown to whoever comes second: `run 1f2e`.

    Raises:
        WorkspaceError: Another process holds it, or the file system has no locks.
    """
    descriptor = _taken(path)
    _held_descriptors.add(descriptor)
    try:
        with disk_errors(path):
            _sign(descriptor, purpose)
        yield
    finally:
        _release(descriptor)


def _taken(path: Path) -> int:
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise _refusal(path) from error
    except OSError as error:
        os.close(descriptor)
        if error.errno not in NO_LOCKS:
            raise
        raise WorkspaceError(
            where=str(path),
            problem="cannot be locked: this file system has no locks.",
            fix="Put the workspace on a local disk.",
        ) from error
    return descriptor


def _sign(descriptor: int, purpose: str) -> None:
    signature = {
        "pid": os.getpid(),
        "host": platform.node(),
        "purpose": purpose,
        "since": datetime.now().astimezone().isoformat(timespec="seconds"),
    }
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(signature).encode(), 0)


def _release(descriptor: int) -> None:
    """Unlocks at once: a child forked a moment ago may not have closed its copy yet."""
    if descriptor in _held_descriptors:
        _held_descriptors.discard(descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def _let_go_in_child() -> None:
    """A forked trial must not hold the workspace when the run that started it is killed."""
    for descriptor in _held_descriptors:
        os.close(descriptor)
    _held_descriptors.clear()


os.register_at_fork(after_in_child=_let_go_in_child)


def _refusal(path: Path) -> WorkspaceError:
    holder = _holder(path)
    if holder is None:
        return WorkspaceError(
            where=str(path.parent.parent),
            problem="is in use by another process.",
            fix="Wait until it ends, or stop it, then run the command again.",
        )
    process, purpose, since = f"process {holder['pid']}", holder["purpose"], holder["since"]
    if holder["host"] == platform.node():
        stop = f"stop it with `kill {holder['pid']}`"
    else:
        process, stop = f"{process} on {holder['host']}", "stop it there"
    return WorkspaceError(
        where=str(path.parent.parent),
        problem=f"is in use by {process} ({purpose}) since {since}.",
        fix=f"Wait until it ends, or {stop}; then run the command again.",
    )


def _holder(path: Path) -> dict[str, Any] | None:
    """Who signed, once the signature is not that of a process that is gone."""
    deadline = time.monotonic() + SIGNING_SECONDS
    while True:
        holder = _signature(path)
        if holder is not None and _may_be_alive(holder):
            return holder
        if time.monotonic() > deadline:
            return None
        time.sleep(0.01)


def _signature(path: Path) -> dict[str, Any] | None:
    try:
        signature = json.loads(path.read_bytes())
    except ValueError:
        return None
    keys = {"pid", "host", "purpose", "since"}
    return signature if isinstance(signature, dict) and keys <= signature.keys() else None


def _may_be_alive(holder: dict[str, Any]) -> bool:
    if holder["host"] != platform.node():
        return True
    try:
        os.kill(int(holder["pid"]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
