"""The 5-gram model against the formulas written out, one n-gram at a time."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest

from sartor.evaluate.kneser_ney import ORDER, KneserNey

VOCABULARY = 7


@pytest.fixture(scope="module")
def stream() -> np.ndarray:
    """A text with habits: what follows depends on the two tokens before."""
    rng = np.random.default_rng(3)
    tokens = [1, 2]
    for _ in range(600):
        likely = (tokens[-1] * 3 + tokens[-2]) % VOCABULARY
        tokens.append(likely if rng.random() < 0.6 else int(rng.integers(VOCABULARY)))
    return np.array(tokens, dtype=np.int64)


class ByTheBook:
    """Chen & Goodman 1998, equations 24 to 27, with dictionaries."""

    def __init__(self, tokens: list[int]) -> None:
        self.counts: dict[int, Counter[tuple[int, ...]]] = {
            ORDER: Counter(tuple(tokens[i : i + ORDER]) for i in range(len(tokens) - ORDER + 1))
        }
        for order in range(ORDER - 1, 0, -1):
            before: dict[tuple[int, ...], set[int]] = defaultdict(set)
            for i in range(1, len(tokens) - order + 1):
                before[tuple(tokens[i : i + order])].add(tokens[i - 1])
            self.counts[order] = Counter({gram: len(seen) for gram, seen in before.items()})

    def discount(self, order: int, count: int) -> float:
        seen = Counter(self.counts[order].values())
        n = {times: max(1, seen[times]) for times in (1, 2, 3, 4)}  # a small text may have none
        y = n[1] / (n[1] + 2 * n[2])
        kind = min(count, 3)
        return (
            0.0 if not kind else min(3.0, max(0.05, kind - (kind + 1) * y * n[kind + 1] / n[kind]))
        )

    def probability(self, context: tuple[int, ...], token: int) -> float:
        order = len(context) + 1
        shorter = self.probability(context[1:], token) if context else 1 / VOCABULARY
        following = {
            gram[-1]: count
            for gram, count in self.counts[order].items()
            if gram[:-1] == context and count
        }
        total = sum(following.values())
        if not total:
            return shorter
        own = following.get(token, 0)
        kept = max(0.0, own - self.discount(order, own)) / total
        left = sum(min(self.discount(order, count), count) for count in following.values()) / total
        return kept + left * shorter


def test_every_probability_is_that_of_the_book(stream: np.ndarray) -> None:
    asked = np.concatenate([stream[100:130], [0, 0, 6, 6, 5, 1]])
    book = ByTheBook(stream.tolist())
    expected = [
        -np.log2(book.probability(tuple(asked[max(0, i - 4) : i].tolist()), int(asked[i])))
        for i in range(len(asked))
    ]
    bits = KneserNey(stream, vocabulary=VOCABULARY).bits(asked)
    np.testing.assert_allclose(bits, expected, rtol=1e-5)


@pytest.mark.parametrize("context", [[], [3], [1, 2], [6, 6, 6, 6], [2, 0, 5, 1]])
def test_probabilities_of_what_may_follow_sum_to_one(
    stream: np.ndarray, context: list[int]
) -> None:
    model = KneserNey(stream, vocabulary=VOCABULARY)
    following = [2.0 ** -model.bits(np.array([*context, token]))[-1] for token in range(VOCABULARY)]
    assert sum(following) == pytest.approx(1.0, rel=1e-5)
    assert min(following) > 0


def test_text_like_the_training_text_is_cheaper_than_noise(stream: np.ndarray) -> None:
    model = KneserNey(stream[:400], vocabulary=VOCABULARY)
    noise = np.random.default_rng(0).integers(VOCABULARY, size=200)
    assert model.bits(stream[400:]).mean() < model.bits(noise).mean() - 0.5


def test_after_a_text_that_repeats_itself_everything_is_still_possible() -> None:
    model = KneserNey(np.array([1, 2, 3, 4] * 30), vocabulary=VOCABULARY)
    assert np.isfinite(model.bits(np.arange(VOCABULARY))).all()
