"""What methods may know of a task before they see a row."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from sartor.core.conversation import readable
from sartor.core.dataset import CHARACTERS_OF_A_TOKEN, Dataset, TaskFacts
from sartor.core.extracted import answer_text
from sartor.core.goal import CLASSIFIED, Goal, OutputKind
from sartor.decide.choosing import Choosing

WORDS_TO_TOKENS = 1.3
"""Tokens of a word, about; for the plan only."""
ROOM_TOKENS = 16
"""Added to the longest answer, so that its end is not cut off."""
LONGEST_SHARE = 0.99
"""Quantile of the answers' lengths that counts as the longest."""
INSTRUCTIONS = {
    "generate": "Write the answer to the input.",
    "chat": "Reply to the last message.",
    "extract": "List what the text holds.",
}
"""Said to a model that is not trained, where the goal has no description."""


def facts_of(goal: Goal, dataset: Dataset, choosing: Choosing) -> TaskFacts:
    """The facts of a dataset and its goal.

    Args:
        goal: Description and lengths.
        dataset: Kind of output, labels, languages.
        choosing: Rows to learn from.
    """
    texts: Sequence[str] = choosing.rows.texts
    if dataset.task == "chat":
        texts = [readable(text) for text in texts]
    answers = _answers(choosing, dataset.output_kind)
    return TaskFacts(
        output_kind=dataset.output_kind,
        labels=dataset.labels,
        descriptions=dict(dataset.descriptions),
        num_fit=choosing.num_fit,
        smallest_class=_smallest_class(dataset, choosing),
        mean_tokens=min(_mean_tokens(texts) + 2, float(goal.max_tokens)),
        max_tokens=goal.max_tokens,
        task=dataset.task,
        instruction=_instruction(goal, dataset),
        mean_answer_tokens=_mean_tokens(answers),
        max_answer_tokens=_longest_tokens(answers, goal.max_tokens),
        schema=dataset.schema,
        passages=dataset.passages,
        num_scored=len(choosing.scored_rows) * choosing.num_replicates // len(choosing.folds),
    )


def _answers(choosing: Choosing, kind: OutputKind) -> list[str]:
    """What has to be written; nothing where labels are decided. Spans and records are written as JSON."""
    if kind in CLASSIFIED:
        return []
    rows = choosing.rows
    return [answer_text(kind, text, t) for text, t in zip(rows.texts, rows.targets, strict=True)]


def _mean_tokens(texts: Sequence[str]) -> float:
    return float(np.mean([len(t.split()) for t in texts])) * WORDS_TO_TOKENS if texts else 0.0


def _longest_tokens(answers: Sequence[str], max_tokens: int) -> int:
    """Room for an answer: nearly all known ones fit, and half of what is read stays the prompt's."""
    if not answers:
        return 0
    longest = float(np.quantile([len(answer) for answer in answers], LONGEST_SHARE))
    wanted = math.ceil(longest / CHARACTERS_OF_A_TOKEN) + ROOM_TOKENS
    return max(8, min(wanted, max_tokens // 2))


def _smallest_class(dataset: Dataset, choosing: Choosing) -> int:
    targets = choosing.rows.targets
    if dataset.output_kind is OutputKind.MULTI:
        return int(targets.sum(axis=0).min())
    return int(np.bincount(targets).min()) if dataset.output_kind is OutputKind.SINGLE else 0


def _instruction(goal: Goal, dataset: Dataset) -> str:
    """What a model is told: the data's own system turn, the goal's description, or the task in a sentence."""
    said = dataset.instruction or goal.description
    if said or dataset.task == "classify":
        return said
    if dataset.task == "translate":
        return f"Translate from {dataset.languages['from']} to {dataset.languages['to']}."
    return INSTRUCTIONS[dataset.task]
