"""Agreement of annotators: the oracles are examples that were computed by hand and published."""

from __future__ import annotations

import numpy as np
import pytest

from sartor.core.errors import DataError
from sartor.data.agreement import agreement

FOUR_OBSERVERS = {
    "A": ["1", "2", "3", "3", "2", "1", "4", "1", "2", ".", ".", "."],
    "B": ["1", "2", "3", "3", "2", "2", "4", "1", "2", "5", ".", "3"],
    "C": [".", "3", "3", "3", "2", "3", "4", "2", "2", "5", "1", "."],
    "D": ["1", "2", "3", "3", "2", "4", "4", "1", "2", "5", "1", "."],
}
TWO_OBSERVERS = {"A": list("aabbdccceddA".lower()), "B": list("babbbccceddd")}
BINARY = {"A": list("0100000010"), "B": list("1110010000")}


def gaps(ratings):
    return {name: [None if v == "." else v for v in column] for name, column in ratings.items()}


@pytest.mark.parametrize(
    ("ratings", "is_number", "published"),
    [
        (BINARY, False, 0.095),
        (TWO_OBSERVERS, False, 0.692),
        (FOUR_OBSERVERS, False, 0.743),
        (FOUR_OBSERVERS, True, 0.849),
    ],
)
def test_alpha_is_that_of_krippendorffs_own_examples(ratings, is_number, published):
    """Krippendorff 2011, sections A, B and C."""
    found = agreement(gaps(ratings), is_number=is_number)
    assert found.alpha.value == pytest.approx(published, abs=0.0006)
    assert found.alpha.low < found.alpha.value < found.alpha.high <= 1


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(4)
    num_held = 0
    for seed in range(30):
        truth = rng.integers(0, 3, 150)
        columns = {
            name: np.where(rng.random(150) < 0.8, truth, rng.integers(0, 3, 150)).astype(str)
            for name in "AB"
        }
        alpha = agreement({k: list(v) for k, v in columns.items()}, seed=seed).alpha
        num_held += alpha.low <= 0.64 <= alpha.high
    assert 25 <= num_held <= 30


def test_the_majority_speaks_and_ties_are_named():
    found = agreement(
        {"ann": ["x", "x", None, ""], "ben": ["x", "y", "y", None], "cat": ["y", None, None, " "]}
    )
    assert [one.value for one in found.consensus] == ["x", None, "y", None]
    assert found.consensus[1].tied == ("x", "y")
    counts = {one.what: one for one in found.counts([f"f.csv:{n}" for n in range(2, 6)])}
    assert counts["ties of annotators"].examples == ("f.csv:3: x or y",)
    assert counts["rows rated once"].num_rows == 1
    assert counts["rows without a rating"].examples == ("f.csv:5",)


def test_who_stands_apart_is_seen():
    found = agreement({"ann": list("aabb"), "ben": list("aabb"), "odd": list("bbaa")})
    assert [one.agreement for one in found.annotators] == [0.5, 0.5, 0.0]
    scale = agreement({"ann": [1, 2, 3.0], "far": [3, 4, float("nan")]}, is_number=True)
    assert [one.difference for one in scale.annotators] == [2.0, 2.0]
    assert [one.num_compared for one in scale.annotators] == [2, 2]
    assert [one.value for one in scale.consensus] == [2.0, 3.0, 3.0]


def test_ratings_that_cannot_differ_say_nothing():
    found = agreement({"ann": ["a", "a"], "ben": ["a", "a"]})
    assert found.alpha.value is None
    assert "Every rating is the same" in found.in_words
    assert "No row was rated" in agreement({"ann": ["a", None], "ben": [None, "b"]}).in_words


def test_a_word_on_a_scale_is_named_with_its_place():
    with pytest.raises(DataError, match=r"ben, row 2: `good` is not a number"):
        agreement({"ann": ["1", "2"], "ben": ["1", "good"]}, is_number=True)
    with pytest.raises(DataError, match="at least two columns"):
        agreement({"ann": ["1", "2"]})
