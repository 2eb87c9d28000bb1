"""The depth that is expected, and its reasons."""

from __future__ import annotations

import math

import pytest

from sartor.core.errors import GoalError
from sartor.decide.tuning_depth import Depth, TaskDistance, expected_depth


@pytest.mark.parametrize(
    ("figures", "depth"),
    [
        ({"off_the_shelf": 0.93}, Depth.PROMPT),
        ({"off_the_shelf": 0.4, "head": 0.92}, Depth.HEAD),
        ({"off_the_shelf": 0.4, "head": 0.85}, Depth.LAST_LAYERS),
        ({"head": 0.7}, Depth.LORA),
        ({"head": 0.2}, Depth.FULL),
        ({"head": 0.2, "num_examples": 60}, Depth.LORA),
        ({"off_the_shelf": 0.5}, Depth.LORA),
        ({"off_the_shelf": 0.5, "bits_per_byte": 2.0, "general_bits_per_byte": 1.0}, Depth.FULL),
        ({"off_the_shelf": 0.5, "bits_per_byte": 1.1, "general_bits_per_byte": 1.0}, Depth.LORA),
        ({"head": 0.92, "bits_per_byte": 2.0, "general_bits_per_byte": 1.0}, Depth.LAST_LAYERS),
        ({}, Depth.LORA),
    ],
)
def test_the_shallowest_that_is_expected_to_be_enough(
    figures: dict[str, float], depth: Depth
) -> None:
    found = expected_depth(TaskDistance(mark=0.9, chance=0.1, **figures))  # type: ignore[arg-type]
    assert found.depth is depth
    assert all(found.because)


def test_a_better_head_never_means_deeper_tuning() -> None:
    order = list(Depth)
    depths = [
        order.index(expected_depth(TaskDistance(mark=0.9, chance=0.1, head=k / 50)).depth)
        for k in range(51)
    ]
    assert depths == sorted(depths, reverse=True)


def test_what_cannot_be_is_named() -> None:
    with pytest.raises(GoalError, match="not above chance"):
        expected_depth(TaskDistance(mark=0.1, chance=0.5))
    with pytest.raises(GoalError, match="nan"):
        expected_depth(TaskDistance(mark=0.9, chance=0.5, head=math.nan))
