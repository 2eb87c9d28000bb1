"""Baseline for written answers: what was answered to the most similar input so far.

No language model takes part. Whoever has answered the same question a hundred times needs no more.

Shape letters: N inputs, M examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Answers, Dial, Fitted, Job
from sartor.core.dataset import TaskFacts
from sartor.core.goal import OutputKind
from sartor.core.protocols import Engine, Fit
from sartor.tune.at_once import FitByLookup, WithoutModel
from sartor.tune.nearest import NearestExamples
from sartor.tune.prompted import shown


class NearestAnswer(WithoutModel):
    name = "nearest_answer"
    title = "the answer to the most similar example"
    does = {None: frozenset({OutputKind.TEXT})}  # noqa: RUF012
    operations_per_token = 1e5
    """Of looking one token up among the examples."""

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        """One: whether the nearest decides alone, or the answer that the nearest agree on."""
        doc = "Similar examples asked; of their answers the one most like the others is given."
        return (Dial("neighbours", 1, doc, choices=(1, 3, 5)),)

    def begin(self, job: Job, engine: Engine) -> Fit:
        return NearestAnswerFit(job)


class NearestAnswerFit(FitByLookup):
    """Looks answers up among the rows of its job."""

    @cached_property
    def _index(self) -> NearestExamples:
        rows, facts = self.job.rows, self.job.facts
        return NearestExamples(shown(rows.texts, facts), max_tokens=facts.max_tokens)

    def answers(self, texts: Sequence[str]) -> Answers:
        """Answers of the examples; the similarity stands where a writer has its log-probability."""
        asked, targets = shown(texts, self.job.facts), self.job.rows.targets
        nearest_NK, cosines_NK = self._index.of(asked, self.job.settings["neighbours"])
        candidates = [[targets[row][0] for row in of_text] for of_text in nearest_NK]
        found_N = np.empty(len(texts), dtype=object)
        found_N[:] = [_most_agreed(answers) for answers in candidates]
        return Answers(np.log(np.maximum(cosines_NK[:, :1], 1e-6)), found_N)

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
