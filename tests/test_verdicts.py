"""The four verdicts, each on data of its own where it is true."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sartor.flow import run
from sartor.results import RunResult
from small_runs import (
    Silent,
    decision_document,
    link_base,
    messages,
    small_run,
    split_workspace,
    write_jsonl,
)

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
METHODS = "methods=[tfidf,zero_shot,few_shot,head]"
needs_shared = [
    pytest.mark.needs_shared,
    pytest.mark.slow,
    pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is absent"),
]


def shared_rows(name: str, *, text: str = "text", label: str = "label") -> list[dict[str, Any]]:
    with gzip.open(SHARED / name, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [{"text": row[text], "label": row[label]} for row in rows]


def drawn(rows: list[dict[str, Any]], num_each: int, *, seed: int = 0) -> list[dict[str, Any]]:
    """So many rows of each label."""
    by_label: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for at in np.random.default_rng(seed).permutation(len(rows)):
        by_label[rows[int(at)]["label"]].append(rows[int(at)])
    return [row for label in sorted(by_label) for row in by_label[label][:num_each]]


def run_on(
    folder: Path, train: list[dict[str, Any]], test: list[dict[str, Any]], *settings: str
) -> RunResult:
    """A quick run with the embedded base model."""
    folder.mkdir()
    write_jsonl(folder / "train.jsonl", train)
    write_jsonl(folder / "test.jsonl", test)
    (folder / "sartor.yaml").write_text(
        "task: classify\ndata: {train: [train.jsonl], test: [test.jsonl]}\n"
    )
    return run(folder, settings=(METHODS, *settings), quick=True, progress=Silent())


def test_not_yet_where_the_mark_is_out_of_reach(tmp_path: Path, tiny_base_folder: Path) -> None:
    folder = split_workspace(tmp_path / "inbox", base=tiny_base_folder, signal=0.1)
    result = small_run(folder, "targets={accuracy: 0.99}", quick=True)
    assert result.decision.verdict == "not_yet"
    (target,) = result.decision.targets
    assert not target.met
    assert target.value < 0.99
    assert target.probability < 0.01
    assert result.decision.winner is not None, "the best so far is named, packaged and reported"
    assert result.package is not None
    assert any("Missing" in line for line in result.decision.advice)


def test_no_language_model_needed_where_words_tell_all(
    tmp_path: Path, tiny_base_folder: Path
) -> None:
    folder = split_workspace(tmp_path / "inbox", base=tiny_base_folder, signal=0.6)
    result = small_run(folder, "targets={accuracy: 0.9}", quick=True)
    assert result.decision.verdict == "no_model_needed"
    assert result.decision.winner is not None
    assert result.decision.winner["base"] is None


@pytest.mark.slow
def test_a_users_valid_of_sixty_rows_crowns_no_weak_baseline(
    tmp_path: Path, tiny_base_folder: Path
) -> None:
    """Too few rows to choose by: they join train, and cross-validation chooses."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    for number, (name, num_each) in enumerate({"train": 60, "valid": 20, "test": 40}.items()):
        write_jsonl(folder / f"{name}.jsonl", messages(num_each, signal=0.3, seed=number))
    lines = [f"  {name}: [{name}.jsonl]" for name in ("train", "valid", "test")]
    (folder / "sartor.yaml").write_text("\n".join(["task: classify", "data:", *lines]) + "\n")
    link_base(folder, tiny_base_folder)
    result = small_run(folder, "methods=[majority,tfidf,head]", "tolerance=0.05", quick=True)
    decision = decision_document(result)
    assert decision["data"]["num_examples"] == {"train": 240, "test": 120}
    assert "cross-validation" in decision["rule"]
    best = max(one["valid"]["accuracy"]["value"] for one in decision["candidates"] if one["valid"])
    (winner,) = [one for one in decision["candidates"] if one["state"] == "winner"]
    assert winner["valid"]["accuracy"]["value"] >= best - 0.05
    assert winner["method"] != "majority"


class TestOnRealData:
    """With the embedded MiniLM."""

    pytestmark = needs_shared

    def test_stay_off_the_shelf_with_two_examples_a_label(self, tmp_path: Path) -> None:
        """27 intents, 54 rows: examples beside the text beat a layer trained on them."""
        rows = shared_rows(
            "bitext_support/responses_4k.jsonl.gz", text="instruction", label="intent"
        )
        result = run_on(
            tmp_path / "inbox", drawn(rows, 2), drawn(rows, 15, seed=50), "targets={accuracy: 0.6}"
        )
        assert result.decision.verdict == "stay_off_the_shelf"
        assert "few-shot" in result.decision.headline

    def test_no_model_is_needed_on_a_random_split_of_near_duplicates(self, tmp_path: Path) -> None:
        rows = shared_rows(
            "bitext_support/responses_4k.jsonl.gz", text="instruction", label="intent"
        )
        train, test = drawn(rows, 55), drawn(rows, 25, seed=50)
        result = run_on(tmp_path / "inbox", train, test, "targets={accuracy: 0.9}")
        assert result.decision.verdict == "no_model_needed"

    def test_ship_where_training_is_shown_to_be_worth_it(self, tmp_path: Path) -> None:
        """77 intents of a bank, ten examples each."""
        train = drawn(shared_rows("banking77/train.jsonl.gz"), 10)
        test = drawn(shared_rows("banking77/test.jsonl.gz"), 5)
        result = run_on(tmp_path / "inbox", train, test, "targets={accuracy: 0.7}")
        assert result.decision.verdict == "ship"
        assert result.decision.winner is not None
        assert result.decision.winner["method"] == "head"
