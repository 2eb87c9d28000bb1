"""Which row is learned from, which chooses, and which is held back for the report.

The user's splits are respected. What they leave open is drawn: test first, then, from the rest,
valid; by whole groups and stratified by label. Shape letters as in `rows` and `draw`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sartor.core.dataset import Count
from sartor.core.goal import Goal, OutputKind
from sartor.data.draw import Pool, draw_numbers, draw_smallest, hold_out, hold_out_newest
from sartor.data.duplicates import (
    conflicts,
    drop_copies,
    straddling_groups,
    straddling_texts,
    units_of,
)
from sartor.data.near_rows import NearRows, near_rows
from sartor.data.processes import ALONE, Processes
from sartor.data.references import leave_out_rejected, merge_references
from sartor.data.rows import DROPPED, SCOPE_TEST, SCOPE_VALID, TEST, TRAIN, VALID, Rows
from sartor.data.time_split import began, rows_without_time

TEST_SHARE = 0.2
VALID_SHARE = 0.15
LEAST_VALID_ROWS = 300
"""A valid split that would be smaller is not drawn: cross-validation chooses instead."""
LEAST_GIVEN_VALID_ROWS = 200
"""A valid split of the user's that is smaller joins train, for the same reason."""
FEW_ROWS = 60
PROTECTED_PER_LABEL = 10
"""Rows of each label that the draw of `max_examples` keeps, where there are so many."""
MAX_UNIT_SHARE = 0.1
"""Where equal texts chain groups into one that is larger than this, they chain no more."""
_SCORE_STRATA = 10


@dataclass(frozen=True)
class Parts:
    """Where every row belongs."""

    part_N: np.ndarray
    """One of the parts named in `rows`, int8."""
    group_N: np.ndarray
    """Rows with equal numbers belong together, int64."""
    counts: tuple[Count, ...]
    """What was moved or dropped."""
    rule: str
    """How it was done, in words."""
    merged_into: dict[int, np.ndarray] = field(default_factory=dict)
    """Row to the rows whose right answers it takes; empty where texts are classified."""


def assign_parts(
    rows: Rows,
    part_N: np.ndarray,
    goal: Goal,
    *,
    is_split_by_user: bool,
    texts: Sequence[str],
    folder: Path,
    processes: Processes = ALONE,
) -> Parts:
    """Complete the user's splits.

    Args:
        rows: All rows.
        part_N: The user's parts; TRAIN where nothing is said.
        goal: For the seed and the largest number of rows.
        is_split_by_user: Whether `part_N` says anything.
        texts: The inputs in the order of `rows`; near-duplicates are looked for in them.
        folder: Where what is needed for that may lie for a while.
        processes: Where texts are compared.
    """
    part_N, counts = _thinned(rows, part_N, goal)
    counts += rows_without_time(rows, part_N, goal)
    part_N, more = _small_valid_merged(part_N)
    counts += more
    has_valid, has_test = bool((part_N == VALID).any()), bool((part_N == TEST).any())
    near = near_rows(
        rows,
        part_N,
        texts,
        has_test=has_test,
        setting=goal.prepare.near_duplicates,
        folder=folder,
        processes=processes,
    )
    group_N, chained = _groups(rows, part_N, near, has_test=has_test)
    counts += chained
    if not has_test:
        part_N = _held_out(rows, part_N, group_N, goal, part=TEST, share=TEST_SHARE)
    part_N = _scope_halved(rows, part_N, group_N, goal, has_test=has_test)
    part_N, more = drop_copies(rows, part_N)
    counts += more
    part_N, more = near.drop(part_N)
    counts += more
    draws_valid = not has_valid and VALID_SHARE * (part_N == TRAIN).sum() >= LEAST_VALID_ROWS
    if draws_valid:
        part_N = _held_out(rows, part_N, group_N, goal, part=VALID, share=VALID_SHARE)
    counts += [
        *conflicts(rows, part_N),
        *near.conflicts(part_N),
        *straddling_texts(rows, part_N, because="by your splits or by groups that share them"),
        *straddling_groups(rows, part_N),
        *near.bounded(),
        *near.leaks(
            part_N,
            by_user=[part for part, has in ((VALID, has_valid), (TEST, has_test)) if has],
            is_split=not chained and not near.bounded(),
        ),
    ]
    if not has_test or draws_valid:
        drawn_from = (TRAIN, VALID) if has_test else (TRAIN, VALID, TEST)
        counts += _kept_in_train(rows, part_N, group_N, drawn_from=drawn_from)
    if rows.is_written:
        part_N, more = leave_out_rejected(rows, part_N, group_N)
        counts += more
    counts += _few_rows(part_N)
    merged_into: dict[int, np.ndarray] = {}
    if rows.is_written:
        part_N, merged_into, more = merge_references(rows, part_N)
        counts += more
    return Parts(
        part_N,
        group_N,
        tuple(counts),
        _rule(
            part_N,
            goal,
            rows,
            given=[name for name, has in (("valid", has_valid), ("test", has_test)) if has],
            is_split_by_user=is_split_by_user,
        ),
        merged_into,
    )


