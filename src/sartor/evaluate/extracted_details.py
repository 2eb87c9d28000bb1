"""What a person wants to see behind the number where something is extracted: labels, fields, differences.

Plain values for `Decision.details`, of one replicate.

Shape letters: N rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from sartor.core.score import Estimate
from sartor.evaluate.field_metrics import comparable, pairs_of
from sartor.evaluate.intervals import exact_share
from sartor.evaluate.span_metrics import Span

SEPARATOR = "."
"""Between the names of a field inside a field."""


def span_table(
    targets: np.ndarray, decided: np.ndarray, labels: Sequence[str]
) -> list[dict[str, Any]]:
    """Precision, recall and F1 of each label's passages; 0 where there is nothing to divide by.

    Args:
        targets: Spans that should be marked, (N,) tuples of spans.
        decided: Spans that were marked, (N,).
        labels: Names.

    Returns:
        One dict per label: `label`, `precision`, `recall`, `f1`, and `num_examples`, passages asked for.
    """
    asked, given, right = Counter[str](), Counter[str](), Counter[str]()
    for wanted, found in zip(targets, decided, strict=True):
        asked.update(label for _, _, label in set(wanted))
        given.update(label for _, _, label in set(found))
        right.update(label for _, _, label in set(wanted) & set(found))
    return [_line(name, asked[name], given[name], right[name]) for name in labels]


def field_table(targets: np.ndarray, decided: np.ndarray) -> list[dict[str, Any]]:
    """The same for each field that is asked for or given; of a list every item counts.

    Args:
        targets: Records asked for, (N,) mappings.
        decided: Records given, (N,) mappings; None where none could be read.
    """
    asked, given, right = Counter[str](), Counter[str](), Counter[str]()
    for wanted, found in zip(map(pairs_of, targets), map(pairs_of, decided), strict=True):
        for total, pairs in ((asked, wanted), (given, found), (right, wanted & found)):
            for (path, _), times in pairs.items():
                total[SEPARATOR.join(path)] += times
    return [_line(name, asked[name], given[name], right[name]) for name in sorted({*asked, *given})]


def schema_share(decided: np.ndarray, schema: Mapping[str, Any]) -> Estimate:
    """Share of records that keep a JSON Schema, with its 95 % interval; what could not be read does not.

    Args:
        decided: Records given, (N,) mappings or None; at least one.
        schema: Of draft 2020-12, without references outside itself.
    """
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(schema)
    is_kept_N = [record is not None and validator.is_valid(record) for record in decided]
    return exact_share(sum(is_kept_N), len(is_kept_N))


def num_off(asked: Any, given: Any) -> int:
    """Passages or values that were missed or added in one row; an unreadable record misses all.

    Args:
        asked: Spans or a record.
        given: The same, or None.
    """
    if isinstance(asked, Mapping):
        wanted, found = pairs_of(asked), pairs_of(given)
        is_unread = given is None
        return (wanted - found).total() + (found - wanted).total() + is_unread
    return len(set(asked) ^ set(given))


def marked_right(spans: Sequence[Span], others: Sequence[Span]) -> list[tuple[Span, bool]]:
    """Spans from left to right, and whether the other side has each."""
    return [(span, span in set(others)) for span in sorted(set(spans))]


def field_lines(asked: Mapping[str, Any], given: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Every field of either record: `field`, `true`, `predicted` (None where absent) and `is_right`."""
    wanted, found = dict(_leaves(asked, ())), dict(_leaves(given or {}, ()))
    return [
        {
            "field": SEPARATOR.join(path),
            "true": wanted.get(path),
            "predicted": found.get(path),
            "is_right": comparable(wanted.get(path)) == comparable(found.get(path)),
        }
        for path in dict.fromkeys([*wanted, *found])
    ]


def _leaves(record: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[Any, Any]]:
    for name, value in record.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*path, name))
        else:
            yield (*path, name), value


def _line(name: str, asked: int, given: int, right: int) -> dict[str, Any]:
    return {
        "label": name,
        "precision": right / max(1, given),
        "recall": right / max(1, asked),
        "f1": 2 * right / max(1, asked + given),
        "num_examples": asked,
    }
