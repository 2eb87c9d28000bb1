"""Baselines for translation: the text as it is, and words and phrases looked up.

No language model takes part. Copying shows what a metric gives for doing nothing; the table shows how far a
dictionary gets that is learned from the pairs.

Shape letters: N inputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Answers, Dial, Fitted, Job
from sartor.core.dataset import TaskFacts
from sartor.core.goal import OutputKind
from sartor.core.protocols import Engine, Fit
from sartor.tune.at_once import FitByLookup, WithoutModel
from sartor.tune.phrase_table import Phrase, Table, learn_phrases, table_of, translated


class Copy(WithoutModel):
    name = "copy"
    title = "the text as it is"
    does = {None: frozenset({OutputKind.TEXT})}  # noqa: RUF012
    tasks = frozenset({"translate"})

    def train_flops(
        self, settings: Mapping[str, Any], facts: TaskFacts, base: BaseModel | None
    ) -> float:
        return 1.0

    def begin(self, job: Job, engine: Engine) -> Fit:
        return LookupFit(job, longest=0)


class Phrases(WithoutModel):
    name = "phrases"
    title = "words and phrases looked up"
    does = {None: frozenset({OutputKind.TEXT})}  # noqa: RUF012
    tasks = frozenset({"translate"})
    operations_per_token = 2.5e6
    """Of aligning, counting and looking up."""

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        doc = "Longest run of words that is looked up as a whole; 1 goes word by word."
        often = (
            "Times that a phrase of several words must have been seen; 2 makes a far smaller table."
        )
        return (
            Dial("longest", 4, doc, choices=(4, 1, 2, 6)),
            Dial("seen_least", 1, often, choices=(1, 2)),
        )

    def begin(self, job: Job, engine: Engine) -> Fit:
        settings = job.settings
        return LookupFit(job, longest=settings["longest"], seen_least=settings["seen_least"])


class LookupFit(FitByLookup):
    """Learns its table when it is first asked.

    Args:
        job: Pairs to learn from.
        longest: Most words of a phrase; 0: there is no table, and texts stay as they are.
        seen_least: Times that a phrase of several words must have been seen.
    """

    def __init__(self, job: Job, *, longest: int, seen_least: int = 1) -> None:
        super().__init__(job)
        self.longest = longest
        self.seen_least = seen_least

    @cached_property
    def phrases(self) -> list[Phrase]:
        """What was learned."""
        rows = self.job.rows
        answers = [said[0] for said in rows.targets]
        if not self.longest:
            return []
        return learn_phrases(rows.texts, answers, longest=self.longest, seen_least=self.seen_least)

    @cached_property
    def table(self) -> Table:
        """The same, to look up in."""
        return table_of(self.phrases)

    def answers(self, texts: Sequence[str]) -> Answers:
        """Translations; no probability stands behind them."""
        return looked_up(texts, self.table, longest=self.longest)

    def fitted(self) -> Fitted:
        """The table."""
        facts = {
            "task": self.job.facts.task,
            "output_kind": str(self.job.facts.output_kind),
            "longest": max(1, self.longest),
            "phrases": [list(phrase) for phrase in self.phrases],
        }
        return Fitted("phrases", None, (), {}, facts)


def looked_up(texts: Sequence[str], table: Table, *, longest: int) -> Answers:
    """What a table makes of some texts."""
    said_N = np.empty(len(texts), dtype=object)
    said_N[:] = [translated(text, table, longest=longest) for text in texts]
    return Answers(np.full((len(texts), 1), np.nan, dtype=np.float32), said_N)