def _thinned(rows: Rows, part_N: np.ndarray, goal: Goal) -> tuple[np.ndarray, list[Count]]:
    """Keep at most `max_examples` of each of the user's splits, by a draw that is always the same."""
    part_N, counts = part_N.copy(), []
    for part in (TRAIN, VALID, TEST, SCOPE_VALID, SCOPE_TEST):
        part_R = np.flatnonzero(part_N == part)
        num_over = part_R.size - goal.max_examples
        if num_over <= 0:
            continue
        left_out = part_R[~_drawn(rows, part_R, goal)]
        part_N[left_out] = DROPPED
        note = (
            f"`max_examples` is {goal.max_examples:,}; a fixed draw left these out, "
            "rare labels last."
        )
        counts.append(Count("rows beyond max_examples", num_over, note))
    return part_N, counts


def _drawn(rows: Rows, part_R: np.ndarray, goal: Goal) -> np.ndarray:
    """Whole groups and copies share a draw; the first few rows of each label come first."""
    key_R = np.where(
        rows.group_key_N[part_R] != 0, rows.group_key_N[part_R], rows.text_key_N[part_R]
    )
    draw_N = np.zeros(len(rows), np.uint64)
    draw_N[part_R] = draw_numbers(key_R, seed=goal.seed, purpose="max_examples")
    is_part_N = np.zeros(len(rows), bool)
    is_part_N[part_R] = True
    is_protected_N = np.zeros(len(rows), bool)
    row_E = rows.entry_rows()
    entry_E = np.flatnonzero(is_part_N[row_E])
    order_E = entry_E[np.lexsort((draw_N[row_E[entry_E]], rows.label_E[entry_E]))]
    label_E = rows.label_E[order_E]
    rank_E = np.arange(len(order_E)) - np.searchsorted(label_E, label_E)
    is_protected_N[row_E[order_E[rank_E < PROTECTED_PER_LABEL]]] = True
    order_R = np.lexsort((part_R, draw_N[part_R], ~is_protected_N[part_R]))
    is_drawn_R = np.zeros(len(part_R), bool)
    is_drawn_R[order_R[: goal.max_examples]] = True
    return is_drawn_R


def _small_valid_merged(part_N: np.ndarray) -> tuple[np.ndarray, list[Count]]:
    num_valid = int((part_N == VALID).sum())
    if not 0 < num_valid < LEAST_GIVEN_VALID_ROWS:
        return part_N, []
    note = (
        f"Your valid split has {num_valid} rows, too few to choose by; it joined train, and "
        "cross-validation chooses."
    )
    merged_N = np.where(part_N == VALID, TRAIN, part_N).astype(np.int8)
    return merged_N, [Count("valid rows moved to train", num_valid, note)]


def _groups(
    rows: Rows, part_N: np.ndarray, near: NearRows, *, has_test: bool
) -> tuple[np.ndarray, list[Count]]:
    """Group numbers. Test rows of the user's connect nobody but each other (law 1)."""
    is_test_N = np.isin(part_N, (TEST, SCOPE_TEST)) if has_test else np.zeros(len(rows), bool)
    is_known_N = ~is_test_N & (part_N != DROPPED)
    text_key_N, joins_texts, counts = _joining(rows, is_known_N, near)
    known_N, test_N = (
        units_of(rows, is_used_N, text_key_N=text_key_N, joins_texts=joins_texts)
        for is_used_N in (is_known_N, is_test_N)
    )
    return np.where(is_test_N, test_N + known_N.max(initial=-1) + 1, known_N), counts


