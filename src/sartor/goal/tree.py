"""YAML as a tree of texts that know their line: nothing is guessed, nothing is constructed.

YAML 1.1 reads `no` as false, `1e-3` as a word and `010` as eight. Here a scalar stays the text that
was written, and the type of the setting it is meant for decides (`spec`). Events of
`yaml.SafeLoader` are read one by one, so that aliases, tags and depth are refused before anything
is built from them, and a key that stands twice is seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sartor.core.errors import GoalError
from sartor.goal.problem import Place, Problem, quoted

MAX_BYTES = 256 * 1024
"""A goal is a page; labels with a description each stay far below."""
MAX_DEPTH = 32
"""The deepest setting, `settings > method > name`, lies at 3; a JSON Schema goes deeper."""
NULLS = frozenset({"", "~", "null", "Null", "NULL"})
TRUTH = {
    **dict.fromkeys(("true", "yes", "on"), True),
    **dict.fromkeys(("false", "no", "off"), False),
}
"""Words for truth values where no type is wanted."""
HALF_CHARACTER = re.compile("[\ud800-\udfff]")
"""Surrogates that stand alone cannot be written to a file again."""


class Plain(str):
    """A scalar written without quotes: it may mean a number, a truth value or a word."""

    __slots__ = ()


@dataclass(frozen=True)
class Node:
    """A value of the file and where it stands."""

    value: dict[str, Node] | list[Node] | str | None
    place: Place
    is_broken: bool = False
    """Whether a problem was reported already; nothing more is said about it."""

    def child(self, name: str | int) -> Node | None:
        """What stands under a key or at an index; None where there is nothing."""
        if isinstance(self.value, dict):
            return self.value.get(str(name))
        if isinstance(self.value, list) and isinstance(name, int) and name < len(self.value):
            return self.value[name]
        return None

    def at(self, *path: str) -> Node | None:
        """What stands under a path of keys."""
        node: Node | None = self
        for name in path:
            node = node.child(name) if node else None
        return node

    def entries(self) -> dict[str, Node]:
        """Keys and values of a mapping; empty where it is none."""
        return self.value if isinstance(self.value, dict) else {}

    def items(self) -> list[Node]:
        """Entries of a list; a lone text counts as a list of one."""
        if isinstance(self.value, list):
            return self.value
        return [self] if isinstance(self.value, str) else []

    def plain(self) -> Any:
        """The value without places: dicts, lists, texts and None."""
        if isinstance(self.value, dict):
            return {name: node.plain() for name, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


def read_tree(path: Path) -> tuple[Node, list[Problem]]:
    """Read a YAML file.

    Returns:
        Its root, an empty mapping for an empty file, and the problems that do not hide others.

    Raises:
        GoalError: The file cannot be read, or is not YAML at all.
    """
    return parse_tree(_text_of(path), start=Place(file=path.name))


def parse_tree(text: str, *, start: Place) -> tuple[Node, list[Problem]]:
    """Read YAML from a text; `start` is the place of its root."""
    builder = _Builder(text, start)
    try:
        root = builder.document()
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(start, error) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise GoalError(
            where=start.words(),
            problem=f"is not YAML ({' '.join(str(error).split())}).",
            fix="Remove what is not plain text.",
        ) from error
    return root, builder.problems


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise GoalError(
            where=str(path),
            problem="does not exist.",
            fix="Write one with `sartor init DIR --data FILE`.",
        ) from error
    except OSError as error:
        raise GoalError(
            where=str(path),
            problem=f"cannot be read ({error.strerror or error}).",
            fix="Name a readable file.",
        ) from error
    if len(content) > MAX_BYTES:
        raise GoalError(
            where=str(path),
            problem=f"is larger than {MAX_BYTES // 1024} KiB.",
            fix="Keep the data in files of its own and name them under `data`.",
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise GoalError(
            where=f"{path.name}:{line}",
            problem=f"byte {content[error.start]:#04x} is not UTF-8.",
            fix="Save the file as UTF-8.",
        ) from error


def _not_yaml(start: Place, error: yaml.MarkedYAMLError) -> GoalError:
    mark = error.problem_mark or error.context_mark
    said = " ".join(part for part in (error.context, error.problem) if part)
    return GoalError(
        where=(start.on_line(mark.line + 1) if mark else start).words(),
        problem=f"is not YAML ({said}).",
        fix="Check colons, quotes, brackets and indentation just before this place.",
    )


class _Builder:
    """Turns events into nodes, and keeps the problems it meets on the way."""

    def __init__(self, text: str, start: Place) -> None:
        self.problems: list[Problem] = []
        self._start = start
        self._events: Iterator[Any] = iter(yaml.parse(text, Loader=yaml.SafeLoader))

    def document(self) -> Node:
        """The one document of the stream."""
        next(self._events)  # the start of the stream
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return Node({}, self._start)
        root = self._node(next(self._events), self._start, depth=0)
        next(self._events)  # the end of the document
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._refuse(self._place(after, self._start), "a second document begins here.")
        return Node({}, self._start) if root.value is None and not root.is_broken else root

    def _node(self, event: Any, place: Place, *, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise GoalError(
                where=place.words(),
                problem=f"is nested more than {MAX_DEPTH} deep.",
                fix="No setting lies so deep; remove the brackets or the indentation.",
            )
        is_refused = self._has_machinery(event, place)
        if isinstance(event, yaml.MappingStartEvent):
            return Node(self._mapping(place, depth), place, is_refused)
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(self._sequence(place, depth), place, is_refused)
        if isinstance(event, yaml.AliasEvent):
            return Node(None, place, is_broken=True)
        return self._scalar(event, place, is_refused)

    def _mapping(self, place: Place, depth: int) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            at = self._place(event, place)
            key = self._node(event, at, depth=depth + 1)
            at = at.under(key.value) if isinstance(key.value, str) else at
            value = self._node(next(self._events), at, depth=depth + 1)
            name = self._key(key, event)
            if name is None:
                continue
            if name in entries:
                first = entries[name].place.line
                self._refuse(
                    self._place(event, place),
                    f"{quoted(name)} stands here for the second time, first on line {first}.",
                )
            entries.setdefault(name, value)
        return entries

    def _key(self, key: Node, event: Any) -> str | None:
        if key.is_broken:
            return None
        if isinstance(key.value, dict | list):
            self._refuse(key.place, "a list or mapping cannot be the name of a setting.")
            return None
        return str(event.value)  # `~:` and `null:` are names too

    def _sequence(self, place: Place, depth: int) -> list[Node]:
        items: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, self._place(event, place), depth=depth + 1))
        return items

    def _scalar(self, event: Any, place: Place, is_refused: bool) -> Node:
        text = event.value
        if HALF_CHARACTER.search(text):
            self._refuse(place, f"{quoted(text)} holds half a character.")
            return Node(None, place, is_broken=True)
        if event.style:
            return Node(text, place, is_refused)
        return Node(None if text in NULLS else Plain(text), place, is_refused)

    def _has_machinery(self, event: Any, place: Place) -> bool:
        """Whether tags, anchors or aliases are used: programs hide in them, settings do not."""
        if getattr(event, "tag", None):
            self._refuse(place, f"{quoted(event.tag)} is a YAML tag, which is not read.")
        elif event.anchor:
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            self._refuse(
                place,
                f"{quoted(sign + event.anchor)} is a YAML anchor or alias, which is not read.",
                fix="Write the value out, or put the text in quotes.",
            )
        else:
            return False
        return True

    def _place(self, event: Any, parent: Place) -> Place:
        return parent.on_line(event.start_mark.line + 1)

    def _refuse(self, place: Place, problem: str, *, fix: str = "Remove it.") -> None:
        self.problems.append(Problem(place, problem, fix))


def resolve(text: str) -> int | float | bool | str:
    """What a scalar without quotes means where no type is wanted: YAML 1.2, and `yes/no/on/off`.

    Args:
        text: The scalar. Only a `Plain` one can become anything but itself.
    """
    if not isinstance(text, Plain):
        return text
    if text.lower() in TRUTH:
        return TRUTH[text.lower()]
    if re.fullmatch(r"[-+]?[0-9][0-9_]{0,17}", text):
        return int(text.replace("_", ""))
    if re.fullmatch(r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?", text):
        return float(text.replace("_", ""))
    return str(text)
