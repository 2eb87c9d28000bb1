"""Where the texts of a row stand: in a column, in the messages of a conversation, in JSON inside a cell."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

MAX_DEPTH = 12
_NAMES = frozenset(
    {
        *("role", "from", "type", "id", "tool_call_id", "call_id", "name", "arguments", "function"),
        *("tools", "parameters", "schema", "image_url", "url"),
    }
)
"""Keys inside a conversation whose values are names or programs, and no texts that somebody wrote."""


def texts_of(fields: Mapping[str, Any], columns: Collection[str]) -> list[str]:
    """Every text in some columns, in a fixed order.

    Args:
        fields: A row.
        columns: Those that hold texts, or conversations, also as JSON in a cell.
    """
    return [text for name in fields if name in columns for text in _texts(_opened(fields[name]))]


def with_texts(
    fields: Mapping[str, Any], columns: Collection[str], texts: Iterator[str]
) -> dict[str, Any]:
    """The row with other texts in place of those that `texts_of` gives, one for each."""
    return {
        name: _replaced_cell(value, texts) if name in columns else value
        for name, value in fields.items()
    }


def _replaced_cell(cell: Any, texts: Iterator[str]) -> Any:
    opened = _opened(cell)
    replaced = _replaced(opened, texts)
    is_json = isinstance(cell, str) and not isinstance(opened, str)
    return json.dumps(replaced, ensure_ascii=False) if is_json else replaced


def _opened(cell: Any) -> Any:
    """A conversation that is written as JSON in a cell; any other cell as it is."""
    if not isinstance(cell, str) or cell.lstrip()[:1] not in ("[", "{"):
        return cell
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        return cell
    is_conversation = isinstance(found, list) and found and isinstance(found[0], dict)
    return found if is_conversation else cell


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < MAX_DEPTH and isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one, depth + 1)
    elif depth < MAX_DEPTH and isinstance(value, dict):
        for key, one in value.items():
            if key not in _NAMES:
                yield from _texts(one, depth + 1)


def _replaced(value: Any, texts: Iterator[str], depth: int = 0) -> Any:
    if isinstance(value, str):
        return next(texts)
    if depth < MAX_DEPTH and isinstance(value, list | tuple):
        return [_replaced(one, texts, depth + 1) for one in value]
    if depth < MAX_DEPTH and isinstance(value, dict):
        return {
            key: one if key in _NAMES else _replaced(one, texts, depth + 1)
            for key, one in value.items()
        }
    return value