def _joining(
    rows: Rows, is_known_N: np.ndarray, near: NearRows
) -> tuple[np.ndarray, bool, list[Count]]:
    """By which key texts join groups, and whether they do, where they would chain too much.

    In chats nearly every conversation holds a "hi" or a "yes": joined by them, all of the data is
    one group, and nothing can be held out.
    """

    def size(text_key_N: np.ndarray, *, joins_texts: bool = True) -> int:
        return _largest(units_of(rows, is_known_N, text_key_N=text_key_N, joins_texts=joins_texts))

    text_key_N, counts = near.family_keys, []
    most, largest = MAX_UNIT_SHARE * is_known_N.sum(), size(near.family_keys)
    if largest > most and (by_text := size(rows.text_key_N)) < largest:
        note = (
            "Near-duplicates would chain so many rows into one group; equal texts are kept on one "
            "side, near-duplicates are not."
        )
        counts.append(Count("rows chained by near-duplicates", largest, note))
        text_key_N, largest = rows.text_key_N, by_text
    if largest <= most or size(text_key_N, joins_texts=False) == largest:
        return text_key_N, True, counts
    note = (
        "Equal texts would chain so many rows of different groups into one; groups are kept on "
        "one side, equal texts of different groups are not."
    )
    return text_key_N, False, [*counts, Count("rows chained by equal texts", largest, note)]


def _largest(group_N: np.ndarray) -> int:
    return int(np.bincount(group_N[group_N >= 0]).max(initial=0))


def _held_out(
    rows: Rows, part_N: np.ndarray, group_N: np.ndarray, goal: Goal, *, part: int, share: float
) -> np.ndarray:
    """Move a share of train to another part."""
    train_R = np.flatnonzero(part_N == TRAIN)
    groups_U, unit_R = np.unique(group_N[train_R], return_inverse=True)
    stratum_E, row_E, num_strata = _strata(rows, train_R)
    is_elsewhere_N = np.isin(part_N, (VALID, TEST))
    pool = Pool(
        unit_R=unit_R,
        key_R=rows.text_key_N[train_R],
        row_E=row_E,
        stratum_E=stratum_E,
        num_strata=num_strata,
        is_locked_U=np.isin(groups_U, group_N[is_elsewhere_N]),
    )
    purpose = "test split" if part == TEST else "valid split"
    if goal.prepare.split_by == "time":
        began_U = began(rows.time_N[train_R], unit_R)
        is_held_R = hold_out_newest(pool, began_U, share=share)
    else:
        is_held_R = hold_out(pool, share=share, seed=goal.seed, purpose=purpose)
    part_N = part_N.copy()
    part_N[train_R[is_held_R]] = part
    return part_N


