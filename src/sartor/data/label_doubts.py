"""Labels that are probably wrong, most doubtful first.

Confident learning (Northcutt et al. 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels", as
in cleanlab) estimates how many labels are wrong. Rows are ranked by how much more probable another label is
than the given one; so many of them are then set aside, and all rows are judged again by the others.

Shape letters: N rows, D features, C labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sartor.core.dataset import Count
from sartor.core.words import counted
from sartor.data.out_of_sample import label_probabilities
from sartor.data.personal import excerpt

MAX_ROWS = 20_000
"""Of more rows a seeded sample is judged."""
FEWEST_ROWS = 5
"""Labels with fewer are too rare to judge: nothing is known of how their rows look."""
MOST_SET_ASIDE_SHARE = 0.1
"""Where more labels than that seem wrong, the labels may be hard rather than wrong: none is set aside."""
_LEAST = 1e-6
"""No probability is smaller."""
_DIGITS = 5


@dataclass(frozen=True)
class LabelDoubt:
    """A row whose label is less probable than another."""

    row: int
    given: tuple[str, ...]
    """One label, or all those of a multi-label row."""
    suggested: tuple[str, ...]
    """What the other rows speak for."""
    score: float
    """0.5 to 1: probability of the suggestion, had it only the given label as a rival."""


@dataclass(frozen=True)
class LabelDoubts:
    """All doubts of a dataset."""

    doubts: tuple[LabelDoubt, ...]
    """Most doubtful first; equal scores by row."""
    num_expected: int
    """How many labels are probably wrong, by confident learning; look at about the first so many."""
    num_judged: int
    rare_labels: dict[str, int]
    """Labels that are too rare to judge, and their rows."""
    num_unjudged: int
    """Rows that were not judged: beyond the sample, without a label, or of rare labels only."""

    def counts(self, texts: Sequence[str], places: Sequence[str]) -> list[Count]:
        """What the card says.

        Args:
            texts: The inputs by row.
            places: `file:line` by row.
        """
        found = []
        if self.doubts:
            note = (
                f"Similar rows carry another label than {counted(len(self.doubts), 'row')}; "
                f"about {self.num_expected:,} of {self.num_judged:,} labels are expected to be wrong. "
                "All were kept."
            )
            examples = tuple(_example(doubt, texts, places) for doubt in self.doubts[:3])
            found.append(Count("label doubts", len(self.doubts), note, examples))
        if self.rare_labels:
            note = f"Fewer than {FEWEST_ROWS} rows, or all in one group: too rare to judge; kept."
            rare = tuple(excerpt(label) for label in list(self.rare_labels)[:3])
            found.append(
                Count("labels too rare to judge", sum(self.rare_labels.values()), note, rare)
            )
        if self.num_unjudged > sum(self.rare_labels.values()):
            note = f"A sample of {MAX_ROWS:,} rows with a label was judged; the others were not."
            found.append(Count("labels not judged", self.num_unjudged, note))
        return found


def label_doubts(
    features_ND: np.ndarray,
    labels: Sequence[str] | Sequence[tuple[str, ...]],
    *,
    groups_N: np.ndarray | None = None,
    seed: int = 0,
) -> LabelDoubts:
    """Doubt labels by what rows of similar features carry.

    Args:
        features_ND: Features of an encoder.
        labels: A label for each row, or a tuple of them where rows have several or none.
        groups_N: Rows with equal numbers belong together; they never vouch for each other.
        seed: For the sample and the folds.
    """
    assert len(features_ND) == len(labels), "a label for each row of features"
    is_multi = any(not isinstance(label, str) for label in labels)
    sets = [(label,) if isinstance(label, str) else tuple(label) for label in labels]
    names = sorted({name for names in sets for name in names})
    column = {name: c for c, name in enumerate(names)}
    has_NC = np.zeros((len(sets), len(names)), bool)
    for row, given in enumerate(sets):
        has_NC[row, [column[name] for name in given]] = True
    groups_N = np.arange(len(sets)) if groups_N is None else groups_N
    is_rare_C = _is_rare(has_NC, groups_N)
    usable = np.flatnonzero(is_multi | has_NC[:, ~is_rare_C].any(1))
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(usable)[:MAX_ROWS])
    rare = {names[c]: int(has_NC[:, c].sum()) for c in np.flatnonzero(is_rare_C)}
    kept_names = [names[c] for c in np.flatnonzero(~is_rare_C)]
    judged_NC = has_NC[np.ix_(rows, ~is_rare_C)]
    if len(rows) < 2 * FEWEST_ROWS or len(kept_names) < (1 if is_multi else 2):
        return LabelDoubts((), 0, 0, rare, len(sets))
    found_NC, known_NC, expected = _two_rounds(
        features_ND[rows], judged_NC, groups_N[rows], is_multi=is_multi, seed=seed
    )
    list_doubts = _several if is_multi else _single
    doubts = list_doubts(rows, judged_NC, found_NC, known_NC, kept_names)
    if is_multi:
        doubts = [_with_rare(doubt, sets[doubt.row], rare) for doubt in doubts]
    doubts.sort(key=lambda doubt: (-doubt.score, doubt.row))
    return LabelDoubts(
        tuple(doubts), min(expected, len(doubts)), len(rows), rare, len(sets) - len(rows)
    )


def _is_rare(has_NC: np.ndarray, groups_N: np.ndarray) -> np.ndarray:
    in_groups_C = np.array([len(np.unique(groups_N[has_N])) for has_N in has_NC.T], dtype=int)
    return (has_NC.sum(0) < FEWEST_ROWS) | (in_groups_C < 2)


def _two_rounds(
    features_ND: np.ndarray, has_NC: np.ndarray, groups_N: np.ndarray, *, is_multi: bool, seed: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """Probabilities (N, C), whether they could be learned (N, C), and how many labels are wrong."""
    from threadpoolctl import threadpool_limits

    trusted_N = np.ones(len(has_NC), bool)
    for _ in range(2):
        with threadpool_limits(1):  # sums of several threads differ in their last bits
            found_NC, known_NC = label_probabilities(
                features_ND, has_NC, groups_N, trusted_N, is_multi=is_multi, seed=seed
            )
        if not trusted_N.all():
            break
        expected = _expected(has_NC, found_NC, is_multi=is_multi)
        if not 0 < expected <= MOST_SET_ASIDE_SHARE * len(has_NC):
            break
        score_NC = _scores(has_NC, found_NC, is_multi=is_multi)
        trusted_N[np.argsort(-score_NC.max(1), kind="stable")[:expected]] = False
    return found_NC, known_NC, expected


def _scores(has_NC: np.ndarray, found_NC: np.ndarray, *, is_multi: bool) -> np.ndarray:
    """How probable it is that each label should be what it is not, given or absent, 0 to 1."""
    if is_multi:
        other_NC = np.where(has_NC, 1 - found_NC, found_NC)
        return _versus(other_NC, 1 - other_NC)
    given_N1 = (found_NC * has_NC).sum(1, keepdims=True)
    return np.where(has_NC, 0, _versus(found_NC, given_N1))


def _single(
    rows: np.ndarray,
    has_NC: np.ndarray,
    found_NC: np.ndarray,
    known_NC: np.ndarray,
    names: Sequence[str],
) -> list[LabelDoubt]:
    score_NC = _scores(has_NC, found_NC, is_multi=False)
    given_N, rival_N, score_N = has_NC.argmax(1), score_NC.argmax(1), score_NC.max(1)
    is_known_N = known_NC[np.arange(len(rows)), given_N]
    return [
        LabelDoubt(
            int(rows[i]), (names[int(given_N[i])],), (names[int(rival_N[i])],), float(score_N[i])
        )
        for i in np.flatnonzero((score_N > 0.5) & is_known_N).tolist()
    ]


def _several(
    rows: np.ndarray,
    has_NC: np.ndarray,
    found_NC: np.ndarray,
    known_NC: np.ndarray,
    names: Sequence[str],
) -> list[LabelDoubt]:
    """Each label that is given or not is a question of its own; the row's score is its most doubtful one."""
    score_NC = np.where(known_NC, _scores(has_NC, found_NC, is_multi=True), 0)
    suggested_NC = has_NC ^ (score_NC > 0.5)
    return [
        LabelDoubt(
            int(rows[i]),
            tuple(names[c] for c in np.flatnonzero(has_NC[i]).tolist()),
            tuple(names[c] for c in np.flatnonzero(suggested_NC[i]).tolist()),
            float(score_NC[i].max()),
        )
        for i in np.flatnonzero((score_NC > 0.5).any(1))
    ]


