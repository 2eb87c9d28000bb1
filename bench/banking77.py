"""BANKING77 (Casanueva et al. 2020, arXiv 2003.04807): the whole decision beside the published figures.

    python -m bench.banking77                 the full training set, three seeds
    python -m bench.banking77 --quick         a provisional verdict
    python -m bench.banking77 --per-class 10  few-shot: five draws of ten rows a class
    python -m bench.longer FOLDER             afterwards, of the workspace: trained twice as long

The original split: `test` is opened by the run itself, once, after the winner is written down. Guests'
messages to a hotel (NLU++, Casanueva et al. 2022) stand beside it as texts of no class: no choice and no
threshold sees any of them. Published figures are from the papers and blogs named; models are larger than
ours by a factor of four to four hundred.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench.document import SHARED, document, finish, progress_lines, read_rows, write_rows
from sartor import flow

FOLDER = SHARED / "data" / "banking77"
FOREIGN = SHARED / "data" / "nlupp" / "hotels.jsonl.gz"
NO_CLASS = "out_of_scope"
NUM_DRAWS = 5
PUBLISHED_FULL = {
    "best published": 0.949,
    "MPNet, full fine-tuning": 0.941,
    "bge-small frozen + linear SVC": 0.931,
    "DistilBERT, full fine-tuning": 0.925,
    "Qwen3-8B, QLoRA": 0.919,
    "TF-IDF + linear SVC": 0.912,
}
PUBLISHED_TEN = {
    "CPFT (RoBERTa-base)": 0.872,
    "DNNC (RoBERTa-base)": 0.867,
    "USE + ConveRT": 0.852,
    "RoBERTa-base": 0.843,
}


def main() -> None:
    """Run, print the table, keep the result."""
    arguments = _arguments()
    if not FOLDER.is_dir():
        sys.exit(f"{FOLDER} is absent: this benchmark needs the real data set.")
    if arguments.per_class:
        result = few_rows(
            arguments.per_class,
            is_quick=arguments.quick,
            draws=arguments.draws,
            folder=arguments.workspace,
        )
        name = f"banking77_{arguments.per_class}_per_class"
    else:
        result = all_rows(is_quick=arguments.quick, folder=arguments.workspace)
        name = "banking77_quick" if arguments.quick else "banking77"
    finish(result, as_json=arguments.json, keep=name if arguments.keep else None)
    if not arguments.json:
        print(table(result))


def all_rows(*, is_quick: bool, folder: str | None) -> dict[str, Any]:
    """The full training set."""
    with tempfile.TemporaryDirectory() as scratch:
        workspace = Path(folder or scratch)
        write_goal(workspace, FOLDER / "train.jsonl.gz", hours=1.25)
        result, seconds = decide(workspace, is_quick=is_quick)
        figures = figures_of(result, seconds)
    return document(
        "banking77",
        figures=figures,
        published=PUBLISHED_FULL,
        spread="95 % interval",
        winner=result.decision.winner,
        verdict=str(result.decision.verdict),
        headline=result.decision.headline,
        settings={c.method: c.settings for c in _finalists(result)},
    )


def few_rows(per_class: int, *, is_quick: bool, draws: int, folder: str | None) -> dict[str, Any]:
    """Some draws of a few rows a class; the mean over draws of each method.

    Draws that are done in the folder are not done again; the time is then not told.
    """
    accuracies: dict[str, list[float]] = {}
    winners, best, seconds, is_reused = [], [], 0.0, False
    for draw in range(draws):
        with tempfile.TemporaryDirectory() as scratch:
            workspace = Path(folder or scratch) / f"draw_{draw}"
            workspace.mkdir(parents=True, exist_ok=True)
            sample(per_class, draw, workspace / "train.jsonl")
            write_goal(workspace, workspace / "train.jsonl", hours=0.3)
            result, spent = decide(workspace, is_quick=is_quick)
        seconds += spent
        is_reused = is_reused or result.is_reused
        for finalist in _finalists(result):
            assert finalist.test is not None
            accuracies.setdefault(finalist.method, []).append(finalist.test["accuracy"].value)
        winners.append(result.decision.winner["method"] if result.decision.winner else None)
        best.append(_winner(result).test["accuracy"].value)
        print(f"draw {draw}: winner {winners[-1]} {best[-1]:.4f}", file=sys.stderr, flush=True)
    figures = {f"{method} accuracy": _spread(values) for method, values in accuracies.items()}
    figures["winner accuracy"] = _spread(best)
    if not is_reused:
        figures["seconds"] = {"value": round(seconds, 1), "low": None, "high": None, "unit": "s"}
    return document(
        "banking77",
        figures=figures,
        published=PUBLISHED_TEN,
        spread="lowest to highest draw",
        winners=winners,
    )


def sample(per_class: int, draw: int, file: Path) -> None:
    """Write a fixed draw of the training rows."""
    rows = read_rows(FOLDER / "train.jsonl.gz")
    rng = np.random.default_rng(draw)
    by_label: dict[str, list[dict[str, str]]] = {}
    for index in rng.permutation(len(rows)):
        by_label.setdefault(rows[index]["label"], []).append(rows[index])
    chosen = [row for label in sorted(by_label) for row in by_label[label][:per_class]]
    write_rows(file, chosen)


def write_goal(workspace: Path, train: Path, *, hours: float) -> None:
    """A goal with the original split, and texts of another domain beside `test`."""
    workspace.mkdir(parents=True, exist_ok=True)
    test = workspace / "test.jsonl"
    foreign = [{"text": row["text"], "label": NO_CLASS} for row in read_rows(FOREIGN)]
    write_rows(test, read_rows(FOLDER / "test.jsonl.gz") + foreign)
    text = (
        "task: classify\n"
        f"data: {{train: [{train}], test: [{test}]}}\n"
        f"out_of_scope: {{label: {NO_CLASS}}}\n"
        "targets: {accuracy: 0.93}\n"
        f"budget: {{hours: {hours}}}\n"
    )
    (workspace / "sartor.yaml").write_text(text, "utf-8")


def decide(workspace: Path, *, is_quick: bool) -> tuple[Any, float]:
    """The run, and its seconds on the wall."""
    start = time.monotonic()
    result = flow.run(workspace, quick=is_quick, progress=progress_lines())
    return result, time.monotonic() - start


def figures_of(result: Any, seconds: float) -> dict[str, dict[str, Any]]:
    """Accuracy of every finalist, calibration, automation and time."""
    figures: dict[str, dict[str, Any]] = {}
    for finalist in _finalists(result):
        measured = finalist.test["accuracy"]
        figures[f"{finalist.method} accuracy"] = _figure(measured)
        figures[f"{finalist.method} share of budget"] = _plain(finalist.share_of_budget, "share")
        versus = finalist.versus_winner
        if versus is not None:
            figures[f"{finalist.method} minus winner"] = {
                "value": round(versus.difference, 5),
                "low": round(versus.low, 5),
                "high": round(versus.high, 5),
                "unit": f"accuracy, p = {versus.p_value:.4f}",
            }
    figures["winner accuracy"] = _figure(_winner(result).test["accuracy"])
    automation = result.decision.automation
    if automation is not None:
        figures["expected calibration error"] = _figure(automation.expected_calibration_error)
        figures["automation rate"] = _figure(automation.rate)
        figures["automation precision"] = _figure(automation.precision)
        scope = automation.out_of_scope
        figures["out-of-scope recall"] = scope["recall"] | {"unit": "share of hotel messages"}
        figures["out-of-scope AUROC"] = scope["auroc"] | {"unit": "area"}
        figures["in-scope kept"] = _plain(round(scope["kept_share"], 5), "share of test")
    figures["seconds"] = _plain(round(seconds, 1), "s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    figures["peak memory"] = _plain(round(peak, 2), "GiB, whole process")
    return figures


def table(result: dict[str, Any]) -> str:
    """Measured and published, best first."""
    rows = [
        (figure["value"], f"{name.removesuffix(' accuracy')} (measured)", figure)
        for name, figure in result["figures"].items()
        if name.endswith("accuracy")
    ]
    rows += [(value, f"{name} (published)", None) for name, value in result["published"].items()]
    lines = [f"{'accuracy on test':44} value   {result['spread']}"]
    for value, name, figure in sorted(rows, key=lambda row: -row[0]):
        interval = f"{figure['low']:.3f} to {figure['high']:.3f}" if figure else ""
        lines.append(f"{name:44} {value:.4f}  {interval}")
    if seconds := result["figures"].get("seconds"):
        lines += ["", f"{seconds['value']:.0f} seconds"]
    return "\n".join(lines)


def _finalists(result: Any) -> list[Any]:
    return [c for c in result.decision.candidates if c.state in ("winner", "finalist")]


def _winner(result: Any) -> Any:
    return next(c for c in result.decision.candidates if c.state == "winner")


def _figure(estimate: Any) -> dict[str, Any]:
    return {
        "value": round(estimate.value, 5),
        "low": round(estimate.low, 5),
        "high": round(estimate.high, 5),
        "unit": "share",
    }


def _plain(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "low": None, "high": None, "unit": unit}


def _spread(values: list[float]) -> dict[str, Any]:
    return {
        "value": round(statistics.mean(values), 5),
        "low": round(min(values), 5),
        "high": round(max(values), 5),
        "unit": f"share, mean of {len(values)} draws (lowest and highest draw)",
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="a provisional verdict")
    parser.add_argument("--json", action="store_true", help="print the JSON document")
    parser.add_argument("--keep", action="store_true", help="keep it under bench/results")
    parser.add_argument("--per-class", type=int, help="rows a class to learn from")
    parser.add_argument("--draws", type=int, default=NUM_DRAWS, help="draws of them")
    parser.add_argument("--workspace", help="a folder to keep the run in")
    return parser.parse_args()


if __name__ == "__main__":
    main()
