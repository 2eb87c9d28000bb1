"""Whether the labels can be learned at all: enough classes, enough examples, none only in test.

Labels come from train and valid; what stands in test alone is refused or set aside, never learned.
"""

from __future__ import annotations

import numpy as np

from sartor.core.dataset import Count
from sartor.core.errors import DataError, did_you_mean
from sartor.core.goal import Goal, OutputKind
from sartor.data.personal import excerpt
from sartor.data.rows import DROPPED, SCOPE_TEST, SCOPE_VALID, TEST, TRAIN, VALID, Rows


def take_out_of_scope(rows: Rows, part_N: np.ndarray, goal: Goal) -> tuple[Rows, np.ndarray]:
    """Move rows with the out-of-scope label to parts of their own; the label is no class.

    Rows that the user put into test go to the test part, all others to the valid part for now.

    Raises:
        DataError: The label does not occur, or the task is a score.
    """
    label = goal.out_of_scope.label
    if label is None:
        return rows, part_N
    if label not in rows.label_names:
        raise DataError(
            where="sartor.yaml > out_of_scope.label",
            problem=f"no row has the label `{label}`.",
            fix=did_you_mean(label, rows.label_names)
            if rows.label_names
            else "Remove it: a score has no out-of-scope label.",
        )
    index = rows.label_names.index(label)
    is_scope_N = rows.has_label(index)
    part_N = np.where(is_scope_N, np.where(part_N == TEST, SCOPE_TEST, SCOPE_VALID), part_N).astype(
        np.int8
    )
    is_removed_L = np.arange(len(rows.label_names)) == index
    return rows.without_labels(is_removed_L), part_N


def settle_classes(
    rows: Rows, part_N: np.ndarray, *, skip_bad: bool
) -> tuple[Rows, np.ndarray, list[Count]]:
    """Refuse labels that cannot be learned, or take them out where the user allows it.

    Raises:
        DataError: One class only, a class with one example, or a class that train lacks.
    """
    if rows.kind is OutputKind.SCORE:
        _refuse_constant_score(rows, part_N)
        return rows, part_N, []
    lone_L = _lone_labels(rows, part_N)
    missing_L = _labels_missing_in_train(rows, part_N) & ~lone_L
    if not skip_bad:
        _refuse_lone(rows, part_N, lone_L)
        _refuse_missing(rows, part_N, missing_L)
    counts = [
        *_dropped(rows, part_N, lone_L, "classes with one example"),
        *_dropped(rows, part_N, missing_L, "classes that train lacks"),
    ]
    rows, part_N = _without(rows, part_N, lone_L | missing_L)
    _refuse_one_class(rows, part_N)
    return rows, part_N, counts


def unused_labels(rows: Rows, goal: Goal) -> list[Count]:
    """Labels that the goal lists and no row has."""
    unused = [
        label
        for label in goal.labels
        if label not in rows.label_names and label != goal.out_of_scope.label
    ]
    if not unused or rows.kind is OutputKind.SCORE:
        return []
    note = "Labels listed in the goal that no row has; they are left out."
    return [Count("labels without rows", 0, note, tuple(unused[:3]))]


def _lone_labels(rows: Rows, part_N: np.ndarray) -> np.ndarray:
    """Labels with one different text in train and valid, (L,) bool. Copies are no examples."""
    row_E = rows.entry_rows()
    known_E = np.flatnonzero(np.isin(part_N[row_E], (TRAIN, VALID)))
    label_E, text_E = rows.label_E[known_E], rows.text_key_N[row_E[known_E]]
    order_E = np.lexsort((text_E, label_E))
    label_E, text_E = label_E[order_E], text_E[order_E]
    is_new_E = np.ones(len(order_E), bool)
    is_new_E[1:] = (label_E[1:] != label_E[:-1]) | (text_E[1:] != text_E[:-1])
    return np.bincount(label_E[is_new_E], minlength=len(rows.label_names)) == 1


def _labels_missing_in_train(rows: Rows, part_N: np.ndarray) -> np.ndarray:
    """Labels that stand in valid or test and not in train, (L,) bool."""
    elsewhere_N = np.isin(part_N, (VALID, TEST))
    return (rows.label_counts(elsewhere_N) > 0) & (rows.label_counts(part_N == TRAIN) == 0)


