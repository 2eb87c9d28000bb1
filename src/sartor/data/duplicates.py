"""Equal texts: dropped where they say the same twice, counted where they contradict.

Equal means: the same after case-folding and collapsing white space. Nothing here changes a row to
learn from because of a row to report on (law 1).

Shape letters: N rows, R some rows.
"""

from __future__ import annotations

import numpy as np

from sartor.core.dataset import Count
from sartor.core.goal import OutputKind
from sartor.data.rows import DROPPED, TEST, TRAIN, VALID, Rows


def drop_copies(rows: Rows, part_N: np.ndarray) -> tuple[np.ndarray, list[Count]]:
    """Take copies with the same label out of train; the first of them stays.

    Where answers are written, a copy is one to the letter.

    Returns:
        The new parts, and what was dropped.
    """
    train_R = np.flatnonzero(part_N == TRAIN)
    order_R = train_R[np.lexsort((train_R, rows.label_key_N[train_R], rows.text_key_N[train_R]))]
    is_copy_R = _equals_last(rows.text_key_N[order_R]) & _equals_last(rows.label_key_N[order_R])
    copies = np.sort(order_R[is_copy_R])
    if not copies.size:
        return part_N, []
    part_N = part_N.copy()
    part_N[copies] = DROPPED
    what = "answer" if rows.is_written else "label"
    note = f"Copies of a training text with the same {what} were dropped."
    return part_N, [Count("exact duplicates", copies.size, note, rows.places(copies))]


def conflicts(rows: Rows, part_N: np.ndarray) -> list[Count]:
    """Equal texts with different labels among the rows to learn and choose from."""
    if rows.kind is OutputKind.TEXT:  # several answers to one input are no contradiction
        return []
    known_R = np.flatnonzero((part_N == TRAIN) | (part_N == VALID))
    order_R = known_R[np.lexsort((known_R, rows.text_key_N[known_R]))]
    labels_R = rows.label_key_N[order_R]
    new_text_R = ~_equals_last(rows.text_key_N[order_R])
    starts = np.flatnonzero(new_text_R)
    if not starts.size:
        return []
    differs = np.minimum.reduceat(labels_R, starts) != np.maximum.reduceat(labels_R, starts)
    is_conflict_R = differs[np.cumsum(new_text_R) - 1]
    if not is_conflict_R.any():
        return []
    first = starts[differs][:3]
    examples = tuple(f"{rows.place(order_R[at])} = {rows.place(order_R[at + 1])}" for at in first)
    what = "answers" if rows.is_written else "labels"
    note = f"Equal texts carry different {what}; they were kept, and somebody should look at them."
    return [
        Count(
            "label conflicts" if what == "labels" else "answers that contradict",
            int(is_conflict_R.sum()),
            note,
            examples,
        )
    ]


def straddling_texts(rows: Rows, part_N: np.ndarray, *, because: str) -> list[Count]:
    """Texts that are learned from and stand on another side too: kept, and said aloud.

    Those of test are looked for in valid too, since finalists learn from both.

    Args:
        rows: All rows.
        part_N: Finished parts.
        because: Why they stand on both sides.
    """
    counts = []
    for part, name, learned in ((VALID, "valid", (TRAIN,)), (TEST, "test", (TRAIN, VALID))):
        part_R = np.flatnonzero(part_N == part)
        learned_keys = rows.text_key_N[np.isin(part_N, learned)]
        shared = part_R[np.isin(rows.text_key_N[part_R], learned_keys)]
        if shared.size:
            verb = "text stands" if shared.size == 1 else "texts stand"
            where = "train or valid" if (part_N == VALID).any() and part == TEST else "train"
            note = f"{shared.size} {name} {verb} in {where}, {because}; all were kept."
            counts.append(Count(f"{name} texts in train", shared.size, note, rows.places(shared)))
    return counts


def straddling_groups(rows: Rows, part_N: np.ndarray) -> list[Count]:
    """Groups on both sides of the user's own splits."""
    is_test_N = (part_N == TEST) & (rows.group_key_N != 0)
    known_keys = rows.group_key_N[(part_N == TRAIN) | (part_N == VALID)]
    shared = np.flatnonzero(is_test_N & np.isin(rows.group_key_N, known_keys))
    if not shared.size:
        return []
    note = "Test rows share a group with train or valid, by your splits; all were kept."
    return [Count("test rows of training groups", shared.size, note, rows.places(shared))]


def units_of(
    rows: Rows, is_used_N: np.ndarray, *, text_key_N: np.ndarray, joins_texts: bool = True
) -> np.ndarray:
    """Number the rows so that equal text keys and equal groups share a number, directly or in a chain.

    Components of the graph that joins texts with groups, found by passing the smallest number
    along until nothing moves.

    Args:
        rows: All rows.
        is_used_N: The rows that take part; only they can connect.
        text_key_N: Equal for texts that belong together: of `rows`, or of families of near-duplicates.
        joins_texts: False joins rows of a group only, and equal texts where neither has a group.

    Returns:
        (N,) int64, numbered by first occurrence from 0; -1 for rows that take no part.
    """
    used_R = np.flatnonzero(is_used_N)
    unit_N = np.full(len(rows), -1, np.int64)
    text_key_R, group_key_R = text_key_N[used_R], rows.group_key_N[used_R]
    if joins_texts:
        _, text_R = np.unique(text_key_R, return_inverse=True)
        member_R = _joined(text_R, group_key_R, group_key_R != 0)[text_R]
    else:
        member_R = np.where(group_key_R != 0, group_key_R, text_key_R)
    unit_N[used_R] = _numbered_by_occurrence(member_R)
    return unit_N


def _joined(text_R: np.ndarray, group_key_R: np.ndarray, has_group_R: np.ndarray) -> np.ndarray:
    """For each text the smallest text number that is connected with it."""
    smallest_T = np.arange(text_R.max(initial=-1) + 1)
    text_P = text_R[has_group_R]
    keys, group_P = np.unique(group_key_R[has_group_R], return_inverse=True)
    while len(keys):
        smallest_G = np.full(len(keys), len(smallest_T))
        np.minimum.at(smallest_G, group_P, smallest_T[text_P])
        lowered_T = smallest_T.copy()
        np.minimum.at(lowered_T, text_P, smallest_G[group_P])
        lowered_T = lowered_T[lowered_T]
        if np.array_equal(lowered_T, smallest_T):
            break
        smallest_T = lowered_T
    return smallest_T


def _numbered_by_occurrence(values_R: np.ndarray) -> np.ndarray:
    _, first, inverse_R = np.unique(values_R, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse_R]


def _equals_last(values_R: np.ndarray) -> np.ndarray:
    """Whether each value equals the one before it."""
    same_R = np.zeros(len(values_R), bool)
    same_R[1:] = values_R[1:] == values_R[:-1]
    return same_R
