"""Small tasks of cutting something out of a text: order mails of a tailor's shop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sartor.core.candidate import Job
from sartor.core.dataset import Split, TaskFacts
from sartor.core.goal import OutputKind
from sartor.core.tagging import Span

NAMES = ("Ann", "Bert de Vries", "Chloe", "Dov", "Emil Sand", "Fay")
PLACES = ("Utrecht", "New Delhi", "Oslo", "Lima")
FRAMES = (
    "{name} lives in {place} now .",
    "Please send it to {name} in {place}",
    "{name} asked for a coat",
    "The shop in {place} is closed",
    "Nothing to see here",
)
LABELS = ("name", "place")


def span_rows(num: int = 40) -> Split:
    """Sentences with the names and places in them, always the same."""
    texts, targets = [], []
    for row in range(num):
        name, place = NAMES[row % len(NAMES)], PLACES[(row // 2) % len(PLACES)]
        text = FRAMES[row % len(FRAMES)].format(name=name, place=place)
        found = [
            (text.find(words), words, label) for words, label in ((name, "name"), (place, "place"))
        ]
        spans = tuple(sorted((at, at + len(w), label) for at, w, label in found if at >= 0))
        texts.append(text)
        targets.append(spans)
    return as_rows(texts, targets)


def as_rows(texts: Sequence[str], targets: Sequence[Any]) -> Split:
    """Rows of their own groups."""
    column = np.empty(len(texts), dtype=object)
    column[:] = list(targets)
    return Split(list(texts), column, np.arange(len(texts)), [""] * len(texts))


def extract_facts(kind: OutputKind = OutputKind.SPANS, **changes: Any) -> TaskFacts:
    given: dict[str, Any] = {
        "output_kind": kind,
        "labels": LABELS if kind is OutputKind.SPANS else (),
        "descriptions": {},
        "num_fit": 40,
        "smallest_class": 0,
        "mean_tokens": 8.0,
        "max_tokens": 64,
        "task": "extract",
        "instruction": "List what the text holds.",
    }
    return TaskFacts(**(given | changes))


def extract_job(
    method: Any, rows: Split, *, facts: TaskFacts | None = None, **settings: Any
) -> Job:
    """A job with the method's defaults, changed as asked."""
    about = facts or extract_facts()
    chosen = {dial.name: dial.default for dial in method.dials(about, None)} | settings
    return Job(about, chosen, None, rows, 0)


def answers_of(method: Any, rows: Split, texts: Sequence[str], **given: Any) -> list[Any]:
    """What a method without a base says after learning from rows."""
    fit = method.begin(extract_job(method, rows, **given), None)
    fit.advance(0)
    return list(fit.answers(texts).written_N)


def surfaces(text: str, spans: Sequence[Span]) -> list[tuple[str, str]]:
    return [(text[start:end], label) for start, end, label in spans]
