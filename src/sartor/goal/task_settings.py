"""Settings that go with some tasks only: formats, languages, labels and schemas of what is extracted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from sartor.core.goal import TASK_FORMATS, TASK_KINDS, Goal, OutOfScope, OutputKind
from sartor.goal.problem import Problem
from sartor.goal.spec import ONLY_FOR
from sartor.goal.tree import Node

_UNSAID: dict[str, dict[str, float | None]] = {
    "out_of_scope": {"label": None, "keep_share": OutOfScope.keep_share},
    "automation": {"precision": Goal.automation_precision},
}
"""Mappings that the goal of a run writes out in full for every task, with their defaults."""


def word_of(node: Node | None) -> str:
    """The text of a node; empty where it holds none."""
    return str(node.value).strip() if node and isinstance(node.value, str) else ""


def output_kinds(root: Node, task: str) -> frozenset[OutputKind]:
    """What the output column may hold, as far as the goal says it."""
    given, kinds = word_of(root.child("output_kind")), TASK_KINDS[task]
    if given in kinds:
        return frozenset({OutputKind(given)})
    if task == "extract" and (_has(root, "labels") or _has(root, "schema")):
        return frozenset({OutputKind.SPANS if _has(root, "labels") else OutputKind.FIELDS})
    return kinds


def _has(root: Node, name: str) -> bool:
    node = root.child(name)
    return bool(node and node.value)


def check_task_settings(root: Node, task: str) -> Iterator[Problem]:
    """Settings that say something of another task: refused, because nothing may be ignored."""
    for name, tasks in ONLY_FOR.items():
        node = root.at(*name.split("."))
        if node and node.value and task not in tasks and says_something(name, node):
            known = " or ".join(sorted(tasks)) if len(tasks) < 3 else "other tasks"
            yield Problem(node.place, f"has no effect: it is for {known}.", "Remove it.")
    yield from _check_word(root.child("output_kind"), sorted(TASK_KINDS[task]), task)
    if task in TASK_FORMATS:
        yield from _check_word(root.child("format"), sorted(TASK_FORMATS[task]), task)
    if task == "translate":
        yield from _check_languages(root.child("languages"))
    if task == "extract":
        yield from _check_extract(root)


def says_something(name: str, node: Node) -> bool:
    """A mapping of nothing but defaults says nothing: the goal of a run is written out in full."""
    defaults = _UNSAID.get(name, {})
    if not defaults or not isinstance(node.value, dict) or not set(node.value) <= set(defaults):
        return True
    return any(_differs(value, defaults[key]) for key, value in node.entries().items())


def _differs(node: Node, default: float | None) -> bool:
    return bool(node.value) if default is None else number_of(node) != default


def _check_word(node: Node | None, known: Sequence[str], task: str) -> Iterator[Problem]:
    """A word of the list that does not go with the task; other words `shape` refuses."""
    word = word_of(node)
    every = {*OutputKind} | {form for forms in TASK_FORMATS.values() for form in forms}
    if node and word in every and word not in known:
        fix = f"For `{task}` there is: {', '.join(known)}." if known else "Remove it."
        yield Problem(node.place, f"`{word}` does not go with `task: {task}`.", fix)


def _check_languages(node: Node | None) -> Iterator[Problem]:
    if node is None or not isinstance(node.value, dict) or not node.value:
        return
    fix = "Write for example `languages: {from: English, to: Spanish}`."
    if set(node.value) != {"from", "to"}:
        yield Problem(node.place, "wants `from` and `to`.", fix)
    elif word_of(node.child("from")).lower() == word_of(node.child("to")).lower() != "":
        yield Problem(node.place, "names one language twice.", fix)


def _check_extract(root: Node) -> Iterator[Problem]:
    """Spans have labels, records have a schema; each excludes the other."""
    kind, schema, labels = (
        word_of(root.child("output_kind")),
        root.child("schema"),
        _has(root, "labels"),
    )
    form = word_of(root.child("format"))
    if not schema or not schema.value:
        if labels and "fields" in (kind, form):
            place = root.child("labels")
            assert place is not None
            yield Problem(place.place, "has no effect: records have a schema.", "Remove it.")
    elif labels:
        yield Problem(
            schema.place,
            "stands beside `labels`.",
            "Keep `labels` for spans, `schema` for records.",
        )
    elif kind == "spans" or form in ("tags", "spans"):
        yield Problem(schema.place, "has no effect: spans have labels.", "Remove it.")


def number_of(node: Node) -> float | None:
    """The finite number that a node holds; None where it holds none."""
    try:
        value = float(node.value) if isinstance(node.value, str) else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None
