"""What stands in test moves no choice, and nobody looks before the winner is on the disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sartor.core.leaderboard import CandidateRow
from sartor.flow import gather, run
from sartor.results import RunResult
from small_runs import SMALL, Silent, decision_document, small_run, split_workspace

METHODS = "methods=[tfidf,few_shot,head]"


def planted(folder: Path) -> None:
    """Every test row gives its label away by a word that no other row has."""
    path = folder / "test.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows:
        row["text"] = f"zq{row['label']}zq {row['text']} zq{row['label']}zq"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def scrambled(folder: Path) -> None:
    """Every test row has a label that is not its own."""
    path = folder / "test.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    others = {"refund": "delivery", "delivery": "praise", "praise": "refund"}
    path.write_text("".join(json.dumps({**r, "label": others[r["label"]]}) + "\n" for r in rows))


def choices(result: RunResult) -> dict[str, Any]:
    """Everything that was chosen, and every number it was chosen by."""
    document = decision_document(result)
    return {
        "winner": json.loads((result.folder / "winner.json").read_text()),
        "rule": json.loads((result.folder / "rule.json").read_text()),
        "candidates": [
            {
                key: one[key]
                for key in ("candidate", "settings", "state", "stopped_because", "valid")
            }
            for one in document["candidates"]
        ],
    }


@pytest.mark.slow
@pytest.mark.parametrize("spoil", [planted, scrambled])
def test_spoiling_the_test_rows_moves_no_choice(
    tmp_path: Path, tiny_base_folder: Path, spoil: Any
) -> None:
    clean, spoiled = (
        split_workspace(tmp_path / name, base=tiny_base_folder) for name in ("clean", "spoiled")
    )
    spoil(spoiled)
    before, after = (small_run(folder, METHODS, quick=True) for folder in (clean, spoiled))
    assert choices(before) == choices(after)
    assert before.decision.data["hash"] != after.decision.data["hash"]
    scores = [
        [
            one["test"]["accuracy"]["value"]
            for one in decision_document(r)["candidates"]
            if one["test"]
        ]
        for r in (before, after)
    ]
    assert scores[0] != scores[1], "the report does see what was done to the test rows"


def test_the_test_rows_are_not_opened_before_the_winner_is_on_the_disk(
    tmp_path: Path, tiny_base_folder: Path
) -> None:
    """With a test file that cannot be read, everything up to `winner.json` still happens."""
    folder = split_workspace(tmp_path / "inbox", base=tiny_base_folder)
    whole = small_run(split_workspace(tmp_path / "whole", base=tiny_base_folder), quick=True)
    gather(folder, settings=SMALL, progress=Silent())
    (arrow,) = folder.glob(".sartor/artifacts/dataset/*/test.arrow")
    arrow.write_bytes(b"no rows at all")
    with pytest.raises(ValueError, match="too small"):
        small_run(folder, quick=True)
    (run_folder,) = (path for path in (folder / "runs").iterdir() if path.is_dir())
    kept, expected = (
        json.loads((place / "winner.json").read_text()) for place in (run_folder, whole.folder)
    )
    assert kept == expected
    assert not (run_folder / "decision.json").exists()


class Guard(Silent):
    """Looks at the disk at every sign of life."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.looked_before_winner = 0
        self.signs_before_winner = 0

    def candidate(self, row: CandidateRow) -> None:
        super().candidate(row)
        if not list(self.folder.glob("runs/*/winner.json")):
            self.signs_before_winner += 1
            self.looked_before_winner += (self.folder / ".sartor/test_looks.jsonl").exists()
            self.looked_before_winner += (self.folder / ".sartor/artifacts/answers").exists()
            self.looked_before_winner += self._has_test_rows_mapped()

    def _has_test_rows_mapped(self) -> bool:
        """Arrow files are mapped into memory; the kernel lists them."""
        lines = Path("/proc/self/maps").read_text().splitlines()
        return any(str(self.folder) in line and line.endswith("test.arrow") for line in lines)


@pytest.mark.skipif(
    not Path("/proc/self/maps").exists(), reason="needs Linux's list of mapped files"
)
def test_no_look_and_no_answer_to_a_test_row_precedes_the_winner(
    tmp_path: Path, tiny_base_folder: Path
) -> None:
    folder = split_workspace(tmp_path / "inbox", base=tiny_base_folder)
    guard = Guard(folder)
    result = run(folder, settings=SMALL, quick=True, progress=guard)
    assert guard.signs_before_winner > 5
    assert guard.looked_before_winner == 0
    written = (result.folder / "winner.json").stat().st_mtime_ns
    looked = (folder / ".sartor/test_looks.jsonl").stat().st_mtime_ns
    answered = [p.stat().st_mtime_ns for p in folder.glob(".sartor/artifacts/answers/*/*")]
    assert answered
    assert written < looked < min(answered)


def test_looks_are_counted_by_run_and_shown(tmp_path: Path, tiny_base_folder: Path) -> None:
    folder = split_workspace(tmp_path / "inbox", base=tiny_base_folder)
    settings = ("methods=[tfidf]",)
    assert small_run(folder, *settings, quick=True).decision.test_looks == 1
    assert small_run(folder, *settings, quick=True).decision.test_looks == 1, "the same run"
    assert small_run(folder, *settings, "tolerance=0.02", quick=True).decision.test_looks == 2
