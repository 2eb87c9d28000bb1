"""Plans count on the machine at hand, in steps so coarse that measuring twice changes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_plan import CHOOSING, FACTS, entrants

from sartor.core.goal import Budget, Goal
from sartor.core.speed import LARGE_WIDTH, SMALL_WIDTH, Speed
from sartor.decide.pace import PLANNED_FLOPS_PER_SECOND, REFERENCE, Pace, pace_of
from sartor.decide.plan import make_plan, planned_seconds


def times(factor: float, large: float | None = None) -> Speed:
    return replace(
        REFERENCE,
        small_flops_per_second=factor * REFERENCE.small_flops_per_second,
        large_flops_per_second=(large or factor) * REFERENCE.large_flops_per_second,
    )


@pytest.mark.parametrize("noise", [0.86, 0.95, 1.0, 1.05, 1.16])
@pytest.mark.parametrize("factor", [1.0, 4.0, 0.5, 2**0.5])
def test_noise_of_a_sixth_changes_no_pace(factor, noise):
    assert pace_of(times(factor * noise)).small_factor == pytest.approx(factor)


def test_a_machine_beyond_all_bounds_is_taken_at_the_bound():
    assert pace_of(times(1e9)).small_factor == 4096
    assert pace_of(times(1e-9)).small_factor == 1 / 64


def test_between_two_widths_the_logarithm_is_interpolated():
    speed = Speed("", 1e11, 4e11, 1.0)
    assert speed.flops_per_second(SMALL_WIDTH // 2) == pytest.approx(1e11)
    assert speed.flops_per_second(4 * LARGE_WIDTH) == pytest.approx(4e11)
    middle = round((SMALL_WIDTH * LARGE_WIDTH) ** 0.5)
    assert speed.flops_per_second(middle) == pytest.approx(2e11, rel=0.01)


def test_a_faster_machine_takes_less_of_the_budget_and_leaves_out_less():
    goal = Goal(task="classify", data={"all": ("rows.jsonl",)}, budget=Budget(hours=0.01))

    def plan(pace: Pace):
        return make_plan(goal, entrants(), FACTS, CHOOSING, is_quick=False, pace=pace)

    slow, plain, fast = (plan(Pace(f, f)) for f in (1 / 64, 1.0, 1024.0))
    num_out = [sum(a.left_out_because is not None for a in p) for p in (slow, plain, fast)]
    assert num_out[0] >= num_out[1] >= num_out[2]
    assert num_out[0] > num_out[2] == 0
    assert planned_seconds(fast) < planned_seconds(plain) <= goal.budget.hours * 3600


def test_what_needs_no_model_is_planned_alike_everywhere():
    assert Pace(64.0, 64.0).flops_per_second(None) == PLANNED_FLOPS_PER_SECOND
