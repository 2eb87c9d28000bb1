"""Held-out rows that a base model has read are counted in the card; nothing else of the data changes."""

from __future__ import annotations

import hashlib
import json
import lzma
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from small_data import goal, messages, prepared, test_texts, two_classes, write_rows

from sartor.core.dataset import Count, Dataset
from sartor.data.contamination import ReadBefore
from sartor.intake import read_before

READ_AT_HOME = "where the tailor kept his chalk nobody in the shop would ever say"
SHARED = Path(__file__).parents[3] / "shared" / "data" / "pretrain" / "office_support"


def known_to(dataset: Dataset) -> list[Count]:
    assert dataset.card is not None
    return [count for count in dataset.card.counts if "known to" in count.what]


def read_by(*bases: str) -> ReadBefore:
    return ReadBefore(bases, "0" * 8, lambda text: READ_AT_HOME in text)


def given_splits(folder: Path, num_read: int):
    """`num_read` of 40 test rows stand in the pretraining text, and as many of train's."""
    train = [row | {"text": f"{row['text']} in {READ_AT_HOME}"} for row in two_classes()[:num_read]]
    test = messages("refund", 60)[40:] + messages("delivery", 60)[40:]
    for row in test[:num_read]:
        row["text"] += f" and {READ_AT_HOME}"
    write_rows(folder / "train.jsonl", train + two_classes(30)[num_read:])
    write_rows(folder / "test.jsonl", test)
    return goal(data={"train": ("train.jsonl",), "test": ("test.jsonl",)})


@pytest.mark.parametrize("num_read", [0, 1, 7])
def test_rows_of_the_test_are_counted_and_those_of_train_are_not(tmp_path, num_read):
    wanted = given_splits(tmp_path, num_read)
    dataset = prepared(tmp_path, wanted, read_before=[read_by("nano", "mini")])
    found = [count for count in known_to(dataset) if count.what.startswith("test rows")]
    assert [count.num_rows for count in found] == ([num_read] if num_read else [])
    for count in found:
        assert count.what == "test rows known to nano and mini"
        assert count.note.startswith(f"Of 40 test rows {num_read} may stand")
        assert count.examples == (), "a test row is shown to nobody"
        assert count.is_warning


def test_the_rows_are_the_same_whatever_was_read(tmp_path):
    wanted = given_splits(tmp_path, 3)
    plain, told = prepared(tmp_path, wanted), prepared(tmp_path, wanted, read_before=[read_by("a")])
    assert not known_to(plain)
    assert known_to(told)
    assert plain.hash == told.hash
    assert test_texts(plain) == test_texts(told)


def test_of_a_chat_every_turn_is_asked_for(tmp_path):
    def chat(number: int, first: str) -> dict:
        turns = [("user", first), ("assistant", "Which one?"), ("user", f"number {number}")]
        turns.append(("assistant", f"It is {number}."))
        return {"messages": [{"role": role, "content": said} for role, said in turns]}

    write_rows(tmp_path / "train.jsonl", [chat(i, f"hello {i}") for i in range(60)])
    write_rows(
        tmp_path / "test.jsonl",
        [chat(100 + i, READ_AT_HOME if i < 2 else f"good day {i}") for i in range(30)],
    )
    wanted = replace(goal(data={"train": ("train.jsonl",), "test": ("test.jsonl",)}), task="chat")
    dataset = prepared(tmp_path, wanted, read_before=[read_by("nano")])
    (found,) = [count for count in known_to(dataset) if "test" in count.what]
    assert found.num_rows == sum(READ_AT_HOME in text for text in test_texts(dataset)) == 3


@pytest.mark.needs_shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is absent")
def test_what_the_embedded_models_read_is_found_by_the_filter_that_ships_with_them(tmp_path):
    (read,) = read_before(goal(bases=("sartor-nano", "sartor-mini", "minilm-l6")), tmp_path)
    assert read.bases == ("sartor-nano", "sartor-mini")
    with lzma.open(SHARED / "articles.jsonl.xz", "rt", encoding="utf-8") as lines:
        pages = [json.loads(line)["text"] for line in islice(lines, 40)]
    asked = [page for page in pages if len(page.split()) > 100]
    assert sum(read.has(page) is True for page in asked) > len(asked) / 2
    words = sorted({w for page in asked for w in page.lower().split() if w.isalpha()}, key=hash_of)
    mixed = [" ".join(words[at : at + 40]) for at in range(0, 2000, 40)]
    assert sum(read.has(text) is True for text in mixed) <= 1


def hash_of(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()
