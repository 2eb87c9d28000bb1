"""Several right answers to one input: each is learned from, and together they are scored by.

In valid and test the rows of one input become one row with all its answers, since a model gives one.
In train every pair stays a row, since each answer teaches. Shape letters: N rows, R some rows.
"""

from __future__ import annotations

import numpy as np

from sartor.core.dataset import Count
from sartor.core.goal import OutputKind
from sartor.data.rows import DROPPED, REJECTED, TEST, TRAIN, VALID, Rows


def merge_references(
    rows: Rows, part_N: np.ndarray
) -> tuple[np.ndarray, dict[int, np.ndarray], list[Count]]:
    """Make the rows of an input one row, in valid and in test.

    Returns:
        The new parts; each row that stays to those that joined it; and what was done.
    """
    merged_into: dict[int, np.ndarray] = {}
    part_N = part_N.copy()
    for part in (VALID, TEST) if rows.kind is OutputKind.TEXT else ():
        part_R = np.flatnonzero(part_N == part)
        order_R = part_R[np.lexsort((part_R, rows.exact_key_N[part_R]))]
        is_new_R = np.ones(len(order_R), bool)
        is_new_R[1:] = rows.exact_key_N[order_R[1:]] != rows.exact_key_N[order_R[:-1]]
        for same in np.split(order_R, np.flatnonzero(is_new_R)[1:]):
            if len(same) > 1:
                merged_into[int(same[0])] = same[1:]
                part_N[same[1:]] = DROPPED
    if not merged_into:
        return part_N, {}, []
    joined = sum(map(len, merged_into.values()))
    note = (
        f"Rows of valid and test with the same input became {len(merged_into):,} rows with every "
        "right answer; train keeps each pair."
    )
    return part_N, merged_into, [Count("rows joined to another's answers", joined, note)]


def leave_out_rejected(
    rows: Rows, part_N: np.ndarray, group_N: np.ndarray
) -> tuple[np.ndarray, list[Count]]:
    """Worse answers to inputs of valid and test are not kept: what is learned must not know them."""
    rejected_R = np.flatnonzero(part_N == REJECTED)
    if not rejected_R.size:
        return part_N, []
    held_out = np.unique(group_N[np.isin(part_N, (VALID, TEST))])
    is_out_R = np.isin(group_N[rejected_R], held_out)
    part_N = part_N.copy()
    part_N[rejected_R[is_out_R]] = DROPPED
    note = "Only a worse answer is known of these rows; they are kept apart, for tuning behaviour."
    kept = rejected_R[~is_out_R]
    counts = [Count("rows without a right answer", kept.size, note, rows.places(kept))]
    if is_out_R.any():
        note = "They belong to inputs of valid or test and were left out."
        counts.append(Count("rejected rows of held-out inputs", int(is_out_R.sum()), note))
    return part_N, counts


def num_answers(rows: Rows, part_N: np.ndarray) -> np.ndarray:
    """Different right answers of each different input of train and valid, rows merged or not."""
    known_R = np.flatnonzero(np.isin(part_N, (TRAIN, VALID)))
    pairs = np.unique(np.stack([rows.exact_key_N[known_R], rows.label_key_N[known_R]]), axis=1)
    return np.unique(pairs[0], return_counts=True)[1]
