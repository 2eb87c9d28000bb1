"""How soon is there something to look at? 2,000 rows in full: the first candidate, then all heads.

    python -m bench.first_look [--runs 5] [--json] [--keep]

Each run is a process of its own with a new workspace, imports included: 2,000 rows of BANKING77 (77 labels)
and of the bundled inbox (29 labels). Counted from the start of the process until the first candidate begins,
until the first one on a base model is scored, and until every head on the frozen trunk is.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import resources
from pathlib import Path
from typing import Any

from bench.document import SHARED, document, finish, read_rows, write_rows

NUM_ROWS = 2000
METHODS = "majority, tfidf, zero_shot, few_shot, head, mlp_head"
MARKS = ("first candidate begins", "first on a base model is scored", "all heads are scored")


def main() -> None:
    """Run, print the table, keep the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=5, help="runs of each data set")
    parser.add_argument("--json", action="store_true", help="print the JSON document")
    parser.add_argument("--keep", action="store_true", help="keep it under bench/results")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(one_run(Path(arguments.one))))
        return
    figures = {}
    for name, rows in {"banking77": banking77(), "hem": hem()}.items():
        for mark, seconds in timed(rows, runs=arguments.runs).items():
            figures[f"{name}: {mark}"] = {
                "value": round(statistics.median(seconds), 2),
                "low": round(min(seconds), 2),
                "high": round(max(seconds), 2),
                "unit": f"s, median of {len(seconds)} runs (fastest and slowest)",
            }
    result = document("first_look", figures=figures)
    finish(result, as_json=arguments.json, keep="first_look" if arguments.keep else None)
    if not arguments.json:
        for name, figure in figures.items():
            print(f"{name:48} {figure['value']:6.1f} s ({figure['low']} to {figure['high']})")


def banking77() -> list[dict[str, str]]:
    """Rows of 77 intents."""
    rows = read_rows(SHARED / "data" / "banking77" / "train.jsonl.gz")
    return random.Random(0).sample(rows, NUM_ROWS)


def hem() -> list[dict[str, str]]:
    """Rows of the bundled inbox."""
    file = resources.files("sartor").joinpath("examples", "hem", "messages.csv")
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [{"text": r["message"], "label": r["intent"]} for r in csv.DictReader(lines)]
    return random.Random(0).sample(rows, NUM_ROWS)


def timed(rows: list[dict[str, str]], *, runs: int) -> dict[str, list[float]]:
    """Mark to its seconds, run by run."""
    seconds: dict[str, list[float]] = {mark: [] for mark in MARKS}
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            write_rows(Path(folder) / "rows.jsonl", rows)
            (Path(folder) / "sartor.yaml").write_text(
                f"task: classify\ndata: [rows.jsonl]\nmethods: [{METHODS}]\n", "utf-8"
            )
            start = time.monotonic()
            command = [sys.executable, "-m", "bench.first_look", "--one", folder]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found = json.loads(done.stdout.splitlines()[-1])
        for mark in MARKS:
            seconds[mark].append(found[mark] - start)
    return seconds


def one_run(folder: Path) -> dict[str, float]:
    """When each mark was reached, on the machine's monotonic clock, which processes share."""
    from sartor import flow

    watch = Marks()
    flow.run(folder, progress=watch)
    return watch.reached


class Marks:
    """Notes when a mark is reached for the first time; of the heads, the last."""

    def __init__(self) -> None:
        self.reached: dict[str, float] = {}

    def step(self, title: str) -> None: ...

    def note(self, line: str) -> None: ...

    def spent(self, share: float, seconds_left: float | None) -> None: ...

    def candidate(self, row: Any) -> None:
        now = time.monotonic()
        if row.state == "training":
            self.reached.setdefault(MARKS[0], now)
        if row.state == "scored" and row.base:
            self.reached.setdefault(MARKS[1], now)
        if row.state == "scored" and "head" in row.name:
            self.reached[MARKS[2]] = now


if __name__ == "__main__":
    main()
