"""The rule that picks the winner, on decisions whose truth is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from contest import Drill, base_model, dataset, facts, result, rows

from sartor.core.goal import Constraints, Goal, OutputKind, Target
from sartor.decide.choosing import Choosing, choosing_of
from sartor.decide.rule import choose, rule_for
from sartor.decide.standing import Result
from sartor.evaluate.metrics import metric_value

CHEAP, DEAR = 0.001, 0.010
BASE = base_model()


def chosen_rows(num_rows: int, **more: Any) -> Choosing:
    return choosing_of(dataset(rows(9), valid=rows(num_rows, **more)), seed=0)


def answered(choosing: Choosing, wrong: np.ndarray) -> np.ndarray:
    """Decisions that are right but for the given rows."""
    decided = choosing.targets.copy()
    decided[wrong] = (decided[wrong] + 1) % 3
    return decided


def candidate(choosing: Choosing, wrong: np.ndarray, name: str, *, family: str = "tuned") -> Result:
    decided = answered(choosing, wrong)
    value = metric_value("accuracy", choosing.targets, decided, 3)
    return result(Drill(name, family=family), decided, value=value, of=facts(choosing))


def winner(
    choosing: Choosing, finalists: list[Result], costs: list[float], *, tolerance: float = 0.01
) -> str:
    goal = Goal(task="classify", data={}, tolerance=tolerance)
    rule = rule_for(goal, "accuracy", choosing, is_quick=False)
    choice = choose(rule, finalists, costs, choosing=choosing, num_labels=3)
    return choice.winner.allowance.entrant.method.name


def some(num: int, of: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).choice(of, num, replace=False)


def test_the_cheaper_one_wins_where_it_is_shown_to_be_no_worse() -> None:
    """3,000 rows, the same mistakes but for five more: within 0.01 beyond doubt."""
    choosing = chosen_rows(3000)
    wrong = some(150, 3000, 0)
    best = candidate(choosing, wrong, "best")
    cheap = candidate(choosing, np.union1d(wrong, some(5, 3000, 1)), "cheap")
    assert winner(choosing, [best, cheap], [DEAR, CHEAP]) == "cheap"


@pytest.mark.parametrize(
    ("memory_gb", "expected"), [(None, "large"), (0.2, "small"), (0.1, "large")]
)
def test_what_takes_more_memory_than_is_allowed_does_not_win_over_what_fits(
    memory_gb: float | None, expected: str
) -> None:
    """22 million parameters take 0.23 GiB, no model 0.17; where nothing fits, the best is named."""
    choosing = chosen_rows(300)
    decided = [answered(choosing, some(num, 300, 0)) for num in (9, 90)]
    large, small = (
        result(Drill(name), one, value=value, of=facts(choosing), base=base)
        for name, one, value, base in zip(
            ("large", "small"), decided, (0.97, 0.7), (BASE, None), strict=True
        )
    )
    goal = Goal(task="classify", data={}, constraints=Constraints(memory_gb=memory_gb))
    rule = rule_for(goal, "accuracy", choosing, is_quick=False)
    choice = choose(rule, [large, small], [DEAR, CHEAP], choosing=choosing, num_labels=3)
    assert choice.winner.allowance.entrant.method.name == expected
    assert set(choice.evidence) == {large.candidate.id, small.candidate.id}
    assert ("GiB" in rule.text()) is (memory_gb is not None)


def test_few_rows_never_crown_the_cheaper_one() -> None:
    """60 rows, one mistake more: the same share as above is no evidence."""
    choosing = chosen_rows(60)
    best = candidate(choosing, np.arange(3), "best")
    cheap = candidate(choosing, np.arange(4), "cheap")
    assert winner(choosing, [best, cheap], [DEAR, CHEAP]) == "best"


def test_a_plainly_worse_candidate_never_wins_however_cheap() -> None:
    choosing = chosen_rows(3000)
    best = candidate(choosing, some(100, 3000, 0), "best")
    cheap = candidate(choosing, some(200, 3000, 1), "cheap")
    assert winner(choosing, [best, cheap], [DEAR, 0.0]) == "best"


def test_the_tolerance_decides_how_much_worse_is_good_enough() -> None:
    choosing = chosen_rows(3000)
    wrong = some(100, 3000, 0)
    best = candidate(choosing, wrong, "best")
    cheap = candidate(choosing, np.union1d(wrong, some(60, 3000, 1)), "cheap")
    assert winner(choosing, [best, cheap], [DEAR, CHEAP], tolerance=0.01) == "best"
    assert winner(choosing, [best, cheap], [DEAR, CHEAP], tolerance=0.05) == "cheap"


def test_equal_answers_are_no_worse_even_on_ten_rows() -> None:
    choosing = chosen_rows(10)
    best, cheap = (candidate(choosing, np.arange(2), name) for name in ("best", "cheap"))
    assert winner(choosing, [best, cheap], [DEAR, CHEAP], tolerance=0.0) == "cheap"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_among_equal_costs_the_untrained_one_wins_then_the_metric(
    order: tuple[int, int, int],
) -> None:
    """The best is trained; an untrained one within the tolerance at the same price is enough."""
    choosing = chosen_rows(3000)
    wrong = some(150, 3000, 0)
    finalists = [
        candidate(choosing, wrong, "trained"),
        candidate(choosing, np.append(wrong, some(6, 3000, 1)), "off", family="off_the_shelf"),
        candidate(choosing, np.append(wrong, some(3, 3000, 2)), "better off", family="baseline"),
    ]
    shuffled = [finalists[place] for place in order]
    assert winner(choosing, shuffled, [DEAR, DEAR * 1.01, DEAR]) in ("off", "better off")
    one_more = np.append(wrong, np.setdiff1d(np.arange(3000), wrong)[:1])
    trained_only = [finalists[0], candidate(choosing, one_more, "also trained")]
    assert winner(choosing, trained_only, [DEAR, DEAR * 0.99]) == "trained"


def test_the_better_of_two_untrained_ones_wins_at_one_price() -> None:
    choosing = chosen_rows(3000)
    wrong = some(150, 3000, 0)
    worse = candidate(choosing, np.union1d(wrong, some(9, 3000, 1)), "a", family="baseline")
    better = candidate(choosing, wrong, "b", family="off_the_shelf")
    assert winner(choosing, [worse, better], [CHEAP, CHEAP]) == "b"


def test_where_less_is_better_the_lowest_is_the_best() -> None:
    numbers = np.linspace(0, 10, 400)
    data = dataset(rows(9), valid=rows(400, targets=numbers), kind=OutputKind.SCORE)
    choosing = choosing_of(
        dataset(
            rows(9, targets=np.arange(9.0)), valid=rows(400, targets=numbers), kind=data.output_kind
        ),
        seed=0,
    )
    noise = np.random.default_rng(0).normal(size=400)
    finalists = [
        result(
            Drill(name),
            numbers + size * noise,
            value=float(np.abs(size * noise).mean()),
            of=facts(choosing),
        )
        for name, size in (("close", 0.1), ("far", 2.0))
    ]
    rule = rule_for(Goal(task="classify", data={}), "mae", choosing, is_quick=False)
    choice = choose(rule, finalists, [DEAR, CHEAP], choosing=choosing, num_labels=1)
    assert choice.best.allowance.entrant.method.name == "close"
    assert choice.winner is choice.best
    assert "the lowest is the best" in rule.text()


def test_the_order_of_the_finalists_does_not_matter() -> None:
    choosing = chosen_rows(500)
    finalists = [candidate(choosing, some(25, 500, seed), f"m{seed}") for seed in range(4)]
    costs = [0.01, 0.02, 0.03, 0.04]
    names = {
        winner(choosing, [finalists[i] for i in order], [costs[i] for i in order])
        for order in ((0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1))
    }
    assert len(names) == 1


def test_equal_values_are_settled_by_name() -> None:
    choosing = chosen_rows(100)
    twins = [candidate(choosing, np.arange(5), name) for name in ("b", "a")]
    assert winner(choosing, twins, [DEAR, DEAR]) == winner(choosing, twins[::-1], [DEAR, DEAR])


def test_the_rule_names_all_it_depends_on() -> None:
    targets = (Target("macro_f1", at_least=0.9), Target("accuracy", at_least=0.8))
    goal = Goal(task="classify", data={}, targets=targets, tolerance=0.025)
    text = rule_for(goal, "macro_f1", chosen_rows(50), is_quick=False).text()
    for part in ("macro_f1", "valid (50 rows)", "0.025", "95%", "3 seeds", "accuracy at least 0.8"):
        assert part in text


@pytest.mark.slow
@pytest.mark.parametrize("num_rows", [60, 300])
def test_a_cheaper_one_that_is_just_too_bad_rarely_wins(num_rows: int) -> None:
    """Truly worse by exactly the tolerance: it may slip through in about 5 of 100 contests."""
    tolerance, rng, slipped = 0.05, np.random.default_rng(4), 0
    choosing = chosen_rows(num_rows)
    for _ in range(200):
        draws = rng.random(num_rows)
        best_wrong = np.flatnonzero(draws < 0.10)
        cheap_wrong = np.flatnonzero((draws < 0.06) | (draws > 0.91))
        best, cheap = (
            candidate(choosing, wrong, name)
            for wrong, name in ((best_wrong, "best"), (cheap_wrong, "cheap"))
        )
        if best.value >= cheap.value:
            slipped += (
                winner(choosing, [best, cheap], [DEAR, CHEAP], tolerance=tolerance) == "cheap"
            )
    assert slipped / 200 <= 0.08
