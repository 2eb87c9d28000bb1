"""Words of the house: frequent here, and cut into many tokens by a base model.

A tokenizer learned its tokens from the text that its model learned from, so a word in many pieces was rare
there. What such words cost is counted: tokens beyond one, over all texts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from sartor.data.personal import mask_personal_data

LEAST_TEXTS = 5
MOST_LOOKED_UP = 5_000
"""Words whose tokens are counted, the most frequent ones."""
MOST_LISTED = 40
MANY_TOKENS = 3
"""Tokens from which on a word was rare in a base model's text."""
_LOOKED_AT_CHARACTERS = 2_000
_WORD = re.compile(r"(?<![\w@<{])[^\W\d_][\w-]{2,39}(?![\w@>}])")
"""An apostrophe ends a word: `isn't` is cut there by every tokenizer, and is no word of the house."""


class Jargon(NamedTuple):
    """A word of the house."""

    word: str
    """As it is mostly written here."""
    num_texts: int
    num_tokens: dict[str, int]
    """Base model to the tokens it takes."""


def jargon(
    texts: Sequence[str], tokens_of: dict[str, Callable[[Sequence[str]], np.ndarray]]
) -> list[Jargon]:
    """The words that cost most tokens, over all base models.

    Args:
        texts: N texts, a sample is enough.
        tokens_of: Base model to what counts the tokens of some texts, (N,).

    Returns:
        Words that take at least three tokens of some base model, the dearest first.
    """
    num_texts, spelled = _words(texts)
    words = [word for word, count in num_texts.most_common(MOST_LOOKED_UP) if count >= LEAST_TEXTS]
    forms = [spelled[word].most_common(1)[0][0] for word in words]
    if not forms:
        return []
    counts = {base: np.asarray(count(forms)).tolist() for base, count in tokens_of.items()}
    found = [
        Jargon(form, num_texts[word], {base: int(tokens[at]) for base, tokens in counts.items()})
        for at, (word, form) in enumerate(zip(words, forms, strict=True))
    ]
    dear = [one for one in found if max(one.num_tokens.values(), default=0) >= MANY_TOKENS]
    return sorted(dear, key=lambda one: (-_cost(one), one.word))[:MOST_LISTED]


def _cost(one: Jargon) -> int:
    """Tokens beyond one, in all texts and of all base models."""
    return one.num_texts * sum(tokens - 1 for tokens in one.num_tokens.values())


def _words(texts: Sequence[str]) -> tuple[Counter[str], dict[str, Counter[str]]]:
    """Texts with each word, case folded, and how it is spelled."""
    num_texts: Counter[str] = Counter()
    spelled: dict[str, Counter[str]] = {}
    for text in texts:
        words = _WORD.findall(mask_personal_data(text[:_LOOKED_AT_CHARACTERS]))
        for word in sorted(set(words)):
            spelled.setdefault(word.casefold(), Counter())[word] += 1
        num_texts.update({word.casefold() for word in words})
    return num_texts, spelled
