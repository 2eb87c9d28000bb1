"""Choosing a base without training them all, and foreseeing more data: replays of measured curves.

    python -m bench.choose [--cache FOLDER] [--quick] [--json] [--keep]

Two hundred random subsets of 12 out of 30 bases on FLAN and WMT19 (Lin et al. 2024, arXiv 2402.02314), and
drawn ladders: which base would have been picked, at what cost. Learning curves: of these bases, and, with a
folder for what is computed on the way, of cheap classifiers on messages. What was looked at while the method
was made, and what was not, is told in docs/notes/choosing_a_base.md and docs/notes/learning_curves.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.choose_curves import judged, judged_labels, of_ladder, of_messages
from bench.choose_replay import (
    FOLDER,
    NUM_SUBSETS,
    Ladder,
    fine_tuning,
    replayed,
    summary,
    synthetic,
)
from bench.document import document, finish
from bench.intent_curves import SETS

TRAINED = ("short runs", "resumed", "halving", "straight lines")
"""Ways to choose that train anything."""
QUICK_SUBSETS = 20
SYNTHETIC = (11, 12, 13)
"""Seeds of drawn ladders; others were looked at."""
MESSAGES = ("banking77", "nlupp", "bitext", "multidogo", "hem", "digits")
WITH_LABELS = ("banking77", "bitext", "multidogo")


def main() -> None:
    """Run, print the table, keep the result."""
    arguments = _arguments()
    if not FOLDER.is_dir():
        sys.exit(f"{FOLDER} is absent: this benchmark needs the measured curves.")
    num_subsets = QUICK_SUBSETS if arguments.quick else NUM_SUBSETS
    figures = choices(num_subsets)
    ladders = {name: of_ladder(fine_tuning(name)) for name in ("flan", "wmt19")}
    for name, curves in ladders.items():
        _say(f"learning curves of {name}")
        figures |= curve_figures(name, judged(curves[::4] if arguments.quick else curves))
    if arguments.cache:
        figures |= message_figures(MESSAGES, Path(arguments.cache))
    name = "choose_quick" if arguments.quick else "choose"
    result = document("choose", figures=figures, num_subsets=num_subsets)
    finish(result, as_json=arguments.json, keep=name if arguments.keep else None)
    if not arguments.json:
        for name, figure in figures.items():
            print(f"{name:72} {figure['value']:8.4f}  {figure['unit']}")


def choices(num_subsets: int) -> dict[str, dict[str, Any]]:
    """Every way to choose, on every ladder, under both ways to count the cost."""
    flan = fine_tuning("flan")
    ladders = {
        "FLAN": flan,
        "FLAN, odd rows": flan.some(range(1, len(flan.bases), 2)),
        "WMT19": fine_tuning("wmt19"),
        **{f"drawn ladder {seed}": synthetic(seed) for seed in SYNTHETIC},
    }
    figures: dict[str, dict[str, Any]] = {}
    for name, ladder in ladders.items():
        units = {"operations": True} | ({} if name.startswith("drawn") else {"examples": False})
        for unit, by_parameters in units.items():
            _say(f"{name}, cost in {unit}")
            figures |= choice_figures(f"{name} by {unit}", ladder, by_parameters, num_subsets)
    return figures


def choice_figures(
    name: str, ladder: Ladder, by_parameters: bool, num_subsets: int
) -> dict[str, dict[str, Any]]:
    """Relative accuracy and savings of every method."""
    found = {}
    outcomes_of = replayed(ladder, by_parameters=by_parameters, num_subsets=num_subsets)
    for method, outcomes in outcomes_of.items():
        values = summary(outcomes)
        found[f"{name}: {method}, relative accuracy"] = {
            "value": round(values["relative accuracy"], 4),
            "low": round(values["5th percentile"], 4),
            "high": round(values["95th percentile"], 4),
            "unit": "share (5th to 95th percentile)",
        }
        if method in TRAINED:
            for what in ("saved apart from the winner's own", "saved inclusive"):
                found[f"{name}: {method}, {what}"] = _plain(values[what], "share of the cost")
    return found


def curve_figures(name: str, found: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, Any]]:
    """What `judged` found."""
    figures = {}
    for part, values in found.items():
        what = "4x the data, need" if part == "need" else f"{part} the data"
        unit = "factor off" if part == "need" else "share of the loss"
        for key, value in values.items():
            figures[f"{name} curves, {what}: {key}"] = _plain(value, _unit(key, unit))
    return figures


def message_figures(names: Sequence[str], cache: Path) -> dict[str, dict[str, Any]]:
    """Accuracy curves of cheap classifiers, and of their labels."""
    figures: dict[str, dict[str, Any]] = {}
    for name in names:
        assert name in SETS
        _say(f"learning curves of {name}")
        curves = of_messages(name, cache)
        figures |= curve_figures(name, judged(curves))
        if name in WITH_LABELS:
            for key, value in judged_labels(name, cache).items():
                figures[f"{name} labels, 2x the data: {key}"] = _plain(value, _unit(key, "recall"))
    return figures


def _unit(key: str, otherwise: str) -> str:
    if key == "questions":
        return "count"
    return "share of questions" if "coverage" in key and "width" not in key else otherwise


def _plain(value: float, unit: str) -> dict[str, Any]:
    return {"value": round(value, 4), "low": None, "high": None, "unit": unit}


def _say(line: str) -> None:
    print(f"## {line}", file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--cache", help="folder of the classifiers' curves; computed where missing")
    parser.add_argument("--quick", action="store_true", help="a few subsets and curves")
    parser.add_argument("--json", action="store_true", help="print the JSON document")
    parser.add_argument("--keep", action="store_true", help="keep it under bench/results")
    return parser.parse_args()


if __name__ == "__main__":
    main()
