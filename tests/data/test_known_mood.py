"""What is said of the judge of mood holds: 100 messages that were read by hand."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import numpy as np
import pytest

from sartor.data.mood import mood_of
from sartor.data.things import Things
from sartor.report.insight_words import JUDGED

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
pytestmark = [
    pytest.mark.needs_shared,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is absent"),
]
NEGATIVE = {
    *(3, 5, 6, 9, 11, 12, 13, 16, 17, 18, 19, 24, 26, 27, 28, 31, 32, 33),
    *(43, 47, 71, 77, 86, 89, 95),
}
POSITIVE = {46, 51, 55, 60, 64, 65}
"""Places in the draw; all others are neutral. Read by one person before any score was seen."""


def _drawn():
    def rows(name):
        with gzip.open(DATA / name, "rt", encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    draw = random.Random(20261123)
    banking = [row["text"] for row in rows("banking77/test.jsonl.gz")]
    turns = [row["text"] for row in rows("multidogo/test.jsonl.gz")]
    turns = list(dict.fromkeys(text for text in turns if len(text.split()) >= 5))
    bitext = list(
        dict.fromkeys(row["instruction"] for row in rows("bitext_support/responses_4k.jsonl.gz"))
    )
    return [*draw.sample(banking, 34), *draw.sample(turns, 33), *draw.sample(bitext, 33)]


def test_the_page_says_how_often_the_word_list_is_right():
    sentiment = pytest.importorskip("vaderSentiment.vaderSentiment")
    texts = _drawn()
    score = sentiment.SentimentIntensityAnalyzer().polarity_scores
    valence = np.array([score(text)["compound"] for text in texts])
    said = np.where(valence <= -0.05, -1, np.where(valence >= 0.05, 1, 0))
    truly = np.array([-(at in NEGATIVE) + (at in POSITIVE) for at in range(100)])
    both = int(((said == -1) & (truly == -1)).sum())
    assert f"right for {int((said == truly).sum())} of 100" in JUDGED
    assert f"{int((truly == 0).sum())} of them neutral" in JUDGED
    assert f"Of {len(NEGATIVE)} that told of trouble it found {both}" in JUDGED
    assert f"{both} of the {int((said == -1).sum())} that it called negative" in JUDGED


def test_what_is_counted_as_negative_is_what_was_judged():
    pytest.importorskip("vaderSentiment")
    texts = _drawn()
    none = Things("label", (), np.empty((100, 0), bool), ())
    mood = mood_of(texts, none, np.full(100, np.nan))
    assert mood.num_judged + mood.num_other_languages == 100
    assert mood.num_judged >= 90
    assert abs(mood.negative.share.value * mood.num_judged - 16) <= 2
