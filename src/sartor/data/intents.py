"""Intents proposed for messages that have no labels: clusters with telling words and central examples.

Shape letters: N messages, T different texts, D features, K clusters, W words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from sartor.core.dataset import Count
from sartor.core.errors import DataError
from sartor.core.words import counted
from sartor.data.neighbours import nearest_of, unit_rows
from sartor.data.personal import excerpt, mask_personal_data
from sartor.data.same_words import LIGHT
from sartor.data.spectral import centred, clusters_of

MAX_TEXTS = 20_000
"""So many different texts are clustered; further ones join the nearest cluster."""
FEWEST_TEXTS = 20
THIN_MESSAGES = 20
"""An intent with fewer messages is too thin to learn and to test."""
NUM_WORDS = 5
NUM_EXAMPLES = 3
_WORD = re.compile(r"(?!\d)\w[\w'’]{1,29}")
_LOOKED_AT_CHARACTERS = 2_000
_DIGITS = 5


@dataclass(frozen=True)
class Intent:
    """One proposal."""

    id: str
    """`i001` and on, the largest first."""
    name: str | None
    """What to call it; proposals of one name are one intent, one without a name is none."""
    words: tuple[str, ...]
    """Words that tell it from the others, the most telling first."""
    examples: tuple[str, ...]
    """Central messages, personal data replaced."""
    num_messages: int


@dataclass(frozen=True)
class Proposals:
    """Intents for all messages."""

    intents: tuple[Intent, ...]
    intent_N: np.ndarray
    """Place in `intents` of each message, (N,); -1 for empty ones."""

    @property
    def covered_share(self) -> float:
        """Share of the messages in intents that are not thin, 0 to 1."""
        covered = sum(one.num_messages for one in self.intents if not is_thin(one))
        return covered / max(1, len(self.intent_N))

    def counts(self) -> list[Count]:
        """What the card says."""
        most = counted(len(self.intents), "intent")
        note = (
            f"{most} were proposed from messages without labels; those of at least "
            f"{THIN_MESSAGES} messages cover {100 * self.covered_share:.0f} % of them."
        )
        examples = tuple(f"{one.id} {one.name}" for one in self.intents[:3])
        counts = [
            Count(
                "messages with a proposed intent", int((self.intent_N >= 0).sum()), note, examples
            )
        ]
        if thin := [one for one in self.intents if is_thin(one)]:
            note = (
                f"Fewer than {THIN_MESSAGES} messages each: merge them, drop them or gather more."
            )
            counts.append(
                Count(
                    "messages of thin intents",
                    sum(one.num_messages for one in thin),
                    note,
                    tuple(f"{one.id} {one.name}" for one in thin[:3]),
                )
            )
        return counts


def is_thin(intent: Intent) -> bool:
    """Whether it has too few messages to learn and to test."""
    return intent.num_messages < THIN_MESSAGES


def propose_intents(
    texts: Sequence[str], features_ND: np.ndarray, *, where: str = "data", seed: int = 0
) -> Proposals:
    """Cluster messages, as many clusters as they show, and name each.

    Args:
        texts: The messages.
        features_ND: Their features.
        where: The file, for messages.
        seed: For the sample and the clustering.

    Raises:
        DataError: Fewer than twenty different messages.
    """
    text_N, first_T = _different(texts)
    if len(first_T) < FEWEST_TEXTS:
        raise DataError(
            where=where,
            problem=f"holds {counted(len(first_T), 'different message')}; intents are not seen in so few.",
            fix=f"Gather at least {FEWEST_TEXTS}, better some thousand.",
        )
    features_TD = features_ND[first_T]
    num_messages_T = np.bincount(text_N[text_N >= 0], minlength=len(first_T))
    cluster_T = _largest_first(_clusters(features_TD, seed=seed), num_messages_T)
    intent_N = np.where(text_N >= 0, cluster_T[text_N], -1)
    words = _telling_words([texts[row] for row in first_T], cluster_T)
    examples = _central(features_TD, cluster_T, [texts[row] for row in first_T])
    names = _names(words)
    sizes = np.bincount(intent_N[intent_N >= 0])
    intents = tuple(
        Intent(f"i{k + 1:03}", names[k], words[k], examples[k], int(sizes[k]))
        for k in range(len(sizes))
    )
    return Proposals(intents, intent_N)


def _different(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """The number of each message's text, -1 for an empty one, and the first row of each text."""
    number: dict[str, int] = {}
    keys = [" ".join(text.casefold().split()) for text in texts]
    text_N = np.array([number.setdefault(key, len(number)) if key else -1 for key in keys])
    first_T = np.zeros(len(number), np.int64)
    first_T[text_N[::-1][text_N[::-1] >= 0]] = np.flatnonzero(text_N >= 0)[::-1]
    return text_N, first_T


