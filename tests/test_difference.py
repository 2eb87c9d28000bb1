"""What changed between two datasets of a workspace is told row by row; the test part stays sealed."""

from __future__ import annotations

import json

import pytest

from sartor import flow
from sartor.core.errors import DataError
from small_runs import Silent


def _messages(num_rows):
    return [
        {"text": f"{label} message number {number}", "label": label}
        for label in ("refund", "delivery")
        for number in range(num_rows)
    ]


def _write(folder, rows):
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return flow.gather(folder, progress=Silent())


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "sartor.yaml").write_text("task: classify\ndata: [rows.jsonl]\n")
    return tmp_path


def test_rows_that_came_went_and_changed_are_named(workspace):
    rows = _messages(60)
    old = _write(workspace, rows)
    learned = {text: at for at, text in enumerate(old.train.texts)}
    gone, other = list(learned)[:2]
    kept = [dict(row) for row in rows if row["text"] != gone]
    for row in kept:
        if row["text"] == other:
            row["label"] = "delivery" if row["label"] == "refund" else "refund"
    kept.append({"text": "write me to anna@post.example", "label": "refund"})
    new = _write(workspace, kept)
    found = flow.compare(workspace, new, "previous")
    assert (found.old, found.new) == (old.hash, new.hash)
    assert [one.text for one in found.examples["removed"]] == [gone]
    (changed,) = found.examples["changed"]
    assert changed.text == other
    assert {changed.before, changed.after} == {"refund", "delivery"}
    assert [one.text for one in found.examples["added"]] == ["write me to <EMAIL>"]
    assert found.num_rows["train"][0] == len(old.train)
    again = flow.compare(workspace, new, old.hash[:6])
    assert again == found
    json.dumps(found.as_dict())


def test_the_same_data_has_no_changes(workspace):
    dataset = _write(workspace, _messages(40))
    found = flow.compare(workspace, dataset, dataset.hash)
    assert not any(found.num_changes.values())
    assert not found.counts
    assert not found.is_other_test


def test_what_is_no_dataset_is_refused_with_those_that_are(workspace):
    old = _write(workspace, _messages(40))
    new = _write(workspace, _messages(41))
    with pytest.raises(DataError, match=old.hash):
        flow.compare(workspace, new, "zzzz")
    with pytest.raises(DataError, match="several"):
        flow.compare(workspace, new, "")