def _strata(rows: Rows, train_R: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Strata by label; texts without a label are one of their own, scores are cut into tenths.

    Where answers are written all rows are one stratum.

    Returns:
        Stratum and position in `train_R` of each entry, and the number of strata.
    """
    if rows.is_written:
        return np.zeros(len(train_R), np.int64), np.arange(len(train_R)), 1
    if rows.kind is OutputKind.SCORE:
        scores_R = rows.score_N[train_R]
        edges = np.unique(np.quantile(scores_R, np.arange(1, _SCORE_STRATA) / _SCORE_STRATA))
        return np.searchsorted(edges, scores_R), np.arange(len(train_R)), _SCORE_STRATA
    position_N = np.full(len(rows), -1, np.int64)
    position_N[train_R] = np.arange(len(train_R))
    row_E = position_N[rows.entry_rows()]
    is_train_E = row_E >= 0
    without_R = np.flatnonzero(rows.num_labels_per_row()[train_R] == 0)
    num_labels = len(rows.label_names)
    stratum_E = np.concatenate(
        [rows.label_E[is_train_E].astype(np.int64), np.full(len(without_R), num_labels)]
    )
    return stratum_E, np.concatenate([row_E[is_train_E], without_R]), num_labels + 1


def _scope_halved(
    rows: Rows, part_N: np.ndarray, group_N: np.ndarray, goal: Goal, *, has_test: bool
) -> np.ndarray:
    """Out-of-scope rows: half to valid, half to test, unless the user has a test split.

    Those that share a group with a row in test follow it, and those with one in train or valid
    stay on that side.
    """
    scope_R = np.flatnonzero(part_N == SCOPE_VALID)
    if has_test or not scope_R.size:
        return part_N
    is_test_R = np.isin(group_N[scope_R], group_N[part_N == TEST])
    is_bound_R = is_test_R | np.isin(group_N[scope_R], group_N[part_N <= VALID])
    free_R = scope_R[~is_bound_R]
    part_N = part_N.copy()
    part_N[scope_R[is_test_R]] = SCOPE_TEST
    part_N[free_R[_half(rows, free_R, group_N, goal)]] = SCOPE_TEST
    return part_N


def _half(rows: Rows, free_R: np.ndarray, group_N: np.ndarray, goal: Goal) -> np.ndarray:
    """Which of the rows are in the half of the groups that is drawn."""
    groups_U, unit_R = np.unique(group_N[free_R], return_inverse=True)
    keys_U = np.full(len(groups_U), np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(keys_U, unit_R, rows.text_key_N[free_R])
    drawn_U = draw_smallest(keys_U, len(groups_U) // 2, seed=goal.seed, purpose="out of scope")
    return drawn_U[unit_R]


def _kept_in_train(
    rows: Rows, part_N: np.ndarray, group_N: np.ndarray, *, drawn_from: tuple[int, ...]
) -> list[Count]:
    """Rows of labels that had too few groups to lend one to another part."""
    if rows.kind is OutputKind.SCORE or rows.is_written:
        return []
    row_E = rows.entry_rows()
    known_E = np.isin(part_N[row_E], drawn_from)
    num_groups = np.int64(group_N.max() + 1)
    pairs = np.unique(rows.label_E[known_E] * num_groups + group_N[row_E[known_E]])
    num_groups_L = np.bincount(pairs // num_groups, minlength=len(rows.label_names))
    is_rare_N = np.zeros(len(rows), bool)
    is_rare_N[row_E[num_groups_L[rows.label_E] < 3]] = True
    rare = np.flatnonzero(is_rare_N & (part_N == TRAIN))
    if not rare.size:
        return []
    note = "Their labels have fewer than 3 groups of rows; all of them stay in train."
    return [Count("rows of rare labels", rare.size, note, rows.places(rare))]


def _few_rows(part_N: np.ndarray) -> list[Count]:
    num_all = int(np.isin(part_N, (TRAIN, VALID, TEST)).sum())
    if num_all >= FEW_ROWS:
        return []
    num_test = int((part_N == TEST).sum())
    note = f"Only {num_all} rows in all, {num_test} of them in test: results will be vague."
    return [Count("few rows", num_all, note)]


def _rule(
    part_N: np.ndarray, goal: Goal, rows: Rows, *, given: list[str], is_split_by_user: bool
) -> str:
    """The split in words, for the data card."""
    drawn = [
        f"{name} ({share:.0%} {of})"
        for name, part, share, of in (
            ("test", TEST, TEST_SHARE, "of the rows"),
            ("valid", VALID, VALID_SHARE, "of the rest"),
        )
        if name not in given and (part_N == part).any()
    ]
    sentences = []
    if is_split_by_user:
        sentences.append(f"Splits by the user: {', '.join(['train', *given])}.")
    if drawn:
        by = "score" if rows.kind is OutputKind.SCORE else "label"
        how = "whole groups" if rows.is_written else f"whole groups, stratified by {by}"
        how = f"Drawn at random with seed {goal.seed}, {how}"
        if goal.prepare.split_by == "time":
            how = "The newest are held out, whole groups by their first row"
        sentences.append(f"{how}: {', '.join(drawn)}.")
        if goal.columns.time is not None and goal.prepare.split_by != "time":
            sentences.append("The time column did not take part in it.")
    if not (part_N == VALID).any():
        sentences.append("Cross-validation over train chooses.")
    if not (part_N == TEST).any():
        sentences.append("There are too few rows to hold a test split back.")
    return " ".join(sentences)
