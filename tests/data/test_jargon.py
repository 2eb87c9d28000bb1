"""Words of the house are those that are frequent here and dear to a tokenizer."""

from __future__ import annotations

import numpy as np

from sartor.data.jargon import jargon


def _pieces(words):
    return np.array([max(1, len(word) // 3) for word in words])


def test_the_dearest_words_come_first_as_they_are_written():
    texts = ["the Florsheimer collar is wide"] * 9 + ["a buttonhole of the collar"] * 6
    found = jargon(texts, {"small": _pieces, "smaller": lambda words: np.full(len(words), 1)})
    assert [one.word for one in found] == ["Florsheimer", "buttonhole"]
    assert found[0].num_texts == 9
    assert found[0].num_tokens == {"small": 3, "smaller": 1}


def test_personal_data_and_rare_words_are_none():
    texts = ["write to florsheimerberger@post.example"] * 9 + ["Unverwechselbarkeit"] * 2
    assert jargon(texts, {"small": _pieces}) == []


def test_without_base_models_nothing_is_dear():
    assert jargon(["Florsheimer collar"] * 9, {}) == []
