"""Columns by what stands in them, where no name is known: `Nachricht` and `Kategorie`.

Only `sartor init` guesses so, and says it: what it writes into sartor.yaml a person sees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sartor.core.errors import DataError
from sartor.data.row import RawRow

LEAST_WORDS = 3.0
"""Mean words of a text; names, codes and dates have fewer."""
LEAST_DIFFERENT_TEXTS = 0.3
"""Share of different values that a column of texts has at least."""
MOST_LABEL_CHARACTERS = 60
MOST_LABEL_SHARE = 0.3
"""Different labels over rows, at most; ids and names have more."""
CLEARLY_MORE = 1.5
"""How many times as long the texts of one column must be for another not to be meant."""
HEADER_WORDS = 6


@dataclass(frozen=True)
class _Column:
    """What the looked-at rows show of a column."""

    name: str
    num_filled: int
    num_different: int
    mean_words: float
    longest: int
    are_flags: bool
    """Whether it holds nothing but 0 and 1 or yes and no."""


def text_column(rows: Sequence[RawRow], there: Sequence[str]) -> str | None:
    """The column that holds the texts: the one with the longest, if it is clearly so."""
    texts = [
        column
        for column in _described(rows, there)
        if column.mean_words >= LEAST_WORDS
        and column.num_different >= LEAST_DIFFERENT_TEXTS * column.num_filled
    ]
    texts.sort(key=lambda column: -column.mean_words)
    if not texts:
        return None
    if len(texts) > 1 and texts[0].mean_words < CLEARLY_MORE * texts[1].mean_words:
        return None
    return texts[0].name


def text_columns(rows: Sequence[RawRow], there: Sequence[str]) -> list[str]:
    """Every column of texts, in their order."""
    return [column.name for column in _described(rows, there) if column.mean_words >= LEAST_WORDS]


def label_column(rows: Sequence[RawRow], there: Sequence[str]) -> str | None:
    """The one column whose few short values come again and again; None where several do."""
    found = [column.name for column in _described(rows, there) if _may_be_label(column)]
    return found[0] if len(found) == 1 else None


def flag_columns(rows: Sequence[RawRow], there: Sequence[str]) -> list[str]:
    """Columns of 0 and 1: labels spread over columns, where there are several."""
    found = [column.name for column in _described(rows, there) if column.are_flags]
    return found if len(found) > 1 else []


def refuse_missing_header(rows: Sequence[RawRow], there: Sequence[str], *, where: str) -> None:
    """The first line of a table may be a row already.

    Raises:
        DataError: A name of a column is a sentence, or is itself a value of the column.
    """
    for name in there:
        values = {str(row.fields.get(name)) for row in rows}
        if len(name.split()) >= HEADER_WORDS or name in values:
            raise DataError(
                where=f"{where}:1",
                problem=f"the first line looks like a row, not like names of columns: `{name[:60]}`.",
                fix="Put a line with names above it, for example `text` and `label`.",
            )


def _may_be_label(column: _Column) -> bool:
    return (
        2 <= column.num_different <= MOST_LABEL_SHARE * column.num_filled
        and column.longest <= MOST_LABEL_CHARACTERS
        and not column.are_flags
    )


def _described(rows: Sequence[RawRow], there: Sequence[str]) -> list[_Column]:
    return [_describe(name, [row.fields.get(name) for row in rows]) for name in there]


def _describe(name: str, values: Sequence[Any]) -> _Column:
    filled = [str(v).strip() for v in values if v is not None and str(v).strip()]
    different = set(filled)
    return _Column(
        name=name,
        num_filled=len(filled),
        num_different=len(different),
        mean_words=sum(len(text.split()) for text in filled) / max(1, len(filled)),
        longest=max(map(len, filled), default=0),
        are_flags=bool(different) and {d.lower() for d in different} <= _FLAGS,
    )


_FLAGS = {"0", "1", "0.0", "1.0", "true", "false", "yes", "no"}
