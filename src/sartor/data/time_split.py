"""Splits by time: what is learned lies before what is held out, as it will when the model serves.

Shape letters: N rows, R the rows that take part, U units.
"""

from __future__ import annotations

import numpy as np

from sartor.core.dataset import Count
from sartor.core.errors import DataError
from sartor.core.goal import Goal
from sartor.data.rows import TRAIN, Rows


def began(time_R: np.ndarray, unit_R: np.ndarray) -> np.ndarray:
    """When the first row of each unit was written, (U,); NaN where none of its rows says.

    By the first row, so that everything held out is newer than the cut; a customer of years stays in train.
    """
    began_U = np.full(unit_R.max(initial=-1) + 1, np.inf)
    np.minimum.at(began_U, unit_R, np.where(np.isnan(time_R), np.inf, time_R))
    return np.where(np.isinf(began_U), np.nan, began_U)


def rows_without_time(rows: Rows, part_N: np.ndarray, goal: Goal) -> list[Count]:
    """Rows that a split by time cannot place.

    Raises:
        DataError: No row says when it was written.
    """
    if goal.prepare.split_by != "time":
        return []
    lacks_N = np.isnan(rows.time_N) & (part_N == TRAIN)
    if lacks_N.sum() == (part_N == TRAIN).sum():
        raise DataError(
            where="sartor.yaml > prepare > split_by",
            problem="wants to hold out the newest rows, and no row has a time that can be read.",
            fix="Name their column as `columns: {time: NAME}`, with times such as 2026-03-02T09:14.",
        )
    if not lacks_N.any():
        return []
    note = "No time that can be read stands in these rows; they are not held out."
    lacking = np.flatnonzero(lacks_N)
    return [Count("rows without a time", lacking.size, note, rows.places(lacking))]
