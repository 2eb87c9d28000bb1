"""Sides of a comparison: each in a process of its own, taken in turns, measured in CPU seconds.

A side is a function of a bench module. It takes a task of JSON-like values and gives findings of JSON-like
values. A process of its own keeps one side's imports, threads and memory out of the other's numbers.

    python -m bench.sides bench.scoring:ours TASK.json FINDINGS.json
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
STATUS = Path("/proc/self/status")
SAMPLE_SECONDS = 0.01
LEAST_RUNS = 5
PATIENT = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0"}
"""Threads that sleep while they wait: what Sartor sets for itself."""
TUNED = {
    **PATIENT,
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "17179869184",
    "MALLOC_TOP_PAD_": "67108864",
    "TOKENIZERS_PARALLELISM": "false",
}
"""Environment of a peer at its best: memory is kept between steps, threads do not spin."""


def asked(
    side: str,
    task: Mapping[str, Any],
    *,
    environment: Mapping[str, str] | None = None,
    threads: int = 0,
) -> dict[str, Any]:
    """Ask one side in a process of its own.

    Args:
        side: `module:function`.
        task: What it is given.
        environment: Variables beside those that are set.
        threads: CPU threads; 0 leaves the library's own choice.

    Returns:
        Its findings, and `process_cpu_seconds`: all of the process, imports included.
    """
    given = {"HF_HUB_OFFLINE": "1", **os.environ, **(environment or {})}
    if threads:
        given["OMP_NUM_THREADS"] = str(threads)
    with tempfile.TemporaryDirectory(prefix="sartor-bench-") as folder:
        question, answer = Path(folder) / "task.json", Path(folder) / "findings.json"
        question.write_text(json.dumps(task), "utf-8")
        command = [sys.executable, "-m", "bench.sides", side, str(question), str(answer)]
        done = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{side} ended with {done.returncode}:\n{done.stderr[-4000:]}")
        return dict(json.loads(answer.read_text("utf-8")))


class Watch:
    """CPU seconds of all threads of this process, and seconds on the clock, since it was started."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self._cpu, self._wall = time.process_time(), time.perf_counter()

    def seconds(self) -> dict[str, float]:
        """`cpu` and `wall`."""
        return {
            "cpu": time.process_time() - self._cpu,
            "wall": time.perf_counter() - self._wall,
        }


class AnonymousPeak:
    """Samples this process's anonymous memory: what is no mapped file. Needs Linux."""

    def __enter__(self) -> AnonymousPeak:
        self.peak_bytes = anonymous_bytes()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def taken_bytes(self) -> int:
        """The highest so far; counting begins anew."""
        peak = max(self.peak_bytes, anonymous_bytes())
        self.peak_bytes = 0
        return peak

    def _sample(self) -> None:
        while not self._is_over.wait(SAMPLE_SECONDS):
            self.peak_bytes = max(self.peak_bytes, anonymous_bytes())

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()


def anonymous_bytes() -> int:
    """Anonymous memory that this process holds now."""
    found = re.search(r"RssAnon:\s+(\d+) kB", STATUS.read_text("utf-8"))
    assert found is not None, "the kernel does not tell anonymous memory"
    return int(found[1]) * 1024


def ratio(ours: Sequence[float], peer: Sequence[float], unit: str) -> dict[str, Any]:
    """Peer over ours, run by run: above 1, we are faster or smaller."""
    of_runs = [theirs / mine for mine, theirs in zip(ours, peer, strict=True)]
    return {
        "median": round(statistics.median(of_runs), 3),
        "min": round(min(of_runs), 3),
        "max": round(max(of_runs), 3),
        "runs": len(of_runs),
        "ours": round(statistics.median(ours), 5),
        "peer": round(statistics.median(peer), 5),
        "unit": unit,
    }


def figure(values: Sequence[float], unit: str) -> dict[str, Any]:
    """Median, lowest and highest of some runs."""
    return {
        "value": round(statistics.median(values), 5),
        "low": round(min(values), 5),
        "high": round(max(values), 5),
        "unit": unit,
        "runs": len(values),
    }


def equal(max_difference: float, allowed: float) -> dict[str, float]:
    """What was compared and how far apart it may be."""
    return {"max_difference": float(max_difference), "allowed": allowed}


def arguments_of(about: str | None, *, runs: int = LEAST_RUNS) -> argparse.ArgumentParser:
    """The options of every benchmark with sides."""
    parser = argparse.ArgumentParser(description=(about or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=runs, help="runs of each side, interleaved")
    parser.add_argument("--json", action="store_true", help="print the JSON document")
    parser.add_argument("--keep", action="store_true", help="keep it under bench/results")
    parser.add_argument(
        "--quick", action="store_true", help="one run of small slices, no marks, 3 minutes"
    )
    return parser


def told(line: str) -> None:
    """A line of progress on standard error."""
    print(f"   {time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


def table(result: Mapping[str, Any]) -> str:
    """Ratios with the mark each was held to, figures, and what had to be equal."""
    lines = []
    for name, one in result["ratios"].items():
        spread = f"{one['min']:.1f} to {one['max']:.1f}, {one['runs']} runs"
        mark = result.get("marks", {}).get(name)
        lines.append(f"{name:60} {one['median']:9.2f}x ({spread}){_marked(one['median'], mark)}")
    for name, one in result["figures"].items():
        at_most = result.get("at_most", {}).get(name)
        held = "" if at_most is None else f"  {_kept(one['value'] <= at_most)} at most {at_most:g}"
        lines.append(f"{name:60} {one['value']:10.4f} {one['unit']}{held}")
    for name, one in result["equal"].items():
        is_equal = one["max_difference"] <= one["allowed"]
        lines.append(
            f"{name:60} {one['max_difference']:10.2g}  {_kept(is_equal)} at most {one['allowed']:g}"
        )
    return "\n".join(lines)


def is_all_equal(result: Mapping[str, Any]) -> bool:
    """Whether nothing is further apart than it may be."""
    return all(one["max_difference"] <= one["allowed"] for one in result["equal"].values())


def _marked(value: float, mark: float | None) -> str:
    return "" if mark is None else f"  {_kept(value >= mark)} at least {mark:g}"


def _kept(is_kept: bool) -> str:
    return "kept:" if is_kept else "NOT KEPT:"


def main() -> None:
    """Be one side: read the task, write the findings."""
    side, question, answer = sys.argv[1:]
    module, _, function = side.partition(":")
    task = json.loads(Path(question).read_text("utf-8"))
    findings = getattr(importlib.import_module(module), function)(task)
    findings["process_cpu_seconds"] = time.process_time()
    Path(answer).write_text(json.dumps(findings), "utf-8")


if __name__ == "__main__":
    main()
