"""Numbers and labels in sentences."""

from __future__ import annotations

import re


def count(number: float) -> str:
    """`10,003`, `0.5`."""
    return f"{number:,}"


def about(number: int, *, is_counted: bool) -> str:
    """`3,435`; where it was not counted, `about 3,400`."""
    return count(number) if is_counted else f"about {count(int(float(f'{number:.2g}')))}"


def counted(number: float, noun: str, plural: str | None = None) -> str:
    """`1 row`, `2,004 rows`, `0.5 epochs`."""
    return f"{count(number)} {noun if number == 1 else plural or noun + 's'}"


def readable_label(label: str) -> str:
    """`cash_withdrawalNotRecognised?` becomes `cash withdrawal not recognised`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label)
    return re.sub(r"[\s_\-./?]+", " ", spaced).strip().lower() or label


def probability(share: float) -> str:
    """A probability that was counted on draws: never certain, never impossible."""
    if share < 0.001:
        return "under 0.1 %"
    if share > 0.999:
        return "over 99.9 %"
    return f"{100 * share:.{0 if 0.01 <= share <= 0.99 else 1}f} %"
