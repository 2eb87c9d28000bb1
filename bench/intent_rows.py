"""Rows of BANKING77's training set for benchmarks of speed: to learn from, and to score on.

Its `test` belongs to the benchmark of the whole decision; none of these rows is of it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np

from bench.document import SHARED, read_rows
from sartor.core.dataset import Split, TaskFacts
from sartor.core.goal import OutputKind

FILE = SHARED / "data" / "banking77" / "train.jsonl.gz"
SCORED_ROWS = 1500
MAX_TOKENS = 256
TOKENS_OF_A_WORD = 1.3


@dataclass(frozen=True)
class Intents:
    """A cut of the rows."""

    labels: tuple[str, ...]
    fit: Split
    scored: Split

    def facts(self) -> TaskFacts:
        """What a method may know of them."""
        words = float(np.mean([len(text.split()) for text in self.fit.texts]))
        return TaskFacts(
            OutputKind.SINGLE,
            self.labels,
            {},
            num_fit=len(self.fit),
            smallest_class=int(np.bincount(self.fit.targets, minlength=len(self.labels)).min()),
            mean_tokens=words * TOKENS_OF_A_WORD + 2,
            max_tokens=MAX_TOKENS,
        )


def require_rows() -> None:
    """End with a sentence where the data set is absent."""
    if not FILE.is_file():
        sys.exit(f"{FILE} is absent: this benchmark needs the real data set.")


def intents(
    *, most_fit: int = 0, per_class: int = 0, most_scored: int = SCORED_ROWS, seed: int = 0
) -> Intents:
    """Draw rows.

    Args:
        most_fit: Rows to learn from; 0 for all that are not scored.
        per_class: Rows of each label to learn from; 0 for no limit.
        most_scored: Rows to score on, of those that nobody learns from.
        seed: Of the draw.
    """
    rows = read_rows(FILE)
    labels = tuple(sorted({row["label"] for row in rows}))
    order = np.random.default_rng(seed).permutation(len(rows))
    targets_N = np.array([labels.index(row["label"]) for row in rows])
    everything = Split(
        [row["text"] for row in rows], targets_N, np.arange(len(rows)), [""] * len(rows)
    )
    fit = order[SCORED_ROWS:]
    if per_class:
        fit = np.concatenate([fit[targets_N[fit] == c][:per_class] for c in range(len(labels))])
    fit = fit[:most_fit] if most_fit else fit
    return Intents(labels, everything.take(fit), everything.take(order[:SCORED_ROWS][:most_scored]))
