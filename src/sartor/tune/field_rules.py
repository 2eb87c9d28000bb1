"""Baseline for records: for each field a rule that a person would write in a minute.

The most frequent value, a known value that stands in the text, or what looks like the values so far; of these
the one that is right most often on the rows. Fields inside fields have rules of their own.

Shape letters: N inputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Answers, Dial, Fitted, Job, State
from sartor.core.dataset import TaskFacts
from sartor.core.goal import OutputKind
from sartor.core.protocols import Engine, Fit
from sartor.tune.value_rules import Rule, learn_rule, value_in

OPERATIONS_PER_TOKEN = 500.0
"""Of trying the rules of a field at a token; for the plan only."""
Path = tuple[str, ...]


class FieldRules:
    name = "field_rules"
    title = "frequent, known and well-shaped values"
    depth = 0
    family = "baseline"
    needs_base = False
    does = {None: frozenset({OutputKind.FIELDS})}  # noqa: RUF012
    uses_seed = False

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        """None: the rows choose each field's rule."""
        return ()

    def epochs(self, settings: Mapping[str, Any], facts: TaskFacts) -> tuple[float, ...]:
        return (0,)

    def train_flops(
        self, settings: Mapping[str, Any], facts: TaskFacts, base: BaseModel | None
    ) -> float:
        return OPERATIONS_PER_TOKEN * facts.mean_tokens * facts.num_fit

    def begin(self, job: Job, engine: Engine) -> Fit:
        return FieldRulesFit(job)


class FieldRulesFit:
    """Chooses the rules at once, on the first `advance`."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._state: State | None = None

    def advance(self, epochs: float) -> None:
        """Choose, unless that is done already."""
        if self._state is None:
            self._state = State({}, {"rules": learned_rules(self.job)})

    def answers(self, texts: Sequence[str]) -> Answers:
        """Records; no probability stands behind them."""
        return ruled_answers(self.fitted().facts["rules"], texts)

    def state(self) -> State:
        assert self._state is not None, "advance before asking for the state"
        return self._state

    def restore(self, state: State) -> None:
        self._state = state

    def fitted(self) -> Fitted:
        """The rules."""
        facts = {"task": self.job.facts.task, "output_kind": "fields", **self.state().facts}
        return Fitted("field_rules", None, (), {}, facts)


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
