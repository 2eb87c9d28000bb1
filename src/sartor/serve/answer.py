"""From a packaged model's logits to an answer, its confidence, and whether a person should look.

Shape letters: N texts, C labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sartor.core.goal import OutputKind
from sartor.core.prediction import Prediction
from sartor.evaluate.calibration import Calibrator
from sartor.evaluate.decisions import decide, probabilities
from sartor.evaluate.out_of_scope import scope_score


@dataclass(frozen=True)
class Rules:
    """When an answer goes out alone."""

    kind: OutputKind
    labels: tuple[str, ...]
    calibrator: Calibrator
    automation_threshold: float | None
    """Least confidence; above 1: never; None for a score."""
    scope_threshold: float | None
    """Least scope score; None for a score."""


def answers(
    rules: Rules, logits_NC: np.ndarray, is_truncated_N: Sequence[bool]
) -> list[Prediction]:
    """One prediction a text."""
    if rules.kind is OutputKind.SCORE:
        return [
            _score(rules, float(logits[0]), is_truncated)
            for logits, is_truncated in zip(logits_NC, is_truncated_N, strict=True)
        ]
    thresholds = rules.calibrator.thresholds
    decided = decide(rules.kind, logits_NC, thresholds)
    shares_NC = probabilities(rules.kind, logits_NC / rules.calibrator.temperature)
    confidence_N = rules.calibrator.confidence(logits_NC)
    scope_N = scope_score(rules.kind, logits_NC)
    return [
        _labels(
            rules,
            decided[row],
            shares_NC[row],
            confidence=float(confidence_N[row]),
            scope=float(scope_N[row]),
            is_truncated=bool(is_truncated_N[row]),
        )
        for row in range(len(logits_NC))
    ]


def _labels(
    rules: Rules,
    decided: np.ndarray,
    shares_C: np.ndarray,
    *,
    confidence: float,
    scope: float,
    is_truncated: bool,
) -> Prediction:
    chosen = [int(decided)] if rules.kind is OutputKind.SINGLE else np.flatnonzero(decided).tolist()
    reason = _reason(rules, confidence, scope)
    probability = float(np.prod([shares_C[c] for c in chosen])) if chosen else None
    return Prediction(
        labels=tuple(rules.labels[c] for c in chosen),
        score=None,
        probability=probability,
        confidence=confidence,
        interval=None,
        hand_over=bool(reason),
        reason=reason,
        is_truncated=is_truncated,
    )


def _reason(rules: Rules, confidence: float, scope: float) -> str:
    if rules.scope_threshold is not None and scope < rules.scope_threshold:
        return "out of scope"
    if rules.automation_threshold is None or rules.automation_threshold > 1:
        return "nothing promised"
    return "unsure" if confidence < rules.automation_threshold else ""


def _score(rules: Rules, value: float, is_truncated: bool) -> Prediction:
    half = rules.calibrator.half_width
    return Prediction(
        labels=(),
        score=value,
        probability=None,
        confidence=None,
        interval=None if half is None else (value - half, value + half),
        hand_over=False,
        reason="",
        is_truncated=is_truncated,
    )
