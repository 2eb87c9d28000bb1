"""Comparisons hold their level; no candidate passes for lack of data."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar as their_mcnemar
from statsmodels.stats.multitest import multipletests

from sartor.evaluate.metrics import is_right
from sartor.evaluate.paired import compare, holm, non_inferiority


def _pair(num_rows, *, only_a, only_b, num_replicates=1, group_size=1, seed):
    """Two candidates; `only_a` and `only_b` are the shares that one alone gets right."""
    rng = np.random.default_rng(seed)
    groups = np.arange(num_rows) // group_size
    targets = rng.integers(4, size=num_rows)
    fate = rng.random(num_rows)[groups] if group_size > 1 else rng.random(num_rows)
    is_a = fate < 0.7 + only_a
    is_b = (fate < 0.7) | ((fate >= 0.7 + only_a) & (fate < 0.7 + only_a + only_b))
    luck = rng.random((2, num_replicates, num_rows)) < (0.02 if num_replicates > 1 else 0)
    wrong = (targets + 1) % 4
    return (
        targets,
        np.where(is_a | luck[0], targets, wrong),
        np.where(is_b | luck[1], targets, wrong),
        groups,
    )


@pytest.mark.parametrize("seed", range(20))
def test_mcnemar_equals_statsmodels(seed):
    targets, a_R, b_R, groups = _pair(90, only_a=0.1, only_b=0.05, seed=seed)
    found = compare("accuracy", targets, a_R, b_R, groups=groups, num_labels=4, seed=0)
    table = np.histogram2d(a_R[0] == targets, b_R[0] == targets, bins=2)[0]
    assert found.p_value == pytest.approx(their_mcnemar(table, exact=True).pvalue)
    assert found.test == "exact McNemar"
    assert found.difference == pytest.approx((a_R == targets).mean() - (b_R == targets).mean())


def test_mcnemar_compares_whole_sets_of_labels_too():
    rng = np.random.default_rng(0)
    targets = rng.random((50, 3)) < 0.5
    a_R, b_R = (targets ^ (rng.random((1, 50, 3)) < share) for share in (0.05, 0.2))
    found = compare("exact_match", targets, a_R, b_R, groups=np.arange(50), num_labels=3, seed=0)
    table = np.histogram2d(is_right(targets, a_R[0]), is_right(targets, b_R[0]), bins=2)[0]
    assert found.p_value == pytest.approx(their_mcnemar(table, exact=True).pvalue)


def test_equal_candidates_do_not_differ():
    targets, a_R, _, groups = _pair(90, only_a=0.1, only_b=0.05, seed=0)
    for metric in ("accuracy", "macro_f1"):
        found = compare(metric, targets, a_R, a_R, groups=groups, num_labels=4, seed=0)
        assert found.p_value > 0.9
        assert found.low < 0 == found.difference < found.high


def test_a_p_value_is_never_zero():
    targets = np.arange(400) % 4
    wrong = (targets + 1) % 4
    found = compare(
        "macro_f1", targets, targets[None], wrong[None], groups=targets * 0 + np.arange(400) // 2,
        num_labels=4, seed=0,
    )  # fmt: skip
    assert 0 < found.p_value < 0.002
    assert found.test == "paired cluster bootstrap"


def test_sides_may_have_different_numbers_of_seeds():
    targets, a_R, b_R, groups = _pair(200, only_a=0.05, only_b=0.1, num_replicates=3, seed=0)
    found = compare("accuracy", targets, a_R, b_R[:1], groups=groups, num_labels=4, seed=0)
    assert found.difference == pytest.approx((a_R == targets).mean() - (b_R[0] == targets).mean())


@pytest.mark.slow
@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
@pytest.mark.parametrize(("num_replicates", "group_size"), [(1, 4), (3, 4), (3, 1)])
def test_equally_good_candidates_are_told_apart_about_5_times_in_100(
    metric, num_replicates, group_size
):
    rejected = 0
    for seed in range(500):
        targets, a_R, b_R, groups = _pair(
            400, only_a=0.14, only_b=0.14, num_replicates=num_replicates, group_size=group_size,
            seed=seed,
        )  # fmt: skip
        found = compare(metric, targets, a_R, b_R, groups=groups, num_labels=4, seed=seed)
        rejected += found.p_value <= 0.05
    assert 0.03 <= rejected / 500 <= 0.08


@pytest.mark.slow
def test_taking_rows_of_a_group_for_strangers_would_reject_far_too_often():
    rejected = 0
    for seed in range(300):
        targets, a_R, b_R, _ = _pair(400, only_a=0.1, only_b=0.1, group_size=4, seed=seed)
        found = compare(
            "macro_f1", targets, a_R, b_R, groups=np.arange(400), num_labels=4, seed=seed
        )
        rejected += found.p_value <= 0.05
    assert rejected / 300 > 0.2


@pytest.mark.parametrize("seed", range(20))
def test_holm_equals_statsmodels(seed):
    p_values = np.random.default_rng(seed).random(1 + seed % 7) ** 3
    np.testing.assert_allclose(holm(list(p_values)), multipletests(p_values, method="holm")[1])


def test_holm_of_nothing_is_nothing():
    assert holm([]) == []


def _passes(metric, targets, a_R, b_R, groups, *, tolerance, seed=0):
    return non_inferiority(
        metric, targets, a_R, b_R, tolerance=tolerance, groups=groups, num_labels=4, seed=seed
    ).is_no_worse


@pytest.mark.slow
@pytest.mark.parametrize("num_replicates", [1, 3])
@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_on_60_rows_a_candidate_10_points_worse_passes_at_most_5_times_in_100(
    metric, num_replicates
):
    passed = 0
    for seed in range(300):
        rows = _pair(60, only_a=0.02, only_b=0.12, num_replicates=num_replicates, seed=seed)
        passed += _passes(metric, *rows, tolerance=0.01, seed=seed)
    assert passed / 300 <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize(
    ("num_rows", "only_a", "only_b", "num_replicates", "group_size"),
    [(60, 0.02, 0.05, 1, 1), (400, 0.07, 0.1, 3, 1), (400, 0.07, 0.1, 1, 4)],
)
def test_a_candidate_worse_by_just_the_tolerance_passes_about_5_times_in_100(
    num_rows, only_a, only_b, num_replicates, group_size
):
    passed = 0
    for seed in range(500):
        rows = _pair(
            num_rows, only_a=only_a, only_b=only_b, num_replicates=num_replicates,
            group_size=group_size, seed=seed,
        )  # fmt: skip
        passed += _passes("accuracy", *rows, tolerance=0.03, seed=seed)
    assert passed / 500 <= 0.08


def test_one_lucky_row_among_60_shows_nothing():
    targets = np.arange(60) % 4
    best_R = targets[None].copy()
    best_R[0, 0] = 1
    assert not _passes("accuracy", targets, targets[None], best_R, np.arange(60), tolerance=0.01)


def test_equal_answers_are_no_worse_whatever_the_number_of_seeds():
    targets, a_R, _, groups = _pair(30, only_a=0.1, only_b=0.05, seed=0)
    three = np.repeat(a_R, 3, axis=0)
    found = non_inferiority(
        "macro_f1", targets, a_R, three, tolerance=0.0, groups=groups, num_labels=4, seed=0
    )
    assert found.is_no_worse
    assert found.difference == found.lower_bound == 0


def test_with_enough_rows_an_equally_good_candidate_is_shown_to_be_no_worse():
    targets, a_R, b_R, groups = _pair(3000, only_a=0.02, only_b=0.02, seed=1)
    assert _passes("accuracy", targets, a_R, b_R, groups, tolerance=0.01)
    assert _passes("macro_f1", targets, a_R, b_R, groups, tolerance=0.01)


def test_where_less_is_better_the_sign_is_turned():
    rng = np.random.default_rng(0)
    targets = rng.normal(size=300)
    good_R, bad_R = (targets + scale * rng.normal(size=(2, 300)) for scale in (0.5, 1.0))
    options = {"tolerance": 0.05, "groups": np.arange(300), "num_labels": 1, "seed": 0}
    better = non_inferiority("mae", targets, good_R, bad_R, **options)
    worse = non_inferiority("mae", targets, bad_R, good_R, **options)
    assert better.is_no_worse
    assert better.difference > better.lower_bound > 0
    assert not worse.is_no_worse
    assert worse.p_value > 0.95


def test_the_p_value_and_the_bound_agree():
    for seed in range(30):
        targets, a_R, b_R, groups = _pair(300, only_a=0.04, only_b=0.04, seed=seed)
        found = non_inferiority(
            "macro_f1", targets, a_R, b_R, tolerance=0.02, groups=groups, num_labels=4, seed=seed
        )
        if abs(found.p_value - 0.05) > 0.003:
            assert found.is_no_worse == (found.p_value < 0.05)


def test_one_single_group_shows_nothing():
    targets, a_R, b_R, groups = _pair(30, only_a=0.2, only_b=0.0, seed=0)
    assert not _passes("accuracy", targets, a_R, b_R, groups * 0, tolerance=0.01)
    found = compare("accuracy", targets, a_R, b_R, groups=groups * 0, num_labels=4, seed=0)
    assert (found.low, found.high, found.p_value) == (-1.0, 1.0, 1.0)
