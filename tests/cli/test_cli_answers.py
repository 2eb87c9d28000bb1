"""Predictions as JSONL and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from itertools import islice

import pytest

from sartor.cli.answers import answers, csv_lines, jsonl_lines, safe_cell
from sartor.core.prediction import Prediction
from sartor.results import InputRow


def said(*labels: str, hand_over: bool = False) -> Prediction:
    return Prediction(
        labels=labels,
        score=None,
        probability=0.91234567,
        confidence=0.9,
        interval=None,
        hand_over=hand_over,
        reason="unsure" if hand_over else "",
        is_truncated=False,
    )


def number(value: float) -> Prediction:
    return Prediction((), value, None, None, (value - 1, value + 1), False, "", False)


def reply(text: str) -> Prediction:
    return Prediction((), None, 0.5, None, None, False, "", True, text)


def rows(*texts: str, **fields: object) -> list[InputRow]:
    return [InputRow(f"a.csv:{line}", text, fields) for line, text in enumerate(texts, start=2)]


def table(lines: Iterable[str]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(lines), newline="")))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(start: str) -> None:
    found = [(row, said(f"{start}cmd|' /C calc'!A0")) for row in rows("x", id=f"{start}1+1")]
    [line] = table(csv_lines(found))
    assert line["labels"] == f"'{start}cmd|' /C calc'!A0"
    assert line["id"] == f"'{start}1+1"


def test_numbers_and_harmless_texts_are_left_alone() -> None:
    assert [safe_cell(cell) for cell in (-0.5, "a=b", "", None)] == [-0.5, "a=b", "", None]


def test_a_negative_score_stays_a_number_in_csv() -> None:
    [line] = table(csv_lines(zip(rows("x"), [number(-2.5)], strict=True)))
    assert (line["score"], line["low"], line["high"]) == ("-2.5", "-3.5", "-1.5")


def test_a_written_answer_has_its_text_and_no_labels() -> None:
    found = [(row, reply("=Two\nlines")) for row in rows("x", id=7)]
    [line] = table(csv_lines(found))
    assert line == {
        "place": "a.csv:2",
        "id": "7",
        "text": "'=Two\nlines",
        "probability": "0.5",
        "hand_over": "false",
        "reason": "",
        "is_truncated": "true",
    }
    assert json.loads(next(jsonl_lines(found)))["text"] == "=Two\nlines"


def test_several_labels_share_a_cell_and_a_line_break_stays_in_its_cell() -> None:
    found = [(row, said("a", "b\nc")) for row in rows("x", id=7)]
    [line] = table(csv_lines(found))
    assert line["labels"] == "a|b\nc"
    assert list(line) == [
        *("place", "id", "labels", "probability", "confidence", "hand_over", "reason"),
        "is_truncated",
    ]


def test_jsonl_is_one_object_a_line_even_with_half_an_emoji() -> None:
    found = [(row, said("line\nbreak \ud83d", hand_over=True)) for row in rows("x", "y")]
    lines = list(jsonl_lines(found))
    assert [line.count("\n") for line in lines] == [1, 1]
    encoded = lines[0].encode("utf-8", "backslashreplace")
    assert json.loads(encoded)["labels"] == ["line\nbreak \ud83d"]
    assert json.loads(encoded)["hand_over"] is True


def test_no_texts_give_no_lines() -> None:
    assert list(csv_lines([])) == list(jsonl_lines([])) == []


def test_answers_keep_their_rows_and_read_only_as_far_ahead_as_a_chunk() -> None:
    num_read = 0

    def endless() -> Iterator[InputRow]:
        nonlocal num_read
        while True:
            num_read += 1
            yield InputRow(f"a:{num_read}", str(num_read), {})

    def in_chunks_of_4(texts: Iterable[str]) -> Iterator[Prediction]:
        waiting = iter(texts)
        while chunk := list(islice(waiting, 4)):
            yield from (said(text) for text in chunk)

    found = list(islice(answers(endless(), in_chunks_of_4), 10))
    assert all(row.text == prediction.labels[0] for row, prediction in found)
    assert num_read == 12
