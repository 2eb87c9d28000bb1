"""Rows that do not belong: another domain, another language, noise; ranked, and dropped only on demand.

Two measures, where there are both: how far a row lies from dense regions of the features, and how many bits a
language model needs for its bytes. Rules (`irrelevant_rules`) come before both.

Shape letters: N rows, D features, T trusted rows, K neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sartor.core.dataset import Count
from sartor.data.irrelevant_rules import GREETING, REASONS, rule_of
from sartor.data.neighbours import densities, nearest_of, unit_rows
from sartor.data.personal import excerpt

MAX_ROWS = 20_000
"""Of more rows a seeded sample says what is usual; all are compared with it."""
FEWEST_ROWS = 50
"""With fewer, nothing is usual."""
NUM_NEIGHBOURS = 20
TRUSTED_SHARE = 0.85
"""So many rows, the densest, are taken to belong: rows of one foreign kind are near to each other."""
DENSE_SHARE = 0.1
"""Density is looked at among so many of the rows: foreign rows are hoped to be fewer."""
FAR = "far from all others"
UNUSUAL = "unusual language"
_REASONS = {
    **REASONS,
    FAR: "The rows most like it are far less like it than is usual here.",
    UNUSUAL: "A language model finds its wording far less likely than is usual here.",
}
_SHORT_BYTES = 20
"""Bits per byte of a text of this length count half."""
_DIGITS = 4


@dataclass(frozen=True)
class Irrelevant:
    """A row that may not belong."""

    row: int
    what: str
    """One of the reasons, short: `keyboard noise`."""
    score: float
    """In spreads from what is usual, from 0; rules: 100."""
    nearest: int
    """The trusted row most like it; -1 where none was looked for."""

    @property
    def reason(self) -> str:
        """Why, one sentence."""
        return _REASONS[self.what]


RULE_SCORE = 100.0


def irrelevant_rows(
    texts: Sequence[str],
    features_ND: np.ndarray,
    *,
    bits_per_byte_N: np.ndarray | None = None,
    seed: int = 0,
) -> list[Irrelevant]:
    """Rank rows by how little they belong: all of them, the most foreign first; equal scores by row.

    Args:
        texts: The messages.
        features_ND: Their features.
        bits_per_byte_N: Of each message under a language model, NaN where unknown; None: none was asked.
        seed: For the sample.
    """
    rules = [rule_of(text) for text in texts]
    is_usual_N = np.array([rule is None for rule in rules], bool)
    scores = {FAR: np.zeros(len(texts)), UNUSUAL: np.zeros(len(texts))}
    nearest_N = np.full(len(texts), -1)
    if is_usual_N.sum() >= FEWEST_ROWS:
        distance_N, nearest_N = _distances(features_ND, is_usual_N, seed=seed)
        scores[FAR] = _spreads(distance_N, is_usual_N)
        if bits_per_byte_N is not None:
            scores[UNUSUAL] = _bits(texts, bits_per_byte_N, is_usual_N)
    total_N = np.round(scores[FAR] + scores[UNUSUAL], _DIGITS)
    found = [
        Irrelevant(
            row,
            rule or (FAR if scores[FAR][row] >= scores[UNUSUAL][row] else UNUSUAL),
            RULE_SCORE if rule else float(min(total_N[row], RULE_SCORE - 1)),
            int(nearest_N[row]) if rule is None else -1,
        )
        for row, rule in enumerate(rules)
    ]
    return sorted(found, key=lambda one: (one.what == GREETING, -one.score, one.row))


def drop_irrelevant(
    found: Sequence[Irrelevant],
    texts: Sequence[str],
    places: Sequence[str],
    *,
    above: float | None = None,
) -> tuple[np.ndarray, list[Count]]:
    """Which rows to leave out, and what the card says of them.

    Args:
        found: From `irrelevant_rows`.
        texts: The messages.
        places: `file:line` by row.
        above: Rows of a higher score are left out, those that only greet too where it is below 100; None:
            none is.

    Returns:
        (N,) whether a row is left out, and a line for each kind; without a threshold lines of rules only.
    """
    is_dropped_N = np.zeros(len(texts), bool)
    counts = []
    limit = RULE_SCORE - 0.5 if above is None else above
    for what, reason in _REASONS.items():
        kind = [one for one in found if one.what == what and one.score > limit]
        if not kind:
            continue
        fate = "They were kept." if above is None else f"Dropped, for a score above {above:g}."
        examples = tuple(f"{places[one.row]}: {excerpt(texts[one.row])}" for one in kind[:3])
        counts.append(Count(what, len(kind), f"{reason} {fate}", examples))
        if above is not None:
            is_dropped_N[[one.row for one in kind]] = True
    return is_dropped_N, counts


def _distances(
    features_ND: np.ndarray, is_usual_N: np.ndarray, *, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Mean distance to the nearest trusted rows, and the nearest of them; a row is not its own neighbour."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # sums of several threads differ in their last bits
        unit_ND = unit_rows(features_ND)
        usual = np.flatnonzero(is_usual_N)
        rng = np.random.default_rng(seed)
        sample = np.sort(rng.permutation(usual)[:MAX_ROWS])
        many = max(NUM_NEIGHBOURS, round(DENSE_SHARE * len(sample)))
        density = densities(unit_ND[sample], many)
        order = np.lexsort((sample, -np.round(density, _DIGITS)))
        trusted_T = np.sort(sample[order[: max(2, round(TRUSTED_SHARE * len(sample)))]])
        rows_NK, cosines_NK = nearest_of(unit_ND, unit_ND[trusted_T], NUM_NEIGHBOURS + 1)
    is_self_NK = trusted_T[rows_NK] == np.arange(len(unit_ND))[:, None]
    # Where a row is not among its own neighbours, the last of one too many is left out instead.
    is_self_NK[~is_self_NK.any(1), -1] = True
    others_NK = trusted_T[rows_NK][~is_self_NK].reshape(len(unit_ND), -1)
    cosine_N = cosines_NK[~is_self_NK].reshape(len(unit_ND), -1).mean(1)
    return 1 - cosine_N, others_NK[:, 0]


def _bits(texts: Sequence[str], bits_per_byte_N: np.ndarray, is_usual_N: np.ndarray) -> np.ndarray:
    bytes_N = np.array([len(text.encode("utf-8", "replace")) for text in texts])
    is_known_N = np.isfinite(bits_per_byte_N)
    if (is_known_N & is_usual_N).sum() < FEWEST_ROWS:
        return np.zeros(len(texts))
    filled_N = np.where(is_known_N, bits_per_byte_N, 0.0)
    spreads_N = _spreads(filled_N, is_known_N & is_usual_N)
    return np.where(is_known_N, spreads_N * bytes_N / (bytes_N + _SHORT_BYTES), 0.0)


def _spreads(values_N: np.ndarray, is_usual_N: np.ndarray) -> np.ndarray:
    """How many spreads a value lies above the median of usual rows, 0 at least.

    The spread is that of the middle half (0.741 times its width, as of a normal distribution).
    """
    low, middle, high = np.quantile(values_N[is_usual_N], [0.25, 0.5, 0.75])
    return np.maximum(values_N - middle, 0) / max(0.741 * (high - low), 1e-6)
