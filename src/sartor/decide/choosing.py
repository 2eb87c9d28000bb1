"""The rows that choose: `valid`, or with few rows every row in turn by cross-validation.

Shape letters: N rows, S scored rows, C labels, R replicates (repeats of the cross-validation).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sartor.core.dataset import Dataset, Fold, Split
from sartor.core.errors import DataError
from sartor.core.goal import CLASSIFIED, OutputKind
from sartor.core.hashing import content_hash, derived_seed

NUM_FOLDS = 5
FEW_ROWS = 400
"""Below this the cross-validation is repeated, so that one lucky cut decides nothing."""
REPEATS = 3


@dataclass(frozen=True)
class Choosing:
    """Which rows a trial learns from, which it is scored on, and how the scores are put together."""

    rows: Split
    """All rows that choosing may use: train + valid."""
    folds: tuple[Fold, ...]
    """Folds of one repeat after the other."""
    num_replicates: int
    """Repeats: every scored row has one score in each."""
    scored_rows: np.ndarray
    """Indices into `rows` of the rows that are scored, ascending, (S,)."""
    num_cut: int = 0
    """Folds that each repeat of a cross-validation was cut into; 0 where `valid` chooses."""

    @property
    def targets(self) -> np.ndarray:
        """Targets of the scored rows."""
        return self.rows.targets[self.scored_rows]

    @property
    def texts(self) -> tuple[str, ...]:
        """Inputs of the scored rows, S."""
        return tuple(self.rows.texts[row] for row in self.scored_rows)

    @property
    def groups(self) -> np.ndarray:
        """Groups of the scored rows, (S,)."""
        return self.rows.groups[self.scored_rows]

    @property
    def name(self) -> str:
        """For people: `valid`, or `5-fold cross-validation`."""
        rows = f"({len(self.scored_rows)} rows)"
        if not self.num_cut:
            return f"valid {rows}"
        folds = len(self.folds) // self.num_replicates
        first = f"the first {folds} of a " if 1 < folds < self.num_cut else ""
        first = "the first fold of a " if folds == 1 else first
        repeated = f", repeated {self.num_replicates} times" if self.num_replicates > 1 else ""
        return f"{first}{self.num_cut}-fold cross-validation{repeated} {rows}"

    @property
    def num_fit(self) -> int:
        """Rows to learn from in one fold."""
        return int(np.mean([len(fold.fit_rows) for fold in self.folds]))

    def first_folds(self, num_folds: int) -> Choosing:
        """The same with the first folds of the first repeat only: other rows are not scored."""
        folds = self.folds[:num_folds]
        scored_rows = np.sort(np.concatenate([fold.score_rows for fold in folds]))
        return replace(self, folds=folds, num_replicates=1, scored_rows=scored_rows)

    def together(self, of_folds: Sequence[np.ndarray]) -> np.ndarray:
        """What the folds say of their rows, (N, ...) each, as one array (R, S, ...)."""
        place = np.full(len(self.rows), -1)
        place[self.scored_rows] = np.arange(len(self.scored_rows))
        shape = (self.num_replicates, len(self.scored_rows), *of_folds[0].shape[1:])
        found_RS = np.empty(shape, dtype=of_folds[0].dtype)
        num_scored_S = np.zeros(len(self.scored_rows), dtype=np.int64)
        for fold, of_fold in zip(self.folds, of_folds, strict=True):
            here = place[fold.score_rows]
            found_RS[num_scored_S[here], here] = of_fold
            num_scored_S[here] += 1
        assert (num_scored_S == self.num_replicates).all(), "every row has one score a repeat"
        return found_RS

    def first_rows(self, num_folds: int) -> np.ndarray:
        """Which of the scored rows the first folds score, fold by fold; within the first repeat."""
        assert num_folds * self.num_replicates <= len(self.folds)
        score_rows = np.concatenate([fold.score_rows for fold in self.folds[:num_folds]])
        return np.searchsorted(self.scored_rows, score_rows)

    def fingerprint(self) -> str:
        """Content hash of the folds."""
        return content_hash([[f.fit_rows.tolist(), f.score_rows.tolist()] for f in self.folds])


def choosing_of(dataset: Dataset, *, seed: int) -> Choosing:
    """`valid` where the dataset has one, else cross-validation over `train`."""
    rows = dataset.development
    if dataset.valid is not None:
        num_train = len(dataset.train)
        fold = Fold("valid", np.arange(num_train), np.arange(num_train, len(rows)))
        return Choosing(rows, (fold,), 1, fold.score_rows)
    repeats = REPEATS if len(rows) < FEW_ROWS else 1
    folds = [
        fold
        for repeat in range(repeats)
        for fold in cross_validation(rows, dataset.output_kind, repeat=repeat, seed=seed)
    ]
    num_cut = len(folds) // repeats
    return Choosing(rows, tuple(folds), repeats, np.arange(len(rows)), num_cut)


def cross_validation(rows: Split, kind: OutputKind, *, repeat: int, seed: int) -> list[Fold]:
    """Stratified folds that never cut through a group.

    A rare label does not lower their number: it would take rows to learn from away from all others.

    Raises:
        DataError: All rows are one group, so none could be scored by a model that has not seen it.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    strata_N = _strata(rows, kind)
    num_groups = len(np.unique(rows.groups))
    if num_groups < 2:
        raise DataError(
            where="sartor.yaml > columns > group",
            problem="all rows to learn from belong to one group, which no split may cut.",
            fix="Name a column whose values differ, or take the group column out.",
        )
    num_folds = max(2, min(NUM_FOLDS, int(np.bincount(strata_N).max()), num_groups))
    splitter = StratifiedGroupKFold(
        num_folds, shuffle=True, random_state=derived_seed(seed, "folds", repeat)
    )
    with warnings.catch_warnings():
        for remark in ("The least populated class", "The number of unique classes"):
            warnings.filterwarnings("ignore", remark, UserWarning)
        cuts = list(splitter.split(np.zeros(len(rows)), strata_N, rows.groups))
    return [
        Fold(f"repeat {repeat} fold {index}", fit_rows, score_rows)
        for index, (fit_rows, score_rows) in enumerate(cuts)
        if len(score_rows)
    ]


def _strata(rows: Split, kind: OutputKind) -> np.ndarray:
    """What folds are balanced by: the label, the rarest of several, or a fifth of the scores."""
    if kind is OutputKind.SINGLE:
        return rows.targets.astype(np.int64)
    if kind is OutputKind.SCORE:
        edges = np.quantile(rows.targets, [0.2, 0.4, 0.6, 0.8])
        return np.searchsorted(edges, rows.targets).astype(np.int64)
    if kind not in CLASSIFIED:
        return np.zeros(len(rows), dtype=np.int64)  # no answer is like another
    counts_C = rows.targets.sum(axis=0)
    rarity_NC = np.where(rows.targets, counts_C[None, :], np.iinfo(np.int64).max)
    rarest_N = rarity_NC.argmin(axis=1) + 1
    return np.where(rows.targets.any(axis=1), rarest_N, 0)
