"""Baseline for spans: what was marked before is marked again, wherever it stands.

No language model and no learning: a list of known wordings, the longest match first, each with the label
that it had most often.

Shape letters: N inputs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Answers, Dial, Fitted, Job, State
from sartor.core.dataset import TaskFacts
from sartor.core.goal import OutputKind
from sartor.core.protocols import Engine, Fit
from sartor.core.tagging import words_of
from sartor.tune.at_once import FitAtOnce, WithoutModel
from sartor.tune.surfaces import SurfaceCounts, Surfaces, in_case, matches


class Gazetteer(WithoutModel):
    name = "gazetteer"
    title = "list of the passages marked before"
    does = {None: frozenset({OutputKind.SPANS})}  # noqa: RUF012
    operations_per_token = 50.0
    """Of looking a word up in the list, in both passes."""

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        return (
            Dial(
                "letter_case",
                "any",
                "Whether a wording counts in any case, or only as it was marked.",
                choices=("any", "as marked"),
            ),
            Dial(
                "least_share",
                0.5,
                "Share of its places in the examples at which a wording must be marked to be listed.",
                choices=(0.5, 0.2, 0.8, 0.0),
                least=0.0,
                most=1.0,
            ),
        )

    def begin(self, job: Job, engine: Engine) -> Fit:
        return FitAtOnce(job, kind="gazetteer", learn=_learned, answer=_answered)


def _learned(job: Job) -> State:
    is_cased = job.settings["letter_case"] == "as marked"
    surfaces = listed_surfaces(job, is_cased=is_cased)
    return State({}, {"surfaces": surfaces.facts(), "is_cased": is_cased})


def _answered(fitted: Fitted, texts: Sequence[str]) -> Answers:
    facts = fitted.facts
    return listed_answers(Surfaces.stored(facts["surfaces"], is_cased=facts["is_cased"]), texts)


def listed_answers(listed: Surfaces, texts: Sequence[str]) -> Answers:
    """The listed wordings in some texts; no probability stands behind them."""
    spans_N = np.empty(len(texts), dtype=object)
    for row, text in enumerate(texts):
        words = words_of(text)
        spans_N[row] = tuple(
            (words[mark.first][0], words[mark.last][1], mark.label)
            for mark in listed.found(text, words)
        )
    return Answers(np.full((len(texts), 1), np.nan, dtype=np.float32), spans_N)


def listed_surfaces(job: Job, *, is_cased: bool) -> Surfaces:
    """Wordings that are marked at the asked share of the places where the rows hold them."""
    counts = SurfaceCounts(job.rows, is_cased=is_cased)
    surfaces = counts.surfaces()
    num_places: Counter[tuple[str, ...]] = Counter()
    for text in job.rows.texts:
        spoken = in_case(text, words_of(text), is_cased)
        for mark in matches(spoken, surfaces.label_of, counts.longest):
            num_places[tuple(spoken[mark.first : mark.last + 1])] += 1
    least = job.settings["least_share"]
    kept = {
        words: label
        for words, label in surfaces.label_of.items()
        if counts.counts[words].total() >= least * num_places[words]
    }
    return Surfaces(kept, is_cased)
