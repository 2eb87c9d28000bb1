"""Columns of several annotators: how far they agree, what most of them say, who stands apart.

Shape letters: N rows, A annotators.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sartor.core.dataset import Count
from sartor.core.errors import DataError
from sartor.core.words import counted
from sartor.data.krippendorff import Alpha, interval_alpha, nominal_alpha
from sartor.data.personal import excerpt

RELIABLE = 0.8
TENTATIVE = 0.667
"""Marks of Krippendorff 2004, "Content Analysis", section 11.4: below, no conclusions."""


@dataclass(frozen=True)
class Consensus:
    """What most annotators say of one row."""

    value: str | float | None
    """The most frequent label, or the median number; None for a tie and where nobody says anything."""
    tied: tuple[str, ...]
    """The labels that share the first place; empty where one is ahead."""
    num_ratings: int
    """Annotators who said something."""


@dataclass(frozen=True)
class Annotator:
    """One annotator beside the others, on the rows that somebody else rated too."""

    name: str
    num_ratings: int
    num_compared: int
    """Ratings that another annotator's stand beside."""
    agreement: float | None
    """Labels: share of the others' ratings that are the same, 0 to 1. Numbers: None."""
    difference: float | None
    """Numbers: mean distance from the others' ratings, in the unit of the scale. Labels: None."""


@dataclass(frozen=True)
class Agreement:
    """How far several annotators agree."""

    alpha: Alpha
    """Krippendorff's, nominal for labels and interval for numbers."""
    annotators: tuple[Annotator, ...]
    """In the order of their columns."""
    consensus: tuple[Consensus, ...]
    """By row, length N."""

    @property
    def is_too_little(self) -> bool:
        """Whether the labels are too unsure to learn from."""
        return self.alpha.value is not None and self.alpha.value < TENTATIVE

    @property
    def in_words(self) -> str:
        """What alpha means, one sentence."""
        value, low, high, num_units = self.alpha
        if not num_units:
            return "No row was rated by two annotators, so nothing is known of their agreement."
        if value is None:
            return "Every rating is the same, so agreement cannot be told from having no choice."
        if value >= RELIABLE:
            verdict = "they can be relied on"
        elif value >= TENTATIVE:
            verdict = "good for tentative conclusions only"
        else:
            verdict = "too little to learn from; say in the guidelines what they disagree on"
        rows = counted(num_units, "row")
        return f"Krippendorff's alpha is {value:.2f} ({low:.2f} to {high:.2f}, {rows}): {verdict}."

    def counts(self, places: Sequence[str]) -> list[Count]:
        """What the card says.

        Args:
            places: `file:line` by row.
        """
        counts = [Count("rows rated by several", self.alpha.num_units, self.in_words)]
        for what, note, holds in (
            ("ties of annotators", "No label is ahead; somebody has to decide.", _is_tied),
            ("rows rated once", "One rating was taken as it is; nobody checked it.", _is_alone),
            ("rows without a rating", "No annotator said anything; there is no label.", _is_silent),
        ):
            rows = [row for row, found in enumerate(self.consensus) if holds(found)]
            if rows:
                examples = tuple(self._example(row, places) for row in rows[:3])
                counts.append(Count(what, len(rows), note, examples))
        return counts

    def _example(self, row: int, places: Sequence[str]) -> str:
        tied = " or ".join(excerpt(label) for label in self.consensus[row].tied[:3])
        return f"{places[row]}: {tied}" if tied else places[row]


def _is_tied(found: Consensus) -> bool:
    return bool(found.tied)


def _is_alone(found: Consensus) -> bool:
    return found.num_ratings == 1


def _is_silent(found: Consensus) -> bool:
    return found.num_ratings == 0


def agreement(
    ratings: Mapping[str, Sequence[str | float | None]], *, is_number: bool = False, seed: int = 0
) -> Agreement:
    """Compare the columns of several annotators.

    Args:
        ratings: Annotator to a column of N ratings; None, NaN and blank text are no rating.
        is_number: Whether ratings are on a scale, and the further apart the worse.
        seed: For the interval.

    Raises:
        DataError: Fewer than two columns, unequal lengths, or a rating that is no number on a scale.
    """
    names = list(ratings)
    if len(names) < 2:
        raise DataError(
            where=f"annotators {', '.join(map(excerpt, names)) or 'none'}",
            problem="agreement needs at least two columns.",
            fix="Name one more annotator's column.",
        )
    lengths = {len(column) for column in ratings.values()}
    assert len(lengths) == 1, f"columns of one table have one length, not {lengths}"
    if is_number:
        return _on_a_scale(ratings, seed=seed)
    return _in_categories(ratings, seed=seed)


