"""Held-out rows that nearly stand in train."""

from __future__ import annotations

import numpy as np
from feature_sets import kinds

from sartor.data import nearest_leaks as leaks_module
from sartor.data.nearest_leaks import nearest_leaks
from sartor.data.neighbours import densities, nearest_of, nearest_rows, unit_rows
from sartor.data.rows import DROPPED, TEST, TRAIN, VALID


def parts(num_rows: int = 120):
    features_ND = np.random.default_rng(0).normal(size=(num_rows, 40)).astype(np.float32)
    part_N = np.where(
        np.arange(num_rows) < 80, TRAIN, np.where(np.arange(num_rows) < 100, VALID, TEST)
    )
    features_ND[90] = 2 * features_ND[5] + 0.02
    features_ND[110] = features_ND[7]
    features_ND[111] = features_ND[95]
    return features_ND, part_N


def test_reworded_rows_are_flagged_with_the_row_they_copy():
    features_ND, part_N = parts()
    valid, test = nearest_leaks(features_ND, part_N)
    assert [(pair.held_out, pair.train) for pair in valid.flagged] == [(90, 5)]
    assert [(pair.held_out, pair.train, pair.cosine) for pair in test.flagged] == [(110, 7, 1.0)]
    assert len(valid.pairs) == len(test.pairs) == 20
    texts = [f"text {row}" for row in range(120)]
    count = test.count(texts, [f"t.csv:{row + 2}" for row in range(120)])
    assert count.what == "test rows nearly in train"
    assert count.examples == ("t.csv:112 ~ t.csv:9 (1.000): text 110 ~ text 7",)
    assert "5.0 % of 20 test rows" in count.note


def test_dropped_rows_leak_nothing():
    features_ND, part_N = parts()
    part_N[5] = part_N[7] = DROPPED
    valid, test = nearest_leaks(features_ND, part_N)
    assert not valid.flagged
    assert test.count([], []) is None
    assert nearest_leaks(features_ND, np.full(120, TRAIN)) == []


def test_a_sample_is_looked_at_and_its_size_is_told(monkeypatch):
    monkeypatch.setattr(leaks_module, "MAX_HELD_OUT", 8)
    features_ND, part_N = parts()
    valid, _ = nearest_leaks(features_ND, part_N)
    assert (len(valid.pairs), valid.num_rows) == (8, 20)
    assert nearest_leaks(features_ND, part_N) == nearest_leaks(features_ND, part_N)


def test_neighbours_are_those_of_scikit_learn():
    from sklearn.neighbors import NearestNeighbors

    unit_ND = unit_rows(kinds(5, 700)[0])
    rows_NK, cosines_NK = nearest_rows(unit_ND, 6)
    distances, rows = (
        NearestNeighbors(n_neighbors=7, metric="cosine").fit(unit_ND).kneighbors(unit_ND)
    )
    assert (rows_NK == rows[:, 1:]).mean() > 0.999
    assert np.abs(1 - cosines_NK - distances[:, 1:]).max() < 1e-5


def test_density_is_the_mean_cosine_of_the_neighbours():
    unit_ND = unit_rows(kinds(5, 1_300)[0])
    expected_N = nearest_rows(unit_ND, 90)[1].mean(1)
    assert np.abs(densities(unit_ND, 90) - expected_N).max() < 1e-9


def test_of_equal_neighbours_the_earlier_row_is_first():
    same_ND = np.repeat(np.eye(3), 4, axis=0)
    assert nearest_rows(same_ND, 2)[0][5].tolist() == [4, 6]
    assert nearest_of(same_ND[:1], same_ND, 3)[0].tolist() == [[0, 1, 2]]
