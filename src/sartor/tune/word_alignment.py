"""Which word of a translation stands for which word of the text, learned from pairs alone.

IBM model 1 (Brown et al. 1993, "The mathematics of statistical machine translation"), in its last rounds with
the prior of fast_align, that places correspond (Dyer et al. 2013), in both directions; what both take for the
best is a link (Liang et al. 2006, "Alignment by agreement").

Shape letters: P pairs, S words of all texts, T words of all translations, L possible links, U different word
pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ROUNDS, PLACED_ROUNDS = 2, 3
"""Of expectation and maximisation, first by words alone: places alone would settle short texts."""
DIAGONAL = 4.0
"""How strongly places have to correspond: the value that fast_align starts with."""
NOWHERE_SHARE = 0.08
"""Prior of a word that stands for none, as in fast_align."""
LEAST_AGREEMENT = 0.05
"""Product of both directions' probabilities that a link needs."""


@dataclass(frozen=True)
class Words:
    """The words of many texts, one text after the other."""

    ids_S: np.ndarray
    """Number of each word's form, (S,) int64."""
    lengths_P: np.ndarray
    """Words of each text, (P,) int64."""

    @property
    def text_of_words(self) -> np.ndarray:
        """The text of each word, (S,)."""
        return np.repeat(np.arange(len(self.lengths_P)), self.lengths_P)

    @property
    def starts(self) -> np.ndarray:
        """Where each text begins among all words, (P,)."""
        return np.cumsum(self.lengths_P) - self.lengths_P


def word_links(source: Words, target: Words) -> tuple[np.ndarray, np.ndarray]:
    """Words that stand for each other.

    Args:
        source: Of the texts.
        target: Of their translations, in the same order.

    Returns:
        Places among all source words and among all target words, one each for every link.
    """
    source_L, target_L = _possible(source, target)
    prior_L = np.exp(-DIAGONAL * np.abs(_place(source)[source_L] - _place(target)[target_L]))
    agreed_L = _posterior(source.ids_S[source_L], target.ids_S[target_L], target_L, prior_L)
    agreed_L *= _posterior(target.ids_S[target_L], source.ids_S[source_L], source_L, prior_L)
    is_best_L = _is_largest(agreed_L, source_L) & _is_largest(agreed_L, target_L)
    kept_L = is_best_L & (agreed_L > LEAST_AGREEMENT)
    return source_L[kept_L], target_L[kept_L]


def _possible(source: Words, target: Words) -> tuple[np.ndarray, np.ndarray]:
    """Every word of a text with every word of its translation, (L,) places each."""
    num_T = source.lengths_P[target.text_of_words]
    target_L = np.repeat(np.arange(len(num_T)), num_T)
    within_L = np.arange(len(target_L)) - np.repeat(np.cumsum(num_T) - num_T, num_T)
    return source.starts[target.text_of_words][target_L] + within_L, target_L


def _place(words: Words) -> np.ndarray:
    """How far into its text each word stands, 0 to 1."""
    within_S = np.arange(len(words.ids_S)) - words.starts[words.text_of_words]
    return (within_S + 0.5) / words.lengths_P[words.text_of_words]


def _posterior(
    given_L: np.ndarray, said_L: np.ndarray, said_at_L: np.ndarray, prior_L: np.ndarray
) -> np.ndarray:
    """How probable each link is, given the words of one side, (L,).

    Args:
        given_L: Form of the word that is given.
        said_L: Form of the word that it would stand for.
        said_at_L: Place of that word among all of its side.
        prior_L: Of the places.
    """
    num_forms = int(said_L.max(initial=0)) + 1
    keys_U, pair_L = np.unique(given_L * num_forms + said_L, return_inverse=True)
    given_U = keys_U // num_forms
    # What stands for no word is as probable as the word is frequent.
    nowhere_L = NOWHERE_SHARE * np.bincount(said_L)[said_L] / len(said_L)
    even_L = np.ones(len(prior_L))
    chance_U = np.ones(len(keys_U))
    for of_places_L in [even_L] * ROUNDS + [prior_L] * PLACED_ROUNDS:
        share_L = (1 - NOWHERE_SHARE) / np.bincount(said_at_L, of_places_L)[said_at_L]
        weight_L = share_L * of_places_L * chance_U[pair_L]
        posterior_L = weight_L / (np.bincount(said_at_L, weight_L)[said_at_L] + nowhere_L)
        count_U = np.bincount(pair_L, posterior_L)
        chance_U = count_U / np.bincount(given_U, count_U)[given_U]
    return posterior_L


def _is_largest(values_L: np.ndarray, owner_L: np.ndarray) -> np.ndarray:
    """Which values are the largest of their owner, (L,) bool."""
    largest = np.zeros(int(owner_L.max(initial=0)) + 1)
    np.maximum.at(largest, owner_L, values_L)
    return values_L == largest[owner_L]
