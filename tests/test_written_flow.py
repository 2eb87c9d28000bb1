"""Whole runs whose answers are written: the package is checked, and `predict` gives what it writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sartor import flow
from sartor.core.errors import PackageError
from small_runs import Silent, write_jsonl

PLACES = ["attic", "cellar", "hall", "kitchen", "porch"]
SIZES = {"train": (40, 0), "valid": (20, 100), "test": (20, 200)}


def workspace(folder: Path) -> Path:
    """Questions and answers, split by the user."""
    for name, (num_rows, first) in SIZES.items():
        rows = [
            {
                "prompt": f"Where is coat {i} of row {i % 7}?",
                "completion": f"In the {PLACES[i % 5]}.",
            }
            for i in range(first, first + num_rows)
        ]
        write_jsonl(folder / f"{name}.jsonl", rows)
    data = "".join(f"  {name}: [{name}.jsonl]\n" for name in SIZES)
    (folder / "sartor.yaml").write_text(f"task: generate\ndata:\n{data}methods: [nearest_answer]\n")
    return folder


def test_a_run_packs_checks_and_predicts_texts(tmp_path: Path) -> None:
    folder = workspace(tmp_path)
    result = flow.run(folder, settings=("seeds=1",), quick=True, progress=Silent())
    assert result.package is not None
    decision = json.loads((result.folder / "decision.json").read_text("utf-8"))
    assert decision["details"]["package_check"] == {"num_texts": 20, "num_different": 0}
    [known, other] = flow.predict(folder, ["Where is coat 3 of row 3?", "Where is it?"])
    assert known.text == "In the kitchen."
    assert (known.labels, known.probability, known.hand_over) == ((), None, False)
    assert other.text is not None
    (result.package / "examples.jsonl").write_text("")
    with pytest.raises(PackageError, match=r"examples\.jsonl"):
        list(flow.predict(folder, ["Where is it?"]))
