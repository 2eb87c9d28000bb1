"""Near-duplicates: what is found, and what is not taken for one."""

from __future__ import annotations

import csv
import gzip
import json
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sartor.data import same_words
from sartor.data.comparable import comparable, without_frame
from sartor.data.near_duplicates import Digests, Families, digests
from sartor.data.same_words import is_slip, likeness, usual_words

HERE = Path(__file__).resolve()
DATA = HERE.parents[2].parent / "shared" / "data"
HEM = HERE.parents[2] / "src" / "sartor" / "examples" / "hem" / "messages.csv"
LABELS = HERE.parent / "near_duplicate_labels.jsonl"
"""Pairs found in real sets, each read and judged: does it ask for the same?"""
WORDS = "alpha beta gamma delta epsilon zeta theta kappa lambda omicron sigma omega"
COLUMNS = {"bitext_support": "instruction", "office_support": "title"}
needs_shared = [
    pytest.mark.needs_shared,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is absent"),
]


def _usual(*texts: str) -> Counter[str]:
    return usual_words(map(comparable, texts))


def _read(texts: list[str], folder: Path) -> Digests:
    return digests(texts, num_counted=len(texts), folder=folder)


def _families(texts: list[str], folder: Path, *, most: int = 1_000) -> np.ndarray:
    families = Families(len(texts), most=most)
    found = _read(texts, folder)
    for pairs, _ in found.among(np.arange(len(texts)), threshold=0.8, is_open=families.may_join):
        families.join(pairs)
    return families.firsts()


def _alike(first: str, second: str, usual: Counter[str] | None = None) -> float:
    return likeness(comparable(first), comparable(second), usual=usual or Counter())


FRAMES = [
    "Hi,\n{}",
    "Dear Sir or Madam,\n\n{}",
    "Hello there! {}",
    "Guten Tag,\n{}",
    "{}\nBest regards,\nJohn Whitaker\nAccounts | Moorfield Ltd",
    "{} Thanks,\nMaria",
    "{}\n-- \nAlex Novak",
    "{}\n\nMit freundlichen Grüßen\nPeter Lang",
    "{}\nSent from my phone",
]


@pytest.mark.parametrize("frame", FRAMES)
def test_greetings_and_signatures_are_not_compared(frame):
    text = "Where is the coat that I ordered in March?"
    assert comparable(frame.format(text)) == comparable(text)


@pytest.mark.parametrize(
    "text",
    [
        "Hi I want to cancel my order, can you help?",
        "I have a problem. How do I reach customer service",
        "Thanks to you my account is locked. What now?",
        "Is the red one best",
        "hello",
        "👍",
    ],
)
def test_what_only_looks_like_a_frame_stays(text):
    assert without_frame(text) == text
    assert comparable(text)


SAME = [
    ("Why has my card not arrived yet?", "why has my crad not arrived yet"),
    ("I want to cancel the transfer", "i WANT to cancel teh transfer!!"),
    ("My top-up failed, why?", "Why? My topup failed"),
    ("Delete my account and all my data please.", "Please delete my account and all data"),
    ("It costs 1,000.50 euros to repair", "it costs 1000.50 euros to repair"),
    ("我想取消订单", "我想取消订单。"),
]
OTHER = [
    ("Refund my 20 euros now", "Refund my 30 euros now"),
    ("I do live in the country, may I order?", "I do not live in the country, may I order?"),
    ("Where is my card?", "Where is my card PIN?"),
    ("When will my order arrive?", "Why will my order arrive?"),
    ("Cancel the blue coat please", "Cancel the green coat please"),
    ("harigmailcom", "harinigmailcom"),
    ("👍", "👎"),
    ("import of goods is blocked", "export of goods is blocked"),
]


@pytest.mark.parametrize("pair", SAME)
def test_typed_again_is_alike(pair):
    assert _alike(*pair) >= 0.8


@pytest.mark.parametrize("pair", OTHER)
def test_one_word_that_matters_makes_another_request(pair):
    assert _alike(*pair) < 0.8


def test_two_usual_words_are_never_one_that_was_mistyped():
    usual = _usual(*["my card was lost"] * 9, *["what it cost"] * 9)
    assert _alike("my card was lost here", "my card was cost here", usual) < 0.8
    assert _alike("my card was lost here", "my card was losr here", usual) >= 0.8


LETTERS = st.text("abc", min_size=1, max_size=6)


