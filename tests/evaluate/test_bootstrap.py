"""The draws are those of a bootstrap over groups."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import bootstrap

from sartor.evaluate.bootstrap import bca_levels, draw_values, share_below, widened_z


def _mean_of(values_N):
    return lambda weights_NB: values_N @ weights_NB / weights_NB.sum(axis=0)


def test_rows_of_a_group_are_drawn_together_and_as_many_groups_as_there_are():
    groups = np.array([5, 5, 9, 2, 2, 2, 7])
    weights_NB = draw_values(lambda weights: weights, groups=groups, seed=0, num_draws=50)
    assert weights_NB.shape == (7, 50)
    for members in ([0, 1], [3, 4, 5]):
        assert (weights_NB[members] == weights_NB[members[0]]).all()
    assert (weights_NB[[0, 2, 3, 6]].sum(axis=0) == 4).all()


def test_draws_do_not_depend_on_other_seeds_but_on_their_own():
    groups = np.arange(30)
    value_of = _mean_of(np.arange(30.0))
    one, same, other = (draw_values(value_of, groups=groups, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_the_bca_interval_equals_scipys_up_to_the_widening():
    values_N = np.random.default_rng(0).exponential(size=150)
    value_of = _mean_of(values_N)
    draws_B = draw_values(value_of, groups=np.arange(150), seed=0, num_draws=20_000)
    level = 0.95 - 0.0025  # what the widening for 150 groups adds
    levels = bca_levels(
        values_N.mean(), draws_B, value_of=value_of, groups=np.arange(150), seed=0, level=level
    )
    theirs = bootstrap(
        (values_N,), np.mean, n_resamples=20_000, method="BCa", random_state=1
    ).confidence_interval
    np.testing.assert_allclose(np.quantile(draws_B, levels), theirs, atol=0.01)


def test_the_widening_is_students_and_fades_with_many_groups():
    assert widened_z(10, 0.95) == pytest.approx(2.2622 * np.sqrt(10 / 9), abs=1e-4)
    assert widened_z(10**6, 0.95) == pytest.approx(1.95996, abs=1e-4)


def test_being_sure_ends_where_the_draws_end():
    draws_B = np.random.default_rng(0).normal(size=999)
    assert share_below(draws_B, 0.0, num_groups=10**6) == pytest.approx(0.5, abs=0.05)
    assert share_below(draws_B, 99.0, num_groups=10**6) == pytest.approx(0.999, abs=1e-6)
    assert share_below(draws_B, -99.0, num_groups=10**6) == pytest.approx(0.001, abs=1e-6)
    assert share_below(np.zeros(999), 0.0, num_groups=20) == pytest.approx(0.5)