def _versus(rival: np.ndarray, given: np.ndarray) -> np.ndarray:
    rival, given = np.maximum(rival, _LEAST), np.maximum(given, _LEAST)
    return np.round(rival / (rival + given), _DIGITS)


def _with_rare(doubt: LabelDoubt, given: tuple[str, ...], rare: dict[str, int]) -> LabelDoubt:
    """Labels that are too rare to judge stay on both sides."""
    kept = [name for name in given if name in rare]
    suggested = tuple(sorted([*doubt.suggested, *kept]))
    return LabelDoubt(doubt.row, tuple(sorted(given)), suggested, doubt.score)


def _expected(has_NC: np.ndarray, found_NC: np.ndarray, *, is_multi: bool) -> int:
    """Wrong labels by the confident joint; of several labels, rows with a wrong one."""
    if is_multi:
        from cleanlab.multilabel_classification.filter import find_label_issues

        labels = [np.flatnonzero(has_C).tolist() for has_C in has_NC]
        return int(np.sum(find_label_issues(labels=labels, pred_probs=found_NC, n_jobs=1)))
    from cleanlab.count import num_label_issues

    share_NC = found_NC / found_NC.sum(1, keepdims=True)
    return int(num_label_issues(labels=has_NC.argmax(1), pred_probs=share_NC))


def _example(doubt: LabelDoubt, texts: Sequence[str], places: Sequence[str]) -> str:
    given, suggested = (
        " + ".join(map(excerpt, side)) or "none" for side in (doubt.given, doubt.suggested)
    )
    return f"{places[doubt.row]}: {excerpt(texts[doubt.row])} is {given}, looks like {suggested}"
