"""Words that came up lately: new products, new troubles, new names for old things.

Words and pairs of words of the newest rows are held against those of all rows before, by Fisher's exact test,
corrected for the number of words: it holds for a word that nobody wrote before as well as for one in half of
all texts. Each text counts once for a term, so that one long complaint makes no trend.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from sartor.data.personal import mask_personal_data

NEWEST_SHARE = 0.25
"""Of the rows with a time: what counts as lately."""
LEAST_TEXTS = 5
"""Texts that a term needs among the newest."""
SURE_P = 0.01
"""Probability by chance, after correction for the number of terms, below which one is listed."""
MOST_TERMS = 30
_LOOKED_AT_CHARACTERS = 2_000
_WORD = re.compile(r"[^\W\d_][\w'’-]{1,39}")
_PLACEHOLDER = re.compile(r"<[A-Z_]{1,30}(?:_\d{1,9})?>")


class NewTerm(NamedTuple):
    """A term that is more frequent lately."""

    term: str
    num_lately: int
    """Of the newest texts."""
    num_before: int
    p_value: float
    """Of being so frequent lately by chance, corrected for the number of terms."""
    rows: tuple[int, ...]
    """Up to three of the newest texts with it."""


def new_terms(texts: Sequence[str], time_N: np.ndarray) -> list[NewTerm]:
    """Terms of the newest texts, the surest first.

    Args:
        texts: N texts.
        time_N: Seconds since 1970, NaN where nobody knows: such texts do not count.
    """
    known = np.flatnonzero(~np.isnan(time_N))
    order = known[np.lexsort((known, time_N[known]))]
    num_newest = round(NEWEST_SHARE * len(order))
    is_tie = len(order) > num_newest > 0 and time_N[order[0]] == time_N[order[-1]]
    if num_newest < LEAST_TEXTS or is_tie:
        return []
    lately, rows = _counted(texts, order[len(order) - num_newest :])
    before, _ = _counted(texts, order[: len(order) - num_newest])
    num_before = len(order) - num_newest
    scored = _p_values(lately, before, num_newest, num_before)
    sure = sorted(
        (pair for pair in scored.items() if pair[1] < SURE_P and lately[pair[0]] >= LEAST_TEXTS),
        key=lambda pair: (pair[1], pair[0]),
    )
    return [
        NewTerm(term, lately[term], before[term], p_value, tuple(rows[term][:3]))
        for term, p_value in _without_parts(sure, lately)[:MOST_TERMS]
    ]


def terms_of(text: str) -> Iterator[str]:
    """Words and pairs of neighbouring words, case folded, without personal data and placeholders."""
    plain = _PLACEHOLDER.sub(" . ", mask_personal_data(text[:_LOOKED_AT_CHARACTERS]))
    for clause in re.split(r"[.,;:!?()\n]", plain.casefold()):
        words = _WORD.findall(clause)
        yield from words
        yield from (f"{first} {second}" for first, second in pairwise(words))


def _counted(texts: Sequence[str], rows: np.ndarray) -> tuple[Counter[str], dict[str, list[int]]]:
    counts: Counter[str] = Counter()
    first_rows: dict[str, list[int]] = {}
    for row in rows.tolist():
        for term in set(terms_of(texts[row])):
            counts[term] += 1
            found = first_rows.setdefault(term, [])
            if len(found) < 3:
                found.append(row)
    return counts, first_rows


def _p_values(
    lately: Counter[str], before: Counter[str], num_newest: int, num_before: int
) -> dict[str, float]:
    """Of each frequent term the probability to be so often among the newest by chance (Fisher 1922).

    Corrected for the number of terms that could have been listed (Bonferroni); three digits.
    """
    from scipy.stats import hypergeom

    both = lately + before
    terms = [term for term, count in both.items() if count >= LEAST_TEXTS]
    counts = np.array([[lately[term], both[term]] for term in terms]).reshape(-1, 2)
    drawn = hypergeom(num_newest + num_before, counts[:, 1], num_newest)
    log_p = np.round(drawn.logsf(counts[:, 0] - 1) + np.log(max(1, len(terms))), 6)
    p_values = [float(f"{p_value:.3g}") for p_value in np.exp(np.minimum(log_p, 0.0))]
    return dict(zip(terms, p_values, strict=True))


def _without_parts(
    sure: Sequence[tuple[str, float]], lately: Counter[str]
) -> list[tuple[str, float]]:
    """Without words that stand almost only in a pair which is listed too, and pairs that a word explains."""
    kept: list[tuple[str, float]] = []
    for term, p_value in sure:
        rivals = [other for other, _ in kept if _is_part(term, other) or _is_part(other, term)]
        if not any(
            min(lately[term], lately[other]) >= 0.8 * max(lately[term], lately[other])
            or " " in term
            for other in rivals
        ):
            kept.append((term, p_value))
    return kept


def _is_part(term: str, other: str) -> bool:
    return term in other.split(" ")
