"""Wrong labels: a twentieth of BANKING77's training labels are flipped, and doubts are ranked.

Shape letters: N rows, C labels, D features.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.data_sets import BANKING, banking, features, figure, sample

NEEDS = (BANKING,)
MARKS = {"label doubts, any other label": 0.97, "label doubts, a near label": 0.87}
FLIPPED_SHARE = 0.05
NEAREST = 3
"""A near label is one of so many whose rows lie nearest."""
_FOLDS = 5


def measured(*, is_quick: bool) -> dict[str, dict[str, Any]]:
    """Average precision of the flipped rows in the ranking, ours and the peer's."""
    texts, names = banking("train")
    if is_quick:
        texts, names = sample(1_000, 0, texts, names)
    features_ND = features(texts)
    labels = sorted(set(names))
    label_N = np.array([labels.index(name) for name in names])
    near_CK = nearest_labels(features_ND, label_N)
    found: dict[str, dict[str, Any]] = {}
    for how in ("any other label", "a near label"):
        ours, peer = [], []
        for seed in range(1 if is_quick else 5):
            given_N = flipped(label_N, near_CK if how == "a near label" else None, seed=seed)
            is_wrong_N = given_N != label_N
            ours.append(_precision(is_wrong_N, _doubts(features_ND, given_N, seed=seed)))
            peer.append(_precision(is_wrong_N, _cleanlab(texts, given_N, seed=seed)))
        found[f"label doubts, {how}"] = figure(ours)
        found[f"label doubts, {how}: cleanlab on TF-IDF"] = figure(peer)
    return found


def nearest_labels(features_ND: np.ndarray, label_N: np.ndarray) -> np.ndarray:
    """For each label those whose mean rows point most nearly the same way, (C, NEAREST)."""
    mean_CD = np.stack([features_ND[label_N == c].mean(0) for c in range(label_N.max() + 1)])
    mean_CD -= mean_CD.mean(0)
    mean_CD /= np.linalg.norm(mean_CD, axis=1, keepdims=True)
    cosine_CC = mean_CD @ mean_CD.T
    np.fill_diagonal(cosine_CC, -2)
    return np.argsort(-cosine_CC, axis=1, kind="stable")[:, :NEAREST]


def flipped(label_N: np.ndarray, near_CK: np.ndarray | None, *, seed: int) -> np.ndarray:
    """The labels with a share of them wrong.

    Args:
        label_N: The right ones, (N,).
        near_CK: For each label those it may become; None: any other.
        seed: Of the draws.
    """
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(label_N))[: round(FLIPPED_SHARE * len(label_N))]
    given_N, num_labels = label_N.copy(), int(label_N.max()) + 1
    if near_CK is None:
        shift = rng.integers(1, num_labels, len(rows))
        given_N[rows] = (label_N[rows] + shift) % num_labels
    else:
        given_N[rows] = near_CK[label_N[rows], rng.integers(0, near_CK.shape[1], len(rows))]
    return given_N


def _doubts(features_ND: np.ndarray, given_N: np.ndarray, *, seed: int) -> np.ndarray:
    from sartor.data.label_doubts import label_doubts

    score_N = np.zeros(len(given_N))
    names = [f"label {c}" for c in given_N.tolist()]
    for doubt in label_doubts(features_ND, names, seed=seed).doubts:
        score_N[doubt.row] = doubt.score
    return score_N


def _cleanlab(texts: list[str], given_N: np.ndarray, *, seed: int) -> np.ndarray:
    """As its tutorial for texts does it, with TF-IDF for features."""
    from cleanlab.rank import get_label_quality_scores
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    learner = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=400))
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    share_NC = cross_val_predict(learner, texts, given_N, cv=folds, method="predict_proba")
    return 1 - np.asarray(get_label_quality_scores(given_N, share_NC))


def _precision(is_wrong_N: np.ndarray, score_N: np.ndarray) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(is_wrong_N, score_N))
