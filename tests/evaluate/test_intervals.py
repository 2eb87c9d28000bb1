"""Intervals hold what they promise, on data whose truth is known."""

from __future__ import annotations

import time

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from sartor.evaluate.intervals import estimate, probability_at_least
from sartor.evaluate.metrics import metric_value


def _rows(num_rows, *, num_labels=5, num_replicates=3, right=0.9, group_size=1, seed):
    """Seeds of one model, whose errors partly coincide; a whole group is easy or hard."""
    rng = np.random.default_rng(seed)
    groups = np.arange(num_rows) // group_size
    targets = rng.choice(num_labels, p=_priors(num_labels), size=num_rows)
    hardness = rng.random(num_rows)[groups] if group_size > 1 else rng.random(num_rows)
    own = rng.random((num_replicates, num_rows))
    is_shared = rng.random((num_replicates, num_rows)) < 0.7
    is_right = np.where(is_shared, hardness, own) < right
    return targets, np.where(is_right, targets, (targets + 1) % num_labels), groups


def _priors(num_labels):
    weights = np.linspace(1, 3, num_labels)
    return weights / weights.sum()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("metric", "num_rows", "num_replicates", "right", "group_size"),
    [
        ("accuracy", 100, 3, 0.9, 1),
        ("accuracy", 300, 3, 0.85, 5),
        ("macro_f1", 100, 3, 0.9, 1),
        ("macro_f1", 300, 3, 0.85, 5),
        ("balanced_accuracy", 200, 1, 0.8, 1),
    ],
)
def test_the_interval_holds_the_truth_about_95_times_in_100(
    metric, num_rows, num_replicates, right, group_size
):
    targets, decided_R, _ = _rows(300_000, num_replicates=1, right=right, seed=0)
    truth = metric_value(metric, targets, decided_R[0], 5)
    hits = 0
    for seed in range(1, 401):
        targets, decided_R, groups = _rows(
            num_rows, num_replicates=num_replicates, right=right, group_size=group_size, seed=seed
        )
        found = estimate(metric, targets, decided_R, groups=groups, num_labels=5, seed=seed)
        hits += found.low <= truth <= found.high
    assert 0.92 <= hits / 400 <= 0.98


def test_rows_that_stand_alone_get_the_exact_interval_of_statsmodels():
    targets, decided_R, groups = _rows(80, num_replicates=1, seed=1)
    found = estimate("accuracy", targets, decided_R, groups=groups, num_labels=5, seed=0)
    num_right = int((decided_R[0] == targets).sum())
    low, high = proportion_confint(num_right, 80, method="beta")
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.method == "Clopper-Pearson"


def test_seeds_that_all_answer_alike_count_as_one():
    targets, decided_R, groups = _rows(80, num_replicates=1, seed=1)
    once = estimate("accuracy", targets, decided_R, groups=groups, num_labels=5, seed=0)
    three = np.repeat(decided_R, 3, axis=0)
    assert estimate("accuracy", targets, three, groups=groups, num_labels=5, seed=0) == once


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_all_right_is_not_certain(metric):
    targets = np.arange(60) % 4
    groups = np.arange(60) // 2
    found = estimate(metric, targets, targets[None], groups=groups, num_labels=4, seed=0)
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(proportion_confint(30, 30, method="beta")[0])


def test_rows_of_one_group_tell_less_than_strangers():
    targets, decided_R, groups = _rows(300, group_size=10, right=0.8, seed=3)
    options = {"num_labels": 5, "seed": 0}
    clustered = estimate("accuracy", targets, decided_R, groups=groups, **options)
    naive = estimate("accuracy", targets, decided_R, groups=np.arange(300), **options)
    assert clustered.high - clustered.low > 1.8 * (naive.high - naive.low)


def test_the_same_seed_gives_the_same_interval_whatever_the_groups_are_called():
    targets, decided_R, groups = _rows(120, group_size=3, seed=3)
    options = {"num_labels": 5, "seed": 7}
    one = estimate("macro_f1", targets, decided_R, groups=groups, **options)
    assert one == estimate("macro_f1", targets, decided_R, groups=groups * 10 + 4, **options)


def test_one_single_group_has_no_interval_and_says_so():
    targets, decided_R, _ = _rows(20, seed=3)
    found = estimate("accuracy", targets, decided_R, groups=np.zeros(20, int), num_labels=5, seed=0)
    assert (found.low, found.high) == (0.0, 1.0)
    assert "one group" in found.method


@pytest.mark.parametrize("metric", ["mae", "rmse", "r2", "spearman"])
def test_scores_have_intervals_around_their_value(metric):
    rng = np.random.default_rng(0)
    targets = rng.normal(size=200)
    decided_R = targets + rng.normal(size=(2, 200)) / 2
    groups = np.arange(200) // 2
    found = estimate(metric, targets, decided_R, groups=groups, num_labels=1, seed=0)
    assert found.low < found.value < found.high


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_three_seeds_on_3080_rows_and_77_labels_take_less_than_a_second(metric):
    targets, decided_R, groups = _rows(3080, num_labels=77, seed=0)
    estimate(metric, targets[:50], decided_R[:, :50], groups=groups[:50], num_labels=77, seed=0)
    started = time.process_time()
    estimate(metric, targets, decided_R, groups=groups, num_labels=77, seed=0)
    assert time.process_time() - started < 1.0


def test_a_mark_at_the_value_is_met_with_even_odds_and_a_far_one_hardly():
    targets, decided_R, groups = _rows(400, right=0.8, seed=2)
    options = {"groups": groups, "num_labels": 5, "seed": 0}
    value = estimate("macro_f1", targets, decided_R, **options).value
    odds = [
        probability_at_least("macro_f1", targets, decided_R, mark=mark, **options)
        for mark in (value - 0.1, value, value + 0.1)
    ]
    assert odds[0] > 0.99
    assert 0.35 < odds[1] < 0.65
    assert odds[2] < 0.01


def test_twenty_right_rows_do_not_prove_99_percent():
    targets = np.arange(20) % 2
    odds = probability_at_least(
        "accuracy", targets, targets[None], mark=0.99, groups=np.arange(20), num_labels=2, seed=0
    )
    assert 0.3 < odds < 0.7


def test_for_an_error_the_mark_is_an_upper_one():
    targets = np.random.default_rng(0).normal(size=200)
    decided_R = (targets + np.random.default_rng(1).normal(size=200))[None]
    options = {"groups": np.arange(200), "num_labels": 1, "seed": 0}
    assert probability_at_least("mae", targets, decided_R, mark=1.2, **options) > 0.99
    assert probability_at_least("mae", targets, decided_R, mark=0.4, **options) < 0.01