def consensus_of(
    ratings: Sequence[str | float | None], *, is_number: bool = False, where: str = "data"
) -> Consensus:
    """What most annotators say of one row.

    Args:
        ratings: One of each annotator; None, NaN and blank text are no rating.
        is_number: Whether they rate on a scale; then it is the median.
        where: The row, for messages.

    Raises:
        DataError: A rating is no number on a scale.
    """
    if is_number:
        values = np.array([_number(value, where) for value in ratings])
        return _median(values[np.isfinite(values)])
    return _majority([_label(value) for value in ratings])


def _in_categories(ratings: Mapping[str, Sequence[object]], *, seed: int) -> Agreement:
    columns = [[_label(value) for value in column] for column in ratings.values()]
    code_of = {label: i for i, label in enumerate(sorted(set().union(*columns) - {""}))}
    code_of[""] = -1
    codes_NA = np.array([[code_of[label] for label in column] for column in columns]).T
    return Agreement(
        nominal_alpha(codes_NA, seed=seed),
        tuple(_annotator(name, a, codes_NA, codes_NA >= 0) for a, name in enumerate(ratings)),
        tuple(_majority(labels) for labels in zip(*columns, strict=True)),
    )


def _on_a_scale(ratings: Mapping[str, Sequence[object]], *, seed: int) -> Agreement:
    columns = [
        [_number(value, f"{excerpt(name)}, row {row}") for row, value in enumerate(column, 1)]
        for name, column in ratings.items()
    ]
    values_NA = np.array(columns, dtype=float).T
    there_NA = np.isfinite(values_NA)
    return Agreement(
        interval_alpha(values_NA, seed=seed),
        tuple(
            _annotator(name, a, values_NA, there_NA, is_number=True)
            for a, name in enumerate(ratings)
        ),
        tuple(_median(values_A[np.isfinite(values_A)]) for values_A in values_NA),
    )


def _label(value: object) -> str:
    is_absent = value is None or (isinstance(value, float) and math.isnan(value))
    return "" if is_absent else str(value).strip()


def _number(value: object, where: str) -> float:
    text = _label(value)
    try:
        number = float(text) if text else math.nan
    except ValueError:
        number = math.inf
    if math.isinf(number) or (text and math.isnan(number)):
        raise DataError(
            where=where,
            problem=f"`{excerpt(text)}` is not a number.",
            fix="Correct it, or compare the columns as labels.",
        )
    return number


def _majority(labels: Sequence[str]) -> Consensus:
    votes = Counter(label for label in labels if label)
    most = max(votes.values(), default=0)
    first = sorted(label for label, times in votes.items() if times == most)
    if len(first) == 1:
        return Consensus(first[0], (), votes.total())
    return Consensus(None, tuple(first), votes.total())


def _median(values: np.ndarray) -> Consensus:
    return Consensus(float(np.median(values)) if len(values) else None, (), len(values))


def _annotator(
    name: str, a: int, values_NA: np.ndarray, there_NA: np.ndarray, *, is_number: bool = False
) -> Annotator:
    others = [other for other in range(values_NA.shape[1]) if other != a]
    both_NA = there_NA[:, [a]] & there_NA[:, others]
    own, beside = np.broadcast_arrays(values_NA[:, [a]], values_NA[:, others])
    apart = np.abs(own[both_NA] - beside[both_NA]) if is_number else own[both_NA] != beside[both_NA]
    mean = round(float(apart.mean()), 4) if apart.size else None
    return Annotator(
        name,
        num_ratings=int(there_NA[:, a].sum()),
        num_compared=int(both_NA.any(1).sum()),
        agreement=None if is_number or mean is None else round(1 - mean, 4),
        difference=mean if is_number else None,
    )