def _refuse_lone(rows: Rows, part_N: np.ndarray, lone_L: np.ndarray) -> None:
    if not lone_L.any():
        return
    names = [excerpt(rows.label_names[label]) for label in np.flatnonzero(lone_L)]
    is_known_N = np.isin(part_N, (TRAIN, VALID))
    row = np.flatnonzero(rows.has_label(int(np.argmax(lone_L))) & is_known_N)[0]
    which = f"class `{names[0]}` has" if len(names) == 1 else f"{len(names)} classes have"
    listed = "" if len(names) == 1 else f" ({_listed(names)})"
    raise DataError(
        where=rows.place(row),
        problem=f"{which} one example{listed}; copies of a text count once.",
        fix="Add examples, or drop the class with `--skip-bad` (it is counted).",
    )


def _refuse_missing(rows: Rows, part_N: np.ndarray, missing_L: np.ndarray) -> None:
    if not missing_L.any():
        return
    label = int(np.argmax(missing_L))
    is_elsewhere_N = np.isin(part_N, (VALID, TEST)) & rows.has_label(label)
    row = np.flatnonzero(is_elsewhere_N)[0]
    split = "test" if part_N[row] == TEST else "valid"
    known = [name for name, gone in zip(rows.label_names, missing_L, strict=True) if not gone]
    more = f", and {missing_L.sum() - 1} more" if missing_L.sum() > 1 else ""
    raise DataError(
        where=rows.place(row),
        problem=f"class `{excerpt(rows.label_names[label])}` stands in {split} and not in train"
        f"{more}.",
        fix=f"{did_you_mean(rows.label_names[label], known[:20])} Add examples to train, or take "
        "its rows out with `--skip-bad`.",
    )


def _refuse_one_class(rows: Rows, part_N: np.ndarray) -> None:
    """With several labels allowed per text, one label is a task if some texts lack it."""
    is_train_N = part_N == TRAIN
    has_choice = len(rows.label_names) > 1 or (
        rows.kind is OutputKind.MULTI
        and 0 < (rows.num_labels_per_row()[is_train_N] > 0).sum() < is_train_N.sum()
    )
    if has_choice:
        return
    names = _listed([excerpt(name) for name in rows.label_names])
    raise DataError(
        where=rows.file_names[0],
        problem=f"there is one class only: `{names}`." if names else "no row has a label.",
        fix="Add examples of a second class, or name the right column as `columns: {output: NAME}`.",
    )


def _refuse_constant_score(rows: Rows, part_N: np.ndarray) -> None:
    scores = rows.score_N[part_N == TRAIN]
    if scores.size and scores.min() == scores.max():
        raise DataError(
            where=rows.file_names[0],
            problem=f"every row has the score {scores[0]:g}.",
            fix="Add examples with other scores, or name the right column as "
            "`columns: {output: NAME}`.",
        )


def _dropped(rows: Rows, part_N: np.ndarray, gone_L: np.ndarray, what: str) -> list[Count]:
    if not gone_L.any():
        return []
    names = _listed([excerpt(rows.label_names[label]) for label in np.flatnonzero(gone_L)])
    is_used_E = part_N[rows.entry_rows()] != DROPPED
    gone_rows = np.unique(rows.entry_rows()[gone_L[rows.label_E] & is_used_E])
    done = "taken off their rows" if rows.kind is OutputKind.MULTI else "dropped with their rows"
    note = f"{done[:1].upper()}{done[1:]}: {names}."
    shown = gone_rows[part_N[gone_rows] != TEST]
    return [Count(what, gone_rows.size, note, rows.places(shown))]


def _without(rows: Rows, part_N: np.ndarray, gone_L: np.ndarray) -> tuple[Rows, np.ndarray]:
    if not gone_L.any():
        return rows, part_N
    if rows.kind is OutputKind.SINGLE:
        part_N = part_N.copy()
        part_N[rows.entry_rows()[gone_L[rows.label_E]]] = DROPPED
    return rows.without_labels(gone_L), part_N


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:10])
    return f"{shown} and {len(names) - 10} more" if len(names) > 10 else shown
