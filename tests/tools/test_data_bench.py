"""What the benchmark of the data workshop plants, and how it measures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from bench.data import PARTS, table
from bench.data_copies import CHANGES, planted
from bench.data_labels import FLIPPED_SHARE, flipped, nearest_labels
from bench.data_rows import CHAT, CLASSIFY, rows, write
from bench.data_sets import figure
from bench.data_speed import prepared


@pytest.mark.parametrize("form", [CLASSIFY, CHAT])
def test_invented_rows_are_the_same_every_time_and_of_the_length_that_is_said(form, tmp_path: Path):
    first = list(rows(form, 50))
    assert list(rows(form, 400))[:50] == first
    assert list(rows(form, 50, seed=1)) != first
    assert write(tmp_path / "rows.jsonl", form, 2_000) / 2_000 == pytest.approx(400, rel=0.1)


def test_flipped_labels_are_as_many_as_said_and_near_where_that_is_asked():
    label_N = np.repeat(np.arange(8), 50)
    features_ND = np.eye(8)[label_N] + np.eye(8)[(label_N + 1) % 8] / 2
    near_CK = nearest_labels(features_ND, label_N)
    for near in (None, near_CK):
        given_N = flipped(label_N, near, seed=3)
        wrong = np.flatnonzero(given_N != label_N)
        assert len(wrong) == FLIPPED_SHARE * len(label_N)
        if near is not None:
            assert all(given_N[row] in near_CK[label_N[row]] for row in wrong)


def test_every_kind_of_copy_is_planted_equally_often():
    pool = [f"message number {number} of the pool, long enough" for number in range(100)]
    origin_N, kind_N, copies = planted(pool, 20, seed=0)
    assert len(set(origin_N)) == len(copies) == 20
    assert {kind: kind_N.count(kind) for kind in CHANGES} == dict.fromkeys(CHANGES, 4)
    assert not set(copies) & set(pool)


def test_a_figure_stands_with_its_mark():
    figures = {"speed": figure([2.0, 4.0], "rows/s"), "one": figure([0.5])}
    said = table({"figures": figures, "marks": {"one": 0.9}, "left_out": [PARTS[0]]})
    assert "3 rows/s (2 to 4)" in said
    assert "0.5 share  mark 0.9" in said
    assert "labels: left out" in said


@pytest.mark.slow
def test_a_preparation_is_measured_in_a_process_of_its_own(tmp_path: Path):
    found = prepared(tmp_path, CLASSIFY, 300)
    assert found.processor_seconds > 0
    assert found.seconds > 0
    assert 10 * 2**20 < found.peak_bytes < 2 * 2**30
