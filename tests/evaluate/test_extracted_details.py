"""Figures of labels and fields: those of seqeval, and parts of the metric that picks winners."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from random_answers import objects, random_case
from seqeval.metrics import classification_report
from test_span_metrics import tags

from sartor.core.goal import OutputKind
from sartor.evaluate.extracted_details import (
    field_lines,
    field_table,
    marked_right,
    num_off,
    schema_share,
    span_table,
)
from sartor.evaluate.metrics import metric_value


def test_each_label_has_the_figures_that_seqeval_gives_it() -> None:
    seen = set()
    for seed in range(200):
        texts, targets, decided_R = random_case(OutputKind.SPANS, seed, max_rows=4)
        asked = [tags(text, spans) for text, spans in zip(texts, targets, strict=True)]
        given = [tags(text, spans) for text, spans in zip(texts, decided_R[0], strict=True)]
        labels = sorted({of for spans in [*targets, *decided_R[0]] for _, _, of in spans})
        if not labels:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = classification_report(asked, given, output_dict=True)
        for line in span_table(targets, decided_R[0], labels):
            report = theirs[line["label"]]
            assert line["precision"] == pytest.approx(report["precision"], abs=1e-12)
            assert line["recall"] == pytest.approx(report["recall"], abs=1e-12)
            assert line["f1"] == pytest.approx(report["f1-score"], abs=1e-12)
            assert line["num_examples"] == report["support"]
            seen.add(round(line["f1"], 6))
    assert len(seen) > 5


def test_fields_together_are_what_field_f1_counts() -> None:
    asked = objects(
        [{"a": {"b": 1}, "c": ["x", "y"]}, {"a": {"b": 2}, "d": None}, {"c": ["x"], "d": "z"}]
    )
    given = objects([{"a": {"b": 1.0}, "c": ["y", "w"]}, None, {"c": ["x"], "e": True}])
    table = {line["label"]: line for line in field_table(asked, given)}
    assert list(table) == ["a.b", "c", "d", "e"]
    assert (table["a.b"]["precision"], table["a.b"]["recall"]) == (1.0, 0.5)
    assert (table["c"]["precision"], table["c"]["num_examples"]) == (pytest.approx(2 / 3), 3)
    assert (table["e"]["precision"], table["e"]["recall"], table["e"]["f1"]) == (0, 0, 0)
    right = sum(round(line["recall"] * line["num_examples"]) for line in table.values())
    num_asked = sum(line["num_examples"] for line in table.values())
    assert metric_value("field_recall", asked, given, 0) == pytest.approx(right / num_asked)


def test_what_was_missed_and_what_was_added_count_alike() -> None:
    assert num_off(((0, 3, "a"),), ((0, 3, "a"),)) == 0
    assert num_off(((0, 3, "a"), (4, 6, "b")), ((0, 3, "b"),)) == 3
    assert num_off({"a": 1, "b": [1, 2]}, {"a": 1.0, "b": [2], "c": 0}) == 2
    assert num_off({"a": 1, "b": [1, 2]}, None) == 4
    assert num_off({}, None) == 1
    assert num_off({}, {"a": None}) == 0


def test_a_record_keeps_the_schema_or_does_not() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"enum": [1, 2]}}}
    share = schema_share(objects([{"a": 1}, {"a": 3}, {}, None, {"a": 2, "b": None}]), schema)
    assert (share.value, share.num_examples) == (0.4, 5)
    assert share.low < 0.4 < share.high


def test_spans_and_fields_say_whether_the_other_side_has_them() -> None:
    asked, given = ((4, 6, "b"), (0, 3, "a")), ((0, 3, "a"), (4, 6, "a"))
    assert marked_right(asked, given) == [((0, 3, "a"), True), ((4, 6, "b"), False)]
    lines = field_lines({"a": {"b": "x "}, "c": 1}, {"a": {"b": "x"}, "d": 2})
    assert [(line["field"], line["true"], line["predicted"]) for line in lines] == [
        ("a.b", "x ", "x"),
        ("c", 1, None),
        ("d", None, 2),
    ]
    assert [line["is_right"] for line in lines] == [True, False, False]
    assert [line["predicted"] for line in field_lines({"a": 1}, None)] == [None]
    assert np.all([not line["is_right"] for line in field_lines({"a": 1}, None)])
