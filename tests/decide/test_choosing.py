"""The rows that choose: who is scored by whom, and how the scores are put together."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from contest import dataset, rows

from sartor.core.errors import DataError
from sartor.core.goal import OutputKind
from sartor.decide.choosing import Choosing, choosing_of

RNG = np.random.default_rng(5)
MANY_LABELS = RNG.random((300, 4)) < np.array([0.5, 0.3, 0.05, 0.01])
NUMBERS = RNG.normal(size=300)
SHAPES = {
    "single": (rows(300), OutputKind.SINGLE),
    "single in groups": (rows(300, groups=RNG.integers(0, 60, 300)), OutputKind.SINGLE),
    "groups of very different sizes": (
        rows(300, groups=np.where(np.arange(300) < 200, 0, np.arange(300) // 20)),
        OutputKind.SINGLE,
    ),
    "two groups": (rows(300, groups=np.arange(300) % 2), OutputKind.SINGLE),
    "a label with two rows": (
        rows(300, targets=np.where(np.arange(300) < 2, 2, np.arange(300) % 2)),
        OutputKind.SINGLE,
    ),
    "two rows of each label": (rows(40, num_labels=20), OutputKind.SINGLE),
    "several labels": (rows(300, targets=MANY_LABELS), OutputKind.MULTI),
    "a score": (rows(300, targets=NUMBERS), OutputKind.SCORE),
    "a score of two values": (rows(300, targets=np.arange(300) % 2 * 1.0), OutputKind.SCORE),
}


@pytest.fixture(params=SHAPES)
def chosen(request: pytest.FixtureRequest) -> Choosing:
    train, kind = SHAPES[request.param]
    return choosing_of(dataset(train, kind=kind, num_labels=20), seed=3)


def test_groups_never_straddle_a_fold(chosen: Choosing) -> None:
    for fold in chosen.folds:
        learned, scored = (chosen.rows.groups[r] for r in (fold.fit_rows, fold.score_rows))
        assert not set(learned) & set(scored)
        assert len(learned)


def test_every_row_is_scored_once_a_repeat(chosen: Choosing) -> None:
    scored = np.concatenate([fold.score_rows for fold in chosen.folds])
    times = np.bincount(scored, minlength=len(chosen.rows))
    assert (times == chosen.num_replicates).all()


def test_scores_of_the_folds_come_back_in_the_order_of_the_rows(chosen: Choosing) -> None:
    """Each fold says of each row its number, and its own; both must land where they belong."""
    logits = [
        np.stack([fold.score_rows, np.full(len(fold.score_rows), index)], axis=1)
        for index, fold in enumerate(chosen.folds)
    ]
    together_RSC = chosen.together(logits)
    assert (together_RSC[:, :, 0] == chosen.scored_rows).all()
    for replicate, other in itertools.pairwise(together_RSC):
        assert (replicate[:, 1] < other[:, 1]).all(), "a later repeat is a later replicate"


def test_the_users_valid_chooses_alone_and_nobody_learns_from_it() -> None:
    chosen = choosing_of(dataset(rows(90), valid=rows(30)), seed=0)
    (fold,) = chosen.folds
    assert fold.score_rows.tolist() == list(range(90, 120))
    assert fold.fit_rows.tolist() == list(range(90))
    assert chosen.name == "valid (30 rows)"
    assert (chosen.targets == rows(30).targets).all()


@pytest.mark.parametrize(("num_rows", "repeats"), [(399, 3), (400, 1)])
def test_few_rows_are_cross_validated_three_times(num_rows: int, repeats: int) -> None:
    chosen = choosing_of(dataset(rows(num_rows)), seed=0)
    assert chosen.num_replicates == repeats
    assert len(chosen.folds) == 5 * repeats
    cuts = [tuple(fold.score_rows) for fold in chosen.folds]
    assert len(set(cuts)) == len(cuts), "a repeat cuts anew"


def test_a_rare_label_takes_no_folds_away_from_the_others() -> None:
    train, kind = SHAPES["a label with two rows"]
    assert choosing_of(dataset(train, kind=kind), seed=0).num_fit == 240


def test_folds_hold_every_label_in_proportion() -> None:
    chosen = choosing_of(dataset(rows(300)), seed=0)
    for fold in chosen.folds:
        assert np.bincount(chosen.rows.targets[fold.score_rows]).tolist() == [20, 20, 20]


def test_one_group_alone_cannot_be_cut_and_the_column_is_named() -> None:
    with pytest.raises(DataError, match=r"columns > group: .* one group"):
        choosing_of(dataset(rows(60, groups=np.zeros(60, int))), seed=0)


def test_the_seed_and_nothing_else_moves_the_folds() -> None:
    data = dataset(rows(300))
    first, again, other = (choosing_of(data, seed=seed).fingerprint() for seed in (0, 0, 1))
    assert first == again
    assert first != other
