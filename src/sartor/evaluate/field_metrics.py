"""Metrics of records (one JSON object a text), as functions of row weights.

A record is taken apart into pairs of field and value; a field inside a field is named by its whole path.
A list gives one pair an item, in any order, so that two right items of three count. Texts are compared
without outer white space and after Unicode NFC. A field that is null or empty is as good as absent:
saying "nothing there" earns nothing, and inventing a value costs precision.

Shape letters: R replicates, N rows.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import numpy as np

from sartor.evaluate import row_sums
from sartor.evaluate.row_sums import WeightedMetric, of_sums

Record = Mapping[str, Any]
Pair = tuple[tuple[str, ...], Hashable]
"""Path to the field, and its value in a form that can be compared."""
OF_COUNTS = {
    "field_f1": row_sums.f1,
    "field_precision": row_sums.precision,
    "field_recall": row_sums.recall,
}


def field_metric(name: str, targets: np.ndarray, decided_R: np.ndarray) -> WeightedMetric:
    """Precision, recall or F1 over the pairs of all rows together.

    Args:
        name: One of `OF_COUNTS`.
        targets: Records asked for, (N,) mappings.
        decided_R: Records given, (R, N) mappings; None where the output could not be read, which
            gives nothing and misses everything.
    """
    asked_N = [pairs_of(record) for record in targets]
    counts = [
        [_right_given_asked(pairs_of(r), asked) for r, asked in zip(decided, asked_N, strict=True)]
        for decided in decided_R
    ]
    shape = (len(decided_R), len(targets), 3)
    return of_sums(np.array(counts, dtype=np.float64).reshape(shape), OF_COUNTS[name])


def has_parsed(decided: np.ndarray) -> np.ndarray:
    """Which outputs could be read as a record, (..., N) bool."""
    return np.array([record is not None for record in decided.flat], bool).reshape(decided.shape)


def is_same_record(given: Record | None, asked: Record | None) -> bool:
    """Whether every field is right and none is added; an unreadable output equals only another."""
    if given is None or asked is None:
        return given is asked
    return comparable(given) == comparable(asked)


def pairs_of(record: Record | None) -> Counter[Pair]:
    """Field and value of everything a record says, and how often it says it."""
    return Counter(_pairs(record, ()))


def comparable(value: Any) -> Hashable:
    """A value in a form whose equality is sameness; None where it says nothing.

    Numbers are equal by size (12 and 12.0), but never to a truth value or a text.
    """
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value).strip() or None
    if isinstance(value, bool):
        return ("truth", value)
    if isinstance(value, Mapping):
        said = ((name, comparable(inner)) for name, inner in value.items())
        return frozenset(pair for pair in said if pair[1] is not None) or None
    if isinstance(value, list | tuple):
        items = Counter(item for inner in value if (item := comparable(inner)) is not None)
        return ("list", frozenset(items.items())) if items else None
    return value


def _pairs(value: Any, path: tuple[str, ...]) -> Iterator[Pair]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _pairs(inner, (*path, name))
        return
    for item in value if isinstance(value, list | tuple) else [value]:
        if (said := comparable(item)) is not None:
            yield path, said


def _right_given_asked(given: Counter[Pair], asked: Counter[Pair]) -> tuple[int, int, int]:
    return (given & asked).total(), given.total(), asked.total()
