"""The search over settings: fair to the default, obedient to the user, the same every time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from contest import base_model
from test_plan import FACTS

from sartor.core.candidate import Dial
from sartor.core.goal import OutputKind
from sartor.decide.search import Search, origins_of, tidy
from sartor.tune.prompts import FORMATS
from sartor.tune.registry import load_methods

RATE = Dial("learning_rate", 1e-4, "Step size.", low=1e-5, high=1e-2, is_log=True)
BATCH = Dial("batch_size", 16, "Texts of a step.", choices=(16, 32))
FIXED = Dial("warm_start", True, "Start from a probe.", choices=(True,))
DIALS = (RATE, BATCH, FIXED)
Value = Callable[[dict[str, Any]], float | None]


def near_a_thousandth(settings: dict[str, Any]) -> float:
    return -abs(math.log10(settings.get("learning_rate", 1e-4)) + 3)


def searched(
    dials: tuple[Dial, ...] = DIALS,
    *,
    num_settings: int = 12,
    value: Value = near_a_thousandth,
    seed: int = 0,
    is_higher_better: bool = True,
    **pinned: Any,
) -> list[dict[str, Any]]:
    search = Search(
        dials, pinned, num_settings=num_settings, seed=seed, is_higher_better=is_higher_better
    )
    found = []
    while (settings := search.ask()) is not None:
        search.tell(settings, value(settings))
        found.append(settings)
    return found


def test_the_default_comes_first() -> None:
    defaults = {"learning_rate": 1e-4, "batch_size": 16, "warm_start": True}
    assert searched()[0] == defaults
    assert searched((BATCH, FIXED))[0] == {"batch_size": 16, "warm_start": True}


def test_what_a_method_names_comes_second() -> None:
    """With room for two settings the second is a sensible one, not a draw from the whole range."""
    rate = Dial("rate", 1e-3, "Step.", low=2e-4, high=4e-3, is_log=True, second=4e-4)
    size = Dial("size", 16, "Batch.", choices=(16, 32))
    search = Search((rate, size), {}, num_settings=3, seed=5, is_higher_better=True)
    first, second = search.ask(), search.ask()
    assert first == {"rate": 1e-3, "size": 16}
    assert second == {"rate": 4e-4, "size": 16}
    pinned = Search((rate, size), {"rate": 9e-4}, num_settings=3, seed=5, is_higher_better=True)
    assert all(settings["rate"] == 9e-4 for settings in iter(pinned.ask, None))


def test_what_the_user_pinned_is_kept_in_every_setting() -> None:
    found = searched(learning_rate=0.5, batch_size=7)
    assert found == [{"learning_rate": 0.5, "batch_size": 7, "warm_start": True}]
    assert {s["learning_rate"] for s in searched(learning_rate=0.5)} == {0.5}
    assert {s["batch_size"] for s in searched(batch_size=7)} == {7}


@pytest.mark.parametrize("dials", [DIALS, (BATCH, FIXED), (RATE,)])
def test_no_setting_is_tried_twice_and_no_more_than_allowed(dials: tuple[Dial, ...]) -> None:
    found = searched(dials, num_settings=15)
    assert len({str(sorted(s.items())) for s in found}) == len(found) <= 15


def test_a_small_grid_is_tried_whole() -> None:
    shots = Dial("shots", 8, "Examples.", choices=(1, 4, 8))
    found = searched((BATCH, shots), num_settings=6)
    assert sorted((s["batch_size"], s["shots"]) for s in found) == [
        (b, s) for b in (16, 32) for s in (1, 4, 8)
    ]


def test_a_grid_too_large_for_the_plan_is_sampled_without_repeats() -> None:
    shots = Dial("shots", 8, "Examples.", choices=(1, 4, 8))
    found = searched((BATCH, shots), num_settings=5)
    assert found[0] == {"batch_size": 16, "shots": 8}
    assert len({(s["batch_size"], s["shots"]) for s in found}) == len(found) == 5


def test_the_same_values_bring_the_same_proposals_and_another_seed_others() -> None:
    assert searched(num_settings=12) == searched(num_settings=12)
    assert searched(num_settings=12) != searched(num_settings=12, seed=1)


def test_values_move_the_search_towards_what_is_better() -> None:
    found = searched((RATE,), num_settings=40)
    early, late = ([-near_a_thousandth(s) for s in part] for part in (found[:10], found[-15:]))
    assert sum(late) / len(late) < 0.6 * sum(early) / len(early)


def test_less_is_better_turns_the_search_round() -> None:
    found = searched(
        (RATE,), num_settings=40, value=lambda s: -near_a_thousandth(s), is_higher_better=False
    )
    best = min(-near_a_thousandth(s) for s in found[-15:])
    assert best < 0.1


def test_settings_that_failed_do_not_stop_the_search() -> None:
    found = searched(value=lambda s: None if s["batch_size"] == 32 else near_a_thousandth(s))
    assert len(found) == 12
    assert searched(value=lambda s: None)[0]["learning_rate"] == 1e-4


def test_every_setting_says_where_it_came_from() -> None:
    origins = origins_of(DIALS, {"batch_size": 7})
    assert origins == {"learning_rate": "searched", "batch_size": "given", "warm_start": "default"}


def test_a_proposed_number_has_three_digits() -> None:
    assert tidy(0.000123456) == 0.000123
    assert tidy(17) == 17
    assert tidy("mean") == "mean"
    rates = [s["learning_rate"] for s in searched()]
    assert all(rate == float(f"{rate:.3g}") for rate in rates)


@pytest.mark.parametrize("num_settings", [6, 9, 18])
@pytest.mark.parametrize("name", ["zero_shot", "few_shot", "retrieval"])
def test_every_prompt_format_is_tried(name: str, num_settings: int) -> None:
    """Also in a quick run, which tries nine settings: the rows that choose see six formats."""
    methods = [m for m in load_methods((name,)) if OutputKind.SINGLE in m.does.get("decoder", ())]
    dials = methods[0].dials(FACTS, replace(base_model(), architecture="decoder"))
    found = searched(dials, num_settings=num_settings, value=lambda settings: 0.0)
    assert {settings["format"] for settings in found} == set(FORMATS)
    assert len(FORMATS) >= 5
