"""How fast rows are prepared, and in how much memory: `sartor data` in a process of its own.

Anonymous memory (`RssAnon`) is that of the process and of those it starts, all together: mapped files can be
given back at any time, this cannot.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.data_rows import CHAT, CLASSIFY, write

NEEDS: tuple[str, ...] = ()
MARKS = {
    f"{form}, 1,000,000 rows: {what}": mark
    for form in (CLASSIFY, CHAT)
    for what, mark in (("time", 900.0), ("peak anonymous memory", 2.0))
}
QUICK_ROWS = (2_000, 8_000)
USUAL_ROWS = (25_000, 50_000, 100_000)
FULL_ROWS = (25_000, 100_000, 1_000_000)
_SAMPLE_SECONDS = 0.05
_GIB = 1 << 30


@dataclass(frozen=True)
class Prepared:
    """What one preparation took."""

    num_rows: int
    num_bytes: int
    """Of all texts."""
    seconds: float
    processor_seconds: float
    """Of all processes; the same however busy the machine is otherwise, or nearly so."""
    peak_bytes: int
    """The most anonymous memory at one time."""


def measured(*, is_quick: bool, is_full: bool = False) -> dict[str, dict[str, Any]]:
    """Figures of both forms at several sizes."""
    row_counts = QUICK_ROWS if is_quick else FULL_ROWS if is_full else USUAL_ROWS
    found: dict[str, dict[str, Any]] = {}
    for form in (CLASSIFY, CHAT):
        runs = []
        for count in row_counts:
            print(f"## {form}, {count:,} rows", file=sys.stderr, flush=True)
            with tempfile.TemporaryDirectory() as folder:
                runs.append(prepared(Path(folder), form, count))
        found |= _figures(form, runs)
    return found


def prepared(folder: Path, form: str, count: int) -> Prepared:
    """Write rows and a goal, and prepare them in a process of its own.

    Args:
        folder: An empty one.
        form: Of the rows.
        count: How many.
    """
    num_bytes = write(folder / "rows.jsonl", form, count)
    goal = f"task: {form}\ndata: [rows.jsonl]\nmax_examples: {2 * count}\n"
    (folder / "sartor.yaml").write_text(goal + "prepare: {personal_data: replace}\n", "utf-8")
    command = [sys.executable, "-m", "sartor", "data", str(folder), "--json", "--quiet"]
    start = time.monotonic()
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        peak_bytes = 0
        while (ended := os.wait4(process.pid, os.WNOHANG))[0] == 0:
            peak_bytes = max(peak_bytes, sum(map(_anonymous_bytes, _family(process.pid))))
            time.sleep(_SAMPLE_SECONDS)
    seconds = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(ended[1])
    if process.returncode:
        raise SystemExit((folder / "out").read_text("utf-8")[-4000:])
    usage = ended[2]
    return Prepared(count, num_bytes, seconds, usage.ru_utime + usage.ru_stime, peak_bytes)


def _family(pid: int) -> Iterator[int]:
    """The process and all that it has started."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        threads = [task.name for task in Path(f"/proc/{pid}/task").iterdir()]
        for thread in threads:
            if thread != str(pid):
                children += Path(f"/proc/{pid}/task/{thread}/children").read_text().split()
    except OSError:  # it has just ended
        return
    for child in children:
        yield from _family(int(child))


def _anonymous_bytes(pid: int) -> int:
    try:
        found = re.search(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:  # it has just ended
        return 0
    return 1024 * int(found[1]) if found else 0


def _figures(form: str, runs: Sequence[Prepared]) -> dict[str, dict[str, Any]]:
    found = {}
    for run in runs:
        name = f"{form}, {run.num_rows:,} rows"
        found |= {
            f"{name}: text a row": _figure(run.num_bytes / run.num_rows, "bytes"),
            f"{name}: time": _figure(run.seconds, "s"),
            f"{name}: speed": _figure(run.num_rows / run.seconds, "rows/s"),
            f"{name}: processor time": _figure(run.processor_seconds, "s"),
            f"{name}: peak anonymous memory": _figure(run.peak_bytes / _GIB, "GiB"),
        }
    if len(runs) > 1:
        first, last = runs[0], runs[-1]
        more = last.num_rows - first.num_rows
        per_row = (last.processor_seconds - first.processor_seconds) / more
        grown = (last.peak_bytes - first.peak_bytes) / more
        found |= {
            f"{form}: processor time of a further row": _figure(per_row * 1e6, "µs"),
            f"{form}: memory of a further row": _figure(grown, "bytes"),
        }
    return found


def _figure(value: float, unit: str) -> dict[str, Any]:
    return {"value": float(f"{value:.5g}"), "low": None, "high": None, "unit": unit}
