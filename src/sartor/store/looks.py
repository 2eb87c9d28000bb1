"""The ledger of test sets opened: how often a workspace has looked at each (law 1).

A test set that has been looked at many times has been chosen by, whatever the rules say; so every
look is on the disk before the rows are handed out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sartor.store.durable import append_line, read_lines


def record_look(ledger: Path, *, fingerprint: str, reason: str, run_id: str) -> int:
    """Write a look down, durably, before it is taken.

    Returns:
        How many different runs have looked at this test set, this one included.

    Raises:
        WorkspaceError: It cannot be written; then the look must not be taken.
    """
    look = {
        "test": fingerprint,
        "run": run_id,
        "reason": reason,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    append_line(ledger, look, is_durable=True)
    return num_looks(ledger, fingerprint)


def num_looks(ledger: Path, fingerprint: str) -> int:
    """How many different runs have looked at this test set; a resumed run counts once."""
    return len({look.get("run") for look in read_lines(ledger) if look.get("test") == fingerprint})
