"""Metrics of marked passages, as functions of row weights.

A span `(start, end, label)` is right only as a whole, as in CoNLL-2003's evaluation and in seqeval.

Shape letters: R replicates, N rows, P pairs of wording and label, B weightings.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np
from scipy.sparse import csr_array

from sartor.evaluate import row_sums
from sartor.evaluate.row_sums import WeightedMetric, of_sums

Span = tuple[int, int, str]
OF_COUNTS = {
    "span_f1": row_sums.f1,
    "span_precision": row_sums.precision,
    "span_recall": row_sums.recall,
}


def span_metric(name: str, targets: np.ndarray, decided_R: np.ndarray) -> WeightedMetric:
    """Precision, recall or F1 over the spans of all rows together.

    Args:
        name: One of `OF_COUNTS`.
        targets: Spans that should be marked, (N,) tuples of spans.
        decided_R: Spans that were marked, (R, N) tuples of spans.
    """
    counts = [
        [_right_given_asked(given, asked) for given, asked in zip(decided, targets, strict=True)]
        for decided in decided_R
    ]
    shape = (len(decided_R), len(targets), 3)
    return of_sums(np.array(counts, dtype=np.float64).reshape(shape), OF_COUNTS[name])


def has_same_spans(given: Iterable[Span], asked: Iterable[Span]) -> bool:
    """Whether exactly the spans asked for are given."""
    return set(given) == set(asked)


def surface_metric(
    texts: Sequence[str], targets: np.ndarray, decided_R: np.ndarray
) -> WeightedMetric:
    """F1 over the distinct pairs of wording and label of the whole set.

    As the scorer of WNUT 2017 counts (Derczynski et al. 2017, "Results of the WNUT2017 shared task
    on novel and emerging entity recognition"): of the pairs asked for and the pairs given, those
    are right of which at least one span was right in its place. Upper and lower case differ.

    This is no sum over rows: a pair counts if any row of weight above 0 holds it. A bootstrap draw
    leaves a third of the rows out, so it holds fewer pairs, mostly rare ones; its interval is an
    approximation.

    Args:
        texts: The inputs that the spans lie in, N.
        targets: As in `span_metric`.
        decided_R: As in `span_metric`.
    """
    asked_N = [_pairs(text, spans) for text, spans in zip(texts, targets, strict=True)]
    given_RN = [
        [_pairs(text, spans) for text, spans in zip(texts, decided, strict=True)]
        for decided in decided_R
    ]
    right_RN = [
        [
            _pairs(text, set(given) & set(asked))
            for text, given, asked in zip(texts, decided, targets, strict=True)
        ]
        for decided in decided_R
    ]
    holders_of_asked = _holders(asked_N)
    holders = [(_holders(r), _holders(g)) for r, g in zip(right_RN, given_RN, strict=True)]

    def value_of(weights_NB: np.ndarray) -> np.ndarray:
        is_there_NB = (weights_NB > 0).astype(np.float64)
        num_asked_B = _num_held(holders_of_asked, is_there_NB)
        values_RB = [
            row_sums.f1(
                np.stack(
                    [_num_held(right, is_there_NB), _num_held(given, is_there_NB), num_asked_B]
                )
            )
            for right, given in holders
        ]
        return np.mean(values_RB, axis=0)

    return value_of


def _right_given_asked(given: Iterable[Span], asked: Iterable[Span]) -> tuple[int, int, int]:
    given_set, asked_set = set(given), set(asked)
    return len(given_set & asked_set), len(given_set), len(asked_set)


def _pairs(text: str, spans: Iterable[Span]) -> set[tuple[str, str]]:
    """Wording, white space apart, and label of each span."""
    return {(" ".join(text[start:end].split()), label) for start, end, label in spans}


def _holders(pairs_N: Sequence[Collection[tuple[str, str]]]) -> csr_array:
    """Which rows hold which pair, (P, N), sparse."""
    number_of: dict[tuple[str, str], int] = {}
    entries = [
        (number_of.setdefault(pair, len(number_of)), row)
        for row, pairs in enumerate(pairs_N)
        for pair in pairs
    ]
    places = np.array(entries, dtype=np.int64).reshape(-1, 2)
    shape = (len(number_of), len(pairs_N))
    return csr_array((np.ones(len(places)), (places[:, 0], places[:, 1])), shape=shape)


def _num_held(holders_PN: csr_array, is_there_NB: np.ndarray) -> np.ndarray:
    """Pairs held by a row that is there, (B,)."""
    return np.asarray(holders_PN @ is_there_NB > 0).sum(axis=0).astype(np.float64)
