"""What holds for every metric of texts, spans and fields: weights, replicates, draws, comparisons."""

from __future__ import annotations

import numpy as np
import pytest
from random_answers import objects, random_case

from sartor.core.goal import CLASSIFIED, OutputKind
from sartor.core.metric import DEFAULT_METRIC, METRICS, Better, metrics_for, picking_metrics
from sartor.core.score import Estimate
from sartor.decide.finals import all_metrics, per_seed
from sartor.evaluate.bootstrap import draw_values
from sartor.evaluate.intervals import (
    distinct_replicates,
    estimate,
    exact_share,
    probability_at_least,
)
from sartor.evaluate.metrics import COUNTS_OF_ROWS, is_right, metric_value, passes, weighted_metric
from sartor.evaluate.paired import compare, mcnemar, non_inferiority

KINDS = sorted(set(OutputKind) - CLASSIFIED)
KINDS_AND_NAMES = [(kind, metric.name) for kind in KINDS for metric in metrics_for(kind)]
EVERY_METRIC = pytest.mark.parametrize(("kind", "name"), KINDS_AND_NAMES)


@EVERY_METRIC
def test_a_bootstrap_draw_equals_the_metric_of_the_rows_drawn(kind, name) -> None:
    """Two replicates, rows in groups; each draw is computed again from its rows alone."""
    for seed in range(8):
        texts, targets, decided_R = random_case(kind, seed, num_replicates=2)
        groups = np.arange(len(targets)) // 2
        value_of = weighted_metric(name, targets, decided_R, num_labels=0, texts=texts)
        draws_B = draw_values(value_of, groups=groups, seed=seed, num_draws=15)
        weights_NB = draw_values(lambda w_NB: w_NB, groups=groups, seed=seed, num_draws=15)
        for value, weights_N in zip(draws_B, weights_NB.T, strict=True):
            rows = np.repeat(np.arange(len(targets)), weights_N.astype(int))
            again = [
                metric_value(name, targets[rows], d[rows], 0, texts=[texts[row] for row in rows])
                for d in decided_R
            ]
            assert value == pytest.approx(np.mean(again), abs=1e-12)


@EVERY_METRIC
def test_the_metric_tells_good_answers_from_bad_ones(kind, name) -> None:
    """Answers that are the references, and the same answers to the wrong rows.

    A reference may repeat itself, and ROUGE finds nothing to share in one without words.
    """
    texts, targets, _ = random_case(kind, 3, max_rows=30)
    right = objects([asked[0] for asked in targets]) if kind is OutputKind.TEXT else targets
    wrong = objects([None] * len(right)) if kind is OutputKind.FIELDS else np.roll(right, 1)
    best = metric_value(name, targets, right, 0, texts=texts)
    worse = metric_value(name, targets, wrong, 0, texts=texts)
    if name not in ("repetition", "rouge_l"):
        assert best == pytest.approx(1.0)
    if METRICS[name].picks:
        assert worse < best


@EVERY_METRIC
def test_without_rows_or_weights_a_metric_is_nothing(kind, name) -> None:
    texts, targets, decided_R = random_case(kind, 1)
    none = metric_value(name, targets[:0], decided_R[0][:0], 0, texts=[])
    weightless = metric_value(name, targets, decided_R[0], 0, np.zeros(len(targets)), texts=texts)
    assert none == weightless == 0.0


