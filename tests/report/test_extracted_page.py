"""Passages and records in the report: marked, shortened, escaped."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from edge_samples import HEBREW, SCRIPT
from samples import banking
from test_html import Page, rendered

from sartor.report.extracted import MOST_PASSAGES, Piece, pieces


def passage(start: int, end: int, label: str = "name", *, is_right: bool = True) -> dict[str, Any]:
    return {"start": start, "end": end, "label": label, "is_right": is_right}


def test_a_text_is_cut_at_its_passages_and_nothing_is_lost() -> None:
    found = pieces("Ann met Dov.", [passage(0, 3), passage(8, 11, is_right=False)])
    assert found == [
        Piece("Ann", "name", True),
        Piece(" met "),
        Piece("Dov", "name", False),
        Piece("."),
    ]
    assert pieces("Nobody.", []) == [Piece("Nobody.")]
    assert pieces("", []) == []


def test_a_passage_inside_another_one_does_not_tear_it() -> None:
    found = pieces("New York City", [passage(0, 13), passage(4, 8, "place")])
    assert found == [Piece("New York City", "name", True)]


def test_long_stretches_are_shortened_and_counted() -> None:
    text = f"{'a' * 500}Ann{'b' * 500}Dov{'c' * 500}"
    found = pieces(text, [passage(500, 503), passage(1003, 1006)])
    assert [piece.text for piece in found if piece.label] == ["Ann", "Dov"]
    first, _, middle, _, last = [piece.text for piece in found]
    assert first == f"… (400 more characters) …{'a' * 100}"
    assert middle == f"{'b' * 100}… (300 more characters) …{'b' * 100}"
    assert last == f"{'c' * 100}… (400 more characters) "
    assert [piece.text for piece in pieces("d" * 500, [])] == [
        f"{'d' * 100}… (400 more characters) "
    ]


def test_of_very_many_passages_the_others_are_counted() -> None:
    many = [passage(2 * at, 2 * at + 1) for at in range(MOST_PASSAGES + 5)]
    found = pieces("a " * len(many), many)
    assert sum(bool(piece.label) for piece in found) == MOST_PASSAGES
    assert found[-1].text == " … (5 more passages)"


def error(**changes: Any) -> dict[str, Any]:
    text = f"Ann {SCRIPT} {HEBREW} Dov"
    given = {
        "text": text,
        "source": "a.jsonl:3",
        "true": "name: Ann",
        "predicted": "name: Dov",
        "confidence": None,
        "passages": {
            "true": [passage(0, 3, f"name{SCRIPT}", is_right=False)],
            "predicted": [passage(len(text) - 3, len(text), is_right=False)],
        },
    }
    return given | changes


def page_of(metric: str, *errors: dict[str, Any]) -> str:
    decision, *rest = banking()
    labels = [
        {"label": "name", "precision": 0.5, "recall": 0.25, "f1": 1 / 3, "num_examples": 1234}
    ]
    details = {"labels": labels, "confusions": [], "errors": list(errors)}
    candidates = tuple(
        replace(
            one,
            valid={metric: next(iter(one.valid.values()))} if one.valid else {},
            test={metric: next(iter(one.test.values()))} if one.test else None,
        )
        for one in decision.candidates
    )
    changed = replace(
        decision, metric=metric, details=details, automation=None, candidates=candidates
    )
    return rendered((changed, *rest))


def test_missed_and_wrong_passages_are_marked_in_words_too() -> None:
    source = page_of("span_f1", error())
    assert Page(source).open == []
    assert '<mark class="off">Ann<span class="tag">' in source
    assert "· missed" in source
    assert "· wrong" in source
    assert SCRIPT not in source
    assert "Passages</th>" in source
    assert "1,234" in source
    assert "the share that is right to the character" in source


def test_a_reading_without_passages_says_so() -> None:
    nothing = error(passages={"true": [], "predicted": [passage(0, 3, is_right=False)]})
    assert "no passage" in page_of("span_f1", nothing)


def test_records_are_laid_out_by_field() -> None:
    fields = [
        {"field": "a.b", "true": SCRIPT, "predicted": None, "is_right": False},
        {"field": "c", "true": "2", "predicted": "2", "is_right": True},
    ]
    record = {name: value for name, value in error().items() if name != "passages"}
    source = page_of("field_f1", {**record, "fields": fields})
    assert Page(source).open == []
    assert "Field by field" in source
    assert 'class="bad-word">nothing' in source
    assert 'class="good-word"' in source
    assert SCRIPT not in source


@pytest.mark.parametrize("metric", ["accuracy", "chrf"])
def test_other_tasks_keep_their_words(metric: str) -> None:
    source = page_of(metric)
    assert "Label by label" in source
    assert "Texts</th>" in source
