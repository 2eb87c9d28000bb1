"""Measurements in processes of their own: environment, memory, and what came out as medians and ratios."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

TUNED_MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": str(1 << 33),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 33),
    "MALLOC_TOP_PAD_": str(1 << 26),
}
"""glibc keeps what was freed: large tensors are not given back to the system and zeroed again every step."""
PATIENT = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0"}
"""Threads sleep while they wait; what `sartor run` sets for itself."""
QUIET = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONWARNINGS": "ignore",
}
OWN_CHOICE = (*TUNED_MALLOC, *PATIENT, "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""Variables that each side sets for itself; what the caller has set does not count."""
MEGABYTE = 1_000_000


def apart(
    module: str, task: Mapping[str, Any], *, threads: int, environment: Mapping[str, str]
) -> dict[str, Any]:
    """What `python -m MODULE --one TASK` prints on its last line.

    Args:
        module: Of a benchmark that takes `--one`.
        task: JSON-like.
        threads: CPU threads of that process.
        environment: Variables of this side.
    """
    kept = {name: value for name, value in os.environ.items() if name not in OWN_CHOICE}
    given = kept | QUIET | {"OMP_NUM_THREADS": str(threads)} | dict(environment)
    command = [sys.executable, "-m", module, "--one", json.dumps(task)]
    done = subprocess.run(command, capture_output=True, text=True, env=given)
    if done.returncode:
        raise SystemExit(f"{task['side']} failed:\n{done.stderr[-4000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def resident_bytes() -> int:
    """Memory that this process holds now."""
    return _status("VmRSS")


def peak_bytes() -> int:
    """The most that it has held since `forget_peak`, or since it began."""
    return _status("VmHWM")


def forget_peak() -> None:
    """From now on counts the peak anew (Linux: proc_pid_clear_refs(5))."""
    Path("/proc/self/clear_refs").write_text("5")


def _status(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found, f"/proc tells no {name}"
    return 1024 * int(found[1])


def figure(values: Sequence[float], unit: str) -> dict[str, Any]:
    """Median, lowest and highest."""
    return {
        "value": _short(statistics.median(values)),
        "low": _short(min(values)),
        "high": _short(max(values)),
        "unit": unit,
        "runs": len(values),
    }


def ratio(ours: Sequence[float], peer: Sequence[float], unit: str) -> dict[str, Any]:
    """Peer over ours, run by run: above 1 we need less.

    Args:
        ours: What each run took.
        peer: What the peer took beside it.
        unit: Of both.
    """
    shares = [theirs / own for own, theirs in zip(ours, peer, strict=True)]
    return {
        "median": _short(statistics.median(shares)),
        "min": _short(min(shares)),
        "max": _short(max(shares)),
        "runs": len(shares),
        "ours": _short(statistics.median(ours)),
        "peer": _short(statistics.median(peer)),
        "unit": unit,
    }


def table(result: Mapping[str, Any]) -> str:
    """One line a ratio, figure and comparison."""
    lines = [
        f"{name:64} {one['median']:9.4g} x ({one['min']:.4g} to {one['max']:.4g})"
        for name, one in result["ratios"].items()
    ]
    lines += [
        f"{name:64} {one['value']:9.4g} {one['unit']} ({one['low']:.4g} to {one['high']:.4g})"
        for name, one in result["figures"].items()
    ]
    lines += [
        f"{name:64} {one['max_difference']:9.2g} of {one['allowed']:g} allowed"
        for name, one in result["equal"].items()
    ]
    return "\n".join(lines)


def _short(value: float) -> float:
    return float(f"{value:.4g}")
