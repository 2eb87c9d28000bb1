"""Labels that are kept as numbers, with their names in a description beside them.

Datasets of the Hugging Face hub say in their features which column is a `ClassLabel` and what its numbers
are called: in `dataset_info.json`, in the README, or inside a Parquet or Arrow file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sartor.data.row import BadRow, Dropped, RawRow

ClassNames = tuple[tuple[str, tuple[str, ...]], ...]
"""Column and the names of its classes, in the order of their numbers."""


def with_class_names(
    rows: Iterator[RawRow | BadRow | Dropped], names: ClassNames
) -> Iterator[RawRow | BadRow | Dropped]:
    """Rows with the names of classes in the place of their numbers."""
    if not names:
        return rows
    return (named(row, names) if isinstance(row, RawRow) else row for row in rows)


def named(row: RawRow, names: ClassNames) -> RawRow:
    """One row with names; a number that has none stays as it is, -1 means that there is no label."""
    if not names:
        return row
    found = {
        column: _name_of(row.fields[column], classes)
        for column, classes in names
        if column in row.fields
    }
    return row._replace(fields={**row.fields, **found})


def _name_of(value: Any, classes: Sequence[str]) -> Any:
    if isinstance(value, list):
        return [_name_of(item, classes) for item in value]
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value) if len(value) < 9 else value
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    if value == -1:
        return None
    return classes[value] if 0 <= value < len(classes) else value


def classes_of_schema(metadata: Mapping[bytes, bytes] | None) -> ClassNames:
    """The classes that a Parquet or Arrow file describes itself."""
    try:
        told = json.loads((metadata or {}).get(b"huggingface", b"{}"))
        return classes_of_features(told["info"]["features"])
    except (ValueError, RecursionError, KeyError, TypeError):
        return ()


def classes_of_features(features: Any) -> ClassNames:
    """The classes of `features`, as a mapping (dataset_info.json) or a list (README)."""
    if isinstance(features, Mapping):
        pairs = list(features.items())
    elif isinstance(features, list):
        pairs = [(item.get("name"), item) for item in features if isinstance(item, Mapping)]
    else:
        return ()
    found = ((str(column), _names_in(feature)) for column, feature in pairs)
    return tuple((column, names) for column, names in found if names)


def _names_in(feature: Any) -> tuple[str, ...]:
    """Names of a ClassLabel, or of a list of them, in any of the spellings that are in use."""
    if isinstance(feature, list) and len(feature) == 1:
        return _names_in(feature[0])
    if not isinstance(feature, Mapping):
        return ()
    for inside in ("feature", "dtype", "class_label", "sequence", "list"):
        if isinstance(feature.get(inside), Mapping | list) and (
            found := _names_in(feature[inside])
        ):
            return found
    return _ordered(feature.get("names"))


def _ordered(names: Any) -> tuple[str, ...]:
    """Names as a list, or as a mapping from their numbers."""
    if isinstance(names, Mapping):
        if not all(str(key).isascii() and str(key).isdigit() for key in names):
            return ()
        numbers = sorted(names, key=lambda key: int(str(key)[:9]))
        is_whole = [int(str(key)[:9]) for key in numbers] == list(range(len(numbers)))
        names = [names[key] for key in numbers] if is_whole else None
    if not isinstance(names, list) or not all(isinstance(name, str | int) for name in names):
        return ()
    return tuple(map(str, names))