def _clusters(features_TD: np.ndarray, *, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    sample = np.sort(rng.permutation(len(features_TD))[:MAX_TEXTS])
    cluster_T = np.full(len(features_TD), -1)
    cluster_T[sample] = clusters_of(features_TD[sample], seed=seed)
    others = np.flatnonzero(cluster_T < 0)
    if others.size:
        unit_TD = centred(features_TD)
        nearest, _ = nearest_of(unit_TD[others], _centres(unit_TD[sample], cluster_T[sample]))
        cluster_T[others] = nearest[:, 0]
    return cluster_T


def _largest_first(cluster_T: np.ndarray, num_messages_T: np.ndarray) -> np.ndarray:
    """Clusters numbered by their messages."""
    sizes = np.bincount(cluster_T, weights=num_messages_T)
    rank = np.empty(len(sizes), np.int64)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    return rank[cluster_T]


def _centres(unit_TD: np.ndarray, cluster_T: np.ndarray) -> np.ndarray:
    return unit_rows(
        np.stack([unit_TD[cluster_T == k].mean(0) for k in range(cluster_T.max() + 1)])
    )


def _telling_words(texts: Sequence[str], cluster_T: np.ndarray) -> list[tuple[str, ...]]:
    """Class-based TF-IDF (Grootendorst 2022, BERTopic) over the share of a cluster's messages with a word."""
    has_TW, vocabulary = _words_of(texts)
    num_clusters = int(cluster_T.max()) + 1
    times_KW = np.stack(
        [np.asarray(has_TW[cluster_T == k].sum(0)).ravel() for k in range(num_clusters)]
    )
    words_in_cluster_K1 = np.maximum(times_KW.sum(1, keepdims=True), 1)
    rarity_W = np.log1p(words_in_cluster_K1.mean() / np.maximum(times_KW.sum(0), 1))
    weight_KW = np.round(times_KW / words_in_cluster_K1 * rarity_W, _DIGITS + 2)
    weight_KW[times_KW < 2] = 0  # what one message says may be a name
    weight_KW = _without_light_words(weight_KW, vocabulary)
    orders = [np.argsort(-weight_W, kind="stable")[:NUM_WORDS] for weight_W in weight_KW]
    return [
        tuple(vocabulary[w] for w in order if weight_W[w] > 0)
        for order, weight_W in zip(orders, weight_KW, strict=True)
    ]


def _without_light_words(weight_KW: np.ndarray, vocabulary: Sequence[str]) -> np.ndarray:
    """Words such as "the" tell nothing, but where a cluster has no others."""
    is_light_W = np.array([word in LIGHT for word in vocabulary])
    has_others_K1 = (weight_KW[:, ~is_light_W] > 0).any(1, keepdims=True)
    return np.where(is_light_W & has_others_K1, 0.0, weight_KW)


def _words_of(texts: Sequence[str]) -> tuple[Any, list[str]]:
    from sklearn.feature_extraction.text import CountVectorizer

    masked = [mask_personal_data(text[:_LOOKED_AT_CHARACTERS]) for text in texts]
    counter = CountVectorizer(tokenizer=_words, token_pattern=None, lowercase=False, binary=True)
    try:
        return counter.fit_transform(masked), counter.get_feature_names_out().tolist()
    except ValueError:  # no text has a word
        counter.fit(["word"])
        return counter.transform(masked), ["word"]


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _names(words: Sequence[tuple[str, ...]]) -> list[str]:
    """The three most telling words, with a number where that name is taken."""
    names: list[str] = []
    for telling in words:
        name = "_".join(telling[:3]) or "unnamed"
        taken = sum(other == name or other.startswith(f"{name}_no") for other in names)
        names.append(f"{name}_no{taken + 1}" if taken else name)
    return names


def _central(
    features_TD: np.ndarray, cluster_T: np.ndarray, texts: Sequence[str]
) -> list[tuple[str, ...]]:
    """Of each cluster the messages nearest to its middle."""
    unit_TD = centred(features_TD)
    centre_KD = _centres(unit_TD, cluster_T)
    cosine_T = np.round((unit_TD * centre_KD[cluster_T]).sum(1), _DIGITS)
    order_T = np.lexsort((np.arange(len(texts)), -cosine_T, cluster_T))
    starts = np.searchsorted(cluster_T[order_T], np.arange(len(centre_KD) + 1))
    return [
        tuple(excerpt(texts[t]) for t in order_T[start:stop][:NUM_EXAMPLES])
        for start, stop in pairwise(starts)
    ]
