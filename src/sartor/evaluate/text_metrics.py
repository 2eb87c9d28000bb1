"""Metrics of written answers against their references, as functions of row weights.

BLEU and chrF count with sacrebleu, ROUGE-L and word F1 compare words; the rest needs the answer alone
or little more. Of several references the best counts. BLEU splits words as sacrebleu's `13a` does,
at spaces and punctuation: where a script has no spaces, chrF is the one to read.

Shape letters: R replicates, N rows, K counts of a row, B weightings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from sartor.evaluate.answer_words import answer_words, rouge_words
from sartor.evaluate.row_sums import WeightedMetric, mean_over_rows, of_sums, share

Counts = tuple[float, ...]
References = tuple[str, ...]
CountsOfRow = Callable[[str, References], Counts]
"""What one answer, beside its references, adds to the sums."""

REMEMBERED_ANSWERS = 2**16
"""Answers whose counts are kept: the same candidate is compared with many others."""
REPEATED_WORDS = 4
"""Length in words of the runs that `repetition` looks at (Welleck et al. 2019, arXiv 1908.04319)."""
BLEU_ORDERS, CHRF_ORDERS, CHRF_BETA = 4, 6, 2


def text_metric(name: str, targets: np.ndarray, decided_R: np.ndarray) -> WeightedMetric:
    """A metric of written answers made ready for many weightings.

    Args:
        name: A metric of `core.metric` for texts, but for the shares of rows that pass.
        targets: All answers that count as right, at least one a row, (N,) tuples of texts.
        decided_R: Answers, (R, N) texts.
    """
    if name in _OF_SUMS:
        counts_of, value_of_sums = _OF_SUMS[name]
        return of_sums(_counts(counts_of, targets, decided_R), value_of_sums)
    values_RN = _counts(_OF_ROWS[name], targets, decided_R)[:, :, 0]
    return mean_over_rows(values_RN.mean(axis=0))


def is_same_answer(answer: str, references: References) -> bool:
    """Whether it says what one of the references says, by `answer_words`."""
    words = answer_words(answer)
    return any(words == answer_words(reference) for reference in references)


def signature(name: str, targets: np.ndarray | None = None) -> str:
    """How a value of `bleu` or `chrf` came about, in sacrebleu's words, for reports.

    Args:
        name: `bleu` or `chrf`.
        targets: (N,) tuples of references, whose number is part of it; None: `nrefs:var`.
    """
    nums = {-1} if targets is None else {len(references) for references in targets}
    scorer = _new_scorer(name)
    scorer.num_refs = nums.pop() if len(nums) == 1 else -1
    return str(scorer.get_signature())


def _counts(counts_of: CountsOfRow, targets_N: np.ndarray, decided_RN: np.ndarray) -> np.ndarray:
    """(R, N, K); row by row, so that what is known of a row's references serves all replicates."""
    rows = zip(targets_N, decided_RN.T, strict=True)
    counts = [[counts_of(answer, refs) for answer in answers] for refs, answers in rows]
    if not counts:
        return np.zeros((len(decided_RN), 0, len(counts_of("", ("",)))))
    return np.array(counts, dtype=np.float64).transpose(1, 0, 2)


def _new_scorer(name: str) -> Any:
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    return {"bleu": BLEU, "chrf": CHRF}[name]()


@lru_cache
def _scorer(name: str) -> Any:
    return _new_scorer(name)


@lru_cache(maxsize=8)
def _reference_ngrams(name: str, references: References) -> dict[str, Any]:
    """Large, and needed for neighbours only: the replicates of one row."""
    scorer = _scorer(name)
    return scorer._extract_reference_info([scorer._preprocess_segment(r) for r in references])


@lru_cache(maxsize=REMEMBERED_ANSWERS)
def _bleu_counts(answer: str, references: References) -> Counts:
    """Lengths of answer and reference, then right and all n-grams by order (K = 10)."""
    return _ngram_counts("bleu", answer, references)


@lru_cache(maxsize=REMEMBERED_ANSWERS)
def _chrf_counts(answer: str, references: References) -> Counts:
    """N-grams of the answer, of the reference, and in both, order after order (K = 18)."""
    return _ngram_counts("chrf", answer, references)


def _ngram_counts(name: str, answer: str, references: References) -> Counts:
    scorer = _scorer(name)
    known = _reference_ngrams(name, references)
    return tuple(scorer._compute_segment_statistics(scorer._preprocess_segment(answer), known))


