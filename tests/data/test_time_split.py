"""By time, the newest whole groups are held out; nobody is cut in two and no label is lost."""

from __future__ import annotations

import json

import numpy as np
import pytest
from small_data import goal, prepared

from sartor.core.errors import DataError
from sartor.core.goal import Columns, Preparation
from sartor.data.draw import Pool, hold_out_newest
from sartor.data.time_split import began

BY_TIME = Preparation(split_by="time")


def _write(folder, rows):
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")


def _messages(num_rows, *, time=True):
    return [
        {
            "text": f"message {number} about {'a coat' if number % 2 else 'an invoice'}",
            "label": "coat" if number % 2 else "invoice",
            "customer_id": f"c{number // 2}",
            **({"sent_at": f"2026-{number // 28 + 1:02}-{number % 28 + 1:02}"} if time else {}),
        }
        for number in range(num_rows)
    ]


def test_what_is_held_out_is_newer_than_what_is_learned(tmp_path):
    _write(tmp_path, reversed(_messages(200)))
    columns = Columns(group="customer_id", time="sent_at")
    dataset = prepared(tmp_path, goal(columns=columns, prepare=BY_TIME))
    learned = {int(text.split()[1]) for text in dataset.train.texts}
    held = set(range(200)) - learned
    assert 36 <= len(held) <= 44
    assert min(held) > max(learned)
    assert "newest" in dataset.card.split_rule
    at_random = prepared(tmp_path, goal(columns=columns))
    assert at_random.hash != dataset.hash
    assert "did not take part" in at_random.card.split_rule


def test_rows_without_a_time_stay_and_are_counted(tmp_path):
    rows = _messages(200)
    for row in rows[-30:]:
        row["sent_at"] = "last Tuesday"
    _write(tmp_path, rows)
    dataset = prepared(tmp_path, goal(columns=Columns(time="sent_at"), prepare=BY_TIME))
    assert {row["text"] for row in rows[-30:]} <= set(dataset.train.texts)
    counts = {count.what: count.num_rows for count in dataset.card.counts}
    assert counts["rows without a time"] == 30


def test_without_any_time_the_wish_is_refused(tmp_path):
    _write(tmp_path, _messages(100, time=False))
    with pytest.raises(DataError, match="no row has a time"):
        prepared(tmp_path, goal(prepare=BY_TIME))


def test_a_group_is_as_old_as_its_first_row():
    times = np.array([5.0, 1.0, np.nan, 7.0, np.nan])
    assert np.array_equal(
        began(times, np.array([0, 0, 1, 1, 2])), [1.0, 7.0, np.nan], equal_nan=True
    )


def test_the_last_of_a_label_stays_however_new_it_is():
    pool = Pool(
        unit_R=np.arange(10),
        key_R=np.arange(10, dtype=np.uint64),
        row_E=np.arange(10),
        stratum_E=np.array([0] * 6 + [1] * 4),
        num_strata=2,
        is_locked_U=np.zeros(10, bool),
    )
    is_held = hold_out_newest(pool, np.arange(10.0), share=0.5)
    assert np.flatnonzero(is_held).tolist() == [4, 5, 7, 8, 9]
