"""Metrics of written answers for which a model has to read them: relevance, and bits per byte.

Neither reader takes part in the tournament. They are asked on the test set alone, after the winner is
known, and what they say is reported beside the other metrics and decides nothing.

Shape letters: R replicates, N rows, D width of a vector, K counts of a row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from sartor.core.hashing import derived_seed
from sartor.core.metric import METRICS
from sartor.core.score import Estimate
from sartor.evaluate.intervals import bootstrap_estimate, distinct_replicates
from sartor.evaluate.kneser_ney import KneserNey
from sartor.evaluate.row_sums import WeightedMetric, mean_over_rows, of_sums, share

Embed = Callable[[Sequence[str]], np.ndarray]
"""Texts to vectors, (N, D)."""

ORDER = 6
"""Bytes of a run that the letter model counts: about a word, so that it knows spelling and not sentences."""
MOST_BYTES = 2_000_000
"""Of known answers that it learns from; more would not change its idea of spelling."""
BETWEEN = 256
"""The token between two answers, beyond the 256 bytes."""


class TextReaders:
    """Both readers, each asked once about a text.

    Args:
        answers: Known answers to learn letters from; none of the test set.
        embed: The encoder; None where none is at hand, then relevance is not measured.
        seed: Which answers are learned from where there are too many.
    """

    def __init__(self, answers: Sequence[str], *, embed: Embed | None, seed: int) -> None:
        self.answers = answers
        self.embed = embed
        self.seed = seed
        self._paid_for: dict[str, tuple[float, float]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics that can be measured."""
        return ("bits_per_byte",) if self.embed is None else ("relevance", "bits_per_byte")

    def estimates(
        self, targets_N: np.ndarray, decided_RN: np.ndarray, *, groups: np.ndarray, seed: int
    ) -> dict[str, Estimate]:
        """Each metric, averaged over the replicates, with its interval.

        Args:
            targets_N: Tuples of references.
            decided_RN: Answers.
            groups: Rows with equal numbers belong together, (N,).
            seed: Of the bootstrap's draws.
        """
        decided_RN = distinct_replicates(decided_RN)
        return {
            name: bootstrap_estimate(
                self._metric(name, targets_N, decided_RN),
                groups=groups,
                seed=seed,
                is_share=METRICS[name].is_share,
            )
            for name in self.names
        }

    def per_seed(
        self, targets_N: np.ndarray, decided_RN: np.ndarray
    ) -> dict[str, tuple[float, ...]]:
        """Each metric, one value a replicate."""
        every_N1 = np.ones((len(targets_N), 1))
        return {
            name: tuple(
                float(self._metric(name, targets_N, decided_N[None])(every_N1)[0])
                for decided_N in decided_RN
            )
            for name in self.names
        }

    def _metric(self, name: str, targets_N: np.ndarray, decided_RN: np.ndarray) -> WeightedMetric:
        if name == "relevance":
            return mean_over_rows(self._relevance(targets_N, decided_RN).mean(axis=0))
        paid_RNK = self._paid(decided_RN)
        return of_sums(paid_RNK, lambda sums_KB: share(sums_KB[0], sums_KB[1]))

    def _relevance(self, targets_N: np.ndarray, decided_RN: np.ndarray) -> np.ndarray:
        """Cosine of an answer with the reference that is most like it, (R, N); 0 where they are opposed."""
        assert self.embed is not None
        pairs = [
            (row, answer, reference)
            for answers in decided_RN
            for row, (answer, references) in enumerate(zip(answers, targets_N, strict=True))
            for reference in references
        ]
        texts = sorted({text for _, *both in pairs for text in both})
        place = {text: at for at, text in enumerate(texts)}
        vectors_TD = _unit(self.embed(texts))
        of_answer = vectors_TD[[place[answer] for _, answer, _ in pairs]]
        cosines = (of_answer * vectors_TD[[place[known] for *_, known in pairs]]).sum(axis=1)
        cosines[[not answer.strip() for _, answer, _ in pairs]] = 0.0
        num = [len(references) for _ in decided_RN for references in targets_N]
        starts = (np.cumsum(num) - num).astype(np.int64)
        best = np.maximum.reduceat(cosines, starts) if len(num) else np.zeros(0)
        return np.clip(best, 0.0, 1.0).reshape(decided_RN.shape)

    def _paid(self, decided_RN: np.ndarray) -> np.ndarray:
        """Bits and bytes of every answer, (R, N, 2)."""
        unread = sorted({answer for answer in decided_RN.flat if answer not in self._paid_for})
        self._paid_for.update(zip(unread, self._bits_and_bytes(unread), strict=True))
        paid = [self._paid_for[answer] for answer in decided_RN.flat]
        return np.array(paid, dtype=np.float64).reshape(*decided_RN.shape, 2)

    def _bits_and_bytes(self, texts: Sequence[str]) -> list[tuple[float, float]]:
        if not texts:
            return []
        tokens, starts, sizes = _stream(texts)
        sums = np.concatenate([[0.0], np.cumsum(self._letters.bits(tokens))])
        bits = sums[starts + sizes] - sums[starts]
        return list(zip(bits.tolist(), sizes.astype(float).tolist(), strict=True))

    @cached_property
    def _letters(self) -> KneserNey:
        rng = np.random.default_rng(derived_seed(self.seed, "letters"))
        shuffled = [self.answers[row] for row in rng.permutation(len(self.answers))]
        sizes = np.cumsum([len(_bytes(answer)) for answer in shuffled])
        kept = shuffled[: max(1, int(np.searchsorted(sizes, MOST_BYTES, side="right")))]
        return KneserNey(_stream(kept or [""])[0], vocabulary=BETWEEN + 1, order=ORDER)


def _stream(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Texts as one row of tokens, none of which knows another text; where each begins; its bytes."""
    gap = np.full(ORDER - 1, BETWEEN, dtype=np.int64)
    pieces = [np.frombuffer(_bytes(text), dtype=np.uint8).astype(np.int64) for text in texts]
    sizes = np.array([len(piece) for piece in pieces], dtype=np.int64)
    starts = len(gap) * np.arange(1, len(pieces) + 1) + np.cumsum(sizes) - sizes
    tokens = [part for piece in pieces for part in (gap, piece)]
    return np.concatenate([*tokens, gap]), starts, sizes


def _bytes(text: str) -> bytes:
    """UTF-8; of half a character, which has none, a question mark."""
    return text.encode("utf-8", "replace")


def _unit(vectors_TD: np.ndarray) -> np.ndarray:
    lengths_T1 = np.linalg.norm(vectors_TD, axis=1, keepdims=True)
    return vectors_TD / np.maximum(lengths_T1, 1e-12)
