"""A whole run that classifies with a decoder: both ways to give labels compete, and the winner is served."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from sartor import flow
from small_runs import Silent, messages, write_jsonl

sys.path.append(str(Path(__file__).parent / "engines"))
METHODS = "methods=[few_shot,head,lora]"
PINNED = "settings={head: {pooling: last}, few_shot: {shots: 1}}"
"""Fewer settings: a run of seconds."""


def workspace(folder: Path) -> Path:
    """Three labels, split by the user (from 200 rows on, `valid` chooses alone), and a tiny Llama."""
    from writer_folders import writer

    folder.mkdir()
    for number, (name, num_each) in enumerate({"train": 20, "valid": 67, "test": 10}.items()):
        rows = messages(num_each, signal=0.6, seed=number)
        write_jsonl(folder / f"{name}.jsonl", rows)
    splits = "".join(f"  {name}: [{name}.jsonl]\n" for name in ("train", "valid", "test"))
    (folder / "sartor.yaml").write_text(f"task: classify\ndata:\n{splits}bases: [./tiny]\n")
    writer("llama", folder / "tiny", num_tokens=300)
    return folder


@pytest.mark.slow
def test_both_ways_to_give_labels_take_part_and_the_winner_is_served(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "here")
    settings = (METHODS, "seeds=1", "max_tokens=64", PINNED)
    result = flow.run(folder, settings=settings, quick=True, progress=Silent())
    decision = json.loads((result.folder / "decision.json").read_text("utf-8"))
    forms = {(c["method"], c["settings"].get("output")) for c in decision["candidates"]}
    assert forms >= {
        ("few_shot", "labels"),
        ("few_shot", "class head"),
        ("lora", "labels"),
        ("lora", "class head"),
        ("head", None),
    }
    assert result.package is not None
    [said] = flow.predict(folder, ["parcel late where order arrive courier"])
    assert said.labels[0] in ("refund", "delivery", "praise")


@pytest.mark.slow
def test_a_run_is_the_same_twice(tmp_path: Path) -> None:
    settings = (
        "methods=[head,lora]",
        "seeds=1",
        "max_tokens=64",
        "settings={lora: {output: class head}}",
    )
    values = []
    for name in ("first", "second"):
        result = flow.run(
            workspace(tmp_path / name), settings=settings, quick=True, progress=Silent()
        )
        found = json.loads((result.folder / "decision.json").read_text("utf-8"))["candidates"]
        values.append([(c["candidate"], c["valid"], c["test"]) for c in found])
    assert values[0] == values[1]
