"""Wrong labels are found by what similar rows carry."""

from __future__ import annotations

import numpy as np
import pytest
from feature_sets import kinds
from sklearn.metrics import average_precision_score
from threadpoolctl import threadpool_limits

from sartor.data.label_doubts import label_doubts


def flipped(num_rows: int = 300, *, share: float = 0.05):
    features_ND, kind_N = kinds(6, num_rows)
    given_N = kind_N.copy()
    rows = np.random.default_rng(1).permutation(num_rows)[: int(share * num_rows)]
    given_N[rows] = (given_N[rows] + 1) % 6
    return features_ND, kind_N, given_N, given_N != kind_N


def named(numbers) -> list[str]:
    return [f"kind{number}" for number in numbers]


def test_flipped_labels_come_first_with_the_right_suggestion():
    features_ND, kind_N, given_N, is_wrong_N = flipped()
    found = label_doubts(features_ND, named(given_N))
    score_N = np.zeros(len(given_N))
    for doubt in found.doubts:
        score_N[doubt.row] = doubt.score
    assert average_precision_score(is_wrong_N, score_N) > 0.97
    first = found.doubts[: is_wrong_N.sum()]
    assert sum(doubt.suggested == (f"kind{kind_N[doubt.row]}",) for doubt in first) >= 14
    assert abs(found.num_expected - is_wrong_N.sum()) <= 3
    count = found.counts([f"text {row}" for row in range(300)], [f"a:{row}" for row in range(300)])[
        0
    ]
    assert count.what == "label doubts"
    assert "is kind" in count.examples[0]


def test_the_same_doubts_on_every_number_of_threads():
    features_ND, _, given_N, _ = flipped()
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(label_doubts(features_ND, named(given_N)))
    assert found[0] == found[1]


def test_labels_that_are_too_rare_are_named_and_not_judged():
    features_ND, kind_N = kinds(3, 120)
    labels = named(kind_N)
    labels[:4] = ["rare"] * 4
    found = label_doubts(features_ND, labels)
    assert found.rare_labels == {"rare": 4}
    assert found.num_judged == 116
    assert not {doubt.row for doubt in found.doubts} & {0, 1, 2, 3}
    assert [count.what for count in found.counts(labels, labels)][-1] == "labels too rare to judge"
    assert label_doubts(features_ND[:8], ["only"] * 8).num_judged == 0


def test_rows_of_a_group_do_not_vouch_for_each_other():
    features_ND, kind_N = kinds(3, 120)
    labels = named(kind_N)
    wrong = np.flatnonzero(kind_N == 0)[:8]
    for row in wrong:
        labels[row] = "kind1"
        features_ND[row] = features_ND[wrong[0]]
    groups_N = np.arange(120)
    groups_N[wrong] = wrong[0]
    apart = {doubt.row for doubt in label_doubts(features_ND, labels, groups_N=groups_N).doubts}
    assert set(wrong) <= apart
    assert not set(wrong) <= {doubt.row for doubt in label_doubts(features_ND, labels).doubts}


def test_of_several_labels_a_missing_and_a_wrong_one_are_found():
    features_ND, kind_N = kinds(4, 300)
    other_ND, other_N = kinds(2, 300, seed=5)
    labels = [
        (f"kind{kind}", *(("urgent",) if is_urgent else ()))
        for kind, is_urgent in zip(kind_N, other_N, strict=True)
    ]
    urgent = int(np.flatnonzero(other_N == 1)[0])
    calm = int(np.flatnonzero(other_N == 0)[0])
    labels[urgent], labels[calm] = labels[urgent][:1], (*labels[calm], "urgent")
    found = label_doubts(np.concatenate([features_ND, other_ND], 1), labels)
    suggested = {doubt.row: doubt.suggested for doubt in found.doubts}
    assert {doubt.row for doubt in found.doubts[:2]} == {urgent, calm}
    assert "urgent" in suggested[urgent]
    assert "urgent" not in suggested[calm]


@pytest.mark.parametrize("labels", [["a"] * 60, [()] * 60])
def test_nothing_to_doubt_is_no_error(labels):
    assert label_doubts(kinds(2, 60)[0], labels).doubts == ()
