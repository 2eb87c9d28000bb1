"""How often things come up over time: shares by period with intervals, and which of them rise or fall.

Shape letters: N rows with a time, L things that may come up (labels), P periods.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

MOST_PERIODS = 24
LEAST_ROWS = 20
"""Rows of a period, in the median, below which longer periods are taken."""
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Shares:
    """Of each thing its share of the rows of each period."""

    periods: tuple[str, ...]
    """Names, oldest first: `2026-03`, or `2026-W09`, or `2026-03-02`."""
    num_rows_P: np.ndarray
    """Rows of each period, int64."""
    count_LP: np.ndarray
    """Of these, rows with the thing, int64."""
    low_LP: np.ndarray
    """Lower end of the 95 % interval of the share (Wilson 1927)."""
    high_LP: np.ndarray
    """Its upper end."""
    slope_L: np.ndarray
    """Change of the share from the first to the last period, by a weighted line."""
    p_L: np.ndarray
    """Probability of such a trend by chance (Cochran 1954, Armitage 1955), after Holm's correction."""

    @property
    def shares(self) -> np.ndarray:
        """Of rows, (L, P), 0 to 1; 0 in a period without rows."""
        return np.asarray(self.count_LP / np.maximum(self.num_rows_P, 1))


def shares_over_time(has_NL: np.ndarray, time_N: np.ndarray) -> Shares | None:
    """Shares by day, week, month or year: the finest with enough rows in a period.

    Args:
        has_NL: Whether a row has a thing, bool.
        time_N: Seconds since 1970; rows with NaN do not count.

    Returns:
        None where there are not two periods.
    """
    is_known_N = ~np.isnan(time_N)
    has_NL, time_N = has_NL[is_known_N], time_N[is_known_N]
    periods, period_N = _periods(time_N)
    if len(periods) < 2:
        return None
    num_rows_P = np.bincount(period_N, minlength=len(periods))
    count_LP = np.stack(
        [np.bincount(period_N[has_N], minlength=len(periods)) for has_N in has_NL.T]
    ).reshape(has_NL.shape[1], len(periods))
    low_LP, high_LP = wilson(count_LP, num_rows_P)
    slope_L, p_L = _trends(count_LP, num_rows_P)
    return Shares(periods, num_rows_P, count_LP, low_LP, high_LP, slope_L, holm(p_L))


def wilson(count: np.ndarray, num: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of a share (Wilson 1927); 0 to 1 where nothing was seen."""
    num = np.asarray(num, float)
    safe = np.maximum(num, 1)
    share = count / safe
    middle = (share + Z95**2 / (2 * safe)) / (1 + Z95**2 / safe)
    half = Z95 * np.sqrt(share * (1 - share) / safe + Z95**2 / (4 * safe**2)) / (1 + Z95**2 / safe)
    low, high = np.maximum(middle - half, 0), np.minimum(middle + half, 1)
    return np.where(num > 0, low, 0.0), np.where(num > 0, high, 1.0)


def holm(p_L: np.ndarray) -> np.ndarray:
    """P-values corrected for their number (Holm 1979)."""
    order = np.argsort(p_L, kind="stable")
    corrected = np.maximum.accumulate(p_L[order] * np.arange(len(p_L), 0, -1))
    out = np.empty_like(p_L)
    out[order] = np.minimum(corrected, 1.0)
    return out


def _trends(count_LP: np.ndarray, num_rows_P: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weighted slope over all periods, and the two-sided p-value of the test for trend."""
    from scipy.stats import norm

    total = num_rows_P.sum()
    at_P = np.linspace(0.0, 1.0, len(num_rows_P))
    centred_P = at_P - (num_rows_P * at_P).sum() / total
    spread = (num_rows_P * centred_P**2).sum()
    share_L = count_LP.sum(axis=1) / total
    score_L = (count_LP * centred_P).sum(axis=1)
    variance_L = share_L * (1 - share_L) * spread
    z_L = np.divide(score_L, np.sqrt(variance_L), out=np.zeros_like(score_L), where=variance_L > 0)
    slope_L = score_L / spread if spread > 0 else np.zeros_like(score_L)
    return slope_L, 2 * norm.sf(np.abs(z_L))


def _periods(time_N: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
    """Names of all periods from the first to the last, gaps included, and the period of each row."""
    if not len(time_N):
        return (), np.empty(0, np.int64)
    moments = [datetime.fromtimestamp(seconds, UTC) for seconds in time_N.tolist()]
    for number_of, name_of in _LENGTHS:  # noqa: B007 - the name of the length that fits
        numbers = np.array([number_of(moment) for moment in moments], np.int64)
        first, num_periods = int(numbers.min()), int(np.ptp(numbers)) + 1
        counts = np.bincount(numbers - first, minlength=num_periods)
        if num_periods <= MOST_PERIODS and np.median(counts) >= LEAST_ROWS:
            break
    else:
        num_periods = min(num_periods, 10_000)
    return tuple(name_of(first + at) for at in range(num_periods)), numbers - first


def _day(moment: datetime) -> int:
    return moment.toordinal()


def _day_name(number: int) -> str:
    return datetime.fromordinal(number).strftime("%Y-%m-%d")


def _week(moment: datetime) -> int:
    return (moment.toordinal() - 1) // 7


def _week_name(number: int) -> str:
    year, week, _ = datetime.fromordinal(number * 7 + 1).isocalendar()
    return f"{year}-W{week:02}"


def _month(moment: datetime) -> int:
    return moment.year * 12 + moment.month - 1


def _month_name(number: int) -> str:
    return f"{number // 12}-{number % 12 + 1:02}"


def _quarter(moment: datetime) -> int:
    return moment.year * 4 + (moment.month - 1) // 3


def _quarter_name(number: int) -> str:
    return f"{number // 4}-Q{number % 4 + 1}"


def _year(moment: datetime) -> int:
    return moment.year


_LENGTHS: tuple[tuple[Callable[[datetime], int], Callable[[int], str]], ...] = (
    (_day, _day_name),
    (_week, _week_name),
    (_month, _month_name),
    (_quarter, _quarter_name),
    (_year, str),
)
"""Lengths of a period, the shortest first: its number, and its name."""
