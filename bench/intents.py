"""Intents of real customers, several to a text: NLU++ and MultiDoGO, each beside counting words.

    python -m bench.intents [--json] [--keep]

NLU++ (Casanueva et al. 2022): banking and hotels; of its 20 folds the last four are the test, the two before
choose. MultiDoGO (Peskov et al. 2019): customer turns of six domains, the paper's own splits, cut to the rows
that the goal allows. Quick runs: one seed, few settings.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.document import SHARED, document, finish, progress_lines, read_rows, write_rows
from sartor import flow

TEST_FOLDS = range(16, 20)
VALID_FOLDS = range(14, 16)
MOST_ROWS = 12_000


def main() -> None:
    """Run the three, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="print the JSON document")
    parser.add_argument("--keep", action="store_true", help="keep it under bench/results")
    arguments = parser.parse_args()
    figures: dict[str, dict[str, Any]] = {}
    verdicts = {}
    for name, files in {
        "nlupp banking": nlupp("banking"),
        "nlupp hotels": nlupp("hotels"),
        "multidogo": multidogo(),
    }.items():
        print(f"# {name}", file=sys.stderr)
        found, verdict = decided(files)
        figures |= {f"{name}: {what}": figure for what, figure in found.items()}
        verdicts[name] = verdict
    result = document("intents", figures=figures, verdicts=verdicts)
    finish(result, as_json=arguments.json, keep="intents" if arguments.keep else None)
    if not arguments.json:
        print(table(result))


def nlupp(domain: str) -> dict[str, list[dict[str, Any]]]:
    """Rows of one domain by split."""
    rows = read_rows(SHARED / "data" / "nlupp" / f"{domain}.jsonl.gz")

    def of(folds: range) -> list[dict[str, Any]]:
        return [
            {"text": r["text"], "labels": r["intents"] or []} for r in rows if r["fold"] in folds
        ]

    return {
        "train": of(range(VALID_FOLDS.start)),
        "valid": of(VALID_FOLDS),
        "test": of(TEST_FOLDS),
    }


def multidogo() -> dict[str, list[dict[str, Any]]]:
    """Customer turns by split."""
    folder = SHARED / "data" / "multidogo"
    return {
        split: [
            {"text": row["text"], "labels": row["intents"] or []}
            for row in read_rows(folder / f"{name}.jsonl.gz")
        ]
        for split, name in {"train": "train", "valid": "dev", "test": "test"}.items()
    }


def decided(files: dict[str, list[dict[str, Any]]]) -> tuple[dict[str, dict[str, Any]], str]:
    """Micro-F1 of every finalist on `test`, and the headline."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        for split, rows in files.items():
            write_rows(workspace / f"{split}.jsonl", rows)
        (workspace / "sartor.yaml").write_text(
            "task: classify\n"
            "data: {train: [train.jsonl], valid: [valid.jsonl], test: [test.jsonl]}\n"
            "columns: {input: text, output: labels}\n"
            "targets: {micro_f1: 0.8}\n"
            f"max_examples: {MOST_ROWS}\n",
            "utf-8",
        )
        start = time.monotonic()
        result = flow.run(workspace, quick=True, skip_bad=True, progress=progress_lines())
        seconds = time.monotonic() - start
    figures = {
        f"{candidate.method} micro-F1": {
            "value": round(candidate.test["micro_f1"].value, 5),
            "low": round(candidate.test["micro_f1"].low, 5),
            "high": round(candidate.test["micro_f1"].high, 5),
            "unit": "share",
        }
        for candidate in result.decision.candidates
        if candidate.test is not None
    }
    figures["seconds"] = {"value": round(seconds, 1), "low": None, "high": None, "unit": "s"}
    return figures, result.decision.headline


def table(result: dict[str, Any]) -> str:
    """One line a figure, and the headlines."""
    lines = []
    for name, figure in result["figures"].items():
        interval = (
            f"({figure['low']:.3f} to {figure['high']:.3f})" if figure["low"] is not None else ""
        )
        lines.append(f"{name:44} {figure['value']:8.4f} {interval}")
    lines += [f"{name}: {headline}" for name, headline in result["verdicts"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
