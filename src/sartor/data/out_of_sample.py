"""What rows that a model has not learned from say of a row's labels.

Two opinions: a cross-validated logistic regression on the features, and the labels of the nearest rows.
Neither has seen the row itself, nor a row of its group.

Shape letters: N rows, D features, C labels, K neighbours, R some rows.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np

from sartor.data.neighbours import nearest_rows, unit_rows

NUM_FOLDS = 10
NUM_NEIGHBOURS = 15
INVERSE_PENALTY = 10.0
"""`C` of the regression, for features of length 1."""
LEARNED_SHARE = 0.7
"""Of the regression's opinion; the neighbours' is the rest."""
_VOTE_WIDTH = 0.1
"""A neighbour whose cosine is lower by this counts 1/e as much."""
_MAX_STEPS = 200


def label_probabilities(
    features_ND: np.ndarray,
    has_NC: np.ndarray,
    groups_N: np.ndarray,
    trusted_N: np.ndarray,
    *,
    is_multi: bool,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Probability of each label of each row.

    Args:
        features_ND: Features of any length.
        has_NC: Whether a row has a label; of a single label exactly one.
        groups_N: Rows with equal numbers belong together.
        trusted_N: Rows that are learned from.
        is_multi: Whether labels are independent of each other; else those of a row add up to 1.
        seed: For the folds.

    Returns:
        Probabilities (N, C), and (N, C) whether the rows that were learned from had the label.
    """
    unit_ND = unit_rows(features_ND)
    learned_NC = np.zeros(has_NC.shape)
    known_NC = np.zeros(has_NC.shape, bool)
    for others_R, held_R in _folds(has_NC, groups_N, seed=seed):
        train_R = others_R[trusted_N[others_R]]
        known_NC[held_R] = has_NC[train_R].any(0)
        fit = _independent if is_multi else _exclusive
        learned_NC[held_R] = fit(unit_ND[train_R], has_NC[train_R], unit_ND[held_R])
    votes_NC = _votes(unit_ND, has_NC, groups_N, trusted_N)
    return LEARNED_SHARE * learned_NC + (1 - LEARNED_SHARE) * votes_NC, known_NC


def _folds(
    has_NC: np.ndarray, groups_N: np.ndarray, *, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Folds that keep groups together and shares of labels equal: by the rarest label of a row."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    rarity_NC = np.where(has_NC, has_NC.sum(0), len(has_NC) + 1)
    stratum_N = np.where(has_NC.any(1), rarity_NC.argmin(1), -1)
    has_groups = len(np.unique(groups_N)) < len(groups_N)
    kind = StratifiedGroupKFold if has_groups else StratifiedKFold
    folds = kind(NUM_FOLDS, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class")
        yield from folds.split(stratum_N, stratum_N, groups_N if has_groups else None)


def _exclusive(train_RD: np.ndarray, has_RC: np.ndarray, held_RD: np.ndarray) -> np.ndarray:
    """One regression over all labels."""
    found_RC = np.zeros((len(held_RD), has_RC.shape[1]))
    classes, targets_R = np.unique(has_RC.argmax(1), return_inverse=True)
    if len(classes) == 1:
        found_RC[:, classes] = 1
    else:
        found_RC[:, classes] = _regression(train_RD, targets_R, held_RD)
    return found_RC


def _independent(train_RD: np.ndarray, has_RC: np.ndarray, held_RD: np.ndarray) -> np.ndarray:
    """A regression for each label; one that all or none of the rows have has its share."""
    found_RC = np.tile(has_RC.mean(0), (len(held_RD), 1))
    for c in np.flatnonzero(has_RC.any(0) & ~has_RC.all(0)):
        found_RC[:, c] = _regression(train_RD, has_RC[:, c].astype(int), held_RD)[:, 1]
    return found_RC


def _regression(train_RD: np.ndarray, targets_R: np.ndarray, held_RD: np.ndarray) -> np.ndarray:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=INVERSE_PENALTY, max_iter=_MAX_STEPS, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return np.asarray(model.fit(train_RD, targets_R).predict_proba(held_RD))


def _votes(
    unit_ND: np.ndarray, has_NC: np.ndarray, groups_N: np.ndarray, trusted_N: np.ndarray
) -> np.ndarray:
    rows_NK, cosines_NK = nearest_rows(
        unit_ND, NUM_NEIGHBOURS, groups_N=groups_N, allowed_N=trusted_N
    )
    weight_NK = np.exp((cosines_NK - cosines_NK[:, :1]) / _VOTE_WIDTH)
    weight_NK /= weight_NK.sum(1, keepdims=True)
    votes_NC = np.zeros(has_NC.shape)
    for k in range(rows_NK.shape[1]):
        votes_NC += weight_NK[:, [k]] * has_NC[rows_NK[:, k]]
    return votes_NC
