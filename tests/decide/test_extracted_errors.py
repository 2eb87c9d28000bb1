"""The worst answers of what extracts: the most differences first, and no personal data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from sartor.core.dataset import Split, TaskFacts
from sartor.core.goal import OutputKind
from sartor.data.personal import mask_personal_data
from sartor.decide.extracted_errors import NUM_SHOWN, extracted_details

ADDRESS = "ann.smit@hem.example"
TEXT = f"Ann of Oslo, {ADDRESS}, +31 6 1234 5678 called Dov"


def column(values: Sequence[Any]) -> np.ndarray:
    found = np.empty(len(values), dtype=object)
    found[:] = list(values)
    return found


def details(
    texts: Sequence[str], asked: Sequence[Any], given: Sequence[Any], kind: OutputKind
) -> dict[str, Any]:
    labels = ("name", "place") if kind is OutputKind.SPANS else ()
    about = TaskFacts(kind, labels, {}, 1, 0, 5.0, 64, task="extract")
    sources = [f"a:{row}" for row in range(len(texts))]
    rows = Split(list(texts), column(asked), np.arange(len(texts)), sources)
    return extracted_details(rows, column(given), facts=about, mask=mask_personal_data)


def at(text: str, words: str, label: str = "name") -> tuple[int, int, str]:
    start = text.index(words)
    return (start, start + len(words), label)


def test_only_wrong_answers_are_shown_the_worst_first() -> None:
    one, two = (0, 1, "name"), (2, 3, "place")
    asked = [(one,), (one, two), (), *[(one,)] * 20]
    given = [(one,), (), (one,), *[(two,)] * 20]
    found = details(["a b c"] * 23, asked, given, OutputKind.SPANS)
    assert len(found["errors"]) == NUM_SHOWN
    assert found["errors"][0]["source"] == "a:1"
    assert "a:0" not in {line["source"] for line in found["errors"]}
    assert [line["label"] for line in found["labels"]] == ["name", "place"]


def test_passages_lie_where_their_words_are_once_addresses_are_replaced() -> None:
    asked = (at(TEXT, "Ann"), at(TEXT, "Oslo", "place"), at(TEXT, "Dov"))
    given = (at(TEXT, "Dov"), at(TEXT, "Oslo"), at(TEXT, "5678 called"))
    [line] = details([TEXT], [asked], [given], OutputKind.SPANS)["errors"]
    assert "<EMAIL>" in line["text"]
    assert "1234" not in str(line)
    assert ADDRESS not in str(line)
    words = {
        side: [(line["text"][p["start"] : p["end"]], p["label"], p["is_right"]) for p in marks]
        for side, marks in line["passages"].items()
    }
    assert words["true"] == [
        ("Ann", "name", False),
        ("Oslo", "place", False),
        ("Dov", "name", True),
    ]
    assert words["predicted"] == [
        ("Oslo", "name", False),
        ("<PHONE> called", "name", False),
        ("Dov", "name", True),
    ]


@pytest.mark.parametrize(
    ("text", "start", "end", "shown"),
    [
        (f"{ADDRESS} wrote", 0, 20, "<EMAIL>"),
        (f"{ADDRESS} wrote", 4, 9, "<EMAIL>"),
        (f"by {ADDRESS}", 0, 8, "by <EMAIL>"),
        (f"by {ADDRESS}", 3, 23, "<EMAIL>"),
        (f"<ID> {ADDRESS} Ann", 26, 29, "Ann"),
        (f"{ADDRESS} {ADDRESS} Ann", 21, 41, "<EMAIL>"),
    ],
)
def test_a_passage_in_what_was_replaced_takes_it_whole(
    text: str, start: int, end: int, shown: str
) -> None:
    spans = ((start, end, "name"),)
    [line] = details([text], [spans], [()], OutputKind.SPANS)["errors"]
    [passage] = line["passages"]["true"]
    assert line["text"][passage["start"] : passage["end"]] == shown
    assert line["passages"]["predicted"] == []


def test_a_mask_of_another_form_shows_no_passages_rather_than_wrong_ones() -> None:
    rows = Split(["Ann left"], column([((0, 3, "name"),)]), np.arange(1), ["a:0"])
    about = TaskFacts(OutputKind.SPANS, ("name",), {}, 1, 0, 5.0, 64, task="extract")
    found = extracted_details(
        rows, column([()]), facts=about, mask=lambda text: re.sub("Ann", "***", text)
    )
    [line] = found["errors"]
    assert "passages" not in line
    assert (line["true"], line["predicted"]) == ("name: ***", "nothing")


def test_records_are_shown_field_by_field_and_masked() -> None:
    asked = {"customer": {"name": "Ann", "mail": ADDRESS}, "number": 2}
    [line] = details(
        ["Ann"], [asked], [{"customer": {"name": "Ann"}, "number": 3}], OutputKind.FIELDS
    )["errors"]
    assert [(f["field"], f["true"], f["predicted"], f["is_right"]) for f in line["fields"]] == [
        ("customer.name", "Ann", "Ann", True),
        ("customer.mail", "<EMAIL>", None, False),
        ("number", "2", "3", False),
    ]
    assert ADDRESS not in str(line)
    [line] = details(["Ann"], [asked], [None], OutputKind.FIELDS)["errors"]
    assert line["predicted"] == "nothing that could be read"