@given(LETTERS, LETTERS, st.integers(0, 30))
@settings(max_examples=2_000, deadline=None, derandomize=True)
def test_the_quick_look_at_two_words_passes_every_slip(word, other, count):
    if is_slip(word, other, {word: count}):
        assert same_words._may_be_slip(word, other)


def test_the_first_text_stands_for_its_family(tmp_path):
    texts = ["Where is my parcel?", "Cancel it now", "where is my parcle", "Wo ist der Mantel?"]
    assert _families(texts, tmp_path).tolist() == [0, 1, 0, 3]


def test_nothing_and_one_text_are_no_trouble(tmp_path):
    assert _families([], tmp_path).tolist() == []
    assert _families(["a"], tmp_path).tolist() == [0]


def test_a_chain_of_templates_ends_at_the_bound(tmp_path):
    words = WORDS.split()
    links = [[*words[:at], "please", "please", *words[at:]] for at in range(12)]
    texts = [" ".join([*link, more]) for link in links for more in ("now", "also", "just", "too")]
    assert np.bincount(_families(texts, tmp_path)).max() == len(texts)
    families = Families(len(texts), most=10)
    for pairs, _ in _read(texts, tmp_path).among(
        np.arange(len(texts)), threshold=0.8, is_open=families.may_join
    ):
        families.join(pairs)
    assert np.bincount(families.firsts()).max() <= 10
    assert families.num_full


def test_numbered_templates_are_no_candidates(tmp_path):
    texts = [f"Your order {number} is on its way to you now" for number in range(3_000)]
    assert len(set(_families(texts, tmp_path).tolist())) == 3_000


def test_pairs_across_two_sides_have_the_others_second(tmp_path):
    texts = ["where is my parcel", "cancel my order", "wher is my parcel", "a coat in blue"]
    found = _read(texts, tmp_path)
    ((pairs, _),) = found.across(
        np.array([0, 1]), np.array([2, 3]), threshold=0.8, is_open=_first_time()
    )
    assert pairs.tolist() == [[0, 2]]


def _first_time():
    seen: set[tuple[int, int]] = set()

    def is_open(pairs: np.ndarray) -> np.ndarray:
        new = [tuple(pair) not in seen for pair in pairs.tolist()]
        seen.update(map(tuple, pairs.tolist()))
        return np.array(new, bool)

    return is_open


def test_letters_in_disorder_are_found_again(tmp_path):
    """Each planted text is one of the bundled inbox with a slip, other case or words exchanged."""
    generator = random.Random(5)
    with HEM.open(newline="") as file:
        texts = list(dict.fromkeys(row["message"] for row in csv.DictReader(file)))[:1_500]
    chosen = generator.sample(range(len(texts)), 200)
    changes = (_slip, _exchanged, lambda text, _: text.upper(), lambda text, _: text.title())
    changed = [changes[at % 4](texts[row], generator) for at, row in enumerate(chosen)]
    first = _families([*texts, *changed], tmp_path)
    is_found = [first[row] == first[len(texts) + at] for at, row in enumerate(chosen)]
    assert np.mean(is_found) >= 0.95


def _slip(text: str, generator: random.Random) -> str:
    at = generator.randrange(len(text) - 1)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _exchanged(text: str, generator: random.Random) -> str:
    words = text.split()
    at = generator.randrange(max(1, len(words) - 1))
    return " ".join([*words[:at], *reversed(words[at : at + 2]), *words[at + 2 :]])


def _texts_of(name: str) -> list[str]:
    if name == "hem/messages":
        with HEM.open(newline="") as file:
            return [row["message"] for row in csv.DictReader(file)]
    column = COLUMNS.get(name.split("/")[0], "text")
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt") as file:
        return [json.loads(line)[column] for line in file]


@pytest.mark.parametrize("mark", [pytest.param(None, marks=needs_shared)])
def test_what_people_judged_is_judged_alike(mark):
    judged = [json.loads(line) for line in LABELS.read_text().splitlines()]
    is_same, is_found = [], []
    for name in dict.fromkeys(row["set"] for row in judged):
        texts = _texts_of(name)
        usual = _usual(*texts[:30_000])
        for row in (row for row in judged if row["set"] == name):
            first, second = (texts[at] for at in row["rows"])
            is_same.append(row["is_same"])
            is_found.append(_alike(first, second, usual) >= 0.8)
    found = np.array(is_found)
    assert len(judged) >= 300
    assert np.mean(np.array(is_same)[found]) >= 0.95
    assert found.mean() >= 0.98
