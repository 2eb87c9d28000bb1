"""What messages may be about: labels, or topics that were proposed; and messages typical of each.

Shape letters: N messages, L things, W words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sartor.data.personal import excerpt, mask_personal_data

NUM_EXAMPLES = 2
_LOOKED_AT_CHARACTERS = 2_000
_DIGITS = 6


@dataclass(frozen=True)
class Things:
    """Which message is about what."""

    kind: str
    """`label` or `topic`."""
    names: tuple[str, ...]
    has_NL: np.ndarray
    """Whether a message is about a thing, bool."""
    examples: tuple[tuple[str, ...], ...]
    """Messages typical of each thing, personal data replaced."""


def labelled(texts: Sequence[str], names: Sequence[str], has_NL: np.ndarray) -> Things:
    """Labels as things, with the messages whose words are most like those of their label."""
    return Things("label", tuple(names), has_NL, _typical(texts, has_NL))


def named_topics(names: Sequence[str | None], examples: dict[str, tuple[str, ...]]) -> Things:
    """Topics as things.

    Args:
        names: Of the topic of each message; None: of none.
        examples: Name to central messages, for every name.
    """
    has_NL = np.array([[name == one for one in examples] for name in names], bool)
    has_NL = has_NL.reshape(len(names), len(examples))
    return Things("topic", tuple(examples), has_NL, tuple(examples.values()))


def _typical(texts: Sequence[str], has_NL: np.ndarray) -> tuple[tuple[str, ...], ...]:
    """By cosine with the mean of the label's TF-IDF vectors."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    masked = [mask_personal_data(text[:_LOOKED_AT_CHARACTERS]) for text in texts]
    try:
        weight_NW = TfidfVectorizer(sublinear_tf=True).fit_transform(masked)
    except ValueError:  # no text has a word
        return ((),) * has_NL.shape[1]
    found: list[tuple[str, ...]] = []
    for has_N in has_NL.T:
        rows = np.flatnonzero(has_N)
        if not rows.size:
            found.append(())
            continue
        mean_W = np.asarray(weight_NW[rows].mean(axis=0)).ravel()
        likeness = np.round(weight_NW[rows] @ mean_W, _DIGITS)
        ranked = rows[np.argsort(-likeness, kind="stable")]
        different = dict.fromkeys(excerpt(texts[row]) for row in ranked[: 4 * NUM_EXAMPLES])
        found.append(tuple(different)[:NUM_EXAMPLES])
    return tuple(found)
