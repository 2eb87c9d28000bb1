"""How long rows are, in words and in tokens, and what languages they are in: counts for people to look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sartor.core.languages import CODES
from sartor.core.readiness import Histogram, LanguageMix, LanguageRows, TokenLengths
from sartor.data.language import languages_of, main_languages, settled
from sartor.data.readiness import share_estimate

NUM_BINS = 30
"""Bins of a histogram, at most."""
BULK_SHARE = 0.99
"""Share of the rows that a histogram spreads out; longer ones are in one number."""
MOST_TOKENIZED = 20_000
"""Rows whose tokens are counted."""
MOST_LANGUAGE_TEXTS = 1_000
"""Rows whose language is looked at."""
LEAST_SHARE = 0.01
"""Share of the sample from which on a language is named."""

_NAMES = {code: name for name, code in CODES.items()}


def histogram(lengths: Sequence[int], *, title: str) -> Histogram:
    """Lengths in bins of a round width.

    Args:
        lengths: Of one row at least.
        title: What was measured.
    """
    length_N = np.asarray(lengths, np.int64)
    bulk = max(1, int(np.quantile(length_N, BULK_SHARE, method="higher")))
    width = _round_width(bulk // NUM_BINS + 1)
    num_bins = bulk // width + 1
    bin_N = length_N // width
    counts = np.bincount(bin_N[bin_N < num_bins], minlength=num_bins)
    return Histogram(
        title=title,
        width=width,
        counts=tuple(counts.tolist()),
        num_longer=int((bin_N >= num_bins).sum()),
        median=int(np.quantile(length_N, 0.5, method="lower")),
        longest=int(length_N.max()),
    )


def token_lengths(
    texts: Sequence[str],
    *,
    base: str,
    most_tokens: int,
    count_tokens: Callable[[Sequence[str]], np.ndarray],
) -> TokenLengths:
    """How many tokens of a base model rows take.

    Args:
        texts: Of one row at least, as a sample.
        base: Its id.
        most_tokens: What is read of a row.
        count_tokens: Tokens of each text, (N,).
    """
    num_tokens_N = np.asarray(count_tokens(texts))
    quantiles = {
        name: int(np.quantile(num_tokens_N, share, method="higher"))
        for name, share in (("p50", 0.5), ("p95", 0.95), ("max", 1.0))
    }
    return TokenLengths(
        base=base,
        num_rows=len(texts),
        most_tokens=most_tokens,
        quantiles=quantiles,
        num_over=int((num_tokens_N > most_tokens).sum()),
    )


def language_mix(texts: Sequence[str], *, num_rows: int) -> LanguageMix:
    """The languages of some texts; rare ones are together with those that could not be decided.

    Args:
        texts: A sample.
        num_rows: Rows that it was drawn from.
    """
    found = languages_of(texts)
    main = [one.code for one in main_languages(found, min_share=LEAST_SHARE)]
    codes = [settled(one, main) for one in found]
    rows = [
        LanguageRows(_NAMES[code], share_estimate(codes.count(code), len(codes))) for code in main
    ]
    rows.sort(key=lambda row: (-row.share.value, row.name))
    if num_others := sum(code not in main for code in codes):
        rows.append(LanguageRows("", share_estimate(num_others, len(codes))))
    return LanguageMix(len(texts), num_rows, tuple(row for row in rows if row.share.value > 0))


def sample_rows(num_rows: int, *, most: int, seed: int) -> np.ndarray:
    """Rows of a seeded sample in their order; all where there are no more than wanted."""
    if num_rows <= most:
        return np.arange(num_rows)
    return np.sort(np.random.default_rng(seed).permutation(num_rows)[:most])


def _round_width(at_least: int) -> int:
    """The smallest of 1, 2 or 5 times a power of ten that is no smaller."""
    power = 1
    while True:
        for unit in (1, 2, 5):
            if unit * power >= at_least:
                return unit * power
        power *= 10
