"""Settings from the command line: `budget.hours=2`, as if it stood in the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sartor.core.errors import GoalError
from sartor.goal.problem import Place, Problem, quoted
from sartor.goal.tree import HALF_CHARACTER, NULLS, Node, Plain, parse_tree

OPENINGS = ("[", "{", "'", '"')
"""What begins a list, a mapping or a quoted text; all else is taken as it is."""


def with_override(root: Node, override: str) -> tuple[Node, list[Problem]]:
    """Set one value in the tree.

    Args:
        root: The goal so far; it is not changed.
        override: Dotted setting, `=`, value. The value is a scalar, or a list or mapping in
            brackets, read as YAML.

    Returns:
        The new root, or the same where the override is impossible, and what is wrong with it.
    """
    setting, sign, text = override.partition("=")
    path = tuple(part.strip() for part in setting.split("."))
    place = Place(file=f"--set {override}", is_override=True, path=path)
    if HALF_CHARACTER.search(override):
        return root, [Problem(place, "is not UTF-8.", "Write it in the terminal's encoding.")]
    if not sign or not all(path):
        return root, [Problem(place, "is not `SETTING=VALUE`.", "Write `--set budget.hours=2`.")]
    try:
        value, problems = _value(text.strip(), place)
    except GoalError as error:
        return root, [Problem(place, error.problem, error.fix)]
    if blocked := _blocked(root, path):
        return root, [Problem(place, *blocked)]
    return _with_value(root, path, replace(value, place=place)), problems


def _value(text: str, place: Place) -> tuple[Node, list[Problem]]:
    if text.startswith(OPENINGS):
        return parse_tree(text, start=place)
    return Node(None if text in NULLS else Plain(text), place), []


def _blocked(root: Node, path: Sequence[str]) -> tuple[str, str] | None:
    """Why a part of a value cannot be set: the whole is a list or a word."""
    node: Node | None = root
    for depth, name in enumerate(path):
        if node is None or node.value is None:
            return None
        if not isinstance(node.value, dict):
            whole = ".".join(path[:depth])
            what = "a list" if isinstance(node.value, list) else quoted(node.value)
            return (
                f"`{whole}` is {what} in the file, which has no part {quoted(name)}.",
                f"Set it whole: `--set '{whole}=...'`.",
            )
        node = node.child(name)
    return None


def _with_value(node: Node, path: Sequence[str], value: Node) -> Node:
    if not path:
        return value
    name, *rest = path
    under = node.child(name) or Node({}, value.place)
    return replace(node, value={**node.entries(), name: _with_value(under, rest, value)})
