"""The plan: the same every time, within the budget, settings given up before methods."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from contest import Drill, base_model, dataset, facts, rows
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sartor.core.goal import Budget, Goal
from sartor.decide.choosing import Choosing, choosing_of
from sartor.decide.entrant import Entrant, entrants_of
from sartor.decide.plan import (
    BUDGET_USED_SHARE,
    LEAST_EPOCHS,
    STEPS_BEFORE_FIRST_SCORE,
    Allowance,
    Purse,
    make_plan,
    planned_seconds,
)
from sartor.tune.registry import load_methods

GOAL = Goal(task="classify", data={"all": ("rows.jsonl",)})
CHOOSING: Choosing = choosing_of(dataset(rows(2000), valid=rows(500)), seed=0)
FACTS = facts(CHOOSING)
BASE = base_model()


def entrants() -> list[Entrant]:
    """Those that take part whatever the number of rows."""
    methods = [method for method in load_methods() if not hasattr(method, "most_rows")]
    return entrants_of(GOAL, FACTS, methods, [BASE])


def plan(hours: float, *, quick: bool = False) -> list[Allowance]:
    goal = replace(GOAL, budget=Budget(hours=hours))
    return make_plan(goal, entrants(), FACTS, CHOOSING, is_quick=quick)


def facts_of_plan(allowances: list[Allowance]) -> list[tuple[str, int, int, str | None]]:
    return [(a.entrant.name, a.num_settings, a.max_epochs, a.left_out_because) for a in allowances]


def test_equal_goals_make_equal_plans() -> None:
    assert facts_of_plan(plan(0.3)) == facts_of_plan(plan(0.3))


def test_a_method_for_few_examples_stays_out_of_many_unless_it_is_named() -> None:
    many = FACTS.with_(num_fit=50_000)
    for methods, is_out in (((), True), (("contrastive", "full"), False)):
        goal = replace(GOAL, budget=Budget(hours=500), methods=methods)
        taking_part = entrants_of(goal, many, load_methods(methods), [BASE])
        made = make_plan(goal, taking_part, many, CHOOSING, is_quick=False)
        reasons = {a.entrant.method.name: a.left_out_because for a in made}
        assert bool(reasons["contrastive"]) is is_out
        assert reasons["full"] is None
        if is_out:
            assert (
                reasons["contrastive"] == "50,000 examples to learn from, and it is for up to 1,500"
            )
    few = FACTS.with_(num_fit=900)
    made = make_plan(
        replace(GOAL, budget=Budget(hours=50)),
        entrants_of(GOAL, few, load_methods(), [BASE]),
        few,
        CHOOSING,
        is_quick=False,
    )
    assert [a.left_out_because for a in made] == [None] * len(made)


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.floats(min_value=1e-6, max_value=50))
def test_the_plan_fits_the_budget_unless_one_entrant_with_one_setting_is_left(hours: float) -> None:
    allowances = plan(hours)
    taking_part = [a for a in allowances if not a.left_out_because]
    fits = planned_seconds(allowances) <= hours * 3600 * BUDGET_USED_SHARE
    assert taking_part
    assert fits or (len(taking_part) == 1 and taking_part[0].num_settings == 1)


def least(allowance: Allowance) -> float:
    """Planned seconds with one setting and the fewest epochs."""
    epochs = min(allowance.planned_epochs, max(LEAST_EPOCHS, allowance.first_rung))
    return replace(allowance, num_settings=1, planned_epochs=epochs).planned_seconds


def test_settings_and_epochs_are_given_up_before_methods() -> None:
    """A method leaves only where the least of everything would not have made room for it."""
    alone = {a.entrant.name: least(a) for a in plan(50)}
    for hours in (0.4, 0.2, 0.15, 0.1, 0.05, 0.02):
        allowances = plan(hours)
        left_out = [alone[a.entrant.name] for a in allowances if a.left_out_because]
        taking_part = [alone[a.entrant.name] for a in allowances if not a.left_out_because]
        if left_out:
            assert sum(taking_part) + min(left_out) > 0.98 * hours * 3600 * BUDGET_USED_SHARE
    assert [a.num_settings for a in plan(0.15)] != [a.num_settings for a in plan(50)]
    assert not any(a.left_out_because for a in plan(0.15))
    assert any(a.left_out_because for a in plan(0.05)), "the budget must have bitten"


def test_a_second_setting_is_worth_more_than_a_fifth_epoch_and_less_than_a_fourth() -> None:
    seen = set()
    for hours in np.geomspace(0.05, 2, 400):
        for allowance in plan(float(hours)):
            if allowance.entrant.method.name == "full" and not allowance.left_out_because:
                seen.add((allowance.num_settings, allowance.planned_epochs))
    expected = {(4, 5), (3, 5), (2, 5), (2, 4), (1, 4), (1, 3), (1, 2)}
    assert seen == expected


def test_what_a_method_left_out_would_have_taken_others_train_with() -> None:
    hours = [float(h) for h in np.geomspace(0.3, 0.01, 60)]
    first = next(i for i, h in enumerate(hours) if any(a.left_out_because for a in plan(h)))
    before, after = (
        next(a for a in plan(h) if a.entrant.method.name == "last_layers")
        for h in (hours[first - 1], hours[first])
    )
    assert after.planned_seconds > before.planned_seconds


def test_what_one_leaves_over_the_next_may_use() -> None:
    allowances = plan(0.5)
    lora, full = allowances[-2], allowances[-1]
    purse = Purse(allowances, planned_seconds(allowances))
    assert purse.allows(full, full.planned_epochs)
    assert not purse.allows(full, full.planned_epochs + 1)
    one_epoch_less = lora.seconds_at(lora.planned_epochs - 1) - lora.finals_seconds_at(
        lora.planned_epochs - 1
    )
    purse.settle(lora, searched_seconds=one_epoch_less, epochs=lora.planned_epochs - 1)
    assert purse.free_seconds == pytest.approx(lora.epoch_seconds + lora.seeds * lora.final_seconds)
    more = full.epoch_seconds + full.seeds * full.final_seconds
    assert purse.allows(full, full.planned_epochs + 1) == (more <= purse.free_seconds)


def test_who_uses_more_than_its_own_takes_it_from_what_is_free() -> None:
    allowances = plan(0.5)
    full = allowances[-1]
    purse = Purse(allowances, planned_seconds(allowances) + 100)
    purse.settle(full, searched_seconds=full.planned_seconds + 1000, epochs=0)
    assert purse.free_seconds < 0
    assert purse.allows(allowances[-2], allowances[-2].planned_epochs), "its own nobody takes"


def test_no_more_settings_are_planned_than_there_are() -> None:
    num_settings = {a.entrant.method.name: a.num_settings for a in plan(50)}
    assert num_settings["majority"] == 1
    (zero_shot,) = [e for e in entrants() if e.method.name == "zero_shot"]
    assert num_settings["zero_shot"] == len(zero_shot.dials[0].choices)


def test_what_is_left_out_says_why() -> None:
    reasons = [a.left_out_because for a in plan(0.02) if a.left_out_because]
    assert all(reason and "planned minutes do not fit the budget" in reason for reason in reasons)


def test_an_entrant_left_out_plans_no_work() -> None:
    left_out = [a for a in plan(0.02) if a.left_out_because]
    assert all(a.planned_seconds == 0 for a in left_out)


def test_the_last_entrant_still_gives_up_settings() -> None:
    methods = [Drill(rungs=(0,))]
    goal = replace(GOAL, budget=Budget(hours=30 / 3600))
    lone = entrants_of(goal, FACTS, methods, [])
    (allowance,) = make_plan(goal, lone, FACTS, CHOOSING, is_quick=False)
    assert allowance.left_out_because is None
    assert allowance.num_settings == 1


def test_quick_tries_less_of_everything() -> None:
    for slow, quick in zip(plan(50), plan(50, quick=True), strict=True):
        assert quick.seeds == 1
        assert quick.planned_seconds <= slow.planned_seconds
        assert quick.num_settings <= slow.num_settings


@pytest.mark.parametrize("num_rows", [60, 600, 6000])
def test_a_trial_is_first_judged_after_a_hundred_steps_or_at_the_next_rung(num_rows: int) -> None:
    choosing = choosing_of(dataset(rows(num_rows), valid=rows(300)), seed=0)
    few = facts(choosing)
    taking_part = entrants_of(GOAL, few, load_methods(("full",)), [BASE])
    (allowance,) = make_plan(
        replace(GOAL, budget=Budget(hours=8000)), taking_part, few, choosing, is_quick=False
    )
    batch_size = next(d.default for d in taking_part[0].dials if d.name == "batch_size")
    steps = -(-num_rows // batch_size) * allowance.first_rung
    earlier = [r for r in taking_part[0].rungs if r < allowance.first_rung]
    is_last = allowance.first_rung == taking_part[0].rungs[-1]
    assert steps >= STEPS_BEFORE_FIRST_SCORE or is_last
    assert all(-(-num_rows // batch_size) * r < STEPS_BEFORE_FIRST_SCORE for r in earlier)


def test_a_finalist_is_planned_on_all_rows() -> None:
    for allowance in plan(50):
        if allowance.entrant.method.name in ("lora", "full"):
            assert allowance.final_seconds / allowance.epoch_seconds == pytest.approx(2500 / 2000)
