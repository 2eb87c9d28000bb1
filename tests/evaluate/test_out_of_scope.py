"""Texts of no class are turned away at the rate that was asked for."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from sartor.core.goal import OutputKind
from sartor.evaluate.out_of_scope import auroc, choose_scope_threshold, recall, scope_score

LOGITS_RNC = np.random.default_rng(0).normal(size=(2, 5, 3)).astype(np.float32)


def test_the_score_is_the_largest_logit_or_the_energy():
    largest = scope_score(OutputKind.SINGLE, LOGITS_RNC)
    np.testing.assert_array_equal(largest, LOGITS_RNC.max(axis=-1).astype(float))
    energy = scope_score(OutputKind.SINGLE, LOGITS_RNC, form="energy")
    np.testing.assert_allclose(energy, np.log(np.exp(LOGITS_RNC.astype(float)).sum(axis=-1)))
    several = scope_score(OutputKind.MULTI, LOGITS_RNC, form="energy")
    np.testing.assert_array_equal(several, largest)


@pytest.mark.parametrize("num_rows", [7, 20, 100, 999])
@pytest.mark.parametrize("keep_share", [0.8, 0.95, 1.0])
def test_without_such_texts_no_more_are_lost_than_allowed_and_no_fewer_than_possible(
    num_rows, keep_share
):
    scores = np.random.default_rng(0).normal(size=num_rows)
    threshold = choose_scope_threshold(scores, keep_share=keep_share)
    kept = (scores >= threshold).mean()
    assert keep_share - 1e-9 <= kept < keep_share + 1 / num_rows


def test_without_such_texts_new_ones_in_scope_are_kept_as_asked():
    rng = np.random.default_rng(0)
    threshold = choose_scope_threshold(rng.normal(size=2000), keep_share=0.95)
    assert (rng.normal(size=20_000) >= threshold).mean() == pytest.approx(0.95, abs=0.015)


def test_with_such_texts_the_threshold_is_where_balanced_accuracy_is_highest():
    rng = np.random.default_rng(0)
    scores_in, scores_out = rng.normal(4, 1, 300), rng.normal(0, 1, 80)
    threshold = choose_scope_threshold(scores_in, keep_share=0.9, scores_out=scores_out)
    best = max(
        (scores_in >= cut).mean() + (scores_out < cut).mean()
        for cut in np.concatenate([scores_in, scores_out])
        if (scores_in >= cut).mean() >= 0.9
    )
    found = (scores_in >= threshold).mean() + (scores_out < threshold).mean()
    assert found == pytest.approx(best)
    assert threshold < choose_scope_threshold(scores_in, keep_share=0.9)


def test_with_such_texts_the_share_to_keep_is_still_kept():
    rng = np.random.default_rng(0)
    scores_in, scores_out = rng.normal(0.5, 1, 300), rng.normal(0, 1, 300)
    threshold = choose_scope_threshold(scores_in, keep_share=0.95, scores_out=scores_out)
    assert (scores_in >= threshold).mean() >= 0.95


def test_equal_scores_are_all_kept_or_all_lost():
    assert choose_scope_threshold(np.zeros(50), keep_share=0.9) == 0.0


def test_the_recall_is_the_share_turned_away():
    found = recall(np.array([0.0, 1.0, 2.0, 3.0]), 2.0)
    assert (found.value, found.num_examples) == (0.5, 4)


@pytest.mark.parametrize("seed", range(10))
def test_the_auroc_equals_scikit_learns_ties_included(seed):
    rng = np.random.default_rng(seed)
    scores_in, scores_out = rng.integers(0, 6, 40) + 1.0, rng.integers(0, 6, 25) * 1.0
    is_in = np.repeat([1, 0], [40, 25])
    expected = roc_auc_score(is_in, np.concatenate([scores_in, scores_out]))
    found = auroc(scores_in, scores_out)
    assert found.value == pytest.approx(expected)
    assert 0 <= found.low < expected < found.high <= 1


def test_the_interval_of_the_auroc_holds_the_truth_about_95_times_in_100():
    rng = np.random.default_rng(0)
    truth = 0.92135  # of two normals, 2 apart
    hits = 0
    for _ in range(1000):
        found = auroc(rng.normal(2, 1, 60), rng.normal(0, 1, 40))
        hits += found.low <= truth <= found.high
    assert 0.92 <= hits / 1000 <= 0.98


def test_two_wholly_separate_sorts_are_not_certain_to_stay_so():
    found = auroc(np.arange(10.0) + 100, np.arange(30.0))
    assert (found.value, found.high) == (1.0, 1.0)
    assert 0.6 < found.low < 0.8
