"""From logits to probabilities and decisions.

Shape letters: R replicates (seeds or repeats of cross-validation), N rows, C labels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import expit, logit, softmax

from sartor.core.goal import CLASSIFIED, OutputKind
from sartor.core.prediction import NO_LABEL, NOTHING_NAMED

MIN_POSITIVES = 20
"""Rows a label needs before it gets a threshold of its own."""
CROSS_PARTS = 5
"""Parts of the rows that choose, of which four tune the thresholds of the fifth."""
EDGE = 1e-6
"""Thresholds stay this far inside 0 to 1, so that they survive JSON and float32."""


def probabilities(kind: OutputKind, logits: np.ndarray) -> np.ndarray:
    """What the logits say, before calibration.

    Args:
        kind: What is being decided.
        logits: (..., C); for a score the prediction itself, (..., 1).

    Returns:
        single: softmax (..., C); multi: sigmoid per label (..., C); score: unchanged. float64.
    """
    logits = np.asarray(logits, dtype=np.float64)
    if kind == OutputKind.SINGLE:
        return softmax(logits, axis=-1)
    return expit(logits) if kind == OutputKind.MULTI else logits


def decide(
    kind: OutputKind,
    logits: np.ndarray,
    thresholds_C: np.ndarray | Sequence[float] | None = None,
    *,
    written: np.ndarray | None = None,
) -> np.ndarray:
    """What is answered.

    Args:
        kind: What is being decided.
        logits: (..., C), any number of leading axes.
        thresholds_C: Multi only: least probability at which a label is given, (C,); 0.5 if None.
        written: Text, spans, fields: what was written, (...) object; nothing is left to decide.

    Returns:
        single: label index (...) int64, `NO_LABEL` where nothing was named;
        multi: (..., C) bool; score: (...) float64; else `written`.
    """
    if kind not in CLASSIFIED:
        assert written is not None
        return written
    if kind == OutputKind.SINGLE:
        logits = np.asarray(logits)
        best = np.argmax(logits, axis=-1).astype(np.int64)
        return np.where(logits.max(axis=-1) <= NOTHING_NAMED, NO_LABEL, best)
    if kind == OutputKind.SCORE:
        return np.asarray(logits, dtype=np.float64)[..., 0]
    return probabilities(kind, logits) >= (
        0.5 if thresholds_C is None else np.asarray(thresholds_C)
    )


def tune_thresholds(logits_NC: np.ndarray, targets_NC: np.ndarray) -> np.ndarray:
    """Thresholds for several labels per text, in favour of F1, tamed for rare labels.

    A threshold fitted to a handful of positives fits their noise. So every label starts from the
    one threshold that is best for all labels together (micro-F1); a label with at least 20
    positives moves towards its own best one, in log-odds, by positives / (positives + 20).

    Args:
        logits_NC: Logits of the rows that choose, (N, C); replicates may be stacked as rows.
        targets_NC: Their labels, (N, C) bool.

    Returns:
        Least probability at which each label is given, (C,) float64 in (0, 1).
    """
    logits_NC = np.asarray(logits_NC, dtype=np.float64)
    shared = _best_cut(logits_NC.ravel(), targets_NC.ravel())
    cuts_C = np.full(logits_NC.shape[1], shared)
    for label, num_positive in enumerate(targets_NC.sum(axis=0)):
        if num_positive >= MIN_POSITIVES:
            own = _best_cut(logits_NC[:, label], targets_NC[:, label])
            cuts_C[label] += (own - shared) * num_positive / (num_positive + MIN_POSITIVES)
    return np.clip(expit(cuts_C), EDGE, 1 - EDGE)


def decide_crosswise(
    logits_RNC: np.ndarray, targets_NC: np.ndarray, groups_N: np.ndarray
) -> np.ndarray:
    """Several labels a text, each row decided by thresholds that were tuned on rows of other groups.

    Thresholds tuned on the rows that are then counted flatter a candidate, and the more so the worse it
    tells labels apart.

    Args:
        logits_RNC: Logits of the rows that choose.
        targets_NC: Their labels, bool.
        groups_N: Rows of one group stay together.

    Returns:
        Decisions, (R, N, C) bool.
    """
    part_N = np.unique(groups_N, return_inverse=True)[1] % CROSS_PARTS
    decided_RNC = np.empty(logits_RNC.shape, dtype=bool)
    for part in np.unique(part_N):
        here_N = part_N == part
        elsewhere_N = ~here_N if not here_N.all() else here_N
        tuned_C = tune_thresholds(logits_RNC[:, elsewhere_N].mean(axis=0), targets_NC[elsewhere_N])
        decided_RNC[:, here_N] = decide(OutputKind.MULTI, logits_RNC[:, here_N], tuned_C)
    return decided_RNC


def _best_cut(logits_M: np.ndarray, is_target_M: np.ndarray) -> float:
    """The logit above which calling everything positive has the highest F1.

    Cuts lie midway between neighbours; of equally good ones the nearest to 0 (probability 0.5).
    """
    if not is_target_M.any():
        return 0.0
    order = np.argsort(-logits_M, kind="stable")
    sorted_M = logits_M[order]
    num_called_M = np.arange(1, len(order) + 1)
    f1_M = 2 * np.cumsum(is_target_M[order]) / (num_called_M + is_target_M.sum())
    next_M = np.append(sorted_M[1:], sorted_M[-1] - 1.0)
    f1_M[sorted_M == next_M] = -1.0
    cuts = ((sorted_M + next_M) / 2)[f1_M >= f1_M.max() - 1e-12]
    bound = float(logit(1 - EDGE))
    return float(np.clip(cuts[np.argmin(np.abs(cuts))], -bound, bound))
