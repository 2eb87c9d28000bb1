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

NUM_DRAWN, NUM_APART, NUM_HELPED = 4, 4, 2
"""Inputs drawn by chance, so that nothing is picked; on which the answers differ most; on which what was
looked up helps most."""
MOST_COMPARED = 500
"""Inputs among which they are looked for."""
DRAWN, APART = "drawn at random", "where the answers differ most"
HELPED = "where what was looked up helps most"


def side_by_side(
    test: Split,
    answers: Mapping[str, np.ndarray],
    *,
    facts: TaskFacts,
    mask: Callable[[str], str],
    seed: int,
    retrieval: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Some inputs with the answers of all finalists.

    Args:
        test: The test rows.
        answers: Candidate id to the texts that its shipped replicate wrote, (N,).
        facts: Of the task.
        mask: Replaces personal data.
        seed: Of the draw.
        retrieval: Candidate ids `with` and `without` what is looked up; None: not both are finalists.

    Returns:
        Dicts with `why`, `text`, `source`, `reference` and `answers`: candidate, text and value of each.
    """
    rng = np.random.default_rng(derived_seed(seed, "side by side"))
    rows = rng.permutation(len(test))[:MOST_COMPARED]
    values = {name: row_values(test, said_N, rows, facts) for name, said_N in answers.items()}
    why_of = dict.fromkeys(range(min(NUM_DRAWN, len(rows))), DRAWN)
    if retrieval is not None:
        gained = values[retrieval["with"]] - values[retrieval["without"]]
        helped = [
            place for place in np.argsort(-gained, kind="stable").tolist() if gained[place] > 0
        ]
        _take(helped, NUM_HELPED, HELPED, why_of)
    _take(_furthest_apart(values, len(rows)), NUM_APART, APART, why_of)
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
        for place, why in why_of.items()
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


def _take(places: Sequence[int], num: int, why: str, why_of: dict[int, str]) -> None:
    """Add the first places that are not there yet."""
    fresh = [place for place in places if place not in why_of]
    why_of.update(dict.fromkeys(fresh[:num], why))


def _furthest_apart(values: Mapping[str, np.ndarray], num_rows: int) -> Sequence[int]:
    """Places of the inputs, those first on which best and worst answer differ most."""
    if len(values) < 2 or not num_rows:
        return []
    stacked = np.stack(list(values.values()))
    return np.argsort(-np.ptp(stacked, axis=0), kind="stable").tolist()
