"""Numbers and labels in sentences."""

from __future__ import annotations

import re


def count(number: float) -> str:
    """`10,003`, `0.5`."""
    return f"{number:,}"


def counted(number: float, noun: str, plural: str | None = None) -> str:
    """`1 row`, `2,004 rows`, `0.5 epochs`."""
    return f"{count(number)} {noun if number == 1 else plural or noun + 's'}"


def readable_label(label: str) -> str:
    """`cash_withdrawalNotRecognised?` becomes `cash withdrawal not recognised`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label)
    return re.sub(r"[\s_\-./?]+", " ", spaced).strip().lower() or label
