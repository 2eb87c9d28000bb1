"""Prepared once, found again, sealed where it is to be reported on."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from small_data import goal, messages, prepared, test_texts, two_classes, write_rows

from sartor.core.goal import Columns, OutputKind
from sartor.data import prepare as prepare_module
from sartor.data.dataset_file import TextColumn

FIFTY_THOUSAND = [
    {"text": f"text {n} {'é' * (n % 7)}", "label": "ab"[n % 2]} for n in range(10_000)
]


def test_a_dataset_holds_what_the_rows_say(tmp_path):
    rows = [
        {"body": " caf\u0065\u0301\r\nnow ", "queue": " b ", "sent_at": "2024-01-01"},
        *({"body": f"a {n}", "queue": "a"} for n in range(30)),
        *({"body": f"b {n}", "queue": "b"} for n in range(30)),
    ]
    write_rows(tmp_path / "rows.jsonl", rows)
    dataset = prepared(tmp_path, goal(columns=Columns(time="sent_at"), labels={"a": "As", "b": ""}))
    assert dataset.labels == ("a", "b")
    assert dataset.descriptions == {"a": "As"}
    rest = dataset.test.open("a test")
    by_text = {
        text: (dataset.labels[target], source)
        for split in (dataset.train, rest)
        for text, target, source in zip(split.texts, split.targets, split.sources, strict=True)
    }
    assert len(by_text) == 61
    assert by_text["café\nnow"] == ("b", "rows.jsonl:1")
    assert by_text["a 4"] == ("a", "rows.jsonl:6")
    card = dataset.card
    assert card.columns == {"input": "body", "output": "queue", "time": "sent_at"}
    assert card.origins == {"input": "recognised", "output": "recognised", "time": "given"}
    assert "time column did not take part" in card.split_rule
    assert card.num_examples == {"train": 49, "test": 12}
    assert card.label_counts == {"train": {"a": 24, "b": 25}}


@pytest.mark.parametrize(
    ("label", "kind"), [("x", "single"), (["x", "y"], "multi"), (2.5, "score")]
)
def test_every_output_kind_comes_back_from_the_store(tmp_path, label, kind):
    other = {"single": "z", "multi": [], "score": -1.0}[kind]
    rows = [{"text": f"{n}", "label": label if n % 2 else other} for n in range(100)]
    write_rows(tmp_path / "rows.jsonl", rows)
    dataset = prepared(tmp_path, goal())
    assert dataset.output_kind == OutputKind(kind)
    is_label = np.array([int(text) % 2 == 1 for text in dataset.train.texts])
    if kind == "multi":
        assert dataset.train.targets.tolist() == [[x, x] for x in is_label.tolist()]
    else:
        values = {"single": (0, 1), "score": (2.5, -1.0)}[kind]
        assert dataset.train.targets.tolist() == np.where(is_label, *values).tolist()


def test_a_second_run_reads_no_row(tmp_path, monkeypatch):
    write_rows(tmp_path / "rows.jsonl", two_classes())
    first = prepared(tmp_path, goal())

    def refuse(*_, **__):
        raise AssertionError("a row was read again")

    monkeypatch.setattr(prepare_module, "scan", refuse)
    monkeypatch.setattr(prepare_module, "look_at", refuse)
    second = prepared(tmp_path, goal())
    assert first.hash == second.hash
    assert first.card == second.card
    assert list(first.train.texts) == list(second.train.texts)


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"max_tokens": 9}, {"columns": Columns(input="text")}]
)
def test_a_changed_setting_prepares_anew(tmp_path, change):
    write_rows(tmp_path / "rows.jsonl", two_classes())
    assert prepared(tmp_path, goal()).hash != prepared(tmp_path, goal(**change)).hash


def test_a_changed_file_prepares_anew(tmp_path):
    write_rows(tmp_path / "rows.jsonl", two_classes())
    first = prepared(tmp_path, goal())
    write_rows(tmp_path / "rows.jsonl", [*two_classes(), *messages("refund", 1, start=99)])
    assert prepared(tmp_path, goal()).hash != first.hash


def test_two_workspaces_prepare_the_same_bytes(tmp_path):
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        write_rows(folder / "rows.jsonl", [row for name in "abc" for row in messages(name, 50)])
    first, second = (prepared(folder, goal()) for folder in folders)
    assert first.hash == second.hash
    contents = [
        {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in folders
    ]
    assert contents[0] == contents[1]


def test_the_test_file_is_read_only_after_the_look_was_noted(tmp_path):
    write_rows(tmp_path / "rows.jsonl", two_classes())
    looks: list[tuple[str, str]] = []
    prepared(tmp_path, goal())
    (sealed_file,) = (tmp_path / ".artifacts").rglob("test.arrow")
    kept = sealed_file.read_bytes()
    sealed_file.unlink()
    dataset = prepared(tmp_path, goal(), looks=looks)
    assert dataset.test.num_examples == 8
    assert looks == []
    with pytest.raises(FileNotFoundError):
        dataset.test.open("too early")
    assert looks == [(dataset.test.fingerprint, "too early")]
    sealed_file.write_bytes(kept)
    assert len(dataset.test.open("report")) == 8
    assert looks[1:] == [(dataset.test.fingerprint, "report")]


def test_what_test_holds_is_nowhere_on_the_card(tmp_path):
    write_rows(tmp_path / "train.jsonl", two_classes(50))
    write_rows(tmp_path / "test.jsonl", messages("refund", 7, start=700))
    data = {"train": ("train.jsonl",), "test": ("test.jsonl",)}
    dataset = prepared(tmp_path, goal(data=data))
    (card,) = (tmp_path / ".artifacts").rglob("card.json")
    assert "message number 70" not in card.read_text()
    assert list(json.loads(card.read_text())["card"]["label_counts"]) == ["train"]
    assert dataset.card.num_examples["test"] == 7


def test_only_finished_files_stay_in_the_store(tmp_path):
    write_rows(tmp_path / "rows.jsonl", two_classes())
    prepared(tmp_path, goal())
    names = {path.name for path in (tmp_path / ".artifacts").rglob("*") if path.is_file()}
    assert names == {"train.arrow", "test.arrow", "card.json", "facts.json"}


def test_long_texts_are_counted(tmp_path):
    long = {"text": "word " * 100_000, "label": "refund"}
    write_rows(tmp_path / "rows.jsonl", [*two_classes(), *[long] * 3, {**long, "text": "w " * 257}])
    dataset = prepared(tmp_path, goal())
    (count,) = [count for count in dataset.card.counts if count.what == "long texts"]
    assert "max_tokens" in count.note
    assert count.num_rows >= 1


def test_rows_over_many_batches_stay_with_their_labels(tmp_path):
    write_rows(tmp_path / "rows.jsonl", FIFTY_THOUSAND)
    dataset = prepared(tmp_path, goal())
    rest = dataset.test.open("a test")
    for split in (dataset.train, dataset.valid, rest):
        for text, target, source in zip(split.texts, split.targets, split.sources, strict=True):
            number = int(text.split()[1])
            assert target == number % 2
            assert source == f"rows.jsonl:{number + 1}"


def test_ticks_count_the_rows(tmp_path):
    write_rows(tmp_path / "rows.jsonl", two_classes(1_250))
    ticks: list[int] = []
    prepare_module.prepare(
        goal(),
        tmp_path,
        skip_bad=False,
        artifacts=prepared.__globals__["DiskArtifacts"](tmp_path / "a"),
        unseal_ledger=lambda *_: None,
        tick=ticks.append,
    )
    assert ticks == [1_000, 2_000, 2_500]


def test_a_text_column_is_a_sequence():
    column = TextColumn(pa.chunked_array([["a", "b"], ["c"], ["d", "e"]]))
    plain = ["a", "b", "c", "d", "e"]
    assert list(column) == plain
    assert [column[at] for at in range(-5, 5)] == [plain[at] for at in range(-5, 5)]
    assert column[np.int64(2)] == "c"
    for part in (slice(1, 4), slice(None), slice(4, 0, -2), slice(9, 12)):
        assert column[part] == plain[part]
    with pytest.raises(IndexError):
        column[5]


def test_an_open_test_split_gives_the_same_rows_each_time(tmp_path):
    write_rows(tmp_path / "rows.jsonl", two_classes())
    dataset = prepared(tmp_path, goal())
    assert test_texts(dataset) == test_texts(dataset)
