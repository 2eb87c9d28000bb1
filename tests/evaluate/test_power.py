"""The rows advised are the rows needed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from sartor.evaluate.power import rows_needed


@pytest.mark.parametrize(("difference", "discordant"), [(0.05, 0.15), (-0.02, 0.06), (0.1, 0.2)])
def test_with_the_rows_advised_mcnemar_shows_the_difference_80_times_in_100(difference, discordant):
    num_rows = rows_needed(difference, discordant)
    rng = np.random.default_rng(0)
    shares = [(discordant + difference) / 2, (discordant - difference) / 2, 1 - discordant]
    only_a, only_b, _ = rng.multinomial(num_rows, shares, size=20_000).T
    statistic = (only_a - only_b) ** 2 / np.maximum(1, only_a + only_b)
    assert (chi2.sf(statistic, 1) <= 0.05).mean() == pytest.approx(0.8, abs=0.04)


def test_half_the_difference_takes_about_four_times_the_rows():
    assert rows_needed(0.01, 0.05) / rows_needed(0.02, 0.05) == pytest.approx(4, rel=0.03)


def test_a_difference_cannot_exceed_the_rows_that_differ():
    assert rows_needed(0.1, 0.02) == rows_needed(0.1, 0.1)
