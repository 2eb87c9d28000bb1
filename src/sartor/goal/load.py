"""`sartor.yaml` and overrides become a `Goal`, or one message with everything that is wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sartor.core.endpoint import Endpoint, TokenPrices
from sartor.core.goal import (
    TASK_KINDS,
    Budget,
    Columns,
    Constraints,
    DataFormat,
    Goal,
    NearDuplicates,
    OutOfScope,
    OutputKind,
    Preparation,
    Target,
)
from sartor.core.languages import code_of
from sartor.goal.meaning import check_meaning
from sartor.goal.override import with_override
from sartor.goal.problem import raise_if_any
from sartor.goal.record_schema import read_record_schema
from sartor.goal.shape import check_shape
from sartor.goal.spec import ApiSpec, GoalSpec, Spec, subspec
from sartor.goal.tree import Node, read_tree

ENTRIES_COUNT = frozenset({"targets", "settings"})
"""Mappings whose entries are settings of their own, each with an origin."""
WRITTEN_MAX_TOKENS = 1024
"""Default of `max_tokens` where answers are written or cut out: input and answer stand in it."""


def load_goal(
    path: Path,
    *,
    overrides: Sequence[str] = (),
    methods: Sequence[str],
    dials: Mapping[str, Sequence[str]] | None = None,
) -> Goal:
    """Read, override and check a goal.

    Args:
        path: The file, usually `sartor.yaml`.
        overrides: `budget.hours=2`, applied in order, each as if it stood in the file.
        methods: Names of the methods there are.
        dials: Hyperparameters by method; None: their names are not checked here.

    Raises:
        GoalError: The file cannot be read, or something in it is wrong; every problem is named.
    """
    root, problems = read_tree(path)
    for override in overrides:
        root, more = with_override(root, override)
        problems += more
    spec, more = check_shape(root)
    problems += more
    problems += check_meaning(root, methods=methods, dials=dials)
    schema, more = read_record_schema(root.child("schema"), folder=path.parent)
    problems += more
    raise_if_any(problems)
    assert spec is not None
    return _derived(_goal_of(spec, origins=_origins(root), schema=schema))


def _derived(goal: Goal) -> Goal:
    """What follows from the task and from the other settings, where the user left it open."""
    if goal.task == "classify":
        return goal
    origins, kind, max_tokens = dict(goal.origins), goal.output_kind, goal.max_tokens
    if kind is None and (kind := _kind_of(goal)) is not None:
        origins["output_kind"] = "derived"
    if origins["max_tokens"] == "default":
        max_tokens, origins["max_tokens"] = WRITTEN_MAX_TOKENS, "derived"
    return replace(goal, output_kind=kind, max_tokens=max_tokens, origins=origins)


def _kind_of(goal: Goal) -> OutputKind | None:
    """The one kind that the task has; to extract: spans have labels, records have a schema."""
    if len(kinds := TASK_KINDS[goal.task]) == 1:
        return next(iter(kinds))
    if goal.format in (DataFormat.TAGS, DataFormat.SPANS) or goal.labels:
        return OutputKind.SPANS
    return OutputKind.FIELDS if goal.schema or goal.format is DataFormat.FIELDS else None


def _prepare(spec: GoalSpec) -> Preparation:
    """Languages by their codes, however they were named."""
    codes = (code_of(name) for name in spec.prepare.languages)
    languages = tuple(dict.fromkeys(code for code in codes if code))
    near = NearDuplicates(**spec.prepare.near_duplicates.model_dump())
    settings = {**spec.prepare.model_dump(), "languages": languages, "near_duplicates": near}
    return Preparation(**settings)


def _goal_of(spec: GoalSpec, *, origins: dict[str, str], schema: dict[str, Any] | None) -> Goal:
    if is_hub_off() and not spec.constraints.offline:
        spec = spec.model_copy(
            update={"constraints": spec.constraints.model_copy(update={"offline": True})}
        )
        origins = {**origins, "constraints.offline": "derived"}
    return Goal(
        task=spec.task,
        data={split: files for split, files in spec.data if files is not None},
        description=spec.description,
        columns=Columns(**spec.columns.model_dump()),
        labels=dict(spec.labels),
        output_kind=OutputKind(spec.output_kind) if spec.output_kind else None,
        format=DataFormat(spec.format) if spec.format else None,
        languages=dict(spec.languages),
        schema=schema,
        agents=spec.agents,
        documents=spec.documents,
        guidelines=spec.guidelines,
        prepare=_prepare(spec),
        targets=tuple(Target(name, **mark.model_dump()) for name, mark in spec.targets.items()),
        tolerance=spec.tolerance,
        budget=Budget(**spec.budget.model_dump()),
        constraints=Constraints(**spec.constraints.model_dump()),
        bases=spec.bases,
        apis=tuple(_endpoint(api) for api in spec.apis),
        methods=spec.methods,
        settings={method: dict(pinned) for method, pinned in spec.settings.items()},
        automation_precision=spec.automation.precision,
        out_of_scope=OutOfScope(**spec.out_of_scope.model_dump()),
        max_tokens=spec.max_tokens,
        max_examples=spec.max_examples,
        seed=spec.seed,
        seeds=spec.seeds,
        origins=origins,
    )


def _endpoint(spec: ApiSpec) -> Endpoint:
    prices = TokenPrices(**spec.prices.model_dump()) if spec.prices else None
    settings = {**spec.model_dump(), "url": spec.url.rstrip("/"), "prices": prices}
    return Endpoint(**settings)


def is_hub_off() -> bool:
    """`HF_HUB_OFFLINE` in the spellings that huggingface_hub reads."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}


def _origins(root: Node) -> dict[str, str]:
    """Every setting by its dotted name, with `given` or `default`."""
    return {
        ".".join(path): "given" if root.at(*path) is not None else "default"
        for path in _settings(root)
    }


def _settings(root: Node) -> Iterator[tuple[str, ...]]:
    for name in GoalSpec.model_fields:
        spec = subspec(name) if name != "data" else None
        entries = root.child(name)
        if spec:
            yield from _below((name,), spec)
        elif name in ENTRIES_COUNT and entries and entries.entries():
            yield from _entries(name, entries)
        else:
            yield (name,)


def _below(path: tuple[str, ...], spec: type[Spec]) -> Iterator[tuple[str, ...]]:
    for child in spec.model_fields:
        inner = subspec(child, of=spec)
        yield from _below((*path, child), inner) if inner else ((*path, child),)


def _entries(name: str, node: Node) -> Iterator[tuple[str, ...]]:
    for key, value in node.entries().items():
        if name == "settings":
            yield from ((name, key, dial) for dial in value.entries())
        else:
            yield (name, key)
