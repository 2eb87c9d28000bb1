"""What the benchmarks of written answers share: a run on some rows, its figures, a table."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.document import document, finish, progress_lines, write_rows
from sartor import flow
from sartor.core.decision import Decision

Files = Mapping[str, list[dict[str, Any]]]
"""Split, or `all` where Sartor splits, to rows."""
Task = tuple[Files, list[str], str]
"""Rows, lines of `sartor.yaml`, and the text of an FAQ, empty where there is none."""
QUICK_HOURS = 0.04
QUICK_ROWS = 500
"""Of each split, about, spread over all of them: some files are sorted."""


def arguments_of(about: str | None, *, hours: float) -> argparse.ArgumentParser:
    """The options of every benchmark of written answers."""
    parser = argparse.ArgumentParser(description=(about or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the JSON document")
    parser.add_argument("--keep", action="store_true", help="keep it under bench/results")
    parser.add_argument("--quick", action="store_true", help="few rows, one seed, some minutes")
    parser.add_argument("--hours", type=float, default=hours, help="budget of each run")
    parser.add_argument("--methods", nargs="*", default=(), help="only these methods")
    parser.add_argument("--bases", nargs="*", default=(), help="base models; default: embedded")
    return parser


def kept_as(bench: str, part: str, options: argparse.Namespace) -> str | None:
    """The name of a part's result file, written as soon as the part is done; None: it is not kept.

    It names the methods where only some were asked for: such a result stands beside the whole one.
    """
    if not options.keep:
        return None
    return "_".join([bench, part, *options.methods, *(["quick"] if options.quick else [])])


def measure(
    bench: str,
    sets: Mapping[str, Callable[[], Task]],
    options: argparse.Namespace,
    *,
    metrics: Sequence[str],
) -> None:
    """A run on each set in turn; printed, and kept as soon as it is done.

    Args:
        bench: Name of the benchmark.
        sets: Name to what reads it; `options.sets` says which.
        options: As parsed.
        metrics: Reported for every finalist.
    """
    for name in options.sets:
        print(f"# {name}", file=sys.stderr)
        files, goal, documents = sets[name]()
        if options.quick:
            files = {s: rows[:: max(1, len(rows) // QUICK_ROWS)] for s, rows in files.items()}
        found = decided(files, goal, metrics=metrics, options=options, documents=documents)
        result = document(
            bench,
            figures=found["figures"],
            verdicts={name: found["verdict"]},
            settings=found["settings"],
            hours=options.hours,
        )
        finish(result, as_json=options.json, keep=kept_as(bench, name, options))
        if not options.json:
            print(table(result))


def decided(
    files: Files,
    goal: Sequence[str],
    *,
    metrics: Sequence[str],
    options: argparse.Namespace,
    documents: str = "",
) -> dict[str, Any]:
    """Run once.

    Args:
        files: Rows.
        goal: Lines of `sartor.yaml`: task and languages or columns.
        metrics: Reported for every finalist; the first is the one that chooses.
        options: As parsed.
        documents: Text of an FAQ; empty: none.

    Returns:
        `figures`, `verdict`, `settings` of the finalists.
    """
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        for split, rows in files.items():
            write_rows(workspace / f"{split}.jsonl", rows)
        if documents:
            (workspace / "faq.md").write_text(documents, "utf-8")
        lines = [*goal, *_goal_lines(files, options, has_documents=bool(documents))]
        (workspace / "sartor.yaml").write_text("\n".join(lines) + "\n", "utf-8")
        start = time.monotonic()
        result = flow.run(workspace, quick=options.quick, skip_bad=True, progress=progress_lines())
        seconds = time.monotonic() - start
    figures = {**_of_finalists(result.decision, metrics), **_of_retrieval(result.decision)}
    figures["seconds"] = {"value": round(seconds, 1), "low": None, "high": None, "unit": "s"}
    finalists = [c for c in result.decision.candidates if c.test is not None]
    return {
        "figures": figures,
        "verdict": result.decision.headline,
        "settings": {c.candidate: dict(c.settings) for c in finalists},
    }


def table(result: Mapping[str, Any]) -> str:
    """One line a figure, and the headlines."""
    lines = []
    for name, figure in result["figures"].items():
        has_interval = figure["low"] is not None
        interval = f"({figure['low']:.3f} to {figure['high']:.3f})" if has_interval else ""
        lines.append(f"{name:56} {figure['value']:9.4f} {interval}")
    return "\n".join([*lines, *(f"{name}: {said}" for name, said in result["verdicts"].items())])


def _goal_lines(files: Files, options: argparse.Namespace, *, has_documents: bool) -> list[str]:
    named = ", ".join(f"{split}: [{split}.jsonl]" for split in files)
    hours = min(options.hours, QUICK_HOURS) if options.quick else options.hours
    return [
        "data: [all.jsonl]" if set(files) == {"all"} else f"data: {{{named}}}",
        f"budget: {{hours: {hours}}}",
        *(["documents: [faq.md]"] if has_documents else []),
        *([f"methods: [{', '.join(options.methods)}]"] if options.methods else []),
        *([f"bases: [{', '.join(map(str, options.bases))}]"] if options.bases else []),
    ]


def _of_finalists(decision: Decision, metrics: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Values on test by method, base and metric."""
    return {
        " ".join([result.method, *([Path(result.base).name] if result.base else []), metric]): {
            "value": round(result.test[metric].value, 5),
            "low": round(result.test[metric].low, 5),
            "high": round(result.test[metric].high, 5),
            "unit": "bits" if metric == "bits_per_byte" else "share",
        }
        for result in decision.candidates
        if result.test is not None
        for metric in metrics
        if metric in result.test
    }


def _of_retrieval(decision: Decision) -> dict[str, dict[str, Any]]:
    """The difference that retrieval makes to the same base, where both came to the test."""
    found = decision.details.get("retrieval")
    if not found:
        return {}
    difference = {side: round(found[side], 5) for side in ("low", "high")}
    unit = f"{decision.metric}, paired difference"
    return {
        "retrieval minus zero_shot": {
            "value": round(found["difference"], 5),
            **difference,
            "unit": unit,
        }
    }
