"""Nearest examples: scikit-learn's order, and nothing strange for strange texts."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from sartor.tune.nearest import NearestExamples

EXAMPLES = [
    "where is my order",
    "the jacket is too tight under the arms",
    "please send my money back",
    "my parcel has not come",
    "the trousers are too long by two centimetres",
    "can I pay by invoice",
]


def test_the_most_alike_come_first() -> None:
    index = NearestExamples(EXAMPLES, max_tokens=64)
    nearest_NK, cosines_NK = index.of(["Where's my order?", "trousers too long"], 3)
    assert nearest_NK[:, 0].tolist() == [0, 4]
    assert (np.diff(cosines_NK, axis=1) <= 0).all()


def test_similarities_are_those_of_scikit_learn() -> None:
    index = NearestExamples(EXAMPLES, max_tokens=64)
    asked = ["the order of my jacket", "money money back"]
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\w+")
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    expected = np.mean(
        [
            (v.fit(EXAMPLES).transform(asked) @ v.transform(EXAMPLES).T).toarray()
            for v in (words, characters)
        ],
        axis=0,
    )
    nearest_NK, cosines_NK = index.of(asked, len(EXAMPLES))
    found = np.zeros_like(expected)
    np.put_along_axis(found, nearest_NK, cosines_NK, axis=1)
    assert np.abs(found - expected).max() < 0.08, "tokenisers differ at the edges"
    assert (found.argmax(axis=1) == expected.argmax(axis=1)).all()


@pytest.mark.parametrize("text", ["", "???", "שלום", "a" * 5000])
def test_a_text_like_no_other_gets_neighbours_with_nothing_in_common(text: str) -> None:
    nearest_NK, cosines_NK = NearestExamples(EXAMPLES, max_tokens=64).of([text], 2)
    assert nearest_NK.shape == (1, 2)
    assert (cosines_NK >= 0).all()
    assert cosines_NK.max() < 0.3


def test_there_are_never_more_neighbours_than_examples() -> None:
    assert NearestExamples(EXAMPLES[:2], max_tokens=64).of(["x"], 9)[0].shape == (1, 2)
    nothing = NearestExamples(["", ""], max_tokens=64)
    assert nothing.of(["anything"], 1)[0].tolist() == [[0]]
