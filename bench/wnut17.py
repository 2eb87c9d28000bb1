"""Names that nobody has seen: WNUT 2017, the entities of which are rare and new in every split.

    python -m bench.wnut17 [--json] [--keep] [--hours HOURS] [--methods NAME ...] [--bases ID ...]

The splits are the shared task's own (Derczynski et al. 2017); `test` is scored by F1 over spans and over
surface forms, means of three seeds. A plain token classifier on MiniLM, five epochs, was measured at 0.342 to
0.416 in surface forms; the mark is 0.41. Beside encoders that tag words stands what needs no language model,
and a writer that gives the spans as JSON.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.document import SHARED, document, finish, progress_lines, read_rows, write_rows
from sartor import flow

FILES = {"train": "train", "valid": "dev", "test": "test"}
MARK = 0.41
METRICS = ("surface_f1", "span_f1")


def main() -> None:
    """Run it, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="print the JSON document")
    parser.add_argument("--keep", action="store_true", help="keep it under bench/results")
    parser.add_argument("--quick", action="store_true", help="one seed, few settings")
    parser.add_argument("--hours", type=float, default=1.0, help="budget of the run")
    parser.add_argument("--methods", nargs="*", default=(), help="only these methods")
    parser.add_argument("--bases", nargs="*", default=(), help="base models; default: embedded")
    arguments = parser.parse_args()
    figures, verdict, settings = decided(
        arguments.methods, arguments.bases, hours=arguments.hours, is_quick=arguments.quick
    )
    result = document(
        "wnut17", figures=figures, verdict=verdict, settings=settings, hours=arguments.hours
    )
    name = "_".join(["wnut17", *(Path(base).name for base in arguments.bases)])
    finish(result, as_json=arguments.json, keep=name if arguments.keep else None)
    if not arguments.json:
        print(table(result))


def decided(
    methods: Sequence[str], bases: Sequence[str], *, hours: float, is_quick: bool
) -> tuple[dict[str, dict[str, Any]], str, dict[str, Any]]:
    """Scores of every finalist on `test`, the headline, and the settings of each."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        for split, name in FILES.items():
            rows = read_rows(SHARED / "data" / "wnut17" / f"{name}.jsonl.gz")
            kept = [{"tokens": row["tokens"], "tags": row["tags"]} for row in rows]
            write_rows(workspace / f"{split}.jsonl", kept)
        (workspace / "sartor.yaml").write_text(goal(methods, bases, hours), "utf-8")
        start = time.monotonic()
        result = flow.run(workspace, quick=is_quick, skip_bad=True, progress=progress_lines())
        seconds = time.monotonic() - start
    finalists = [c for c in result.decision.candidates if c.test is not None]
    figures = {
        f"{name_of(candidate)} {metric}": {
            "value": round(candidate.test[metric].value, 5),
            "low": round(candidate.test[metric].low, 5),
            "high": round(candidate.test[metric].high, 5),
            "unit": "share",
        }
        for candidate in finalists
        for metric in METRICS
        if candidate.test and metric in candidate.test
    }
    figures["seconds"] = {"value": round(seconds, 1), "low": None, "high": None, "unit": "s"}
    settings = {name_of(candidate): dict(candidate.settings) for candidate in finalists}
    return figures, result.decision.headline, settings


def name_of(candidate: Any) -> str:
    """The method, and on which base."""
    return f"{candidate.method} {candidate.base or ''}".strip()


def goal(methods: Sequence[str], bases: Sequence[str], hours: float) -> str:
    """`sartor.yaml` of the task."""
    lines = [
        "task: extract",
        "data: {train: [train.jsonl], valid: [valid.jsonl], test: [test.jsonl]}",
        f"targets: {{surface_f1: {MARK}, span_f1: 0.4}}",
        f"budget: {{hours: {hours}}}",
    ]
    if bases:
        lines.append(f"bases: [{', '.join(bases)}]")
    if methods:
        lines.append(f"methods: [{', '.join(methods)}]")
    return "\n".join(lines) + "\n"


def table(result: dict[str, Any]) -> str:
    """One line a figure, and the headline."""
    lines = []
    for name, figure in result["figures"].items():
        interval = (
            f"({figure['low']:.3f} to {figure['high']:.3f})" if figure["low"] is not None else ""
        )
        lines.append(f"{name:44} {figure['value']:8.4f} {interval}")
    return "\n".join([*lines, result["verdict"]])


if __name__ == "__main__":
    main()
