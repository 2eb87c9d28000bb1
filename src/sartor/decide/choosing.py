"""The rows that choose: `valid`, or with few rows every row in turn by cross-validation.

Shape letters: N rows, S scored rows, C labels, R replicates (repeats of the cross-validation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sartor.core.dataset import Dataset, Fold, Split
from sartor.core.goal import LabelKind
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

    @property
    def targets(self) -> np.ndarray:
        """Targets of the scored rows."""
        return self.rows.targets[self.scored_rows]

    @property
    def groups(self) -> np.ndarray:
        """Groups of the scored rows, (S,)."""
        return self.rows.groups[self.scored_rows]

    @property
    def name(self) -> str:
        """For people: `valid`, or `5-fold cross-validation`."""
        if len(self.folds) == 1:
            return f"valid ({len(self.scored_rows)} rows)"
        folds = len(self.folds) // self.num_replicates
        repeated = f", repeated {self.num_replicates} times" if self.num_replicates > 1 else ""
        return f"{folds}-fold cross-validation{repeated} ({len(self.scored_rows)} rows)"

    @property
    def num_fit(self) -> int:
        """Rows to learn from in one fold."""
        return int(np.mean([len(fold.fit_rows) for fold in self.folds]))

    def together(self, logits_of_folds: Sequence[np.ndarray]) -> np.ndarray:
        """Scores of the folds as one array, (R, S, C) float32."""
        place = np.full(len(self.rows), -1)
        place[self.scored_rows] = np.arange(len(self.scored_rows))
        shape = (self.num_replicates, len(self.scored_rows), logits_of_folds[0].shape[1])
        logits_RSC = np.empty(shape, dtype=np.float32)
        per_replicate = len(self.folds) // self.num_replicates
        for index, (fold, logits) in enumerate(zip(self.folds, logits_of_folds, strict=True)):
            logits_RSC[index // per_replicate, place[fold.score_rows]] = logits
        return logits_RSC

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
        for fold in cross_validation(rows, dataset.label_kind, repeat=repeat, seed=seed)
    ]
    return Choosing(rows, tuple(folds), repeats, np.arange(len(rows)))


def cross_validation(rows: Split, kind: LabelKind, *, repeat: int, seed: int) -> list[Fold]:
    """Stratified folds that never cut through a group."""
    from sklearn.model_selection import StratifiedGroupKFold

    strata_N = _strata(rows, kind)
    rarest = int(np.bincount(strata_N).clip(min=0)[np.unique(strata_N)].min())
    num_groups = len(np.unique(rows.groups))
    num_folds = max(2, min(NUM_FOLDS, rarest, num_groups))
    splitter = StratifiedGroupKFold(
        num_folds, shuffle=True, random_state=derived_seed(seed, "folds", repeat)
    )
    return [
        Fold(f"repeat {repeat} fold {index}", fit_rows, score_rows)
        for index, (fit_rows, score_rows) in enumerate(
            splitter.split(np.zeros(len(rows)), strata_N, rows.groups)
        )
    ]


def _strata(rows: Split, kind: LabelKind) -> np.ndarray:
    """What folds are balanced by: the label, the rarest of several labels, or a fifth of the scores."""
    if kind is LabelKind.SINGLE:
        return rows.targets.astype(np.int64)
    if kind is LabelKind.SCORE:
        edges = np.quantile(rows.targets, [0.2, 0.4, 0.6, 0.8])
        return np.searchsorted(edges, rows.targets).astype(np.int64)
    counts_C = rows.targets.sum(axis=0)
    rarity_NC = np.where(rows.targets, counts_C[None, :], np.iinfo(np.int64).max)
    rarest_N = rarity_NC.argmin(axis=1) + 1
    return np.where(rows.targets.any(axis=1), rarest_N, 0)
