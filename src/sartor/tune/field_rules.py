"""Baseline for records: for each field a rule that a person would write in a minute.

The most frequent value, a known value that stands in the text, or what looks like the values so far; of these
the one that is right most often on the rows. Fields inside fields have rules of their own.

Shape letters: N inputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sartor.core.candidate import Answers, Fitted, Job, State
from sartor.core.goal import OutputKind
from sartor.core.protocols import Engine, Fit
from sartor.tune.at_once import FitAtOnce, WithoutModel
from sartor.tune.value_rules import Rule, learn_rule, value_in

Path = tuple[str, ...]


class FieldRules(WithoutModel):
    """Without dials: the rows choose each field's rule."""

    name = "field_rules"
    title = "frequent, known and well-shaped values"
    does = {None: frozenset({OutputKind.FIELDS})}  # noqa: RUF012
    operations_per_token = 500.0
    """Of trying the rules of a field at a token."""

    def begin(self, job: Job, engine: Engine) -> Fit:
        return FitAtOnce(job, kind="field_rules", learn=_learned, answer=_answered)


def _learned(job: Job) -> State:
    return State({}, {"rules": learned_rules(job)})


def _answered(fitted: Fitted, texts: Sequence[str]) -> Answers:
    return ruled_answers(fitted.facts["rules"], texts)


def ruled_answers(rules: Sequence[tuple[Sequence[str], Rule]], texts: Sequence[str]) -> Answers:
    """What rules find in some texts; no probability stands behind it.

    Args:
        rules: Path and rule of each field.
        texts: Inputs.
    """
    records_N = np.empty(len(texts), dtype=object)
    for row, text in enumerate(texts):
        record: dict[str, Any] = {}
        for path, rule in rules:
            value = value_in(text, rule)
            if value is not None:
                _put(record, path, value)
        records_N[row] = record
    return Answers(np.full((len(texts), 1), np.nan, dtype=np.float32), records_N)


def learned_rules(job: Job) -> list[list[Any]]:
    """Path and rule of every field that the rows hold, in the order of their names."""
    flat = [dict(_leaves(record, ())) for record in job.rows.targets]
    paths = sorted({path for fields in flat for path in fields})
    # A field may be a record here and a value there; what would overwrite the other is left out.
    inner = {path[:depth] for path in paths for depth in range(1, len(path))}
    return [
        [list(path), learn_rule(job.rows.texts, [fields.get(path) for fields in flat])]
        for path in paths
        if path not in inner
    ]


def _leaves(record: Mapping[str, Any], path: Path) -> list[tuple[Path, Any]]:
    found: list[tuple[Path, Any]] = []
    for name, value in record.items():
        if isinstance(value, Mapping):
            found += _leaves(value, (*path, name))
        else:
            found.append(((*path, name), value))
    return found


def _put(record: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for name in path[:-1]:
        record = record.setdefault(name, {})
    record[path[-1]] = value