def _bleu(sums_KB: np.ndarray) -> np.ndarray:
    """BLEU / 100 of summed counts (Papineni et al. 2002), as sacrebleu smooths it.

    Each order without a match counts as half, a quarter, ... of one (NIST's `exp` smoothing).
    """
    answer_B, reference_B = sums_KB[:2]
    right_OB = sums_KB[2 : 2 + BLEU_ORDERS]
    all_OB = sums_KB[2 + BLEU_ORDERS :]
    num_missed_OB = np.cumsum((right_OB == 0) & (all_OB > 0), axis=0)
    precision_OB = share(np.where(right_OB > 0, right_OB, 0.5**num_missed_OB), all_OB)
    with np.errstate(divide="ignore"):
        mean_B = np.exp(np.log(precision_OB).mean(axis=0))
    shortage_B = share(np.maximum(reference_B - answer_B, 0.0), answer_B)
    has_match_B = right_OB.any(axis=0)
    return np.where(has_match_B, np.exp(-shortage_B) * mean_B, 0.0)


def _chrf(sums_KB: np.ndarray) -> np.ndarray:
    """chrF2 / 100 of summed counts (Popović 2015): F of mean precision and mean recall.

    Orders that the answers or the references are too short for are left out, as in sacrebleu.
    """
    answer_OB, reference_OB, match_OB = sums_KB.reshape(CHRF_ORDERS, 3, -1).transpose(1, 0, 2)
    is_counted_OB = (answer_OB > 0) & (reference_OB > 0)
    num_orders_B = is_counted_OB.sum(axis=0)
    precision_B = share((share(match_OB, answer_OB) * is_counted_OB).sum(axis=0), num_orders_B)
    recall_B = share((share(match_OB, reference_OB) * is_counted_OB).sum(axis=0), num_orders_B)
    weight = CHRF_BETA**2
    return share((1 + weight) * precision_B * recall_B, weight * precision_B + recall_B)


@lru_cache(maxsize=REMEMBERED_ANSWERS)
def _rouge_l(answer: str, references: References) -> Counts:
    """F of the longest common run of words, gaps allowed (Lin 2004), without stemming."""
    words = rouge_words(answer)
    return (max(_f_of_common(_num_in_order, words, rouge_words(r)) for r in references),)


@lru_cache(maxsize=REMEMBERED_ANSWERS)
def _token_f1(answer: str, references: References) -> Counts:
    """SQuAD's F1 of the words as a bag; two answers without words are the same."""
    words = answer_words(answer)
    return (
        max(
            _f_of_common(_num_in_both, words, known) if words or known else 1.0
            for known in map(answer_words, references)
        ),
    )


def _f_of_common(
    num_common: Callable[[Sequence[str], Sequence[str]], int], a: Sequence[str], b: Sequence[str]
) -> float:
    return 2 * num_common(a, b) / (len(a) + len(b)) if a and b else 0.0


def _num_in_both(a: Sequence[str], b: Sequence[str]) -> int:
    return (Counter(a) & Counter(b)).total()


def _num_in_order(a: Sequence[str], b: Sequence[str]) -> int:
    """Length of the longest common subsequence, a row of the table in one integer.

    Hyyrö 2004, "Bit-parallel LCS-length computation revisited"; a table in Python would take
    minutes where this takes a second.
    """
    places: dict[str, int] = {}
    for place, word in enumerate(a):
        places[word] = places.get(word, 0) | 1 << place
    every = (1 << len(a)) - 1
    unmatched = every
    for word in b:
        matched = unmatched & places.get(word, 0)
        unmatched = (unmatched + matched | unmatched - matched) & every
    return len(a) - unmatched.bit_count()


def _lengths(answer: str, references: References) -> Counts:
    """Characters of the answer, and of the reference closest in length."""
    length = len(answer.strip())
    lengths = (len(reference.strip()) for reference in references)
    return length, min(lengths, key=lambda known: (abs(known - length), known))


@lru_cache(maxsize=REMEMBERED_ANSWERS)
def _repetition(answer: str, references: References) -> Counts:
    """Share of four-word runs that stand in the answer before; 0 where it is shorter."""
    words = answer_words(answer)
    runs = [words[i : i + REPEATED_WORDS] for i in range(len(words) - REPEATED_WORDS + 1)]
    return (1 - len(set(runs)) / len(runs) if runs else 0.0,)


_OF_SUMS: dict[str, tuple[CountsOfRow, Callable[[np.ndarray], np.ndarray]]] = {
    "bleu": (_bleu_counts, _bleu),
    "chrf": (_chrf_counts, _chrf),
    "length_ratio": (_lengths, lambda sums_KB: share(sums_KB[0], sums_KB[1])),
}
"""Metrics of the whole set: what a row adds, and the value of the sums."""
_OF_ROWS: dict[str, CountsOfRow] = {
    "rouge_l": _rouge_l,
    "token_f1": _token_f1,
    "repetition": _repetition,
}
"""Metrics that are a mean over the rows."""
