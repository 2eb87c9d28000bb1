"""The JSON document of every benchmark: what was measured, on what machine, with which versions."""

from __future__ import annotations

import datetime
import gzip
import json
import sys
from pathlib import Path
from typing import Any

from sartor.engines.machine import describe_machine

SHARED = Path(__file__).resolve().parents[2] / "shared"
RESULTS = Path(__file__).resolve().parent / "results"


def document(
    name: str,
    *,
    figures: dict[str, dict[str, Any]],
    ratios: dict[str, dict[str, Any]] | None = None,
    equal: dict[str, dict[str, Any]] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The document of one run.

    Args:
        name: Of the benchmark.
        figures: Name to value, low, high, unit.
        ratios: Name to median, min, max, runs, ours, peer, unit; peer over ours.
        equal: Name to max_difference and allowed.
        **more: What only this benchmark has, for example the settings that won.
    """
    about = describe_machine()
    about["machine"].pop("free_disk_gib", None)
    return {
        "bench": name,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        **about,
        "ratios": ratios or {},
        "figures": figures,
        "equal": equal or {},
        **more,
    }


def finish(result: dict[str, Any], *, as_json: bool, keep: str | None) -> None:
    """Print the document, and keep it under `bench/results` where a name is given."""
    text = json.dumps(result, indent=1, ensure_ascii=False)
    if keep:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{keep}.json").write_text(text + "\n", "utf-8")
    if as_json:
        print(text)


def read_rows(file: Path) -> list[dict[str, Any]]:
    """Rows of a gzipped JSONL file."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def write_rows(file: Path, rows: list[dict[str, Any]]) -> None:
    """Rows as JSONL."""
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def progress_lines() -> Any:
    """A `Progress` that writes steps and finished candidates to standard error."""
    return _Lines()


class _Lines:
    def step(self, title: str) -> None:
        print(f"## {title}", file=sys.stderr, flush=True)

    def note(self, line: str) -> None:
        print(f"   {line}", file=sys.stderr, flush=True)

    def candidate(self, row: Any) -> None:
        if row.state != "training":
            value = "" if row.value is None else f"{row.value:.4f}"
            line = f"   {row.name:28} {row.state:9} {value} {row.detail} {row.seconds_spent:.0f} s"
            print(line, file=sys.stderr, flush=True)

    def spent(self, share: float, seconds_left: float | None) -> None:
        return None
