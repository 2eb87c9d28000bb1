"""Values as YAML that this reader, and any other, reads back as they were."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from sartor.goal.tree import NULLS, Plain, resolve

SAFE = re.compile(r"[^\W\d_][\w./-]*( [\w./-]+)*")
"""Texts that need no quotes anywhere, lists in brackets included."""
WIDTH = 1_000_000
"""Nothing is folded: a value stays on its line."""


def scalar(value: Any) -> str:
    """One value: null, a truth value, a number, or a text with quotes where it needs them."""
    if isinstance(value, str):
        return _text(value)
    dumped: str = yaml.safe_dump([value], default_flow_style=True, width=WIDTH)
    return dumped.strip()[1:-1]


def flow(value: Any) -> str:
    """A value on one line: lists and mappings in brackets."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(k)}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return scalar(value)


def comment(text: str) -> list[str]:
    """A text as comment lines; what YAML does not allow in a file is spelled out."""
    lines = text.splitlines() or [""]
    return [f"# {''.join(map(_printable, line))}".rstrip() for line in lines]


def _text(value: str) -> str:
    is_plain = SAFE.fullmatch(value) and value not in NULLS and resolve(Plain(value)) == value
    if is_plain and value.isprintable():
        return value
    dumped: str = yaml.safe_dump(value, default_style='"', allow_unicode=True, width=WIDTH)
    return dumped.strip()


def _printable(character: str) -> str:
    if character.isprintable() or character == "\t":
        return character
    return character.encode("unicode_escape").decode()
