"""From what a packaged model says to an answer, its confidence, and whether a person should look.

Shape letters: N texts, C labels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sartor.core.candidate import Answers
from sartor.core.goal import OutputKind
from sartor.core.prediction import NO_LABEL, Passage, Prediction
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


def written_answers(
    kind: OutputKind,
    texts: Sequence[str],
    said: Answers,
    is_truncated_N: Sequence[bool],
    *,
    has_probability: bool,
) -> list[Prediction]:
    """One prediction a text, where answers are written or extracted: nothing was promised.

    None is handed over but a record that could not be read.

    Args:
        kind: Of what was said.
        texts: What was asked.
        said: Texts, spans or records, and the mean log-probability of a token or a word's tag of each.
        is_truncated_N: Which texts were cut.
        has_probability: Whether that is one; examples that are looked up have a similarity there.
    """
    assert said.written_N is not None
    return [
        Prediction(
            labels=(),
            score=None,
            probability=_of_a_token(float(mean)) if has_probability else None,
            confidence=None,
            interval=None,
            is_truncated=bool(is_truncated),
            **_content(kind, text, answer),
        )
        for text, answer, mean, is_truncated in zip(
            texts, said.written_N, said.logits_NC[:, 0], is_truncated_N, strict=True
        )
    ]


def _content(kind: OutputKind, text: str, answer: Any) -> dict[str, Any]:
    """The answer by its kind, and its fate."""
    fate: dict[str, Any] = {"hand_over": False, "reason": ""}
    if kind is OutputKind.SPANS:
        return fate | {"passages": tuple(Passage(s, e, label, text[s:e]) for s, e, label in answer)}
    if kind is not OutputKind.FIELDS:
        return fate | {"text": answer}
    return fate | {"record": answer} if answer is not None else UNREADABLE


UNREADABLE = {"hand_over": True, "reason": "unreadable"}
"""Fate of a record that could not be read."""


def _of_a_token(mean_log_probability: float) -> float | None:
    if not math.isfinite(mean_log_probability):
        return None
    return min(1.0, math.exp(mean_log_probability))


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
    if chosen == [NO_LABEL]:
        chosen, reason = [], str(UNREADABLE["reason"])
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
