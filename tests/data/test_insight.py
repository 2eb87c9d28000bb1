"""A planted rise and a planted word are found in made times, and nothing else is called sure."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import numpy as np
import pytest

from sartor.core.conversation import Turn, conversation_text
from sartor.data.insight import customer_words, insight
from sartor.data.mood import mood_of
from sartor.data.things import labelled, named_topics
from sartor.data.trends import quarters

DAY = 86_400.0
START = datetime(2026, 1, 5, tzinfo=UTC).timestamp()
NAMES = ("delivery", "refund", "fit", "payment")
WORDS = [
    "the",
    "order",
    "suit",
    "coat",
    "shop",
    "please",
    "when",
    "what",
    "about",
    "blue",
    "size",
    "week",
    "call",
    "price",
    "cloth",
]


def planted(seed: int, *, num_rows: int = 1_600):
    """Messages of four labels, of which the last rises; a new word in a third of the newest sixth."""
    draw = np.random.default_rng(seed)
    label_N = draw.integers(0, 4, num_rows)
    at_N = draw.random(num_rows)
    at_N = np.where(label_N == 3, np.sqrt(at_N), at_N)
    texts = []
    for label, at in zip(label_N, at_N, strict=True):
        text = f"{NAMES[label]} {' '.join(draw.choice(WORDS, 8))}"
        texts.append(f"{text} trenchmaster" if at > 5 / 6 and draw.random() < 1 / 3 else text)
    has_NL = label_N[:, None] == np.arange(4)
    return texts, labelled(texts, NAMES, has_NL), START + 180 * DAY * at_N


def _found(texts, things, times, **more):
    return insight(texts, things, times, num_all=len(texts), tokens_of={}, **more)


@pytest.mark.parametrize("seed", range(5))
def test_a_planted_rise_and_a_new_word_are_found_and_nothing_else(seed):
    found = _found(*planted(seed))
    sure = {trend.name: trend.direction for trend in found.trends if trend.is_sure}
    assert sure.pop("payment") == "rises"
    assert set(sure.values()) <= {"falls"}, "the others can only lose what payment gains"
    assert found.trends[0].name == "payment"
    new = [one for one in found.terms if "trenchmaster" in one.term]
    assert new
    assert all("trenchmaster" in one.example for one in new)
    assert all("payment" in one.term for one in found.terms if one not in new)


@pytest.mark.parametrize("seed", range(5))
def test_without_a_plant_nothing_is_sure(seed):
    draw = np.random.default_rng(100 + seed)
    texts, things, _ = planted(seed)
    texts = [text.replace(" trenchmaster", "") for text in texts]
    found = _found(texts, things, START + 180 * DAY * draw.random(len(texts)))
    assert [trend.name for trend in found.trends if trend.is_sure] == []
    assert found.terms == ()
    assert len(found.periods) >= 2


def test_messages_without_times_have_totals_only():
    texts, things, times = planted(0)
    found = _found(texts, things, np.full(len(texts), np.nan))
    assert found.periods == ()
    assert found.num_with_time == 0
    assert all(trend.early is None and not trend.is_sure for trend in found.trends)
    totals = [trend.share for trend in found.trends]
    assert totals == sorted(totals, key=lambda share: -share.value)
    assert all(share.low < share.value < share.high for share in totals)
    half = _found(texts, things, np.where(np.arange(len(texts)) % 2, times, np.nan))
    assert half.num_with_time == len(texts) // 2
    assert sum(half.num_messages_P) == len(texts) // 2


def test_quoted_messages_hold_no_personal_data():
    texts, _, times = planted(0, num_rows=400)
    texts = [f"write to anna.berg{at}@post.example {text}" for at, text in enumerate(texts)]
    has_NL = np.arange(len(texts))[:, None] % 2 == np.arange(2)
    found = _found(texts, labelled(texts, ("a", "b"), has_NL), times)
    quoted = [*(e for t in found.trends for e in t.examples), *(t.example for t in found.terms)]
    assert quoted
    assert not any("@" in text for text in [*quoted, *found.mood.examples])


def test_of_a_chat_the_customers_last_words_are_looked_at():
    turns = [
        Turn("system", "You are kind."),
        Turn("user", "Hello"),
        Turn("assistant", "How can I help?"),
        Turn("user", "My coat is torn."),
        Turn("user", "And late."),
    ]
    assert customer_words(conversation_text(turns)) == "My coat is torn.\nAnd late."
    assert customer_words(conversation_text(turns[:3])) == "Hello"
    assert customer_words(conversation_text(turns[:1])) == ""


def test_topics_of_one_name_are_one():
    things = named_topics(["late", None, "late", "torn"], {"late": ("where is it",), "torn": ()})
    assert things.has_NL.sum(axis=0).tolist() == [2, 1]


def test_negative_messages_are_counted_and_other_languages_are_not_judged():
    pytest.importorskip("vaderSentiment")
    angry = ["This is terrible, the worst shop, I hate the awful seams of this coat."] * 30
    calm = ["I would like to know when the shop in the old town opens on Monday."] * 60
    german = ["Ich hasse diesen schrecklichen Mantel, er ist ganz furchtbar genäht."] * 10
    texts = [*angry, *calm, *german]
    has_NL = np.stack([np.arange(100) < 30, np.arange(100) >= 30], axis=1)
    mood = mood_of(texts, labelled(texts, ("torn", "hours"), has_NL), np.full(100, np.nan))
    assert mood.num_judged == 90
    assert mood.num_other_languages == 10
    assert mood.negative.share.value == pytest.approx(1 / 3, abs=1e-6)
    assert [trend.name for trend in mood.by_thing] == ["torn", "hours"]
    assert mood.by_thing[0].share.value == 1


def test_where_the_word_list_is_not_installed_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "vaderSentiment.vaderSentiment", None)
    texts, things, times = planted(0, num_rows=200)
    found = _found(texts, things, times)
    assert "not installed" in found.mood.problem
    assert found.mood.negative is None


@pytest.mark.parametrize(
    ("rows", "expected"),
    [([10] * 8, (2, 6)), ([100, 1, 1, 1], (1, 3)), ([1, 100, 1], (1, 2)), ([5, 5], (1, 1))],
)
def test_the_first_and_last_quarter_never_share_a_period(rows, expected):
    stop, start = quarters(np.array(rows))
    assert (stop, start) == expected
    assert stop <= start
