"""The answers furthest from what was asked for, for people to read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from sartor.core.conversation import readable
from sartor.core.dataset import Split, TaskFacts
from sartor.core.goal import OutputKind
from sartor.core.metric import DEFAULT_METRIC
from sartor.evaluate.metrics import metric_value

NUM_SHOWN = 12


def worst_answers(
    test: Split, decided_N: np.ndarray, *, facts: TaskFacts, mask: Callable[[str], str]
) -> list[dict[str, Any]]:
    """Rows whose answer is worst by the kind's own metric, worst first.

    Args:
        test: What was asked for.
        decided_N: What was written, (N,) object.
        facts: Of the task.
        mask: Replaces personal data.

    Returns:
        `text`, `source`, `true`, `predicted`, and no confidence.
    """
    metric = DEFAULT_METRIC[facts.output_kind]
    values_N = [
        metric_value(
            metric,
            test.targets[row : row + 1],
            decided_N[row : row + 1],
            facts.num_labels,
            texts=[test.texts[row]],
        )
        for row in range(len(test))
    ]
    worst = np.argsort(values_N, kind="stable")[:NUM_SHOWN]
    return [_line(test, int(row), decided_N, facts, mask) for row in worst]


def _line(
    test: Split, row: int, decided_N: np.ndarray, facts: TaskFacts, mask: Callable[[str], str]
) -> dict[str, Any]:
    text = test.texts[row]
    wanted = test.targets[row]
    if facts.output_kind is OutputKind.TEXT:
        wanted = wanted[0]
    return {
        "text": mask(readable(text) if facts.is_conversation else text),
        "source": test.sources[row],
        "true": mask(_shown(wanted, text)),
        "predicted": mask(_shown(decided_N[row], text)),
        "confidence": None,
    }


def _shown(answer: Any, text: str) -> str:
    """A text as it is, spans as label and words, a record as JSON."""
    if isinstance(answer, str):
        return answer
    if isinstance(answer, tuple):
        return "; ".join(f"{label}: {text[start:end]}" for start, end, label in answer) or "nothing"
    if answer is None:
        return "nothing that could be read"
    return json.dumps(answer, ensure_ascii=False)
