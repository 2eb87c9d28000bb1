"""What zero-shot, few-shot and retrieval share with a writer: a prompt for each input, and no training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sartor.core.answer_schema import answer_schema, described
from sartor.core.candidate import Answers, Dial, Fitted, Job, State
from sartor.core.conversation import readable
from sartor.core.dataset import Split, TaskFacts
from sartor.core.extracted import answer_text, read_answers
from sartor.core.goal import OutputKind
from sartor.core.hashing import derived_seed
from sartor.core.protocols import Engine
from sartor.tune.nearest import NearestExamples
from sartor.tune.prompts import FORMATS, Shot, turns_for

WRITTEN = frozenset({OutputKind.TEXT, OutputKind.SPANS, OutputKind.FIELDS})
"""Kinds of output that a writer gives: texts, and spans and records as JSON."""
ShotsOf = Callable[[Sequence[str]], list[list[int]]]
"""Inputs to the rows that stand as examples in the prompt of each."""


def format_dial() -> Dial:
    """Which of the formats; the rows that choose decide."""
    names = tuple(FORMATS)
    return Dial("format", names[0], "How instruction, examples and input are put.", choices=names)


class PromptedFit:
    """A writer that answers prompts; what it "learns" is which examples it may show.

    Args:
        job: Rows and settings.
        engine: Writes.
        shots_of: Chooses examples among the rows; None shows none.
    """

    def __init__(self, job: Job, engine: Engine, *, shots_of: ShotsOf | None) -> None:
        self.job = job
        self.engine = engine
        self.shots_of = shots_of

    def advance(self, epochs: float) -> None:
        """Nothing: the rows are at hand."""

    def answers(self, texts: Sequence[str]) -> Answers:
        """What the base writes to some inputs."""
        job = self.job
        assert job.base is not None
        chosen = self.shots_of(texts) if self.shots_of else [[] for _ in texts]
        put = FORMATS[job.settings["format"]]
        prompts = [
            put(
                instruction_of(job.facts),
                [shot(job.rows, row, job.facts) for row in rows],
                turns_for(text, is_conversation=job.facts.is_conversation),
            )
            for text, rows in zip(texts, chosen, strict=True)
        ]
        written = self.engine.write(
            job.base,
            prompts,
            max_new_tokens=job.facts.max_answer_tokens,
            decoding={},
            schema=answer_schema(job.facts),
        )
        return read_answers(job.facts.output_kind, texts, written)

    def state(self) -> State:
        return State({}, {"rows": self.job.rows.fingerprint()})

    def restore(self, state: State) -> None:
        """Nothing: the rows are at hand."""

    def fitted(self) -> Fitted:
        """The prompt: instruction, format and the examples that may be shown."""
        rows, about = self.job.rows, self.job.facts
        facts: dict[str, Any] = {
            "task": about.task,
            "output_kind": str(about.output_kind),
            "schema": answer_schema(about),
            "instruction": instruction_of(about),
            "settings": dict(self.job.settings),
            "max_tokens": self.job.facts.max_tokens,
            "max_answer_tokens": self.job.facts.max_answer_tokens,
            "examples": []
            if self.shots_of is None
            else [
                [text, answer_text(about.output_kind, text, target)]
                for text, target in zip(rows.texts, rows.targets, strict=True)
            ],
        }
        return Fitted("prompt", self.job.base, about.labels, {}, facts)


def shot(rows: Split, row: int, facts: TaskFacts) -> Shot:
    """One row as an example."""
    turns = turns_for(rows.texts[row], is_conversation=facts.is_conversation)
    return Shot(turns, answer_text(facts.output_kind, rows.texts[row], rows.targets[row]))


def instruction_of(facts: TaskFacts) -> str:
    """What has to be done, and in which form the answer has to come."""
    return "\n".join(filter(None, (facts.instruction, described(facts))))


def same_for_all(job: Job) -> ShotsOf:
    """As many rows as `shots` says, drawn once: which draw is itself a setting."""
    rng = np.random.default_rng(derived_seed(job.seed, "shots", job.settings["draw"]))
    drawn = rng.permutation(len(job.rows))[: job.settings["shots"]].tolist()
    return lambda texts: [drawn] * len(texts)


def nearest_to_each(job: Job) -> ShotsOf:
    """The rows most like each input, the most similar last: it is what a writer attends to most."""
    index: list[NearestExamples] = []

    def of(texts: Sequence[str]) -> list[list[int]]:
        if not index:
            index.append(NearestExamples(shown(job.rows.texts, job.facts), max_tokens=256))
        nearest_NK, _ = index[0].of(shown(texts, job.facts), job.settings["shots"])
        return [row[::-1].tolist() for row in nearest_NK]

    return of


def shown(texts: Sequence[str], facts: TaskFacts) -> list[str]:
    """Inputs as a person reads them."""
    return [readable(text) for text in texts] if facts.is_conversation else list(texts)


def writing_flops(facts: TaskFacts, trunk_parameters: int, *, num_shots: int) -> float:
    """Planned operations of answering every row to learn from once, 2 for each weight and token.

    Args:
        facts: Of the task.
        trunk_parameters: Multiplied for every token.
        num_shots: Examples in the prompt.
    """
    example_tokens = facts.mean_tokens + facts.mean_answer_tokens
    tokens = facts.mean_tokens + num_shots * example_tokens + facts.mean_answer_tokens
    return 2.0 * trunk_parameters * tokens * facts.num_fit
