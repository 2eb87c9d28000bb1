"""Splits and storage of written answers: references, copies, groups, and a file that reopens alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_data import Row, prepared, write_rows
from written_data import chat, counted, examples, read, wanted

from sartor.core.goal import Columns
from sartor.data.dataset_file import load_dataset

SPLIT = {"train": ("train.jsonl",), "test": ("test.jsonl",)}


def pair(asked: object, answered: object, **more: object) -> Row:
    return {"question": f"Question {asked}?", "answer": f"Answer {answered}.", **more}


def split_by_user(folder: Path, train: list[Row], test: list[Row], task: str = "generate"):
    write_rows(folder / "train.jsonl", train)
    write_rows(folder / "test.jsonl", test)
    return prepared(folder, wanted(task, data=SPLIT))


def test_several_answers_are_one_row_in_test_and_a_row_each_in_train(tmp_path):
    train = [pair(at // 3, at) for at in range(30)]
    test = [pair(f"t{at // 3}", at) for at in range(9)]
    dataset = split_by_user(tmp_path, train, [*test, test[0]])
    assert len(dataset.train) == 30
    assert {len(target) for target in dataset.train.targets} == {1}
    opened = dataset.test.open("a test")
    assert dataset.test.num_examples == len(opened) == 3
    assert opened.targets[0] == ("Answer 0.", "Answer 1.", "Answer 2.")
    assert counted(dataset)["rows joined to another's answers"] == 7
    assert dataset.card.num_examples == {"train": 30, "test": 3}
    assert dataset.card.num_answers == {"p50": 3.0, "p95": 3.0, "max": 3.0}


def test_answers_far_apart_in_the_file_find_each_other(tmp_path, monkeypatch):
    from sartor.data import scan

    monkeypatch.setattr(scan, "SPOOL_ROWS", 4)
    test = [pair(at % 10, at) for at in range(50)]
    dataset = split_by_user(tmp_path, [pair(f"x{at}", at) for at in range(10)], test)
    opened = dataset.test.open("a test")
    assert len(opened) == 10
    for text, target in zip(opened.texts, opened.targets, strict=True):
        number = int(text.split()[1].rstrip("?"))
        assert target == tuple(f"Answer {number + 10 * k}." for k in range(5))


def test_worse_answers_of_joined_rows_are_joined_too(tmp_path):
    train = [{"prompt": f"Q{at}", "chosen": "A", "rejected": "B"} for at in range(5)]
    test = [{"prompt": "T", "chosen": f"A{at}", "rejected": f"B{at % 2}"} for at in range(4)]
    dataset = split_by_user(tmp_path, train, test)
    opened = dataset.test.open("a test")
    assert list(opened.targets) == [("A0", "A1", "A2", "A3")]
    assert list(opened.rejected) == [("B0", "B1")]


def test_equal_inputs_stay_on_one_side_of_a_drawn_split(tmp_path):
    rows = [pair(at // 2, at) for at in range(200)]
    dataset = read(tmp_path, rows, "generate")
    test = set(dataset.test.open("a test").texts)
    assert 15 <= len(test) <= 25
    assert not test & set(dataset.train.texts)
    assert "stratified" not in dataset.card.split_rule
    assert "whole groups" in dataset.card.split_rule


def test_a_group_column_keeps_near_equal_texts_on_one_side(tmp_path):
    rows = [pair(at, at, template=f"t{at // 10}") for at in range(300)]
    dataset = read(tmp_path, rows, "generate", columns=Columns(group="template"))
    test = dataset.test.open("a test")
    assert len(test) == pytest.approx(60, abs=10)
    assert not set(test.groups) & set(dataset.train.groups)


def test_copies_to_the_letter_are_dropped_from_train_and_counted_across_splits(tmp_path):
    train = [pair(at, at) for at in range(20)]
    copies = [train[0], {"question": "QUESTION 1?", "answer": "Answer 1."}]
    dataset = split_by_user(tmp_path, [*train, *copies], [train[3], pair("t", "t")])
    counts = counted(dataset)
    assert counts["exact duplicates"] == 1
    assert counts["test texts in train"] == 1
    assert len(dataset.train) == 21
    assert dataset.test.num_examples == 2


def test_a_split_column_is_respected(tmp_path):
    rows = [pair(at, at, split="test" if at % 5 == 0 else "train") for at in range(50)]
    dataset = read(tmp_path, rows, "generate")
    assert (len(dataset.train), dataset.test.num_examples) == (40, 10)
    assert "Splits by the user" in dataset.card.split_rule


def test_a_column_that_names_one_split_only_is_not_used(tmp_path):
    rows = [pair(at, at, split="train") for at in range(50)]
    dataset = read(tmp_path, rows, "generate")
    assert dataset.test.num_examples == 10
    notes = [c.note for c in dataset.card.counts if c.what == "columns not used"]
    assert "`split`" in notes[0]


def test_few_rows_have_no_valid_and_many_have_one(tmp_path):
    assert read(tmp_path, [pair(at, at) for at in range(500)], "generate").valid is None
    many = read(tmp_path, [pair(at, at) for at in range(3_000)], "generate")
    assert len(many.valid) == pytest.approx(360, abs=20)
    assert not set(many.valid.texts) & set(many.train.texts)


def test_what_is_stored_reopens_alike_and_hashes_alike(tmp_path):
    rows = [chat(f"Hi {at}", f"Hello {at}.", f"Bye {at}", "See you.") for at in range(40)]
    first = read(tmp_path, rows, "chat")
    (tmp_path / "again").mkdir()
    second = read(tmp_path / "again", rows, "chat")
    assert first.hash == second.hash
    assert examples(first) == examples(second)
    assert read(tmp_path, rows[:-1], "chat").hash != first.hash


def test_targets_stay_on_disk_until_they_are_asked_for(tmp_path):
    dataset = read(tmp_path, [pair(at, at) for at in range(50)], "generate")
    assert "targets" not in vars(dataset.train)
    assert len(dataset.train.texts) == len(dataset.train) == 40
    assert dataset.train.targets.dtype == object
    assert dataset.train.targets is dataset.train.targets


def test_a_split_can_be_cut_and_joined_with_its_worse_answers(tmp_path):
    rows = [{"prompt": f"Q{at}", "chosen": "A", "rejected": f"B{at}"} for at in range(10)]
    train = read(tmp_path, rows, "generate").train
    cut = train.take(np.array([3, 1]))
    assert list(cut.rejected) == [train.rejected[3], train.rejected[1]]
    joined = cut.plus(cut)
    assert list(joined.targets) == [("A",)] * 4
    assert len(joined.rejected) == 4
    assert cut.fingerprint() != joined.fingerprint()


def test_the_folder_of_a_dataset_is_all_that_is_needed(tmp_path):
    read(
        tmp_path,
        [pair(at, at) for at in range(50)],
        "translate",
        languages={"from": "a", "to": "b"},
    )
    (folder,) = (path.parent for path in tmp_path.rglob("card.json"))
    again = load_dataset(folder, lambda fingerprint, reason: None)
    assert (again.task, again.languages) == ("translate", {"from": "a", "to": "b"})
    assert len(again.train.targets) == 40


def test_max_examples_leaves_out_a_fixed_draw(tmp_path):
    rows = [pair(at, at) for at in range(100)]
    dataset = read(tmp_path, rows, "generate", max_examples=50)
    assert counted(dataset)["rows beyond max_examples"] == 50
    assert len(examples(dataset)) == 50
