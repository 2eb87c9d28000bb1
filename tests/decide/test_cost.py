"""What a request costs: computed, so that it is the same every time."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from contest import base_model, dataset, facts, rows

from sartor.core.dataset import PASSAGE_TOKENS
from sartor.core.goal import OutputKind
from sartor.decide.choosing import choosing_of
from sartor.decide.cost import (
    BASELINE_BYTES,
    RUNTIME_BYTES,
    Prices,
    costs_the_same,
    prices,
    request_flops,
    served_bytes,
    usd_per_1k_requests,
)

FACTS = facts(choosing_of(dataset(rows(60)), seed=0))


def test_the_cost_is_the_sum_of_computing_and_memory_at_the_dated_prices() -> None:
    """By hand: 22e6 weights x 2 operations x 9 tokens; 150 MiB + 4 bytes a weight."""
    now = prices()
    core_hours = 2 * 22e6 * 9.0 / now.cpu_core_flops_per_second / 3600
    gib_hours = (150 * 2**20 + 4 * 22e6) / 2**30 / now.requests_per_hour
    by_hand = 1000 * (core_hours * now.cpu_core_hour_usd + gib_hours * now.memory_gib_hour_usd)
    assert usd_per_1k_requests(base_model(), FACTS) == pytest.approx(by_hand, rel=1e-12)


def test_prices_carry_their_date_and_are_all_positive() -> None:
    now = prices()
    assert isinstance(now, Prices)
    assert now.date.count("-") == 2
    assert min(now.cpu_core_hour_usd, now.memory_gib_hour_usd, now.requests_per_hour) > 0


def test_no_model_is_cheaper_than_a_small_one_and_that_than_a_large_one() -> None:
    bases = [None, base_model(22_000_000), base_model(110_000_000), base_model(400_000_000)]
    costs = [usd_per_1k_requests(base, FACTS) for base in bases]
    assert costs == sorted(costs)
    assert not any(costs_the_same(a, b) for a, b in itertools.pairwise(costs))


def test_only_tokens_that_are_read_cost() -> None:
    long = replace(FACTS, mean_tokens=1e6)
    assert request_flops(base_model(), long) == 2 * 22e6 * FACTS.max_tokens


def test_embeddings_take_memory_and_no_time() -> None:
    """A table of 30,000 words of width 384 is looked up, not multiplied."""
    with_table = replace(base_model(), vocabulary=30_000)
    assert request_flops(with_table, FACTS) == 2 * (22e6 - 30_000 * 384) * 9.0
    assert served_bytes(with_table) == RUNTIME_BYTES + 4 * 22e6
    assert served_bytes(None) == RUNTIME_BYTES + BASELINE_BYTES


@pytest.mark.parametrize(
    ("a_usd", "b_usd", "same"),
    [(1.0, 1.0, True), (1.0, 0.981, True), (0.981, 1.0, True), (1.0, 0.97, False), (0, 1, False)],
)
def test_costs_within_two_percent_are_equal_whichever_is_named_first(
    a_usd: float, b_usd: float, same: bool
) -> None:
    assert costs_the_same(a_usd, b_usd) is same


def test_rating_labels_costs_writing_each_of_them() -> None:
    """By hand: `late order` and `refund` with an end each are 5 tokens, through trunk and output layer."""
    facts = FACTS.with_(labels=("late_order", "refund"))
    writer = replace(base_model(), architecture="decoder", vocabulary=1000)
    trunk, table = 22e6 - 1000 * 384, 1000 * 384
    assert request_flops(writer, facts, {"output": "labels"}) == 2 * (trunk * (9 + 5) + table * 5)
    assert request_flops(writer, facts, {"output": "class head"}) == 2 * trunk * 9


def test_a_word_that_is_written_passes_the_output_layer() -> None:
    facts = FACTS.with_(output_kind=OutputKind.TEXT, mean_answer_tokens=20.0)
    writer = replace(base_model(), architecture="decoder", vocabulary=1000)
    trunk, table = 22e6 - 1000 * 384, 1000 * 384
    assert request_flops(writer, facts) == 2 * (trunk * 29 + table * 20)


def test_a_writer_pays_for_what_it_writes_and_for_what_stands_in_its_prompt() -> None:
    facts = FACTS.with_(mean_answer_tokens=20.0, passages=("a", "b", "c"), max_tokens=10_000)
    writer = replace(base_model(), architecture="decoder")
    per_token = 2 * 22e6
    assert request_flops(writer, facts) == per_token * (9 + 20)
    shown = {"shots": 2, "passages": 1, "format": "one message"}
    assert request_flops(writer, facts, shown) == per_token * (3 * (9 + 20) + PASSAGE_TOKENS)
    assert usd_per_1k_requests(writer, facts, shown) > usd_per_1k_requests(writer, facts)
    reader = replace(base_model(), architecture="encoder")
    assert request_flops(reader, FACTS, {"shots": 8}) == request_flops(reader, FACTS)
