"""Numbers in sentences."""

from __future__ import annotations


def count(number: float) -> str:
    """`10,003`, `0.5`."""
    return f"{number:,}"


def counted(number: float, noun: str, plural: str | None = None) -> str:
    """`1 row`, `2,004 rows`, `0.5 epochs`."""
    return f"{count(number)} {noun if number == 1 else plural or noun + 's'}"