@EVERY_METRIC
def test_estimates_hold_their_value_and_compare_a_candidate_with_itself(kind, name) -> None:
    texts, targets, decided_R = random_case(kind, 11, num_replicates=2, max_rows=40)
    groups = np.arange(len(targets))
    found = estimate(name, targets, decided_R, groups=groups, num_labels=0, seed=0, texts=texts)
    each = [metric_value(name, targets, decided, 0, texts=texts) for decided in decided_R]
    assert found.value == pytest.approx(np.mean(each))
    assert found.low <= found.value <= found.high
    assert found.num_examples == len(targets)
    same = compare(
        name, targets, decided_R, decided_R, groups=groups, num_labels=0, seed=0, texts=texts
    )
    assert same.difference == 0
    assert same.p_value > 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_the_metric_that_picks_finds_the_better_candidate(kind) -> None:
    texts, targets, decided_R = random_case(kind, 29, max_rows=80)
    right = objects([asked[0] for asked in targets]) if kind is OutputKind.TEXT else targets
    name, groups = DEFAULT_METRIC[kind], np.arange(len(targets))
    given = {"groups": groups, "num_labels": 0, "seed": 0, "texts": texts}
    better = compare(name, targets, right[None], decided_R, **given)
    assert better.low > 0
    assert better.p_value < 0.05
    worse = non_inferiority(name, targets, decided_R, right[None], tolerance=0.01, **given)
    assert not worse.is_no_worse
    fine = non_inferiority(name, targets, right[None], decided_R, tolerance=0.01, **given)
    assert fine.is_no_worse
    assert probability_at_least(name, targets, decided_R, mark=0.999, **given) < 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_tables_of_the_finals_need_to_know_nothing_of_the_kind(kind) -> None:
    texts, targets, decided_R = random_case(kind, 5, num_replicates=2, max_rows=20)
    groups = np.arange(len(targets))
    table = all_metrics(kind, targets, decided_R, groups=groups, num_labels=0, seed=0, texts=texts)
    seeds = per_seed(kind, targets, decided_R, num_labels=0, texts=texts)
    assert list(table) == list(seeds) == [metric.name for metric in metrics_for(kind)]
    assert all(isinstance(value, Estimate) for value in table.values())
    assert all(table[name].value == pytest.approx(np.mean(seeds[name])) for name in table)


@pytest.mark.parametrize(("kind", "name"), [k for k in KINDS_AND_NAMES if k[1] in COUNTS_OF_ROWS])
def test_shares_of_rows_are_counted_exactly(kind, name) -> None:
    _, targets, decided_R = random_case(kind, 17, num_replicates=2, max_rows=40)
    groups = np.arange(len(targets))
    one, other = (passes(name, targets, decided) for decided in decided_R)
    found = estimate(name, targets, decided_R[:1], groups=groups, num_labels=0, seed=0)
    assert found == exact_share(int(one.sum()), len(one))
    comparison = compare(
        name, targets, decided_R[:1], decided_R[1:], groups=groups, num_labels=0, seed=0
    )
    assert (comparison.p_value, comparison.test) == mcnemar(one, other)


@pytest.mark.parametrize("kind", KINDS)
def test_right_rows_come_replicate_by_replicate(kind) -> None:
    _, targets, decided_R = random_case(kind, 7, num_replicates=3, max_rows=30)
    all_at_once = is_right(targets, decided_R)
    assert all_at_once.shape == decided_R.shape
    assert 0 < all_at_once.sum() < all_at_once.size
    for found, decided in zip(all_at_once, decided_R, strict=True):
        np.testing.assert_array_equal(found, is_right(targets, decided))


@pytest.mark.parametrize("kind", KINDS)
def test_equal_replicates_count_once_and_different_ones_twice(kind) -> None:
    _, _, decided_R = random_case(kind, 7, num_replicates=2, max_rows=30)
    assert len(distinct_replicates(np.concatenate([decided_R[:1], decided_R[:1]]))) == 1
    assert len(distinct_replicates(decided_R)) == 2


def test_true_and_one_are_different_answers() -> None:
    """Python holds them for equal; who answers 1 to a yes-or-no question is not as good as the best."""
    targets = objects([{"is_urgent": True}] * 30)
    ones = objects([{"is_urgent": 1}] * 30)
    found = non_inferiority(
        "field_f1",
        targets,
        ones[None],
        targets[None],
        tolerance=0.01,
        groups=np.arange(30),
        num_labels=0,
        seed=0,
    )
    assert not found.is_no_worse


def test_only_metrics_that_rank_may_pick() -> None:
    assert all(m.better is not Better.NEITHER for m in METRICS.values() if m.picks)
    assert {m.name for m in METRICS.values() if not m.picks} == {
        "length_ratio",
        "repetition",
        "well_formed",
        "relevance",
        "bits_per_byte",
    }
    for kind in OutputKind:
        assert METRICS[DEFAULT_METRIC[kind]] in picking_metrics(kind)
        assert metrics_for(kind)[0].name == DEFAULT_METRIC[kind]
    with pytest.raises(AssertionError, match="no better side"):
        _ = METRICS["length_ratio"].is_higher_better
