"""An n-gram model with modified Kneser-Ney smoothing: the best that counting does.

Chen & Goodman 1998 (TR-10-98), interpolated, three discounts for each order. Over any tokens: bytes, or those
of a model, so that both are charged for the same text.

Shape letters: N tokens of a text, G n-grams of one order, H contexts of one order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ORDER = 5
LEAST_DISCOUNT = 0.05
"""Of any n-gram: by the formula, what a small text has not repeated may be impossible after it."""


@dataclass(frozen=True)
class _Level:
    """The n-grams of one order."""

    keys_G: np.ndarray
    """Number of the context times the vocabulary, plus the last token; ascending."""
    discounted_G: np.ndarray
    """(count - discount) / count of the context."""
    left_over_H: np.ndarray
    """Share that a context leaves to the next shorter one."""


class KneserNey:
    """Learns from one stream of tokens.

    Args:
        tokens_N: Token ids, texts joined by a separator.
        vocabulary: Number of different ids.
        order: Longest n-gram.
    """

    def __init__(self, tokens_N: np.ndarray, *, vocabulary: int, order: int = ORDER) -> None:
        self.vocabulary = vocabulary
        self.levels: list[_Level] = []
        ids_before = np.zeros(len(tokens_N) + 1, dtype=np.int64)
        keys_before, num_contexts = np.zeros(0, dtype=np.int64), 1
        for length in range(1, order + 1):
            keys_N = _joined(ids_before, tokens_N, length, vocabulary)
            keys_G, first_G, inverse_N = np.unique(keys_N, return_index=True, return_inverse=True)
            if length > 1:
                # A shorter n-gram counts once for each different token before it.
                ends_G = ids_before[first_G + length]
                counts_G = np.bincount(ends_G, minlength=len(keys_before))
                self.levels.append(_level(keys_before, counts_G, num_contexts, vocabulary))
                num_contexts = len(keys_before)
            keys_before, ids_before = keys_G, _aligned(inverse_N, length)
        counts_G = np.bincount(ids_before[order:], minlength=len(keys_before))
        self.levels.append(_level(keys_before, counts_G, num_contexts, vocabulary))

    def bits(self, tokens_N: np.ndarray) -> np.ndarray:
        """Bits that each token costs, (N,)."""
        probability_N = np.full(len(tokens_N), 1.0 / self.vocabulary)
        context_N = np.zeros(len(tokens_N), dtype=np.int64)
        for level in self.levels:
            keys_N = context_N * self.vocabulary + tokens_N
            place_N = np.minimum(np.searchsorted(level.keys_G, keys_N), len(level.keys_G) - 1)
            is_context_N = context_N >= 0
            is_known_N = is_context_N & (level.keys_G[place_N] == keys_N)
            left_N = np.where(is_context_N, level.left_over_H[np.maximum(context_N, 0)], 1.0)
            probability_N = left_N * probability_N
            probability_N += np.where(is_known_N, level.discounted_G[place_N], 0.0)
            # The n-gram that ends here is the context of the token after it.
            context_N = np.concatenate([[-1], np.where(is_known_N, place_N, -1)[:-1]])
        return -np.log2(probability_N)


def _joined(
    ids_before: np.ndarray, tokens_N: np.ndarray, order: int, vocabulary: int
) -> np.ndarray:
    """Keys of the n-grams of an order, from those one shorter that end just before; (N - order + 1,)."""
    return ids_before[order - 1 : len(tokens_N)] * vocabulary + tokens_N[order - 1 :]


def _aligned(inverse: np.ndarray, order: int) -> np.ndarray:
    """Ids by the position after their last token; the first few have no n-gram."""
    return np.concatenate([np.zeros(order, dtype=np.int64), inverse.astype(np.int64)])


def _level(keys_G: np.ndarray, counts_G: np.ndarray, num_contexts: int, vocabulary: int) -> _Level:
    context_G = keys_G // vocabulary
    discount = _discounts(counts_G)
    discount_G = discount[np.minimum(counts_G, 3)]
    total_H = np.bincount(context_G, weights=counts_G, minlength=num_contexts)
    left_H = np.bincount(
        context_G, weights=np.minimum(discount_G, counts_G), minlength=num_contexts
    )
    safe_H = np.maximum(total_H, 1e-12)
    return _Level(
        keys_G=keys_G,
        discounted_G=(np.maximum(counts_G - discount_G, 0.0) / safe_H[context_G]).astype(
            np.float32
        ),
        left_over_H=np.where(total_H > 0, left_H / safe_H, 1.0).astype(np.float32),
    )


def _discounts(counts_G: np.ndarray) -> np.ndarray:
    """For counts of 0, 1, 2 and more (equation 26 of Chen & Goodman)."""
    n1, n2, n3, n4 = (max(1, int((counts_G == count).sum())) for count in (1, 2, 3, 4))
    y = n1 / (n1 + 2 * n2)
    found = [1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3]
    return np.array([0.0, *np.clip(found, LEAST_DISCOUNT, 3.0)])
