"""Draws that depend on what a row says and not on where it stands.

Each unit (a text with its copies, a conversation) gets a pseudo-random number from its content and
the seed; whoever has the smallest numbers is drawn. So neither the order of rows nor further rows
change what is drawn from the others more than they must.

Shape letters: N rows, R the rows that take part, U units, L strata (labels), P (unit, label) pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sartor.core.hashing import derived_seed


@dataclass(frozen=True)
class Pool:
    """Rows to draw from, by unit."""

    unit_R: np.ndarray
    """Unit of each row, 0 to U - 1."""
    key_R: np.ndarray
    """Content hash of each row's text, uint64."""
    row_E: np.ndarray
    """Position (in R) of the row of each stratum entry."""
    stratum_E: np.ndarray
    """Strata of the rows, one entry for each label of a row, 0 to L - 1."""
    num_strata: int
    is_locked_U: np.ndarray
    """Units that must stay."""

    @property
    def num_units(self) -> int:
        return len(self.is_locked_U)

    def unit_keys(self) -> np.ndarray:
        """The smallest key among a unit's rows: the same in any order of rows. (U,) uint64."""
        keys_U = np.full(self.num_units, np.iinfo(np.uint64).max, np.uint64)
        np.minimum.at(keys_U, self.unit_R, self.key_R)
        return keys_U


def draw_numbers(keys: np.ndarray, *, seed: int, purpose: str) -> np.ndarray:
    """Pseudo-random uint64 from content keys: SplitMix64 (Steele, Lea, Flood 2014)."""
    start = np.uint64(derived_seed(seed, purpose)) * np.uint64(0x9E3779B9)
    mixed = keys.astype(np.uint64) ^ start
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))


def draw_smallest(keys: np.ndarray, num_drawn: int, *, seed: int, purpose: str) -> np.ndarray:
    """Which of the rows are among the `num_drawn` smallest draws, bool."""
    is_drawn = np.zeros(len(keys), bool)
    is_drawn[
        np.argsort(draw_numbers(keys, seed=seed, purpose=purpose), kind="stable")[:num_drawn]
    ] = True
    return is_drawn


def hold_out(pool: Pool, *, share: float, seed: int, purpose: str) -> np.ndarray:
    """Take a share of every stratum, whole units only, and never the last of a stratum.

    Iterative stratification (Sechidis, Tsoumakas, Vlahavas 2011), rarest stratum first: its units
    are taken in the order of their draws for as long as that brings the strata nearer to the share.

    Returns:
        Which rows are held out, (R,) bool.
    """
    sides = _Sides(pool, share=share)
    order_U = np.argsort(draw_numbers(pool.unit_keys(), seed=seed, purpose=purpose), kind="stable")
    rank_U = np.empty(pool.num_units, np.int64)
    rank_U[order_U] = np.arange(pool.num_units)
    for stratum in np.lexsort((np.arange(pool.num_strata), sides.num_units_L)).tolist():
        sides.fill(stratum, rank_U)
    return sides.is_taken_U[pool.unit_R]


def hold_out_newest(pool: Pool, time_U: np.ndarray, *, share: float) -> np.ndarray:
    """Take the share of the rows whose units began last; never the last of a stratum.

    Args:
        pool: The rows; strata only keep what is rare.
        time_U: When each unit began, seconds; NaN where nobody knows: it stays.
        share: Of all rows.

    Returns:
        Which rows are held out, (R,) bool.
    """
    sides = _Sides(pool, share=share)
    num_rows_U = np.bincount(pool.unit_R, minlength=pool.num_units)
    known = np.flatnonzero(~np.isnan(time_U))
    newest_first = known[np.lexsort((pool.unit_keys()[known], -time_U[known]))]
    num_wanted = round(share * len(pool.unit_R))
    for unit in newest_first.tolist():
        if num_wanted <= 0:
            break
        num_wanted -= int(num_rows_U[unit]) * sides.take_if_spared(unit)
    return sides.is_taken_U[pool.unit_R]


class _Sides:
    """What stays and what is taken, while units are being taken."""

    def __init__(self, pool: Pool, *, share: float) -> None:
        self._by_unit = _count_pairs(pool)
        unit_P, stratum_P, count_P = self._by_unit
        self._start_U = np.searchsorted(unit_P, np.arange(pool.num_units + 1))
        self._order_P = np.argsort(stratum_P, kind="stable")
        self._start_L = np.searchsorted(stratum_P[self._order_P], np.arange(pool.num_strata + 1))
        num_rows_L = np.bincount(stratum_P, weights=count_P, minlength=pool.num_strata)
        self.num_units_L = np.bincount(stratum_P, minlength=pool.num_strata)
        self._wanted_L = np.rint(share * num_rows_L).astype(np.int64).tolist()
        self._num_left_L = self.num_units_L.tolist()
        self._is_locked_U = pool.is_locked_U | self._units_of_rare_strata(pool)
        self.is_taken_U = np.zeros(pool.num_units, bool)

    def fill(self, stratum: int, rank_U: np.ndarray) -> None:
        """Take units of a stratum until it has its share."""
        pairs = self._order_P[self._start_L[stratum] : self._start_L[stratum + 1]]
        units = self._by_unit[0][pairs]
        units = units[~self._is_locked_U[units] & ~self.is_taken_U[units]]
        for unit in units[np.argsort(rank_U[units])].tolist():
            if self._wanted_L[stratum] <= 0:
                return
            self._take_if_better(unit)

    def take_if_spared(self, unit: int) -> bool:
        """Take a unit unless it has to stay or a stratum would be left without any."""
        strata, counts = self._strata_of(unit)
        is_last = min((self._num_left_L[stratum] for stratum in strata), default=2) <= 1
        if self._is_locked_U[unit] or is_last:
            return False
        self._take(unit, strata, counts)
        return True

    def _take_if_better(self, unit: int) -> None:
        strata, counts = self._strata_of(unit)
        gain = 0
        for stratum, count in zip(strata, counts, strict=True):
            wanted = self._wanted_L[stratum]
            gain += abs(wanted) - abs(wanted - count)
        if gain > 0 and min(self._num_left_L[stratum] for stratum in strata) > 1:
            self._take(unit, strata, counts)

    def _strata_of(self, unit: int) -> tuple[list[int], list[int]]:
        """Strata of a unit, and its rows in each."""
        pairs = slice(self._start_U[unit], self._start_U[unit + 1])
        return self._by_unit[1][pairs].tolist(), self._by_unit[2][pairs].tolist()

    def _take(self, unit: int, strata: list[int], counts: list[int]) -> None:
        self.is_taken_U[unit] = True
        for stratum, count in zip(strata, counts, strict=True):
            self._wanted_L[stratum] -= count
            self._num_left_L[stratum] -= 1

    def _units_of_rare_strata(self, pool: Pool) -> np.ndarray:
        """Units with a stratum of fewer than three units: held out, they would be missed."""
        unit_P, stratum_P, _ = self._by_unit
        is_rare_U = np.zeros(pool.num_units, bool)
        is_rare_U[unit_P[self.num_units_L[stratum_P] < 3]] = True
        return is_rare_U


def _count_pairs(pool: Pool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of each (unit, stratum) that occurs, sorted by unit: unit_P, stratum_P, count_P."""
    unit_E = pool.unit_R[pool.row_E]
    pair_P, count_P = np.unique(
        unit_E * np.int64(pool.num_strata) + pool.stratum_E, return_counts=True
    )
    return pair_P // pool.num_strata, pair_P % pool.num_strata, count_P
