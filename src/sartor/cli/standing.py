"""How the tournament stands: the rows so far, best first. A value, so that drawing needs no lock."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sartor.core.leaderboard import CandidateRow
from sartor.report.words import is_higher_better, measured, metric_name

NUMBER = re.compile(r"[\d,.]*\d")


@dataclass(frozen=True)
class Standing:
    """Every candidate's latest row."""

    rows: Mapping[str, CandidateRow] = field(default_factory=dict)
    """Name to row, in the order in which they appeared."""

    def with_row(self, row: CandidateRow) -> Standing:
        """The standing after a row has changed. A new value: a drawing thread keeps the old one."""
        return Standing({**self.rows, row.name: row})

    def ranked(self) -> list[CandidateRow]:
        """Measured rows from the best to the worst, then the others as they came."""
        return sorted(self.rows.values(), key=_rank)

    def best(self) -> CandidateRow | None:
        """The best measured row, or None before the first score."""
        first = next(iter(self.ranked()), None)
        return first if first is not None and first.value is not None else None

    def bases(self) -> list[str]:
        """The base models in play."""
        return list(dict.fromkeys(row.base for row in self.rows.values() if row.base))


def is_same_count(line: str, earlier: Sequence[str]) -> bool:
    """Whether a note only brings the numbers of the one before it up to date: `3,000 rows read`."""
    return bool(earlier) and NUMBER.sub("#", line) == NUMBER.sub("#", earlier[-1])


def scored_words(row: CandidateRow) -> str:
    """`accuracy 0.941 (0.930 to 0.951)`; empty before the first score."""
    if row.value is None:
        return ""
    words = f"{metric_name(row.metric)} {measured(row.value, row.metric)}"
    if row.low is None or row.high is None:
        return words
    return f"{words} ({measured(row.low, row.metric)} to {measured(row.high, row.metric)})"


def _rank(row: CandidateRow) -> tuple[bool, float]:
    if row.value is None:
        return True, 0.0
    return False, -row.value if is_higher_better(row.metric) else row.value
