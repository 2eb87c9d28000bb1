"""Columns of several annotators: most of them decide, ties are left out, and agreement is counted."""

from __future__ import annotations

import pytest
from small_data import goal, prepared, two_classes, write_rows

from sartor.core.errors import DataError, GoalError
from sartor.core.goal import Columns, OutputKind
from sartor.goal import load_goal

THREE = Columns(annotators=("anna", "ben", "cleo"))


def _annotated(num_each=20):
    rows = []
    for at, row in enumerate(two_classes(num_each)):
        label = row.pop("label")
        other = "delivery" if label == "refund" else "refund"
        rows.append(row | {"anna": label, "ben": label, "cleo": other if at % 3 == 0 else label})
    return rows


def _counts(dataset):
    return {line.what: line for line in dataset.card.counts}


def test_most_annotators_decide_and_their_agreement_is_told(tmp_path):
    rows = _annotated()
    write_rows(tmp_path / "rows.jsonl", rows)
    dataset = prepared(tmp_path, goal(columns=THREE))
    label_of = {row["text"]: row["anna"] for row in rows}
    targets = [dataset.labels[target] for target in dataset.train.targets]
    assert targets == [label_of[text] for text in dataset.train.texts]
    line = _counts(dataset)["rows rated by several"]
    assert line.num_rows == len(rows)
    assert "Krippendorff's alpha is 0.5" in line.note
    assert line.is_warning
    assert line.examples == (
        "anna: 82 % as the others",
        "ben: 82 % as the others",
        "cleo: 65 % as the others",
    )


def test_ties_and_rows_that_nobody_rated_are_left_out_and_counted(tmp_path):
    rows = _annotated()
    rows[0] |= {"anna": "refund", "ben": "delivery", "cleo": "other"}
    rows[1] |= {"anna": None, "ben": "", "cleo": " "}
    rows[2] |= {"anna": None, "ben": "", "cleo": "refund"}
    write_rows(tmp_path / "rows.jsonl", rows)
    dataset = prepared(tmp_path, goal(columns=THREE))
    counts = _counts(dataset)
    assert counts["ties of annotators"].examples == ("rows.jsonl:1",)
    assert counts["rows without a rating"].examples == ("rows.jsonl:2",)
    assert sum(dataset.card.num_examples.values()) == len(rows) - 2
    assert counts["rows rated by several"].num_rows == len(rows) - 2


def test_of_numbers_it_is_the_median(tmp_path):
    rows = [
        {"text": f"message {at}", "anna": at % 5, "ben": at % 5 + 1, "cleo": at % 5 + 3}
        for at in range(40)
    ]
    write_rows(tmp_path / "rows.jsonl", rows)
    dataset = prepared(tmp_path, goal(columns=THREE, output_kind=OutputKind.SCORE))
    median_of = {row["text"]: row["ben"] for row in rows}
    assert dataset.train.targets.tolist() == [median_of[text] for text in dataset.train.texts]


def test_the_ratings_of_a_test_file_are_not_counted(tmp_path):
    rows = _annotated()
    write_rows(tmp_path / "rows.jsonl", rows[::2] + rows[1::4])
    write_rows(tmp_path / "test.jsonl", rows[3::4])
    data = {"train": ("rows.jsonl",), "test": ("test.jsonl",)}
    dataset = prepared(tmp_path, goal(columns=THREE, data=data))
    assert dataset.test.num_examples == len(rows[3::4])
    assert _counts(dataset)["rows rated by several"].num_rows == len(rows) - len(rows[3::4])


def test_lists_and_absent_columns_are_refused_in_words(tmp_path):
    rows = _annotated()
    write_rows(tmp_path / "rows.jsonl", rows)
    with pytest.raises(DataError, match="there is no column `dora`"):
        prepared(tmp_path, goal(columns=Columns(annotators=("anna", "dora"))))
    rows[5]["ben"] = ["refund", "delivery"]
    write_rows(tmp_path / "rows.jsonl", rows)
    with pytest.raises(DataError, match=r"rows\.jsonl:6.*ben"):
        prepared(tmp_path, goal(columns=THREE))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("task: classify\ncolumns: {annotators: [anna]}", "names one annotator"),
        ("task: classify\ncolumns: {annotators: [a, b], output: c}", "is named beside"),
        ("task: classify\ncolumns: {annotators: [a, a]}", "twice"),
        ("task: chat\ncolumns: {annotators: [a, b]}", "classify` only"),
        ("task: chat\nprepare: {label_names: {a: b}}", "it is for classify"),
        ("task: extract\nprepare: {boilerplate: [rate us]}", "it is for other tasks"),
    ],
)
def test_a_goal_whose_settings_make_no_sense_is_refused(tmp_path, text, problem):
    (tmp_path / "sartor.yaml").write_text(f"{text}\ndata: [rows.jsonl]\n")
    with pytest.raises(GoalError, match=problem):
        load_goal(tmp_path / "sartor.yaml", overrides=(), methods=("head",))
