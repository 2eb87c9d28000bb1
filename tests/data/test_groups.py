"""Columns that the user names are counted by split, and a group with another mix of labels is found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_data import goal, prepared, write_rows

from sartor.core.errors import DataError
from sartor.core.goal import Preparation


def _rows(num_rows=600):
    draw = np.random.default_rng(0)
    rows = []
    for number in range(num_rows):
        region = ["north", "south", "west"][number % 3]
        is_refund = draw.random() < (0.85 if region == "west" else 0.5)
        label = "refund" if is_refund else "delivery"
        rows.append({"text": f"{label} message number {number}", "label": label, "region": region})
    for row in rows[:30]:
        row["region"] = None
    return rows


def _wanted(*groups):
    return goal(prepare=Preparation(groups=groups))


def test_a_group_with_another_mix_of_labels_is_found(tmp_path):
    write_rows(tmp_path / "rows.jsonl", _rows())
    dataset = prepared(tmp_path, _wanted("region"))
    (table,) = dataset.card.groups
    found = {one.value: one for one in table.values}
    assert found["west"].p_value < 0.001
    assert round(found["west"].here, 1) == {"refund": 0.9, "delivery": 0.1}[found["west"].label]
    assert abs(found["west"].here - found["west"].elsewhere) > 0.25
    assert 10 < sum(found[""].num_rows.values()) <= 30
    assert not found[""].label


def test_rows_of_the_test_are_not_counted(tmp_path):
    write_rows(tmp_path / "rows.jsonl", _rows())
    dataset = prepared(tmp_path, _wanted("region"))
    (table,) = dataset.card.groups
    counted = sum(sum(one.num_rows.values()) for one in table.values)
    assert counted == len(dataset.development)
    assert dataset.test.num_examples > 0
    assert {split for one in table.values for split in one.num_rows} == {"train"}


def test_columns_to_count_change_nothing_of_the_rows(tmp_path):
    write_rows(tmp_path / "rows.jsonl", _rows())
    without, counted = prepared(tmp_path, goal()), prepared(tmp_path, _wanted("region"))
    assert without.card.groups == ()
    assert list(without.train.texts) == list(counted.train.texts)
    assert replace(counted.card, groups=()) == without.card


@pytest.mark.parametrize(
    ("column", "words"), [("regoin", "Did you mean `region`?"), ("text", "names rows, no groups")]
)
def test_a_column_that_is_not_there_or_names_rows_is_refused(tmp_path, column, words):
    write_rows(tmp_path / "rows.jsonl", _rows(1_100))
    with pytest.raises(DataError) as refused:
        prepared(tmp_path, _wanted(column))
    assert "prepare.groups" in str(refused.value)
    assert words in str(refused.value)
