"""Near-duplicates among rows: kept on one side, counted across splits, dropped only where asked for."""

from __future__ import annotations

import random
import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from small_data import goal, prepared, write_rows

from sartor.core.goal import Columns, Goal, NearDuplicates, Preparation
from sartor.data.prepare import data_settings

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
NOUNS = "coat jacket shirt parcel refund invoice voucher button sleeve collar zip lining"
VERBS = "return exchange repair track cancel order wash shorten measure collect"
COLOURS = "blue green red yellow brown grey"
SPLIT = {split: (f"{split}.jsonl",) for split in ("train", "test")}
DROP = Preparation(NearDuplicates(in_train="drop"))


def _requests(num: int, seed: int = 0) -> list[dict[str, str]]:
    """Different requests, none in nearly the words of another."""
    every = list(product(VERBS.split(), COLOURS.split(), NOUNS.split()))
    chosen = random.Random(seed).sample(every, num)
    return [{"text": f"How do I {v} the {c} {n}?", "label": v} for v, c, n in chosen]


def _again(row: dict[str, str]) -> dict[str, str]:
    return {
        **row,
        "text": "Hello,\n" + row["text"].replace("How do I", "how can i") + "\nThanks, Ann",
    }


def _counts(dataset):
    return {count.what: count for count in dataset.card.counts}


def test_near_duplicates_stay_on_one_side(tmp_path):
    rows = _requests(600)
    write_rows(tmp_path / "rows.jsonl", [*rows, *map(_again, rows[:300])])
    dataset = prepared(tmp_path, goal())
    sides = [dataset.development, dataset.test.open("a test")]
    plain = [
        {re.sub(r".* i |\?.*", "", text.lower(), flags=re.DOTALL) for text in side.texts}
        for side in sides
    ]
    assert not plain[0] & plain[1]
    assert len(set(dataset.train.groups)) < len(dataset.train)
    counts = _counts(dataset)
    assert counts["near-duplicates in train"].num_rows > 100
    assert "kept" in counts["near-duplicates in train"].note
    assert "test rows near training rows" not in counts


def test_train_loses_them_only_where_the_goal_says_so(tmp_path):
    rows = _requests(200)
    write_rows(tmp_path / "train.jsonl", [*rows, *map(_again, rows[:50])])
    write_rows(tmp_path / "test.jsonl", _requests(40, seed=9))
    kept = prepared(tmp_path, goal(data=SPLIT))
    dropped = prepared(tmp_path, goal(data=SPLIT, prepare=DROP))
    assert len(kept.train) == 250
    assert list(dropped.train.texts) == [row["text"] for row in rows]
    assert _counts(dropped)["near-duplicates in train"].num_rows == 50
    assert "dropped" in _counts(dropped)["near-duplicates in train"].note
    assert kept.hash != dropped.hash


def test_the_threshold_decides_and_is_part_of_the_hash():
    strict = goal(prepare=Preparation(NearDuplicates(threshold=1.0)))
    assert data_settings(strict) != data_settings(goal())


def test_conflicts_among_them_are_shown_and_never_resolved(tmp_path):
    rows = _requests(120)
    label = next(verb for verb in VERBS.split() if verb != rows[0]["label"])
    other = {**_again(rows[0]), "label": label}
    write_rows(tmp_path / "train.jsonl", [*rows, other])
    write_rows(tmp_path / "test.jsonl", _requests(20, seed=3))
    for wanted in (goal(data=SPLIT), goal(data=SPLIT, prepare=DROP)):
        dataset = prepared(tmp_path, wanted)
        assert len(dataset.train) == 121
        count = _counts(dataset)["near-duplicates in conflict"]
        assert count.num_rows == 2
        assert "train.jsonl:1 " in count.examples[0]
        assert "train.jsonl:121 " in count.examples[0]


@pytest.mark.parametrize(("num_leaked", "is_warning"), [(3, False), (30, True)])
def test_a_test_split_that_repeats_train_is_a_warning(tmp_path, num_leaked, is_warning):
    rows = _requests(400)
    write_rows(tmp_path / "train.jsonl", rows[:300])
    write_rows(tmp_path / "test.jsonl", [*map(_again, rows[:num_leaked]), *rows[300:]])
    dataset = prepared(tmp_path, goal(data=SPLIT))
    count = _counts(dataset)["test rows near training rows"]
    assert count.num_rows == num_leaked
    assert count.is_warning is is_warning
    assert ("one list under `data`" in count.note) is is_warning
    assert count.examples[0] == "test.jsonl:1 ~ train.jsonl:1"
    assert "coat" not in "".join(count.examples)
    assert len(dataset.train) == 300


def test_rows_to_report_on_change_no_family(tmp_path):
    rows = _requests(300)
    train = [*rows, *map(_again, rows[:40])]
    write_rows(tmp_path / "train.jsonl", train)
    write_rows(tmp_path / "test.jsonl", _requests(50, seed=4))
    clean = prepared(tmp_path, goal(data=SPLIT))
    write_rows(tmp_path / "test.jsonl", [*map(_again, rows[50:200]), *map(_again, train[:20])])
    dirty = prepared(tmp_path, goal(data=SPLIT))
    assert list(clean.train.texts) == list(dirty.train.texts)
    assert np.array_equal(clean.train.groups, dirty.train.groups)


def test_rows_of_one_group_are_no_repetition(tmp_path):
    rows = _requests(100)
    rows = [{**row, "thread": f"t{at}"} for at, row in enumerate(rows)]
    write_rows(tmp_path / "train.jsonl", [*rows, *map(_again, rows)])
    write_rows(tmp_path / "test.jsonl", [{**row, "thread": "x"} for row in _requests(9, seed=3)])
    wanted = goal(data=SPLIT, prepare=DROP, columns=Columns(group="thread"))
    assert len(prepared(tmp_path, wanted).train) == 200


def test_written_answers_are_dropped_only_with_the_same_answer(tmp_path):
    rows = [{"input": row["text"], "output": f"So: {at}"} for at, row in enumerate(_requests(100))]
    again = [{**row, "input": _again({"text": row["input"]})["text"]} for row in rows[:20]]
    again[0]["output"] = "Otherwise."
    write_rows(tmp_path / "train.jsonl", [*rows, *again])
    write_rows(tmp_path / "test.jsonl", [{"input": "Anything else?", "output": "No."}] * 3)
    dataset = prepared(tmp_path, Goal(task="generate", data=SPLIT, prepare=DROP, max_tokens=1024))
    assert len(dataset.train) == 101
