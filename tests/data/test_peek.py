"""`sartor init` sees columns, output kind, labels and size without a goal."""

from __future__ import annotations

import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_data import messages, two_classes, write_rows

from sartor.core.errors import DataError
from sartor.core.goal import OutputKind
from sartor.data.peek import peek


def test_columns_labels_and_size_are_guessed(tmp_path):
    write_rows(tmp_path / "m.jsonl", [*messages("b", 5), *messages("a", 9), *messages("OOS", 2)])
    guess = peek(["m.jsonl"], tmp_path)
    assert guess.data == {"all": ("m.jsonl",)}
    assert guess.columns == {"input": "text", "output": "label"}
    assert guess.output_kind is OutputKind.SINGLE
    assert list(guess.labels.items()) == [("a", 9), ("b", 5), ("OOS", 2)]
    assert guess.out_of_scope == "OOS"
    assert (guess.num_rows, guess.is_exact) == (16, True)
    assert "belong to no class" in " ".join(guess.notes)


@pytest.mark.parametrize("name", ["m.jsonl", "m.jsonl.gz", "m.csv", "m.csv.gz"])
def test_the_number_of_rows_is_estimated_within_a_tenth(tmp_path, name):
    rows = two_classes(20_000)
    if "csv" in name:
        lines = [f"{row['text']},{row['label']}" for row in rows]
        content = "\n".join(["text,label", *lines]).encode()
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    else:
        write_rows(tmp_path / name, rows)
    guess = peek([name], tmp_path)
    assert not guess.is_exact
    assert guess.num_rows == pytest.approx(40_000, rel=0.1)


def test_parquet_rows_are_counted(tmp_path):
    pq.write_table(pa.Table.from_pylist(two_classes(3_000)), tmp_path / "m.parquet")
    guess = peek(["m.parquet"], tmp_path)
    assert (guess.num_rows, guess.is_exact) == (6_000, True)


def test_questions_become_notes(tmp_path):
    write_rows(tmp_path / "m.jsonl", [{"text": "a", "intent": "b", "category": "c"}])
    guess = peek(["m.jsonl"], tmp_path)
    assert guess.columns == {"input": "text"}
    assert guess.output_kind is None
    assert "`intent` and `category`" in guess.notes[0]
    assert guess.columns_there == ("text", "intent", "category")


def test_files_named_after_splits_are_splits(tmp_path):
    for name in ("train", "dev", "test"):
        write_rows(tmp_path / f"{name}.jsonl", two_classes(3))
    guess = peek(["train.jsonl", "dev.jsonl", "test.jsonl"], tmp_path)
    assert guess.data == {
        "train": ("train.jsonl",),
        "valid": ("dev.jsonl",),
        "test": ("test.jsonl",),
    }


def test_scores_and_several_labels_are_seen(tmp_path):
    write_rows(tmp_path / "s.jsonl", [{"text": f"{n}", "rating": n / 2} for n in range(9)])
    assert peek(["s.jsonl"], tmp_path).output_kind is OutputKind.SCORE
    write_rows(tmp_path / "m.jsonl", [{"text": "a", "tags": ["x", "y"]}, {"text": "b", "tags": []}])
    guess = peek(["m.jsonl"], tmp_path)
    assert guess.output_kind is OutputKind.MULTI
    assert guess.labels == {"x": 1, "y": 1}


def test_no_rows_is_an_error(tmp_path):
    (tmp_path / "m.jsonl").write_text("\n\n")
    with pytest.raises(DataError, match="has no rows"):
        peek(["m.jsonl"], tmp_path)
