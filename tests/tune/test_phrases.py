"""Copying and phrase lookup: what is learned from pairs, how a text is put together, and for which task."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import permutations

import numpy as np
import pytest
from test_written_methods import facts

from sartor.core.candidate import Job
from sartor.core.dataset import Split
from sartor.core.protocols import Method, is_for
from sartor.tune.phrase_table import learn_phrases, table_of, translated
from sartor.tune.phrases import Copy, Phrases
from sartor.tune.registry import METHODS
from sartor.tune.word_alignment import Words, word_links

ADJECTIVES = {"red": "rojo", "small": "pequeño", "old": "viejo"}
NOUNS = {"coat": "abrigo", "hat": "sombrero", "dog": "perro"}
PAIRS = [
    *[(f"The {a} {n}.", f"El {m} {b}.") for a, b in ADJECTIVES.items() for n, m in NOUNS.items()],
    *[(f"Where is the {n}?", f"¿Dónde está el {m}?") for n, m in NOUNS.items()],
    *[
        (f"Is the {a} {n} here?", f"¿Está aquí el {m} {b}?")
        for a, b in ADJECTIVES.items()
        for n, m in NOUNS.items()
    ],
    *[
        (f"I see the {a} {n}.", f"Veo el {m} {b}.")
        for a, b in ADJECTIVES.items()
        for n, m in NOUNS.items()
    ],
]


def table(pairs: Sequence[tuple[str, str]] = PAIRS, *, longest: int = 4) -> dict:
    return dict(table_of(learn_phrases(*zip(*pairs, strict=True), longest=longest)))  # type: ignore[arg-type]


def words(texts: Sequence[str]) -> Words:
    numbers = {
        word: place for place, word in enumerate(sorted({w for t in texts for w in t.split()}))
    }
    ids = [numbers[word] for text in texts for word in text.split()]
    return Words(np.array(ids), np.array([len(text.split()) for text in texts]))


def test_words_that_come_together_are_linked_wherever_they_stand() -> None:
    """`a b` is `B A`: only what the pairs have in common can tell."""
    source = [f"{a} {b}" for a, b in permutations("abcdefgh", 2)]
    target = [f"{text[2]} {text[0]}".upper() for text in source]
    links = set(zip(*(k.tolist() for k in word_links(words(source), words(target))), strict=True))
    assert links == {(2 * pair + i, 2 * pair + 1 - i) for pair in range(56) for i in (0, 1)}


def test_a_phrase_carries_an_order_that_word_by_word_does_not() -> None:
    assert translated("I see the old dog.", table(), longest=4) == "Veo el perro viejo."
    assert translated("I see the old dog.", table(longest=1), longest=1) == "Veo el viejo perro."


def test_a_new_text_is_put_together_from_known_pieces() -> None:
    known = [pair for pair in PAIRS if pair[0] != "I see the old dog."]
    assert translated("I see the old dog.", table(known), longest=4) == "Veo el perro viejo."


def test_signs_capitals_and_spaces_are_those_of_the_translation() -> None:
    assert (
        translated("Where is the hat?", table(PAIRS * 2, longest=6), longest=6)
        == "¿Dónde está el sombrero?"
    )
    assert translated("the hat", table(), longest=4) == "el sombrero"
    assert translated("The hat", table(), longest=4) == "El sombrero"


def test_a_word_that_was_never_seen_stays() -> None:
    assert translated("I see the Zebedee.", table(), longest=4) == "Veo el Zebedee."


def test_a_word_that_stands_for_nothing_is_left_out() -> None:
    pairs = [(f"do {w} it", f"{v}lo") for w, v in (("eat", "come"), ("see", "mira"), ("do", "haz"))]
    pairs += [
        ("eat it", "comelo"),
        ("see it", "miralo"),
        ("buy it", "compralo"),
        ("do buy it", "compralo"),
    ]
    assert "do" not in translated("do see it", table(pairs * 3), longest=4)


def test_the_same_pairs_give_the_same_table_and_nothing_to_learn_gives_none() -> None:
    assert learn_phrases(*zip(*PAIRS, strict=True), longest=3) == learn_phrases(  # type: ignore[misc]
        *zip(*PAIRS, strict=True), longest=3
    )
    assert learn_phrases([], [], longest=3) == []
    assert learn_phrases(["word " * 200], ["palabra " * 200], longest=3) == []


@pytest.mark.slow
def test_twenty_thousand_pairs_are_learned_in_seconds() -> None:
    rng = np.random.default_rng(0)
    drawn = rng.zipf(1.4, size=(20_000, 8)) % 3000
    pairs = [
        (" ".join(f"a{w}" for w in row), " ".join(f"b{w}" for w in row[::-1])) for row in drawn
    ]
    started = time.process_time()
    assert table(pairs)["a7"][0] == " b7"
    assert time.process_time() - started < 30


def begun(method: Method, **settings: int) -> list[str]:
    targets = np.empty(len(PAIRS), dtype=object)
    targets[:] = [(said,) for _, said in PAIRS]
    rows = Split([text for text, _ in PAIRS], targets, np.arange(len(PAIRS)), [""] * len(PAIRS))
    fit = method.begin(Job(facts(task="translate"), settings, None, rows, 0), None)  # type: ignore[arg-type]
    fit.advance(0)
    said = fit.answers(["The red hat.", "  as  it\nis "])
    assert said.written_N is not None
    assert np.isnan(said.logits_NC).all(), "no probability stands behind a lookup"
    return list(said.written_N)


def test_copying_changes_nothing_and_lookup_translates() -> None:
    assert begun(Copy()) == ["The red hat.", "  as  it\nis "]
    assert begun(Phrases(), longest=4, seen_least=1)[0] == "El sombrero rojo."


@pytest.mark.parametrize("name", ["copy", "phrases"])
def test_both_are_for_translation_alone(name: str) -> None:
    method = METHODS.load(name)()
    assert [
        task
        for task in ("classify", "generate", "chat", "translate", "extract")
        if is_for(method, task)
    ] == ["translate"]
    assert is_for(METHODS.load("nearest_answer")(), "chat")


def test_phrases_seen_once_may_be_left_out_and_words_stay() -> None:
    pairs = [*PAIRS, ("the green coat", "el abrigo verde")]
    known = dict(table_of(learn_phrases(*zip(*pairs, strict=True), longest=4, seen_least=2)))  # type: ignore[misc]
    assert "green coat" in table(pairs)
    assert "green coat" not in known
    assert "green" in known
