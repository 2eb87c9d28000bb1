"""Records are compared value by value; what a record says, not how it is written."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from random_answers import objects, random_case

from sartor.core.goal import OutputKind
from sartor.evaluate.field_metrics import has_parsed, pairs_of
from sartor.evaluate.metrics import is_right, metric_value

RECORD = {"name": "Ada", "items": ["tea", "milk", "tea"], "to": {"city": "Ulm", "zip": 89073}}
"""Six pairs: the items are three."""


@pytest.mark.parametrize(
    ("given", "right", "num_given", "is_whole"),
    [
        (dict(RECORD), 6, 6, True),
        (dict(reversed(RECORD.items())), 6, 6, True),
        ({**RECORD, "items": ["milk", "tea", "tea"]}, 6, 6, True),
        ({**RECORD, "items": ["milk", "tea"]}, 5, 5, False),
        ({**RECORD, "items": ["milk", "milk", "tea"]}, 5, 6, False),
        ({**RECORD, "name": " Ada\n"}, 6, 6, True),
        ({**RECORD, "name": "ada"}, 5, 6, False),
        ({**RECORD, "Name": "Ada"}, 6, 7, False),
        ({**RECORD, "phone": None, "notes": [], "extra": {"a": ""}}, 6, 6, True),
        ({**RECORD, "phone": "1"}, 6, 7, False),
        ({**RECORD, "to": {"city": "Ulm", "zip": 89073.0}}, 6, 6, True),
        ({**RECORD, "to": {"city": "Ulm", "zip": "89073"}}, 5, 6, False),
        ({"name": "Ada", "city": "Ulm"}, 1, 2, False),
        ({}, 0, 0, False),
        (None, 0, 0, False),
    ],
)
def test_each_value_counts_once_and_nothing_for_saying_nothing(given, right, num_given, is_whole):
    targets, decided = objects([RECORD]), objects([given])
    assert metric_value("field_recall", targets, decided, 0) == right / 6
    assert metric_value("field_precision", targets, decided, 0) == right / max(1, num_given)
    assert metric_value("field_f1", targets, decided, 0) == 2 * right / (6 + num_given)
    assert metric_value("exact_record", targets, decided, 0) == float(is_whole)
    assert is_right(targets, decided).tolist() == [is_whole]
    assert metric_value("parses", targets, decided, 0) == float(given is not None)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (True, 1, False),
        (False, 0, False),
        (1, 1.0, True),
        ("1", 1, False),
        ("caf\u00e9", "cafe\u0301", True),
        ([], None, True),
        (["a"], "a", False),
        ([{"n": 1, "v": None}, {"n": 2}], [{"n": 2}, {"n": 1}], True),
        ([["a", "b"], ["c"]], [["c"], ["b", "a"]], True),
        ([["a", "b"]], ["a", "b"], False),
    ],
)
def test_when_two_values_are_the_same(one, other, is_same) -> None:
    assert is_right(objects([{"field": one}]), objects([{"field": other}])).tolist() == [is_same]


def test_an_empty_record_is_right_where_nothing_is_asked_and_an_unreadable_one_is_not() -> None:
    targets = objects([{}, {"name": None}, {}])
    decided = objects([{}, {"name": " "}, None])
    assert is_right(targets, decided).tolist() == [True, True, False]
    assert has_parsed(decided).tolist() == [True, True, False]
    assert metric_value("field_f1", targets, decided, 0) == 0.0


def test_nested_fields_go_by_their_whole_path() -> None:
    assert pairs_of({"from": {"city": "Ulm"}, "to": {"city": "Ulm"}}) == Counter(
        {(("from", "city"), "Ulm"): 1, (("to", "city"), "Ulm"): 1}
    )


def test_whole_records_are_right_exactly_where_all_pairs_are() -> None:
    """Two ways to the same verdict, but for a lone item that stands without its list."""
    verdicts = set()
    for seed in range(300):
        _, targets, decided_R = random_case(OutputKind.FIELDS, seed)
        for asked, given in zip(targets, decided_R[0], strict=True):
            (is_whole,) = is_right(objects([asked]), objects([given]))
            has_all = given is not None and pairs_of(asked) == pairs_of(given)
            assert has_all or not is_whole
            verdicts.add((bool(is_whole), has_all))
    assert verdicts >= {(True, True), (False, False)}


def test_f1_is_micro_over_all_rows() -> None:
    targets = objects([{"a": 1}, {"a": 1, "b": 2, "c": 3}])
    decided = objects([{"a": 1}, {"a": 0}])
    assert metric_value("field_f1", targets, decided, 0) == pytest.approx(2 * 1 / (2 + 4))
    weights = np.array([2, 1])
    assert metric_value("field_f1", targets, decided, 0, weights) == pytest.approx(4 / (3 + 5))
