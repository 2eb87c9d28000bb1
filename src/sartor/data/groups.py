"""Whom the rows stand for: values of columns that the user names, counted by split, and whose labels differ.

Shape letters: N rows, V values of a column, L labels.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sartor.core.errors import DataError, did_you_mean
from sartor.core.goal import OutputKind
from sartor.core.readiness import GroupTable, GroupValue
from sartor.data.over_time import holm
from sartor.data.personal import excerpt
from sartor.data.readiness import share_estimate
from sartor.data.rows import PART_NAMES, TRAIN, VALID, Rows

MOST_DIFFERENT = 1_000
"""Values of a column beyond which it names single rows and no groups."""
MOST_LISTED = 30
LEAST_ROWS = 20
"""Rows that a value needs before its labels are held against the others'."""
LEAST_EXPECTED = 5.0
"""Rows of a label in a group by chance, below which rare labels are put together (Cochran 1954)."""
SURE_P = 0.05
_MOST_CHARACTERS = 200


class GroupColumns:
    """Collects the values of the named columns, row by row, as numbers."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._codes: dict[str, array[int]] = {column: array("i") for column in columns}
        self._known: dict[str, dict[str, int]] = {column: {} for column in columns}
        self._seen: dict[str, None] = {}

    def add(self, fields: Mapping[str, Any], *, num_rows: int) -> None:
        """The row that was just read, which became the rows up to `num_rows`; it may have become none."""
        if not self._codes:
            return
        self._seen |= dict.fromkeys(fields)
        for column, codes in self._codes.items():
            known = self._known[column]
            value = fields.get(column)
            text = "" if value is None else str(value).strip()[:_MOST_CHARACTERS]
            code = known.setdefault(text, len(known))
            if len(known) > MOST_DIFFERENT:
                raise _too_many(column)
            codes.extend([code] * (num_rows - len(codes)))

    def tables(self, rows: Rows, part_N: np.ndarray) -> tuple[GroupTable, ...]:
        """A table for each column; train and valid only.

        Raises:
            DataError: No row has such a column.
        """
        for column in self._codes:
            if column not in self._seen:
                raise DataError(
                    where="sartor.yaml > prepare.groups",
                    problem=f"no row has a column `{excerpt(column)}`.",
                    fix=did_you_mean(column, list(self._seen)),
                )
        return tuple(
            _table(column, list(self._known[column]), np.array(codes), rows, part_N)
            for column, codes in self._codes.items()
        )


def _too_many(column: str) -> DataError:
    return DataError(
        where="sartor.yaml > prepare.groups",
        problem=f"`{excerpt(column)}` has more than {MOST_DIFFERENT:,} different values: it names rows, "
        "no groups.",
        fix="Name a column with fewer values, such as a region or a type of customer.",
    )


def _table(
    column: str, values: Sequence[str], code_N: np.ndarray, rows: Rows, part_N: np.ndarray
) -> GroupTable:
    is_known_N = np.isin(part_N, (TRAIN, VALID))
    num_V = np.bincount(code_N[is_known_N], minlength=len(values))
    order = sorted(np.flatnonzero(num_V).tolist(), key=lambda at: (-num_V[at], values[at]))
    differences = _differences(code_N, rows, is_known_N, num_V)
    found = []
    for at in order[:MOST_LISTED]:
        num_rows = {
            PART_NAMES[part]: int(((part_N == part) & (code_N == at)).sum())
            for part in (TRAIN, VALID)
            if (part_N == part).any()
        }
        share = share_estimate(int(num_V[at]), int(is_known_N.sum()))
        found.append(GroupValue(excerpt(values[at]), num_rows, share, **differences.get(at, {})))
    return GroupTable(column, tuple(found), max(0, len(order) - MOST_LISTED))


def _differences(
    code_N: np.ndarray, rows: Rows, is_known_N: np.ndarray, num_V: np.ndarray
) -> dict[int, dict[str, Any]]:
    """For values whose labels surely differ from those of all other rows: which differs most, and how."""
    if rows.kind is not OutputKind.SINGLE:
        return {}
    tested = [int(at) for at in np.flatnonzero((num_V >= LEAST_ROWS) & (num_V < is_known_N.sum()))]
    in_all_L = rows.label_counts(is_known_N)
    here_VL = [rows.label_counts(is_known_N & (code_N == at)) for at in tested]
    p_V = holm(np.array([_p_value(here_L, in_all_L - here_L) for here_L in here_VL]))
    found = {}
    for at, here_L, p_value in zip(tested, here_VL, np.round(p_V, 6).tolist(), strict=True):
        if p_value >= SURE_P:
            continue
        others_L = in_all_L - here_L
        label = int(np.argmax(np.abs(_residuals(here_L, others_L))))
        found[at] = {
            "label": rows.label_names[label],
            "here": round(float(here_L[label] / here_L.sum()), 6),
            "elsewhere": round(float(others_L[label] / others_L.sum()), 6),
            "p_value": p_value,
        }
    return found


def _p_value(here_L: np.ndarray, others_L: np.ndarray) -> float:
    """Chi-squared test of two mixes of labels, rare labels together."""
    from scipy.stats import chi2_contingency

    both_2L = np.stack([here_L, others_L]).astype(float)
    both_2L = both_2L[:, both_2L.sum(axis=0) > 0]
    expected_L = both_2L.sum(axis=0) * min(both_2L.sum(axis=1)) / both_2L.sum()
    is_rare_L = expected_L < LEAST_EXPECTED
    if is_rare_L.any():
        rare_21 = both_2L[:, is_rare_L].sum(axis=1, keepdims=True)
        both_2L = np.concatenate([both_2L[:, ~is_rare_L], rare_21], axis=1)
    if both_2L.shape[1] < 2:
        return 1.0
    return float(chi2_contingency(both_2L, correction=False).pvalue)


def _residuals(here_L: np.ndarray, others_L: np.ndarray) -> np.ndarray:
    """Differences from what chance would give, in standard deviations, rounded; (L,)."""
    total_L = here_L + others_L
    expected_L = total_L * here_L.sum() / total_L.sum()
    return np.round((here_L - expected_L) / np.sqrt(np.maximum(expected_L, 1.0)), 6)
