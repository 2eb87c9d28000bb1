"""Spellings of one label are shown, and joined where the goal says so."""

from __future__ import annotations

from small_data import goal, messages, prepared, write_rows

from sartor.core.goal import Preparation

ROWS = [
    *messages("refund", 30),
    *messages("Refunds", 8, start=100),
    *messages("order status", 30),
    *messages("order_status", 5, start=100),
    *messages("fit", 30),
]


def test_what_looks_the_same_is_shown_and_kept_apart(tmp_path):
    write_rows(tmp_path / "rows.jsonl", ROWS)
    dataset = prepared(tmp_path, goal())
    assert len(dataset.labels) == 5
    (line,) = (c for c in dataset.card.counts if c.what == "labels spelled in several ways")
    assert set(line.examples) == {"`Refunds: refund`", "`order_status: order status`"}


def test_labels_are_joined_as_the_goal_says(tmp_path):
    write_rows(tmp_path / "rows.jsonl", ROWS)
    names = {"Refunds": "refund", "order_status": "order status"}
    dataset = prepared(tmp_path, goal(prepare=Preparation(label_names=names)))
    assert dataset.labels == ("fit", "order status", "refund")
    assert not any(c.what == "labels spelled in several ways" for c in dataset.card.counts)
