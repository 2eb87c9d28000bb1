"""What people decide in review.csv holds for the rows they saw and is counted; no cell is a formula."""

from __future__ import annotations

import contextlib
import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_data import goal, prepared, two_classes

from sartor.core.errors import DataError
from sartor.data.decisions import COLUMNS, read_decisions, spelled_key, write_review
from sartor.data.keys import exact_key

ROWS = two_classes(40)


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, ROWS)), "utf-8")
    return tmp_path


def _asked(*texts, **cells):
    return [
        {"place": f"rows.jsonl:{n}", "text": text, "key": spelled_key(exact_key(text)), **cells}
        for n, text in enumerate(texts, 1)
    ]


def _decide(folder, decide, *, delimiter=","):
    """Open the file as a person would, and save it."""
    text = (folder / "review.csv").read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, delimiter=delimiter)
    writer.writeheader()
    writer.writerows({**row, **decide(row)} for row in rows)
    (folder / "review.csv").write_text(out.getvalue(), "utf-8")


def _counts(dataset):
    return {count.what: count.num_rows for count in dataset.card.counts}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_rows_are_dropped_relabelled_and_kept_as_decided(workspace, delimiter):
    texts = [row["text"] for row in ROWS]
    before = prepared(workspace, goal())
    write_review(workspace, _asked(*texts[:3], suggested="delivery"))
    assert prepared(workspace, goal()).hash == before.hash, "nothing is decided yet"
    choices = dict(zip(texts, ("drop", "relabel", "KEEP"), strict=False))
    _decide(workspace, lambda row: {"decision": choices[row["text"]]}, delimiter=delimiter)
    (workspace / "rows.jsonl").write_text("\n".join(map(json.dumps, ROWS[::-1])), "utf-8")
    decided = prepared(workspace, goal())
    counts = _counts(decided)
    assert counts["rows dropped by decision"] == 1
    assert counts["rows relabelled by decision"] == 1
    assert counts["rows kept by decision"] == 1
    assert decided.hash != before.hash
    labels = dict(zip(decided.train.texts, decided.train.targets, strict=True))
    assert texts[0] not in labels
    assert decided.labels[labels.get(texts[1], decided.labels.index("delivery"))] == "delivery"


def test_a_decision_ends_when_its_row_changes(workspace):
    write_review(workspace, _asked("a text that is nowhere"))
    _decide(workspace, lambda row: {"decision": "drop"})
    assert _counts(prepared(workspace, goal()))["decisions without a row"] == 1


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"decision": "dorp"}, "no decision"),
        ({"decision": "relabel", "suggested": ""}, "no new label"),
        ({"decision": "drop", "key": ""}, "lost its `key`"),
    ],
)
def test_what_is_no_decision_is_refused_with_its_place(workspace, cells, problem):
    write_review(workspace, _asked("a", suggested="delivery"))
    _decide(workspace, lambda row: cells)
    with pytest.raises(DataError, match=problem) as caught:
        prepared(workspace, goal())
    assert caught.value.where == "review.csv:2"


def test_two_decisions_about_one_row_are_refused(workspace):
    write_review(workspace, [*_asked("a"), *_asked("a", what="again")])
    choices = iter(("drop", "keep"))
    _decide(workspace, lambda row: {"decision": next(choices)})
    with pytest.raises(DataError, match="decides otherwise"):
        read_decisions(workspace)


def test_a_table_of_something_else_is_named(workspace):
    (workspace / "review.csv").write_text("text,label\na,b\n")
    with pytest.raises(DataError, match="no column `decision`"):
        read_decisions(workspace)


def test_a_new_review_keeps_what_was_decided(workspace):
    write_review(workspace, _asked("a", "b"))
    _decide(workspace, lambda row: {"decision": "drop"} if row["text"] == "a" else {})
    write_review(workspace, _asked("b", "c"))
    rows = list(csv.DictReader(io.StringIO((workspace / "review.csv").read_text("utf-8-sig"))))
    assert [(row["text"], row["decision"]) for row in rows] == [("a", "drop"), ("b", ""), ("c", "")]


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A1", "+1", "-1", "@SUM(A1)", "\tx"])
def test_no_cell_is_a_formula(workspace, text):
    write_review(workspace, _asked(text, suggested=text))
    content = (workspace / "review.csv").read_text("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(content, newline=""))
    assert row["text"].startswith("'")
    _decide(workspace, lambda row: {"decision": "relabel"})
    (decision,) = read_decisions(workspace).by_key.values()
    assert decision.label == text


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("review")
    (folder / "review.csv").write_bytes(b"decision,key\n" + content)
    with contextlib.suppress(DataError):
        read_decisions(folder)
