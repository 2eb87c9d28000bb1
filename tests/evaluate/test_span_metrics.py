"""Spans are scored as seqeval scores them; surface forms as WNUT 2017 counts them."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from random_answers import objects, random_case
from seqeval.metrics import f1_score, precision_score, recall_score
from seqeval.scheme import IOB2

from sartor.core.goal import OutputKind
from sartor.evaluate.metrics import is_right, metric_value, weighted_metric

THEIRS = {"span_f1": f1_score, "span_precision": precision_score, "span_recall": recall_score}


def tags(text: str, spans) -> list[str]:
    """One BIO tag a word."""
    found, start = [], 0
    for word in text.split(" "):
        inside = [s for s in spans if s[0] <= start < s[1]]
        prefix = "B" if inside and inside[0][0] == start else "I"
        found.append(f"{prefix}-{inside[0][2]}" if inside else "O")
        start += len(word) + 1
    return found


def test_precision_recall_and_f1_equal_seqevals_on_1000_random_sets() -> None:
    values = set()
    for seed in range(1000):
        texts, targets, decided_R = random_case(OutputKind.SPANS, seed, max_rows=4)
        asked = [tags(text, spans) for text, spans in zip(texts, targets, strict=True)]
        given = [tags(text, spans) for text, spans in zip(texts, decided_R[0], strict=True)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name, score in THEIRS.items():
                ours = metric_value(name, targets, decided_R[0], 0)
                default = score(asked, given)
                strict = score(asked, given, mode="strict", scheme=IOB2)
                assert ours == pytest.approx(default, abs=1e-12), (name, seed)
                assert ours == pytest.approx(strict, abs=1e-12), (name, seed)
                values.add(ours)
    assert len(values) > 40
    assert {0.0, 1.0} < values


ASKED = ((0, 3, "person"), (10, 14, "place"))


@pytest.mark.parametrize(
    ("given", "right"),
    [
        (ASKED, 2),
        (ASKED[::-1], 2),
        (ASKED[:1], 1),
        ((), 0),
        (((0, 3, "place"), (10, 15, "place")), 0),
        ((ASKED[0], ASKED[0], ASKED[1]), 2),
        ((*ASKED, (20, 22, "person")), 2),
    ],
)
def test_a_span_is_right_only_with_its_beginning_end_and_label(given, right) -> None:
    targets, decided = objects([ASKED]), objects([given])
    num_given = len(set(given))
    assert metric_value("span_recall", targets, decided, 0) == right / 2
    assert metric_value("span_precision", targets, decided, 0) == right / max(1, num_given)
    assert metric_value("span_f1", targets, decided, 0) == 2 * right / (2 + num_given)
    assert is_right(targets, decided).tolist() == [set(given) == set(ASKED)]


def test_rows_without_spans_are_right_where_none_are_given_and_weigh_nothing() -> None:
    targets, decided = objects([(), (), ASKED]), objects([(), ((0, 1, "place"),), ASKED])
    assert is_right(targets, decided).tolist() == [True, False, True]
    assert metric_value("span_f1", targets[:1], decided[:1], 0) == 0.0
    assert metric_value("span_precision", targets, decided, 0) == 2 / 3


TEXTS = ["Ada met Ada", "ada met Bo", "Bo  Li and Bo Li"]
SURFACE_ASKED = objects(
    [((0, 3, "person"), (8, 11, "person")), ((0, 3, "person"),), ((0, 6, "person"),)]
)


@pytest.mark.parametrize(
    ("given", "right", "num_given"),
    [
        # Ada twice is one pair; `ada` is another; two spaces in `Bo  Li` are one.
        ([((0, 3, "person"),), (), ()], 1, 1),
        ([SURFACE_ASKED[0], SURFACE_ASKED[1], SURFACE_ASKED[2]], 3, 3),
        # The wording of a name asked for, but nowhere in its right place.
        ([(), (), ((11, 16, "person"),)], 0, 1),
        ([(), (), ((0, 6, "person"), (11, 16, "person"))], 1, 1),
        # The right place with another label is another pair.
        ([((0, 3, "place"), (8, 11, "person")), (), ()], 1, 2),
        ([(), (), ()], 0, 0),
    ],
)
def test_surface_f1_counts_distinct_pairs_of_wording_and_label(given, right, num_given) -> None:
    ours = metric_value("surface_f1", SURFACE_ASKED, objects(given), 0, texts=TEXTS)
    assert ours == pytest.approx(2 * right / (3 + num_given))


def test_a_pair_counts_if_any_row_of_weight_above_zero_holds_it() -> None:
    decided = objects([((0, 3, "person"),), (), SURFACE_ASKED[2]])
    values = [
        metric_value("surface_f1", SURFACE_ASKED, decided, 0, np.array(weights), texts=TEXTS)
        for weights in ([1, 1, 1], [5, 1, 1], [1, 0, 1], [0, 1, 0], [0, 0, 0])
    ]
    assert values == pytest.approx([4 / 5, 4 / 5, 1.0, 0.0, 0.0])


def test_surface_f1_equals_a_recount_over_the_whole_set() -> None:
    values = set()
    for seed in range(300):
        texts, targets, decided_R = random_case(OutputKind.SPANS, seed)
        rows = range(len(texts))
        asked = {(row, *span) for row in rows for span in targets[row]}
        given = {(row, *span) for row in rows for span in decided_R[0][row]}
        right, num_given, num_asked = (
            len({(texts[row][start:end], label) for row, start, end, label in found})
            for found in (asked & given, given, asked)
        )
        ours = metric_value("surface_f1", targets, decided_R[0], 0, texts=texts)
        assert ours == pytest.approx(2 * right / max(1, num_given + num_asked))
        values.add(ours)
    assert len(values) > 50


def test_surface_f1_without_the_texts_is_a_slip() -> None:
    with pytest.raises(AssertionError, match="wording"):
        weighted_metric("surface_f1", SURFACE_ASKED, SURFACE_ASKED[None], num_labels=0)
