"""What stands behind the number, on rows that can be counted by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from sartor.evaluate.details import NO_LABEL, confusions, instructive_errors, label_table

LABELS = ["refund", "delivery", "size", "unused"]
TARGETS = np.array([0, 0, 0, 0, 1, 1, 2, 2])
DECIDED = np.array([0, 1, 1, 1, 1, 0, 2, 0])
CONFIDENCE = np.array([0.9, 0.5, 0.6, 0.7, 0.9, 0.95, 0.9, 0.4])


def _several():
    rng = np.random.default_rng(0)
    targets = rng.random((60, 4)) < 0.4
    targets[:, 3] = False
    decided = targets ^ (rng.random((60, 4)) < 0.1)
    decided[:, 3] = False
    return targets, decided


@pytest.mark.parametrize("rows", [(TARGETS, DECIDED), _several()])
def test_the_label_table_equals_scikit_learns(rows):
    targets, decided = rows
    expected = precision_recall_fscore_support(
        targets, decided, labels=[0, 1, 2, 3], average=None, zero_division=0
    )
    found = [list(line.values())[1:] for line in label_table(targets, decided, LABELS)]
    np.testing.assert_allclose(found, np.array(expected).T)


def test_the_biggest_confusion_comes_first_with_a_row_to_look_at():
    found = confusions(TARGETS, DECIDED, LABELS)
    assert found[0] == {
        "true": "refund", "predicted": "delivery", "num_examples": 3, "example": 1,
    }  # fmt: skip
    assert [pair["num_examples"] for pair in found] == [3, 1, 1]
    assert confusions(TARGETS, DECIDED, LABELS, limit=1) == found[:1]


def test_with_several_labels_a_confusion_is_one_missed_and_one_added():
    targets = np.array([[1, 0, 0, 0], [1, 0, 1, 0], [0, 0, 1, 0]], bool)
    decided = np.array([[0, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]], bool)
    [found] = confusions(targets, decided, LABELS)
    assert (found["true"], found["predicted"]) == ("refund", "delivery")
    assert (found["num_examples"], found["example"]) == (2, 0)


def test_errors_are_the_surest_ones_and_a_typical_one_of_each_big_confusion():
    found = instructive_errors(TARGETS, DECIDED, LABELS, confidence=CONFIDENCE, limit=2)
    assert [error["row"] for error in found] == [5, 2]
    assert found[1] == {"row": 2, "true": "refund", "predicted": "delivery", "confidence": 0.6}


def test_no_error_is_shown_twice_and_none_that_is_right():
    found = instructive_errors(TARGETS, DECIDED, LABELS, confidence=CONFIDENCE, limit=12)
    assert sorted(error["row"] for error in found) == [1, 2, 3, 5, 7]


def test_an_empty_set_of_labels_is_named():
    targets, decided = np.array([[True, False]]), np.array([[False, False]])
    [found] = instructive_errors(targets, decided, ["a", "b"], confidence=np.array([0.5]))
    assert (found["true"], found["predicted"]) == ("a", NO_LABEL)


def test_for_scores_the_largest_misses_are_shown():
    targets, decided = np.array([1.0, 2.0, 3.0]), np.array([1.0, 4.5, 2.0])
    found = instructive_errors(targets, decided, [], confidence=None, limit=2)
    assert [error["row"] for error in found] == [1, 2]
    assert (found[0]["true"], found[0]["predicted"]) == ("2", "4.5")


def test_all_of_it_is_plain_json():
    for targets, decided in ((TARGETS, DECIDED), _several()):
        confidence = np.linspace(0, 1, len(targets))
        json.dumps(
            [
                label_table(targets, decided, LABELS),
                confusions(targets, decided, LABELS),
                instructive_errors(targets, decided, LABELS, confidence=confidence),
            ]
        )


def test_a_perfect_model_has_nothing_to_show():
    assert confusions(TARGETS, TARGETS, LABELS) == []
    assert instructive_errors(TARGETS, TARGETS, LABELS, confidence=CONFIDENCE) == []
