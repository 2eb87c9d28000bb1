"""What a person wants to see behind the number: labels, confusions, instructive errors.

All of it for one replicate, the one that is shipped, as plain values for `Decision.details`. Rows
are given by index; whoever holds the texts looks them up.

Shape letters: N rows, C labels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from sartor.evaluate.metrics import is_right

NO_LABEL = "(no label)"
"""How an empty set of labels is shown, and an answer that is none of them."""


def label_table(
    targets: np.ndarray, decided: np.ndarray, labels: Sequence[str]
) -> list[dict[str, Any]]:
    """Precision, recall and F1 of each label; 0 where there is nothing to divide by.

    Args:
        targets: single: (N,) int; multi: (N, C) bool.
        decided: The same shape.
        labels: Names, C.

    Returns:
        One dict per label: `label`, `precision`, `recall`, `f1`, `num_examples`.
    """
    return [
        _label_line(name, targets == index, decided == index)
        if targets.ndim == 1
        else _label_line(name, targets[:, index], decided[:, index])
        for index, name in enumerate(labels)
    ]


def confusions(
    targets: np.ndarray, decided: np.ndarray, labels: Sequence[str], *, limit: int = 10
) -> list[dict[str, Any]]:
    """The pairs of labels most often confused.

    With several labels per text, a pair is a label that was missed and one that was given
    wrongly in its stead, in the same text.

    Returns:
        Dicts with `true`, `predicted`, `num_examples` and `example`, a row's index; most first.
    """
    pairs = _confused_rows(targets, decided)
    biggest = sorted(pairs, key=lambda pair: (-len(pairs[pair]), pair))[:limit]
    return [
        {
            "true": labels[true],
            "predicted": _shown(predicted, labels),
            "num_examples": len(pairs[true, predicted]),
            "example": pairs[true, predicted][0],
        }
        for true, predicted in biggest
    ]


def instructive_errors(
    targets: np.ndarray,
    decided: np.ndarray,
    labels: Sequence[str],
    *,
    confidence: np.ndarray | None,
    limit: int = 12,
) -> list[dict[str, Any]]:
    """Errors worth reading: the most confident ones, and one for each of the biggest confusions.

    A confident error is often a wrong label or a real gap; the typical one (of median confidence)
    shows what a confusion is about. For scores: the largest misses.

    Args:
        targets: single: (N,) int; multi: (N, C) bool; score: (N,) float.
        decided: The same shape.
        labels: Names, C; empty for scores.
        confidence: Of each decision, (N,); None for scores.
        limit: Most errors shown.

    Returns:
        Dicts with `row`, `true`, `predicted` and `confidence`; no row twice.
    """
    if confidence is None:
        misses = np.argsort(-np.abs(decided - targets), kind="stable")
        rows = [int(row) for row in misses[:limit]]
    else:
        wrong = np.flatnonzero(~is_right(targets, decided))
        surest = wrong[np.argsort(-confidence[wrong], kind="stable")]
        typical = _typical_rows(_confused_rows(targets, decided), confidence)[: limit // 2]
        chosen = dict.fromkeys([*surest[: limit - len(typical)], *typical, *surest])
        rows = [int(row) for row in chosen][:limit]
    return [
        {
            "row": row,
            "true": _shown(targets[row], labels),
            "predicted": _shown(decided[row], labels),
            "confidence": None if confidence is None else float(confidence[row]),
        }
        for row in rows
    ]


def _label_line(name: str, is_true_N: np.ndarray, is_given_N: np.ndarray) -> dict[str, Any]:
    num_true, num_given = int(is_true_N.sum()), int(is_given_N.sum())
    num_right = int((is_true_N & is_given_N).sum())
    return {
        "label": name,
        "precision": num_right / max(1, num_given),
        "recall": num_right / max(1, num_true),
        "f1": 2 * num_right / max(1, num_true + num_given),
        "num_examples": num_true,
    }


def _confused_rows(targets: np.ndarray, decided: np.ndarray) -> dict[tuple[int, int], list[int]]:
    """Rows of each confused pair (true, predicted), in order."""
    pairs: dict[tuple[int, int], list[int]] = defaultdict(list)
    for row in np.flatnonzero(~is_right(targets, decided)):
        if targets.ndim == 1:
            pairs[int(targets[row]), int(decided[row])].append(int(row))
            continue
        for missed in np.flatnonzero(targets[row] & ~decided[row]):
            for added in np.flatnonzero(decided[row] & ~targets[row]):
                pairs[int(missed), int(added)].append(int(row))
    return dict(pairs)


def _typical_rows(pairs: dict[tuple[int, int], list[int]], confidence_N: np.ndarray) -> list[int]:
    """The row of median confidence in each confusion, biggest confusion first."""
    biggest = sorted(pairs, key=lambda pair: (-len(pairs[pair]), pair))
    return [
        sorted(pairs[pair], key=lambda row: confidence_N[row])[len(pairs[pair]) // 2]
        for pair in biggest
    ]


def _shown(answer: Any, labels: Sequence[str]) -> str:
    """A decision in words."""
    if np.ndim(answer):
        return ", ".join(labels[int(label)] for label in np.flatnonzero(answer)) or NO_LABEL
    if labels:
        return labels[int(answer)] if answer >= 0 else NO_LABEL
    return f"{float(answer):.4g}"
