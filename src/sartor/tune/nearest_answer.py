"""Baseline for written answers: what was answered to the most similar input so far.

No language model takes part. Whoever has answered the same question a hundred times needs no more.

Shape letters: N inputs, M examples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Answers, Dial, Fitted, Job, State
from sartor.core.dataset import TaskFacts
from sartor.core.goal import OutputKind
from sartor.core.protocols import Engine, Fit
from sartor.tune.nearest import NearestExamples
from sartor.tune.prompted import shown

OPERATIONS_PER_TOKEN = 1e5
"""Of looking one token up among the examples; for the plan only."""


class NearestAnswer:
    name = "nearest_answer"
    title = "the answer to the most similar example"
    depth = 0
    family = "baseline"
    needs_base = False
    does = {None: frozenset({OutputKind.TEXT})}  # noqa: RUF012
    uses_seed = False

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        """One: whether the nearest decides alone, or the answer that the nearest agree on."""
        doc = "Similar examples asked; of their answers the one most like the others is given."
        return (Dial("neighbours", 1, doc, choices=(1, 3, 5)),)

    def epochs(self, settings: Mapping[str, Any], facts: TaskFacts) -> tuple[float, ...]:
        return (0,)

    def train_flops(
        self, settings: Mapping[str, Any], facts: TaskFacts, base: BaseModel | None
    ) -> float:
        return OPERATIONS_PER_TOKEN * facts.mean_tokens * facts.num_fit

    def begin(self, job: Job, engine: Engine) -> Fit:
        return NearestAnswerFit(job)


class NearestAnswerFit:
    """Looks answers up among the rows of its job."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._index: NearestExamples | None = None

    def advance(self, epochs: float) -> None:
        """Nothing: the index is made when it is first asked."""

    def answers(self, texts: Sequence[str]) -> Answers:
        """Answers of the examples; the similarity stands where a writer has its log-probability."""
        rows, facts = self.job.rows, self.job.facts
        if self._index is None:
            self._index = NearestExamples(shown(rows.texts, facts), max_tokens=facts.max_tokens)
        asked = shown(texts, facts)
        nearest_NK, cosines_NK = self._index.of(asked, self.job.settings["neighbours"])
        candidates = [[rows.targets[row][0] for row in of_text] for of_text in nearest_NK]
        found_N = np.empty(len(texts), dtype=object)
        found_N[:] = [_most_agreed(answers) for answers in candidates]
        return Answers(np.log(np.maximum(cosines_NK[:, :1], 1e-6)), found_N)

    def state(self) -> State:
        return State({}, {"rows": self.job.rows.fingerprint()})

    def restore(self, state: State) -> None:
        """Nothing: the rows are at hand."""

    def fitted(self) -> Fitted:
        """The examples themselves."""
        rows = self.job.rows
        examples = [[text, said[0]] for text, said in zip(rows.texts, rows.targets, strict=True)]
        facts = {
            "task": self.job.facts.task,
            "output_kind": str(self.job.facts.output_kind),
            "neighbours": self.job.settings["neighbours"],
            "max_tokens": self.job.facts.max_tokens,
            "examples": examples,
        }
        return Fitted("nearest_answer", None, (), {}, facts)


def _most_agreed(answers: Sequence[str]) -> str:
    """The answer that shares most words with the others; of equals the nearest."""
    words = [set(answer.lower().split()) for answer in answers]

    def agreement(index: int) -> float:
        own = words[index]
        others = [w for i, w in enumerate(words) if i != index]
        return sum(len(own & w) / max(1, len(own | w)) for w in others)

    return answers[max(range(len(answers)), key=lambda i: (round(agreement(i), 9), -i))]
