"""What stands in the label column: one label, several, or a number."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sartor.core.goal import OutputKind

MAX_WHOLE_NUMBER_CLASSES = 20
"""More different whole numbers than this are a score, not classes."""
NUMBER_SHARE = 0.9
"""Share of values that must be numbers for a column of numbers; the rest are bad rows."""
_SEPARATORS = "|;"
_COMMA_NUMBER = re.compile(r"\s*[+-]?\d{1,300},\d+\s*")
_NUMBER = re.compile(r"\s*[+-]?(\d{1,300}(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?\s*")


@dataclass(frozen=True)
class LabelReading:
    """How the label column is read."""

    kind: OutputKind
    separator: str | None
    """What stands between labels of one cell; None where cells hold lists or one label."""
    note: str
    """The rule that decided, one sentence."""
    is_given: bool
    """Whether the user named the kind."""
    has_decimal_comma: bool = False
    """Whether numbers are spelled `0,5`."""


def recognise_kind(values: Sequence[Any], *, given: OutputKind | None) -> LabelReading:
    """Decide the output kind from the values of the first rows.

    Args:
        values: Label cells as the reader gave them.
        given: `output_kind` of the goal, which wins.
    """
    filled = [value for value in values if value is not None and value != ""]
    has_comma = given in (None, OutputKind.SCORE) and _has_decimal_comma(filled)
    if given is not None:
        separator = _likely_separator(filled) if given is OutputKind.MULTI else None
        note = "The goal names the output kind."
        return LabelReading(given, separator, note, is_given=True, has_decimal_comma=has_comma)
    if has_comma:
        note = "The column holds numbers with a decimal comma."
        return LabelReading(OutputKind.SCORE, None, note, is_given=False, has_decimal_comma=True)
    kind, separator, note = _recognised(filled)
    return LabelReading(kind, separator, note, is_given=False)


def as_number(value: Any, *, has_decimal_comma: bool = False) -> float | None:
    """The finite number a cell holds, or None."""
    if isinstance(value, str) and has_decimal_comma:
        value = value.replace(",", ".", 1)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def as_list(value: Any) -> list[Any] | None:
    """The list a cell holds, also where it is spelled as JSON; None where it is none."""
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, str) and value.lstrip()[:1] == "[":
        try:
            parsed = json.loads(value)
        except (ValueError, RecursionError):
            return None
        return parsed if isinstance(parsed, list) else None
    return None


def _recognised(filled: list[Any]) -> tuple[OutputKind, str | None, str]:
    if filled and all(isinstance(value, list) and len(value) == 1 for value in filled):
        return OutputKind.SINGLE, None, "Each list holds one label."
    if any(as_list(value) is not None for value in filled):
        return OutputKind.MULTI, None, "The labels come as lists."
    numbers = [number for value in filled if (number := as_number(value)) is not None]
    if numbers and len(numbers) >= NUMBER_SHARE * len(filled):
        return _kind_of_numbers(filled, numbers)
    if separator := _reused_separator([value for value in filled if isinstance(value, str)]):
        return (
            OutputKind.MULTI,
            separator,
            f"Cells hold several labels, separated by `{separator}`.",
        )
    return OutputKind.SINGLE, None, "Each cell holds one label."


def _kind_of_numbers(filled: list[Any], numbers: list[float]) -> tuple[OutputKind, str | None, str]:
    if any(_is_fraction(value) for value in filled):
        return OutputKind.SCORE, None, "The column holds numbers with fractions."
    num_different = len(set(numbers))
    if num_different > MAX_WHOLE_NUMBER_CLASSES:
        rule = f"more than {MAX_WHOLE_NUMBER_CLASSES} different whole numbers"
        note = f"The column holds {rule}. If they are classes, set `output_kind: single`."
        return OutputKind.SCORE, None, note
    note = (
        f"{num_different} different whole numbers are read as classes. "
        "If they are a scale, set `output_kind: score`."
    )
    return OutputKind.SINGLE, None, note


def _has_decimal_comma(filled: list[Any]) -> bool:
    """Numbers such as `0,5`, none with a point; `1,000` alone may as well be a thousand."""
    if any(_is_fraction(value) for value in filled):
        return False
    cells = [value for value in filled if isinstance(value, str)]
    spelled = [value for value in cells if _COMMA_NUMBER.fullmatch(value)]
    if not any(len(value.strip().partition(",")[2]) != 3 for value in spelled):
        return False
    numbers = [v for v in filled if as_number(v, has_decimal_comma=True) is not None]
    return len(numbers) >= NUMBER_SHARE * len(filled)


def _is_fraction(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, str) and "." in value)


def _reused_separator(values: list[str]) -> str | None:
    """A separator, if the parts it makes are labels elsewhere too: `a|b` beside `a` or `b|c`."""
    for separator in _SEPARATORS:
        cells = {value: _parts(value, separator) for value in set(values)}
        joined = [parts for parts in cells.values() if len(parts) > 1]
        num_cells_with: dict[str, int] = {}
        for parts in cells.values():
            for part in set(parts):
                num_cells_with[part] = num_cells_with.get(part, 0) + 1
        num_reused = sum(any(num_cells_with[part] > 1 for part in parts) for parts in joined)
        if joined and num_reused * 2 >= len(joined):
            return separator
    return None


def _likely_separator(values: list[Any]) -> str | None:
    """Where the user says `multi`: the first separator that occurs at all."""
    texts = [value for value in values if isinstance(value, str) and as_list(value) is None]
    return next((mark for mark in "|;," if any(mark in text for text in texts)), None)


def _parts(value: str, separator: str) -> list[str]:
    return [part.strip() for part in value.split(separator) if part.strip()]
