"""One span as people spell it: an object with `start`, `end` and `label`, or `[start, end, label]`.

Where it has no place but its words, as slots mostly do, it is looked for in the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

LABEL_KEYS = ("label", "type", "entity", "entity_group", "tag", "slot", "category", "name")
START_KEYS = ("start", "start_offset", "begin", "from")
END_KEYS = ("end", "end_offset", "stop", "to")
WORDS_KEYS = ("value", "text", "word", "words", "mention", "surface")


class SpanItem(NamedTuple):
    """A span as it stands in a row, nothing checked."""

    label: Any
    start: Any
    """None where only its words are given."""
    end: Any
    words: Any
    """None where only its place is given."""


def is_span(value: Any) -> bool:
    """Whether a value looks like a span."""
    item = span_item(value)
    return item is not None and (item.start is not None or item.words is not None)


def has_place(value: Any) -> bool:
    """Whether a span says where it stands."""
    item = span_item(value)
    return item is not None and item.start is not None


def span_item(value: Any) -> SpanItem | None:
    """The parts of a span; None where it is none."""
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 3:
        start, end, label = value
        return SpanItem(label, start, end, None) if isinstance(label, str) else None
    if not isinstance(value, Mapping):
        return None
    label = _first(value, LABEL_KEYS)
    if label is None:
        return None
    words = _first(value, WORDS_KEYS)
    return SpanItem(label, _first(value, START_KEYS), _first(value, END_KEYS), words)


def _first(value: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((value[key] for key in keys if value.get(key) is not None), None)
