"""Short runs on bases whose curves are known."""

from __future__ import annotations

import math

import pytest

from sartor.core.errors import GoalError
from sartor.decide.short_runs import ShortRuns, choose_by_short_runs, subset_sizes

FULL = 102_400.0
SIZES = subset_sizes(FULL, smallest=100)


def law(floor: float, start: float, exponent: float):
    return lambda n: floor + start * n**-exponent


CROSSING = {
    "early": law(1.5, 1.0, 0.3),
    "late": law(0.2, 6.0, 0.16),
    "poor": law(3.0, 2.0, 0.3),
}
"""`early` is ahead until some thousands, `late` with all examples; `poor` never is."""


class Oracle:
    """Trains nothing, remembers what was asked."""

    def __init__(self, curves: dict[str, object]) -> None:
        self.curves, self.asked = curves, []  # type: ignore[var-annotated]

    def __call__(self, base: str, size: float) -> float:
        self.asked.append((base, size))
        curve = self.curves[base]
        assert callable(curve)
        return float(curve(size))


def plain_cost(base: str, size: float) -> float:
    return size


def test_a_base_that_starts_behind_is_found() -> None:
    truth = {base: curve(FULL) for base, curve in CROSSING.items()}
    assert CROSSING["early"](400) < CROSSING["late"](400)
    assert min(truth, key=truth.__getitem__) == "late"
    choice = choose_by_short_runs(
        list(CROSSING),
        ShortRuns(FULL, SIZES, budget_share=0.6),
        train=Oracle(CROSSING),
        cost=plain_cost,
    )
    assert choice.base == "late"
    assert choice.standings[0].base == "late"


def test_who_is_clearly_behind_is_trained_least_and_says_why() -> None:
    oracle = Oracle(CROSSING)
    choice = choose_by_short_runs(
        list(CROSSING), ShortRuns(FULL, SIZES, budget_share=0.6), train=oracle, cost=plain_cost
    )
    runs = {base: sum(asked == base for asked, _ in oracle.asked) for base in CROSSING}
    assert runs["poor"] == 3
    poor = next(s for s in choice.standings if s.base == "poor")
    assert "unlikely to overtake late" in poor.because
    assert poor.cost == sum(SIZES[:3])


def test_everybody_is_tried_and_no_run_is_paid_twice() -> None:
    oracle = Oracle(CROSSING)
    choose_by_short_runs(list(CROSSING), ShortRuns(FULL, SIZES), train=oracle, cost=plain_cost)
    assert {base for base, _ in oracle.asked} == set(CROSSING)
    assert len(oracle.asked) == len(set(oracle.asked))


@pytest.mark.parametrize("share", [0.02, 0.05, 0.2])
def test_the_budget_of_the_others_holds(share: float) -> None:
    close = {f"base {k}": law(1 + 0.01 * k, 3.0, 0.2) for k in range(8)}
    choice = choose_by_short_runs(
        list(close),
        ShortRuns(FULL, SIZES, budget_share=share),
        train=Oracle(close),
        cost=plain_cost,
    )
    assert choice.others_cost <= share * 7 * FULL * 1.2
    assert sum(standing.cost for standing in choice.standings) == choice.cost


def test_a_budget_that_does_not_reach_for_all_names_the_untried() -> None:
    first = sum(SIZES[:3])
    choice = choose_by_short_runs(
        list(CROSSING),
        ShortRuns(FULL, SIZES, budget=2.5 * first),
        train=Oracle(CROSSING),
        cost=plain_cost,
    )
    untried = [s for s in choice.standings if not s.scores]
    assert [s.base for s in untried] == ["poor"]
    assert "budget did not reach" in untried[0].because
    assert not choice.is_clear
    assert choice.cost <= 2.5 * first


def test_a_budget_for_one_base_still_answers() -> None:
    choice = choose_by_short_runs(
        list(CROSSING),
        ShortRuns(FULL, SIZES, budget=1.0),
        train=Oracle(CROSSING),
        cost=plain_cost,
    )
    assert choice.base == "early"
    assert sum(not s.scores for s in choice.standings) == 2


def test_the_same_question_has_the_same_answer() -> None:
    def run() -> object:
        spec = ShortRuns(FULL, SIZES)
        return choose_by_short_runs(list(CROSSING), spec, train=Oracle(CROSSING), cost=plain_cost)

    assert run() == run()


def test_one_base_needs_no_run() -> None:
    oracle = Oracle(CROSSING)
    choice = choose_by_short_runs(["late"], ShortRuns(FULL, SIZES), train=oracle, cost=plain_cost)
    assert (choice.base, choice.is_clear, oracle.asked) == ("late", True, [])
    assert math.isnan(choice.standings[0].expected)


def test_sizes_double_near_the_top_and_stay_above_the_smallest() -> None:
    assert subset_sizes(16_384, smallest=64) == (128, 512, 1024, 2048, 4096)
    with pytest.raises(GoalError, match="give no 3 subsets"):
        subset_sizes(300)


def test_bad_questions_are_named() -> None:
    with pytest.raises(GoalError, match="rising"):
        ShortRuns(FULL, (400.0, 100.0, 800.0))
    with pytest.raises(GoalError, match="different"):
        choose_by_short_runs(["a", "a"], ShortRuns(FULL, SIZES), train=Oracle({}), cost=plain_cost)
