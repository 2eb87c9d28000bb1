"""Nearest rows by cosine, exactly, block by block; the same on every number of threads.

Shape letters: N rows, M other rows, D features, K neighbours, B rows of a block.
"""

from __future__ import annotations

import numpy as np

_BLOCK_ROWS = 500
_DIGITS = 5
"""Cosines are rounded before they are compared; ties go to the earlier row."""


def unit_rows(features_ND: np.ndarray) -> np.ndarray:
    """Rows of length 1, float64; a row of zeros stays one."""
    wide_ND = features_ND.astype(np.float64)
    return wide_ND / np.maximum(np.linalg.norm(wide_ND, axis=1, keepdims=True), 1e-12)


def nearest_rows(
    unit_ND: np.ndarray,
    num_neighbours: int,
    *,
    groups_N: np.ndarray | None = None,
    allowed_N: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """For each row its nearest others.

    Args:
        unit_ND: Rows of length 1.
        num_neighbours: At most; fewer where there are fewer rows.
        groups_N: Rows of one's own group are no neighbours; None: only the row itself is none.
        allowed_N: Rows that may be neighbours; None: all.

    Returns:
        Rows (N, K), nearest first, and their cosines (N, K); a cosine of -1 is no neighbour.
    """
    num_rows = len(unit_ND)
    k = max(1, min(num_neighbours, num_rows - 1))
    rows_NK, cosines_NK = np.zeros((num_rows, k), np.int64), np.full((num_rows, k), -1.0)
    own_N = np.arange(num_rows) if groups_N is None else groups_N
    for start in range(0, num_rows, _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        cosine_BN = np.round(unit_ND[block] @ unit_ND.T, _DIGITS)
        cosine_BN[own_N[block, None] == own_N] = -1
        if allowed_N is not None:
            cosine_BN[:, ~allowed_N] = -1
        rows_NK[block], cosines_NK[block] = _largest(cosine_BN, k)
    return rows_NK, cosines_NK


def nearest_of(
    unit_ND: np.ndarray, others_MD: np.ndarray, num_neighbours: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """For each row the nearest of other rows: rows (N, K) and cosines (N, K)."""
    k = min(num_neighbours, len(others_MD))
    blocks = [
        _largest(np.round(unit_ND[start : start + _BLOCK_ROWS] @ others_MD.T, _DIGITS), k)
        for start in range(0, len(unit_ND), _BLOCK_ROWS)
    ]
    empty = np.zeros((0, k), np.int64)
    rows, cosines = zip(*blocks, strict=True) if blocks else ([empty], [empty.astype(float)])
    return np.concatenate(rows), np.concatenate(cosines)


def densities(unit_ND: np.ndarray, num_neighbours: int) -> np.ndarray:
    """Mean cosine of each row to its nearest others, (N,); for many neighbours, which are not listed."""
    k = max(1, min(num_neighbours, len(unit_ND) - 1))
    density_N = np.empty(len(unit_ND))
    for start in range(0, len(unit_ND), _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        cosine_BN = np.round(unit_ND[block] @ unit_ND.T, _DIGITS)
        np.fill_diagonal(cosine_BN[:, start:], -1)
        density_N[block] = -np.sort(np.partition(-cosine_BN, k - 1, axis=1)[:, :k], axis=1).mean(1)
    return density_N


def _largest(cosine_BM: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k largest of each row, largest first, the earlier column first among equals."""
    num_columns = cosine_BM.shape[1]
    # A tiny bonus for earlier columns, far below the rounding, makes every value a different one.
    ranked_BM = cosine_BM - np.arange(num_columns) * (0.1 * 10.0**-_DIGITS / num_columns)
    found_BK = np.argpartition(-ranked_BM, k - 1, axis=1)[:, :k]
    order_BK = np.argsort(-np.take_along_axis(ranked_BM, found_BK, 1), axis=1, kind="stable")
    rows_BK = np.take_along_axis(found_BK, order_BK, 1)
    return rows_BK, np.take_along_axis(cosine_BM, rows_BK, 1)
