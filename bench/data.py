"""What the data workshop finds, and how fast: wrong labels, copies, personal data, foreign rows, intents.

    python -m bench.data [--quick] [--full] [--json] [--keep] [--parts NAME ...]

labels     a twentieth of BANKING77's labels flipped: precision of the doubts, beside cleanlab on TF-IDF
copies     planted near-duplicates, and pairs that people judged, beside MinHash over three words
personal   planted personal data and false alarms, beside Presidio's pattern recognisers
foreign    a twentieth of other texts among support messages: average precision
facts      what is known of BANKING77 and Bitext, found by preparing them
intents    clusters of unlabelled messages, beside k-means with the true number
speed      rows of an invented support desk through `sartor data`, at several sizes; --full: a million

Real sets are read from ../shared, which --quick samples; parts whose sets are absent are left out and named.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from typing import Any

from bench.data_sets import has_sets
from bench.document import document, finish

PARTS = ("labels", "copies", "personal", "foreign", "facts", "intents", "speed")


def main() -> None:
    """Run the parts, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="few rows, one seed: worse figures")
    parser.add_argument("--full", action="store_true", help="the million rows too")
    parser.add_argument("--json", action="store_true", help="print the JSON document")
    parser.add_argument("--keep", action="store_true", help="keep it under bench/results")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    given = parser.parse_args()
    figures: dict[str, Any] = {}
    marks: dict[str, float] = {}
    left_out = []
    for part in given.parts:
        print(f"# {part}", file=sys.stderr, flush=True)
        found = measured(part, is_quick=given.quick, is_full=given.full)
        if found is None:
            left_out.append(part)
            continue
        figures |= found[0]
        marks |= found[1]
    result = document("data", figures=figures, marks=marks, left_out=left_out)
    name = "data" if set(given.parts) == set(PARTS) else "_".join(("data", *given.parts))
    finish(result, as_json=given.json, keep=name if given.keep else None)
    if not given.json:
        print(table(result))


def measured(
    part: str, *, is_quick: bool, is_full: bool
) -> tuple[dict[str, Any], dict[str, float]] | None:
    """Figures of a part and its marks; None where its sets are absent."""
    module = importlib.import_module(f"bench.data_{part}")
    if not has_sets(*module.NEEDS):
        return None
    more = {"is_full": is_full} if part == "speed" else {}
    return module.measured(is_quick=is_quick, **more), dict(module.MARKS)


def table(result: dict[str, Any]) -> str:
    """One line a figure, with its mark; and what was left out."""
    lines = []
    for name, found in result["figures"].items():
        low, high = found["low"], found["high"]
        between = "" if low is None else f" ({low:.4g} to {high:.4g})"
        mark = f"  mark {result['marks'][name]:g}" if name in result["marks"] else ""
        lines.append(f"{name:72} {found['value']:10.4g} {found['unit']}{between}{mark}")
    lines += [f"{part}: left out, its sets are not in ../shared" for part in result["left_out"]]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
