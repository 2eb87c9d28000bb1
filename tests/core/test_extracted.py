"""Spans and records as JSON text and back, and the schema that bounds them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from sartor.core.answer_schema import LONGEST_STRING, answer_schema, bounded, described
from sartor.core.candidate import Answers
from sartor.core.dataset import TaskFacts
from sartor.core.extracted import answer_text, read_answers, spans_of_passages
from sartor.core.goal import OutputKind

SPANS, FIELDS = OutputKind.SPANS, OutputKind.FIELDS


def facts(kind: OutputKind, **changes: Any) -> TaskFacts:
    given: dict[str, Any] = {
        "output_kind": kind,
        "labels": ("place", "name"),
        "descriptions": {"name": "people"},
        "num_fit": 1,
        "smallest_class": 0,
        "mean_tokens": 5.0,
        "max_tokens": 64,
    }
    return TaskFacts(**(given | changes))


def read(kind: OutputKind, text: str, said: str) -> Any:
    written = np.empty(1, dtype=object)
    written[0] = said
    found = read_answers(kind, [text], Answers(np.zeros((1, 1)), written)).written_N
    assert found is not None
    return found[0]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("Ann met Ann in Oslo", ((0, 3, "name"), (8, 11, "name"), (15, 19, "place"))),
        ("nothing here", ()),
        ("שלום דב!", ((5, 7, "name"),)),
        ('say "Dov\\Ann" \U0001f600 twice', ((5, 12, "name"), (14, 15, "place"))),
        ("New  Delhi", ((0, 10, "place"),)),
    ],
)
def test_spans_are_written_as_passages_and_found_again(text, spans):
    said = answer_text(SPANS, text, spans)
    assert json.loads(said).keys() == {label for _, _, label in spans}
    assert read(SPANS, text, said) == spans


def test_each_passage_is_its_next_occurrence():
    text = "Ann, Bob, Ann, Bob"
    assert spans_of_passages(text, {"name": ["Bob", "Ann", "Bob"]}) == (
        (5, 8, "name"),
        (10, 13, "name"),
        (15, 18, "name"),
    )


def test_whole_words_come_first_and_no_passage_is_used_twice():
    assert spans_of_passages("Annual Ann", {"name": ["Ann"]}) == ((7, 10, "name"),)
    assert spans_of_passages("Ann", {"a": ["Ann"], "b": ["Ann"]}) == ((0, 3, "a"),)
    assert spans_of_passages("OSLO", {"place": ["Oslo"]}) == ((0, 4, "place"),)


def test_what_the_text_does_not_hold_is_dropped():
    assert spans_of_passages("Ann", {"name": ["Bob", "", " ", 3, None], "x": "Ann"}) == (
        (0, 3, "x"),
    )


@pytest.mark.parametrize(
    "said", ["", "[1]", "{", '{"a": NaN}', '{"a": "\\ud800"}', "[" * 9999, "1e999"]
)
def test_what_is_no_record_is_none_and_marks_nothing(said):
    assert read(FIELDS, "x", said) is None
    assert read(SPANS, "x", said) == ()


def test_records_come_back_as_they_were():
    record = {"b": [1, 2.5, None], "a": {"é": "\n\"'"}}
    assert read(FIELDS, "x", answer_text(FIELDS, "x", record)) == record


def test_of_texts_the_first_right_one_is_learned():
    assert answer_text(OutputKind.TEXT, "x", ("yes", "sure")) == "yes"


def test_answers_that_are_learned_keep_the_schema_of_answers():
    schema = answer_schema(facts(SPANS))
    assert schema is not None
    assert list(schema["properties"]) == ["name", "place"], "in the order in which they are learned"
    said = json.loads(answer_text(SPANS, "Ann Oslo", ((0, 3, "name"), (4, 8, "place"))))
    Draft202012Validator(schema).validate(said)
    assert answer_schema(facts(OutputKind.TEXT)) is None


def test_a_bounded_schema_allows_nothing_that_the_given_one_forbids():
    given = {
        "type": "object",
        "title": "an order",
        "properties": {
            "size": {"type": ["integer", "null"], "maximum": 60},
            "cloth": {"oneOf": [{"enum": ["wool", "silk"]}, {"type": "null"}]},
            "items": {"type": "array", "items": {"$ref": "#/$defs/item"}},
            "notes": {"type": "string"},
            "free": {"type": "object"},
        },
        "required": ["size"],
        "$defs": {"item": {"type": "object", "properties": {"n": {"type": "number"}}}},
    }
    found = bounded(given)
    Draft202012Validator.check_schema(found)
    for record in (
        {"size": 40, "cloth": "silk", "items": [{"n": 2.5}], "notes": "x"},
        {"size": None},
    ):
        Draft202012Validator(given).validate(record)
        Draft202012Validator(found).validate(record)
    checker = Draft202012Validator(found)
    for record in (
        {},
        {"size": 61},
        {"size": 1, "more": 1},
        {"size": 1, "notes": "x" * (LONGEST_STRING + 1)},
        {"size": 1, "items": [{}] * 51},
        {"size": 1, "items": [{"n": 1e16}]},
        {"size": 1, "cloth": "tweed"},
    ):
        assert not checker.is_valid(record), record


def test_a_model_is_told_the_labels_and_the_schema():
    told = described(facts(SPANS))
    assert '"name" (people)' in told
    assert '"place"' in told
    assert '"size"' in described(facts(FIELDS, schema={"properties": {"size": {}}}))
    assert described(facts(OutputKind.TEXT)) == ""
