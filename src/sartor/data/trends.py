"""Shares over time as values: by period, of the first and the last quarter, with intervals.

Shape letters: N rows with a time, L things, P periods.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sartor.core.insight import Trend
from sartor.core.score import Estimate
from sartor.data.over_time import Shares
from sartor.data.readiness import share_estimate

_DIGITS = 6


def trends_of(
    names: Sequence[str],
    has_NL: np.ndarray,
    shares: Shares | None,
    examples: Sequence[tuple[str, ...]],
) -> tuple[Trend, ...]:
    """A trend for each thing: sure ones first, then by size of change; without times by frequency.

    Args:
        names: Of L things.
        has_NL: Whether a row has a thing.
        shares: Over time, of the rows with a time; None where there are no two periods.
        examples: Texts of each thing.
    """
    found = []
    for at, name in enumerate(names):
        total = share_estimate(int(has_NL[:, at].sum()), len(has_NL))
        found.append(_trend(name, total, shares, at, examples[at]))
    return tuple(
        sorted(
            found, key=lambda one: (not one.is_sure, -abs(one.change), -one.share.value, one.name)
        )
    )


def ends_of(shares: Shares | None) -> tuple[str, str]:
    """The first and the last quarter in words: `2026-03 to 2026-04`; empty without periods."""
    if shares is None:
        return "", ""
    stop, start = quarters(shares.num_rows_P)
    return _span(shares.periods[:stop]), _span(shares.periods[start:])


def quarters(num_rows_P: np.ndarray) -> tuple[int, int]:
    """Where the first quarter of the rows ends and the last begins, in whole periods that do not overlap."""
    before_P = np.cumsum(num_rows_P)
    quarter = before_P[-1] / 4
    stop = int(np.searchsorted(before_P, quarter)) + 1
    start = int(np.searchsorted(before_P, before_P[-1] - quarter, side="right"))
    if stop <= start:
        return stop, start
    filled = np.flatnonzero(num_rows_P)
    return int(filled[0]) + 1, int(filled[-1])


def _trend(
    name: str, total: Estimate, shares: Shares | None, at: int, examples: tuple[str, ...]
) -> Trend:
    if shares is None:
        return Trend(name, total, examples=examples)
    count_P, num_rows_P = shares.count_LP[at], shares.num_rows_P
    stop, start = quarters(num_rows_P)
    return Trend(
        name=name,
        share=total,
        shares_P=tuple(
            share_estimate(int(count), int(num))
            for count, num in zip(count_P, num_rows_P, strict=True)
        ),
        early=share_estimate(int(count_P[:stop].sum()), int(num_rows_P[:stop].sum())),
        late=share_estimate(int(count_P[start:].sum()), int(num_rows_P[start:].sum())),
        change=round(float(shares.slope_L[at]), _DIGITS),
        p_value=round(float(shares.p_L[at]), _DIGITS),
        examples=examples,
    )


def _span(periods: Sequence[str]) -> str:
    return periods[0] if len(periods) == 1 else f"{periods[0]} to {periods[-1]}"
