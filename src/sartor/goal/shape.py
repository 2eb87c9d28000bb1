"""Checks a tree against the spec, and says in words what pydantic found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import ValidationError

from sartor.core.errors import did_you_mean
from sartor.goal.problem import Place, Problem, quoted, raise_if_any
from sartor.goal.spec import (
    NOT_BUILT_SETTINGS,
    QUERY_ENTRY,
    ApiSpec,
    GoalSpec,
    QuerySpec,
    Spec,
    subspec,
)
from sartor.goal.tree import Node

WANTED = {
    "float_type": "a number",
    "float_parsing": "a number",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "`true` or `false`",
    "bool_parsing": "`true` or `false`",
    "string_type": "a text",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "scalar_type": "one number or word",
    "record_schema": "a file or a JSON Schema",
    "files": "a list of files",
    "string_pattern_mismatch": "a name of 1 to 200 characters, without spaces around it,",
    "label_item": "a list of names, or a mapping of names to descriptions,",
}
"""Type of a pydantic error to what the setting wants."""
SMALLEST = "{task: classify, data: [messages.csv]}"
"""The smallest goal, on one line."""
OUT_OF_RANGE = {
    "greater_than": ("too small", "above", "gt"),
    "greater_than_equal": ("too small", "at least", "ge"),
    "less_than_equal": ("too large", "at most", "le"),
}


def check_shape(root: Node) -> tuple[GoalSpec | None, list[Problem]]:
    """Types, ranges and unknown keys.

    Returns:
        The spec, None where something is wrong, and all that is wrong.
    """
    try:
        return GoalSpec.model_validate(root.plain()), []
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True)
        return None, list(_problems(root, details))


def check_task(task: str, *, where: str) -> None:
    """Check the word before a workspace is made for it.

    Args:
        task: What the user asked for.
        where: Where it was asked, for the message: `--task`.

    Raises:
        GoalError: The task is unknown.
    """
    known = get_args(GoalSpec.model_fields["task"].annotation)
    if task not in known:
        raise_if_any([_unknown_word(Node(task, Place(where)), ("task",), known)])


def _problems(root: Node, details: Sequence[Any]) -> Iterator[Problem]:
    for detail in details:
        loc = [part for part in detail["loc"] if part != "[key]"]
        node = _nearest(root, loc)
        if not node.is_broken:
            yield _problem(node, loc, detail)


def _nearest(root: Node, loc: Sequence[str | int]) -> Node:
    """The deepest node on the way; parts that normalising added are passed over."""
    node = root
    for part in loc:
        node = node.child(part) or node
    return node


def _problem(node: Node, loc: Sequence[str | int], detail: Any) -> Problem:
    kind = detail["type"]
    if kind == "extra_forbidden":
        return _unknown_key(node, loc)
    if kind == "missing":
        return Problem(node.place, f"`{loc[-1]}` is missing.", f"Add `{_example(loc)}`.")
    if kind in ("literal_error", "enum"):
        return _unknown_word(node, loc, re.findall(r"'([^']*)'", detail["ctx"]["expected"]))
    if kind in OUT_OF_RANGE:
        return _out_of_range(node, loc, detail)
    if kind == "finite_number":
        return Problem(node.place, f"{_given(node)} is not a finite number.", _write(loc))
    if kind in ("string_too_short", "too_short"):
        return Problem(node.place, "is empty.", _write(loc))
    return _wrong_type(node, loc, WANTED[kind])


def _unknown_key(node: Node, loc: Sequence[str | int]) -> Problem:
    name, path = str(loc[-1]), [str(part) for part in loc[:-1]]
    place = node.place.parent()
    if not path and name in NOT_BUILT_SETTINGS:
        return Problem(place, f"`{name}` is not built yet, and would have no effect.", "Remove it.")
    known = list(QuerySpec.model_fields) if QUERY_ENTRY in path else _known_settings(path)
    fix = did_you_mean(name, known)
    if not path and "Did you mean" not in fix:
        fix = _elsewhere(name) or fix
    return Problem(place, f"{quoted(name)} is not a setting.", fix)


def _known_settings(path: Sequence[str]) -> list[str]:
    if not path:
        return list(GoalSpec.model_fields)
    if path[0] == "targets":
        return ["at_least", "at_most"]
    spec: type[Spec] | None = GoalSpec
    if path[0] == "apis":
        spec, path = ApiSpec, path[2:]
    for name in path:
        spec = subspec(name, of=spec) if spec and name in spec.model_fields else None
    return list(spec.model_fields) if spec else []


def _elsewhere(name: str) -> str | None:
    """Where a setting belongs that was written at the top: `hours` under `budget`."""
    path = _path_to(name, GoalSpec)
    if len(path) < 2:
        return None
    written = f"{name}: ..."
    for parent in reversed(path[:-1]):
        written = f"{parent}: {{{written}}}"
    return f"Did you mean `{written}`?"


def _path_to(name: str, spec: type[Spec]) -> tuple[str, ...]:
    """The settings in which one stands that is not at the top; empty where there is none."""
    for parent in spec.model_fields:
        inner = subspec(parent, of=spec)
        if inner and name in inner.model_fields:
            return parent, name
        if inner and (path := _path_to(name, inner)):
            return parent, *path
    return ()


def _unknown_word(node: Node, loc: Sequence[str | int], known: Sequence[str]) -> Problem:
    if not isinstance(node.value, str):
        return _wrong_type(node, loc, f"one of {', '.join(known)}")
    return Problem(
        node.place, f"{_given(node)} is not known here.", did_you_mean(node.value, known)
    )


def _out_of_range(node: Node, loc: Sequence[str | int], detail: Any) -> Problem:
    what, words, key = OUT_OF_RANGE[detail["type"]]
    limit = detail["ctx"][key]
    fix = _write(loc)
    if limit == 1 and key == "le":
        fix = share_hint(float(detail["input"])) or fix
    shown = f"{limit:g}" if isinstance(limit, float) else f"{limit:,}"
    return Problem(node.place, f"{_given(node)} is {what}: {words} {shown} is possible.", fix)


def share_hint(value: float) -> str | None:
    """The share that somebody meant who wrote per cent; None where it cannot be that."""
    return f"Shares are 0 to 1: write `{value / 100:g}`." if 1 < value <= 100 else None


def _wrong_type(node: Node, loc: Sequence[str | int], wanted: str) -> Problem:
    text = node.value if isinstance(node.value, str) else ""
    if wanted == "a number" and (percent := re.fullmatch(r"\s*(\d{1,3}(?:\.\d+)?)\s*%\s*", text)):
        fix = share_hint(float(percent[1])) or _write(loc)
    else:
        fix = _write(loc)
    if node.value is None:
        fix = fix.removesuffix(".") + ", or remove the line."
    return Problem(node.place, f"{_given(node)} is given where {wanted} is wanted.", fix)


def _given(node: Node) -> str:
    if isinstance(node.value, str):
        return quoted(node.value)
    if node.value is None:
        return "nothing"
    return "a list" if isinstance(node.value, list) else "a mapping"


def _write(loc: Sequence[str | int]) -> str:
    return f"Write for example `{_example(loc)}`."


def _example(loc: Sequence[str | int]) -> str:
    """A line that would have been right, for the deepest setting on the way."""
    name, field = "", None
    model: type[Spec] | None = GoalSpec
    if len(loc) > 2 and loc[0] == "apis":
        model, loc = ApiSpec, loc[2:]
    for part in loc:
        if model is None or part not in model.model_fields:
            break
        name, field = str(part), model.model_fields[str(part)]
        model = subspec(name, of=model)
    if QUERY_ENTRY in loc and loc[-1] in QuerySpec.model_fields:
        name, field = str(loc[-1]), QuerySpec.model_fields[str(loc[-1])]
        return f"{name}: {(field.examples or ['...'])[0]}"
    if name in ("all", "train", "valid", "test") and loc[0] == "data":
        name = "data" if name == "all" else name
    return f"{name}: {(field.examples or ['...'])[0]}" if field else SMALLEST
