"""Shares over time have intervals that hold, trends that are found where they are, and new terms are new."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from sartor.data.new_terms import new_terms
from sartor.data.over_time import holm, shares_over_time, wilson

DAY = 86_400.0
START = datetime(2026, 1, 1, tzinfo=UTC).timestamp()


def _times(num_rows, *, days, seed=0):
    return START + np.sort(np.random.default_rng(seed).uniform(0, days * DAY, num_rows))


@pytest.mark.parametrize(
    ("num_rows", "days", "first"),
    [
        (600, 20, "2026-01-01"),
        (600, 120, "2026-W01"),
        (600, 500, "2026-01"),
        (500, 1400, "2026-Q1"),
        (60, 5000, "2026"),
    ],
)
def test_periods_are_as_fine_as_their_rows_allow(num_rows, days, first):
    shares = shares_over_time(np.ones((num_rows, 1), bool), _times(num_rows, days=days))
    assert shares.periods[0] == first
    assert shares.num_rows_P.sum() == num_rows
    assert (shares.shares[0][shares.num_rows_P > 0] == 1).all()


def test_what_rises_is_told_from_what_does_not():
    rng = np.random.default_rng(1)
    times = _times(2000, days=300)
    at = (times - START) / (300 * DAY)
    has = np.stack(
        [
            rng.random(2000) < 0.1 + 0.2 * at,
            rng.random(2000) < 0.3,
            rng.random(2000) < 0.4 - 0.2 * at,
        ],
        axis=1,
    )
    shares = shares_over_time(has, times)
    assert shares.p_L[0] < 0.001
    assert shares.p_L[2] < 0.001
    assert shares.p_L[1] > 0.05
    assert 0.1 < shares.slope_L[0] < 0.3
    assert -0.3 < shares.slope_L[2] < -0.1


def test_trends_by_chance_are_rare():
    rng = np.random.default_rng(2)
    found = [
        (
            shares_over_time(rng.random((300, 8)) < 0.2, _times(300, days=200, seed=seed)).p_L
            < 0.05
        ).any()
        for seed in range(200)
    ]
    assert np.mean(found) < 0.10


def test_wilson_and_holm_are_those_of_statsmodels():
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    for count, num in ((0, 10), (3, 7), (50, 50), (999, 4000)):
        expected = proportion.proportion_confint(count, num, method="wilson")
        np.testing.assert_allclose(
            np.ravel(wilson(np.array([count]), np.array([num]))), expected, atol=1e-9
        )
    p_values = np.random.default_rng(3).random(20) ** 3
    np.testing.assert_allclose(holm(p_values), multitest.multipletests(p_values, method="holm")[1])


def test_rows_without_a_time_do_not_count_and_one_period_is_no_course():
    times = np.append(_times(100, days=90), [np.nan] * 5)
    assert shares_over_time(np.ones((105, 1), bool), times).num_rows_P.sum() == 100
    assert shares_over_time(np.ones((5, 1), bool), np.full(5, START)) is None
    assert shares_over_time(np.ones((3, 1), bool), np.full(3, np.nan)) is None


def test_a_new_product_is_found_and_what_was_always_there_is_not():
    rng = np.random.default_rng(4)
    texts = [
        f"my order of {'a coat' if rng.random() < 0.5 else 'two shirts'} is late"
        for _ in range(400)
    ]
    texts += ["does the Linen Cloak fit me" for _ in range(12)]
    times = START + DAY * np.arange(412)
    found = new_terms(texts, times)
    assert {"linen", "cloak", "linen cloak"} & {one.term for one in found}
    assert not {"order", "coat", "late"} & {one.term for one in found}
    best = found[0]
    assert (best.num_lately, best.num_before) == (12, 0)
    assert all("Linen" in texts[row] for row in best.rows)
    shuffled = rng.permutation(412)
    again = new_terms([texts[row] for row in shuffled], times[shuffled])
    assert [one[:4] for one in again] == [one[:4] for one in found]


def test_without_news_nothing_is_new():
    rng = np.random.default_rng(5)
    words = [f"word{number}" for number in range(300)]
    texts = [" ".join(rng.choice(words, 12)) for _ in range(800)]
    assert len(new_terms(texts, START + DAY * np.arange(800))) <= 3
    assert new_terms(texts[:10], np.full(10, np.nan)) == []


def test_personal_data_is_no_term():
    texts = ["where is my parcel"] * 60 + ["write to anna.berg@post.example please"] * 20
    found = new_terms(texts, START + DAY * np.arange(80))
    assert not any("anna" in one.term or "@" in one.term for one in found)
