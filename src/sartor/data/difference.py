"""What changed between two datasets, row by row; of the test part only its size and name are known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from sartor.core.dataset import Dataset, Split
from sartor.core.goal import OutputKind
from sartor.data.keys import exact_key
from sartor.data.personal import excerpt

EXAMPLES = 5


class Change(NamedTuple):
    """One row that is another one than before."""

    place: str
    """Where it stands, or stood."""
    text: str
    """Its beginning, masked."""
    before: str
    """Its target or its split in the old dataset; empty where it was not there."""
    after: str
    """The same in the new one."""


@dataclass(frozen=True)
class Difference:
    """From the old dataset to the new one."""

    old: str
    new: str
    """Their hashes."""
    num_rows: dict[str, tuple[int, int]]
    """Split to rows, old and new."""
    num_changes: dict[str, int]
    """How many rows of train and valid were `added`, `removed`, `changed` and `moved`."""
    examples: dict[str, tuple[Change, ...]]
    """The first few of each."""
    counts: dict[str, tuple[int, int]]
    """What was counted on the way, where it differs: old and new."""
    is_other_test: bool
    """Whether the test part is another one: figures of runs on the two do not compare."""

    def as_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        shown = {kind: [one._asdict() for one in found] for kind, found in self.examples.items()}
        return {**asdict(self), "examples": shown}


class _Row(NamedTuple):
    place: str
    text: str
    split: str
    target: str


def difference(old: Dataset, new: Dataset) -> Difference:
    """Compare two datasets by what their rows say.

    Memory grows with the rows of train and valid, which are held once.
    """
    before = dict(_rows(old))
    found: dict[str, list[Change]] = {"added": [], "removed": [], "changed": [], "moved": []}
    num = dict.fromkeys(found, 0)

    def note(kind: str, row: _Row, was: str, becomes: str) -> None:
        num[kind] += 1
        if len(found[kind]) < EXAMPLES:
            found[kind].append(Change(row.place, excerpt(row.text), was, becomes))

    for key, row in _rows(new):
        was = before.pop(key, None)
        if was is None:
            note("added", row, "", row.target)
        elif was.target != row.target:
            note("changed", row, was.target, row.target)
        elif was.split != row.split:
            note("moved", row, was.split, row.split)
    for row in before.values():
        note("removed", row, row.target, "")
    return Difference(
        old=old.hash,
        new=new.hash,
        num_rows=_both(_sizes(old), _sizes(new)),
        num_changes=num,
        examples={kind: tuple(changes) for kind, changes in found.items()},
        counts={
            what: pair
            for what, pair in _both(_counted(old), _counted(new)).items()
            if pair[0] != pair[1]
        },
        is_other_test=_test(old) != _test(new),
    )


def _rows(dataset: Dataset) -> Iterator[tuple[tuple[int, int], _Row]]:
    """Rows of train and valid under their text and its number among equal ones."""
    seen: dict[int, int] = {}
    for name, split in (("train", dataset.train), ("valid", dataset.valid)):
        if split is None:
            continue
        for at, text in enumerate(split.texts):
            key = exact_key(text)
            seen[key] = seen.get(key, -1) + 1
            yield (key, seen[key]), _Row(split.sources[at], text, name, _target(dataset, split, at))


def _target(dataset: Dataset, split: Split, at: int) -> str:
    """What a row is answered with, for people."""
    target = split.targets[at]
    if dataset.output_kind is OutputKind.SINGLE:
        return dataset.labels[int(target)]
    if dataset.output_kind is OutputKind.MULTI:
        return ", ".join(dataset.labels[label] for label in np.flatnonzero(target))
    if dataset.output_kind is OutputKind.SCORE:
        return f"{float(target):g}"
    first = target[0] if isinstance(target, tuple) and len(target) == 1 else target
    return excerpt(first if isinstance(first, str) else json.dumps(first, ensure_ascii=False))


def _sizes(dataset: Dataset) -> dict[str, int]:
    parts = {"train": dataset.train, "valid": dataset.valid}
    sizes = {name: len(split) for name, split in parts.items() if split is not None}
    return {**sizes, **({"test": dataset.test.num_examples} if dataset.test else {})}


def _counted(dataset: Dataset) -> dict[str, int]:
    counts = dataset.card.counts if dataset.card else ()
    return {count.what: count.num_rows for count in counts}


def _both(old: dict[str, int], new: dict[str, int]) -> dict[str, tuple[int, int]]:
    return {name: (old.get(name, 0), new.get(name, 0)) for name in dict.fromkeys([*old, *new])}


def _test(dataset: Dataset) -> str:
    return dataset.test.fingerprint if dataset.test else ""
