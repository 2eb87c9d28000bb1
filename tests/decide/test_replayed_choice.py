"""Bases chosen on measured fine-tuning curves that nothing was set by."""

from __future__ import annotations

import numpy as np
import pytest
from bench.choose_replay import FOLDER, fine_tuning, replayed, summary


@pytest.mark.slow
@pytest.mark.needs_shared
@pytest.mark.skipif(not FOLDER.is_dir(), reason="the measured curves are absent")
def test_short_runs_choose_nearly_the_best_for_little() -> None:
    found = replayed(
        fine_tuning("wmt19"),
        methods=["short runs", "size", "zero-shot"],
        by_parameters=True,
        num_subsets=20,
    )
    ours, size, zero_shot = (summary(found[name]) for name in ("short runs", "size", "zero-shot"))
    assert ours["relative accuracy"] > 0.97
    assert ours["saved apart from the winner's own"] > 0.9
    assert ours["relative accuracy"] > max(
        size["relative accuracy"], zero_shot["relative accuracy"]
    )


@pytest.mark.slow
@pytest.mark.needs_shared
@pytest.mark.skipif(not FOLDER.is_dir(), reason="the measured curves are absent")
def test_intervals_cover_measured_losses() -> None:
    from bench.choose_curves import judged, of_ladder

    found = judged(of_ladder(fine_tuning("wmt19").some([3, 11, 20])))
    coverages = [found[times]["coverage"] for times in ("2x", "4x", "8x")]
    assert np.mean(coverages) > 0.75
    for times in ("2x", "4x", "8x"):
        assert found[times]["width"] < found[times]["plain width at equal coverage"]
