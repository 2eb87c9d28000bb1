"""What is known of public sets, found by preparing them: BANKING77's copies, a random split of Bitext."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.data_sets import BANKING, BITEXT, figure
from bench.document import SHARED, read_rows, write_rows

NEEDS = (BANKING, BITEXT)
MARKS: dict[str, float] = {}
_TEST_SHARE = 0.2


def measured(*, is_quick: bool) -> dict[str, dict[str, Any]]:
    """Counts on the data card; both sets are small, so quick runs are the same."""
    found = {}
    banking = card(f"{{train: [{_file(BANKING, 'train')}], test: [{_file(BANKING, 'test')}]}}")
    counts = {count["what"]: count["num_rows"] for count in banking["counts"]}
    found["BANKING77: copies in train (4 are known)"] = figure(
        [counts.get("exact duplicates", 0)], "rows"
    )
    found["BANKING77: test texts in train (6 are known to the letter)"] = figure(
        [counts.get("test texts in train", 0)], "rows"
    )
    by_user, drawn, is_warned = _bitext()
    found["Bitext split at random: test rows near training rows"] = figure([by_user], "rows")
    found["Bitext split at random: warned, and grouped splits proposed"] = figure(
        [is_warned], "yes"
    )
    found["Bitext split by Sartor: test rows near training rows"] = figure([drawn], "rows")
    return found


def _bitext() -> tuple[int, int, bool]:
    """Test rows near training rows in a random split and in ours, and whether the first is warned of."""
    rows = read_rows(SHARED / "data" / BITEXT / "templates_6k.jsonl.gz")
    rows = [{"text": row["instruction"], "label": row["intent"]} for row in rows]
    random.Random(0).shuffle(rows)
    num_test = round(_TEST_SHARE * len(rows))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part, chosen in {
            "test": rows[:num_test],
            "train": rows[num_test:],
            "all": rows,
        }.items():
            write_rows(folder / f"{part}.jsonl", chosen)
        by_user = card(f"{{train: [{folder / 'train.jsonl'}], test: [{folder / 'test.jsonl'}]}}")
        drawn = card(f"[{folder / 'all.jsonl'}]")
    leak, rest = _leak(by_user), _leak(drawn)
    is_warned = bool(leak.get("is_warning")) and "keep such rows on one side" in leak["note"]
    return leak.get("num_rows", 0), rest.get("num_rows", 0), is_warned


def _leak(found: dict[str, Any]) -> dict[str, Any]:
    what = "test rows near training rows"
    return next((count for count in found["counts"] if count["what"] == what), {})


def card(data: str) -> dict[str, Any]:
    """The card that `sartor data` prints for files.

    Args:
        data: As in `sartor.yaml`.
    """
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sartor.yaml").write_text(f"task: classify\ndata: {data}\n", "utf-8")
        command = [sys.executable, "-m", "sartor", "data", folder, "--json", "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-4000:])
    return dict(json.loads(done.stdout)["card"])


def _file(name: str, split: str) -> Path:
    return SHARED / "data" / name / f"{split}.jsonl.gz"
