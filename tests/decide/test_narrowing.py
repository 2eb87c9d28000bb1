"""Folds are given up before candidates that write; of labels every row decides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from contest import base_model

from sartor.core.base_model import DECODER
from sartor.core.dataset import Dataset, Split
from sartor.core.goal import Budget, Goal, OutputKind
from sartor.decide.choosing import choosing_of
from sartor.decide.narrowing import LEAST_SCORED
from sartor.decide.plan import EPOCHS_KEPT
from sartor.decide.tournament import Draw, draw_up
from sartor.tune.registry import load_methods

WRITER = replace(
    base_model(9_000_000, id="writer"), architecture=DECODER, family="llama", vocabulary=8192
)


def written(num_rows: int) -> Dataset:
    targets = np.empty(num_rows, dtype=object)
    targets[:] = [(f"answer {number} " + "and so on " * 20,) for number in range(num_rows)]
    texts = [f"where is order {number} of last week" for number in range(num_rows)]
    rows = Split(texts, targets, np.arange(num_rows), texts)
    return Dataset("d", OutputKind.TEXT, (), {}, rows, None, None, task="generate")


def labelled(num_rows: int) -> Dataset:
    texts = [f"message {number}" for number in range(num_rows)]
    rows = Split(texts, np.arange(num_rows) % 3, np.arange(num_rows), texts)
    return Dataset("d", OutputKind.SINGLE, ("a", "b", "c"), {}, rows, None, None)


def drawn(data: Dataset, hours: float, *, is_quick: bool = False) -> Draw:
    methods = ("nearest_answer", "full") if data.task == "generate" else ("tfidf", "full")
    goal = Goal(
        task=data.task,
        data={"all": ("rows.jsonl",)},
        methods=methods,
        budget=Budget(hours=hours),
    )
    return draw_up(goal, data, load_methods(methods), [WRITER], is_quick=is_quick)


def full(draw: Draw):
    return next(a for a in draw.plan if a.entrant.method.name == "full")


def test_with_time_enough_every_fold_of_every_repeat_chooses() -> None:
    draw = drawn(written(300), 50)
    assert draw.choosing.fingerprint() == choosing_of(written(300), seed=0).fingerprint()
    assert len(draw.choosing.folds) == 15


def test_less_time_takes_repeats_then_folds_and_leaves_the_candidate_its_epochs() -> None:
    data = written(350)
    found = [drawn(data, hours) for hours in (50, 2, 0.5, 0.3, 0.2, 0.1, 0.09)]
    num_folds = [len(draw.choosing.folds) for draw in found]
    assert num_folds == sorted(num_folds, reverse=True)
    assert {5, 1} < set(num_folds)
    for draw in found:
        assert full(draw).left_out_because is None
        assert full(draw).planned_epochs >= EPOCHS_KEPT
        assert draw.choosing.num_replicates == (3 if len(draw.choosing.folds) == 15 else 1)
    narrow = found[-1].choosing
    assert narrow.name == f"the first fold of a 5-fold cross-validation ({350 // 5} rows)"
    first = choosing_of(data, seed=0).folds[0]
    assert narrow.folds[0].score_rows.tolist() == first.score_rows.tolist()
    assert found[-1].facts.num_scored == len(narrow.scored_rows) == len(narrow.targets)
    assert found[-1].rule.text() != found[0].rule.text()


@pytest.mark.parametrize(("num_rows", "num_folds"), [(450, 1), (350, 1), (150, 2), (70, 5)])
def test_a_quick_run_chooses_written_answers_on_the_fewest_folds_that_tell(
    num_rows: int, num_folds: int
) -> None:
    draw = drawn(written(num_rows), 50, is_quick=True)
    assert len(draw.choosing.folds) == num_folds
    assert len(draw.choosing.scored_rows) >= LEAST_SCORED
    assert full(draw).left_out_because is None
    assert len(drawn(labelled(450), 50, is_quick=True).choosing.folds) == 5


def test_where_no_number_of_folds_helps_none_is_given_up() -> None:
    draw = drawn(written(350), 1e-5)
    assert full(draw).left_out_because is not None
    assert len(draw.choosing.folds) == 15


def test_too_few_rows_to_score_are_not_made_fewer() -> None:
    for hours in (0.002, 0.005, 0.01, 0.02):
        draw = drawn(written(100), hours)
        assert len(draw.choosing.scored_rows) >= LEAST_SCORED


@pytest.mark.parametrize("hours", [1e-4, 0.01, 0.1])
def test_of_labels_no_fold_is_given_up(hours: float) -> None:
    assert len(drawn(labelled(450), hours).choosing.folds) == 5


def test_what_fewer_folds_say_comes_back_in_the_order_of_the_rows() -> None:
    chosen = choosing_of(written(420), seed=0).first_folds(2)
    told = [fold.score_rows[:, None] for fold in chosen.folds]
    assert (chosen.together(told)[0, :, 0] == chosen.scored_rows).all()
    assert chosen.name == f"the first 2 of a 5-fold cross-validation ({420 // 5 * 2} rows)"
    assert chosen.first_rows(1).tolist() == sorted(
        np.searchsorted(chosen.scored_rows, chosen.folds[0].score_rows)
    )
