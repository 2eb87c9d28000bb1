"""Decoders that sort: BANKING77 and NLU++ by a base model that writes, each beside counting words.

    python -m bench.decoders [--quick] [--json] [--keep] [--sets NAME ...] [--bases ID ...]

A label is given in two ways: the model rates the names of the labels, off the shelf or tuned, or its output
layer is replaced by one with an output for each label. NLU++ (Casanueva et al. 2022) has several labels a
text, which only the second gives.
"""

from __future__ import annotations

from bench.document import SHARED, read_rows
from bench.intents import nlupp
from bench.written import Task, arguments_of, measure

METRICS = ("accuracy", "macro_f1", "micro_f1")
BASES = ("sartor-mini",)


def main() -> None:
    """Run the sets, print, keep."""
    parser = arguments_of(__doc__, hours=0.5)
    parser.add_argument("--sets", nargs="*", default=tuple(SETS), choices=tuple(SETS))
    options = parser.parse_args()
    options.bases = options.bases or BASES
    measure("decoders", SETS, options, metrics=METRICS)


def banking77() -> Task:
    """One label a text; a tenth of train chooses."""
    folder = SHARED / "data" / "banking77"
    rows = read_rows(folder / "train.jsonl.gz")
    files = {
        "train": [row for number, row in enumerate(rows) if number % 10],
        "valid": rows[::10],
        "test": read_rows(folder / "test.jsonl.gz"),
    }
    kept = {
        split: [{"text": row["text"], "label": row["label"]} for row in rows]
        for split, rows in files.items()
    }
    return kept, ["task: classify", "columns: {input: text, output: label}", "seeds: 1"], ""


def nlupp_banking() -> Task:
    """Several labels a text."""
    goal = ["task: classify", "columns: {input: text, output: labels}", "seeds: 1"]
    return nlupp("banking"), goal, ""


SETS = {"banking77": banking77, "nlupp": nlupp_banking}


if __name__ == "__main__":
    main()
