"""Rows that several people labelled: what most of them say is the label, and their agreement is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sartor.core.dataset import Count
from sartor.core.errors import DataError
from sartor.data.agreement import Consensus, agreement, consensus_of
from sartor.data.byte_stream import Annotators
from sartor.data.personal import excerpt
from sartor.data.row import BadRow, Dropped, RawRow

CONSENSUS = "consensus of the annotators"
"""The column that is made of theirs."""
_TIED = "No label is ahead among the annotators; somebody has to decide."
_SILENT = "No annotator said anything; there is no label."


def with_consensus(
    rows: Iterator[RawRow | BadRow | Dropped],
    annotators: Annotators | None,
    *,
    seen: Callable[[RawRow, Sequence[Any]], None] = lambda row, ratings: None,
) -> Iterator[RawRow | BadRow | Dropped]:
    """Rows with a column for what most annotators say; those without such a label are left out.

    Args:
        rows: As a reader gives them.
        annotators: Their columns; None: rows stay as they are.
        seen: Told each row and its ratings, in the order of the columns.

    Raises:
        DataError: A rating is a list, or no number on a scale.
    """
    for row in rows:
        if annotators is None or not isinstance(row, RawRow):
            yield row
            continue
        ratings = [_rating(row, name) for name in annotators.names]
        found = consensus_of(ratings, is_number=annotators.rate_numbers, where=row.place)
        seen(row, ratings)
        yield _with(row, found)


def _rating(row: RawRow, name: str) -> Any:
    value = row.fields.get(name)
    if isinstance(value, list | dict):
        raise DataError(
            where=row.place,
            problem=f"`{excerpt(name)}` gave {excerpt(value)}: several labels have no consensus.",
            fix="Write one label into each annotator's column.",
        )
    return value


def _with(row: RawRow, found: Consensus) -> RawRow | Dropped:
    if found.value is not None:
        return row._replace(fields={**row.fields, CONSENSUS: found.value})
    what, note = ("ties of annotators", _TIED) if found.tied else ("rows without a rating", _SILENT)
    return Dropped(row.source, row.line, what, note)


class Ratings:
    """Ratings as they pass by. What is told of them changes no row and chooses nothing."""

    def __init__(self, annotators: Annotators) -> None:
        self._annotators = annotators
        self._columns: list[list[Any]] = [[] for _ in annotators.names]
        self._places: list[str] = []
        self._known: dict[Any, Any] = {}

    def add(self, row: RawRow, ratings: Sequence[Any]) -> None:
        """One more row."""
        self._places.append(row.place)
        for column, rating in zip(self._columns, ratings, strict=True):
            column.append(self._known.setdefault(rating, rating))

    def counts(self, *, seed: int) -> list[Count]:
        """How far annotators agree, and whose ratings stand apart; rows that were left out count too."""
        if not self._places:
            return []
        by_name = dict(zip(self._annotators.names, self._columns, strict=True))
        found = agreement(by_name, is_number=self._annotators.rate_numbers, seed=seed)
        examples = tuple(
            f"{one.name}: {_standing(one.agreement, one.difference)}" for one in found.annotators
        )
        first, *_ = found.counts(self._places)
        return [
            Count(first.what, first.num_rows, first.note, examples, is_warning=found.is_too_little)
        ]


def _standing(agreement: float | None, difference: float | None) -> str:
    if agreement is not None:
        return f"{100 * agreement:.0f} % as the others"
    return "compared with nobody" if difference is None else f"{difference:g} from the others"
