"""What each finalist answers to the same inputs, and what retrieval changed: for people to read.

Shape letters: R replicates, N rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from sartor.core.conversation import readable
from sartor.core.dataset import Split, TaskFacts
from sartor.core.hashing import derived_seed
from sartor.core.metric import DEFAULT_METRIC, METRICS
from sartor.evaluate.metrics import metric_value
from sartor.evaluate.paired import compare

NUM_DRAWN, NUM_APART = 4, 4
"""Inputs drawn by chance, so that nothing is picked, and inputs on which the answers differ most."""
MOST_COMPARED = 500
"""Inputs among which both are looked for."""
DRAWN, APART = "drawn at random", "where the answers differ most"


def side_by_side(
    test: Split,
    answers: Mapping[str, np.ndarray],
    *,
    facts: TaskFacts,
    mask: Callable[[str], str],
    seed: int,
) -> list[dict[str, Any]]:
    """Some inputs with the answers of all finalists.

    Args:
        test: The test rows.
        answers: Candidate id to the texts that its shipped replicate wrote, (N,).
        facts: Of the task.
        mask: Replaces personal data.
        seed: Of the draw.

    Returns:
        Dicts with `why`, `text`, `source`, `reference` and `answers`: candidate, text and value of each.
    """
    rng = np.random.default_rng(derived_seed(seed, "side by side"))
    rows = rng.permutation(len(test))[:MOST_COMPARED]
    values = {name: row_values(test, said_N, rows, facts) for name, said_N in answers.items()}
    drawn = list(range(min(NUM_DRAWN, len(rows))))
    chosen = [(place, DRAWN) for place in drawn]
    chosen += [(place, APART) for place in _furthest_apart(values, len(rows)) if place not in drawn]
    return [
        {
            "why": why,
            "text": mask(readable(text) if facts.is_conversation else text),
            "source": test.sources[row],
            "reference": mask(test.targets[row][0]),
            "answers": [
                {"candidate": name, "text": mask(said_N[row]), "value": float(values[name][place])}
                for name, said_N in answers.items()
            ],
        }
        for place, why in chosen[: NUM_DRAWN + NUM_APART]
        for row, text in [(int(rows[place]), test.texts[int(rows[place])])]
    ]


def what_retrieval_changed(
    metric: str,
    test: Split,
    *,
    with_RN: np.ndarray,
    without_RN: np.ndarray,
    facts: TaskFacts,
    seed: int,
) -> dict[str, Any]:
    """Prompts with what was looked up against prompts without, on the same rows and the same base.

    Args:
        metric: That picked the winner.
        test: The test rows.
        with_RN: Answers of the retrieval candidate.
        without_RN: Answers of the zero-shot candidate.
        facts: Of the task.
        seed: Of the bootstrap's draws.

    Returns:
        `difference` (with minus without), its interval and p-value, and the shares of inputs on which the
        shipped answers are `better` and `worse`.
    """
    found = compare(
        metric,
        test.targets,
        with_RN,
        without_RN,
        groups=test.groups,
        num_labels=facts.num_labels,
        seed=seed,
        texts=test.texts,
    )
    rows = np.arange(len(test))
    told_N = row_values(test, with_RN[0], rows, facts)
    untold_N = row_values(test, without_RN[0], rows, facts)
    return {
        **found.as_dict(),
        "better": float((told_N > untold_N).mean()),
        "worse": float((told_N < untold_N).mean()),
    }


def row_values(test: Split, said_N: np.ndarray, rows: np.ndarray, facts: TaskFacts) -> np.ndarray:
    """How good single answers are by the kind's own metric; more is better."""
    metric = DEFAULT_METRIC[facts.output_kind]
    assert METRICS[metric].is_higher_better
    return np.array(
        [
            metric_value(metric, test.targets[row : row + 1], said_N[row : row + 1], 1)
            for row in rows.tolist()
        ]
    )


def _furthest_apart(values: Mapping[str, np.ndarray], num_rows: int) -> Sequence[int]:
    """Places of the inputs, those first on which best and worst answer differ most."""
    if len(values) < 2 or not num_rows:
        return []
    stacked = np.stack(list(values.values()))
    return np.argsort(-np.ptp(stacked, axis=0), kind="stable").tolist()
