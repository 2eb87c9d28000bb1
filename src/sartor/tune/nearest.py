"""The examples that are most like an input, by the words and characters they share.

Shape letters: N inputs, M examples, K neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sartor.tune.ngrams import ANALYSERS, NgramBlock, learn_block, weighted_counts

CHUNK_INPUTS = 512
"""Inputs compared at a time: their similarities to all examples are held at once."""


class NearestExamples:
    """An index over examples.

    Args:
        texts: Examples, M, in readable form.
        max_tokens: Longest text that is read.
    """

    def __init__(self, texts: Sequence[str], *, max_tokens: int) -> None:
        from scipy.sparse import hstack

        blocks = [
            learn_block(texts, analyser=analyser, min_df=1, max_tokens=max_tokens)
            for analyser in ANALYSERS.values()
        ]
        self._hstack = hstack
        self.blocks: list[NgramBlock] = [block for block in blocks if len(block.idf)]
        self.num_examples = len(texts)
        self._counts_MF = self._counts(texts)

    def of(self, texts: Sequence[str], k: int) -> tuple[np.ndarray, np.ndarray]:
        """The most similar examples of each input, most similar first; equal ones in their own order.

        Returns:
            Indices (N, K) int64 and cosine similarities (N, K) float32, K at most the examples there are.
        """
        k = min(k, self.num_examples)
        indices_NK = np.zeros((len(texts), k), dtype=np.int64)
        cosines_NK = np.zeros((len(texts), k), dtype=np.float32)
        for start in range(0, len(texts), CHUNK_INPUTS):
            chunk = slice(start, start + CHUNK_INPUTS)
            similar_NM = self._similar(texts[chunk])
            order_NM = np.argsort(-similar_NM, axis=1, kind="stable")[:, :k]
            indices_NK[chunk] = order_NM
            cosines_NK[chunk] = np.take_along_axis(similar_NM, order_NM, axis=1)
        return indices_NK, cosines_NK

    def _similar(self, texts: Sequence[str]) -> np.ndarray:
        if not self.blocks:
            return np.zeros((len(texts), self.num_examples), dtype=np.float32)
        product = self._counts(texts) @ self._counts_MF.T
        return np.asarray(product.todense(), dtype=np.float32) / len(self.blocks)

    def _counts(self, texts: Sequence[str]):  # type: ignore[no-untyped-def]
        if not self.blocks:
            return None
        parts = [weighted_counts(texts, block) for block in self.blocks]
        return self._hstack(parts, format="csr").astype(np.float32)
