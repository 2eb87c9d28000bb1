"""Zero-shot: only the labels' words count."""

from __future__ import annotations

import numpy as np
import pytest
import tiny_models as tiny
from sentence_transformers.util import cos_sim

from sartor.core.goal import OutputKind
from sartor.tune.zero_shot import ALL, PHRASINGS, SCALE, ZeroShot, phrasings_for, readable, worded

DESCRIPTIONS = {"refund": "The person wants money back", "praise": "Thanks and kind words"}
TEXTS = [*tiny.TEXTS, *tiny.UNSEEN]


def scores(base, engine, **changes):
    fit = ZeroShot().begin(tiny.job(base, **({"phrasing": "name"} | changes)), engine)
    fit.advance(0)
    return fit.scores(TEXTS)


def test_scores_are_cosines_between_text_and_label(base, engine):
    names = ["order status", "refund", "praise"]
    texts_ND, labels_CD = (engine.features(base, part, "mean") for part in (TEXTS, names))
    expected_NC = SCALE * cos_sim(texts_ND, labels_CD).numpy()
    assert np.abs(scores(base, engine) - expected_NC).max() < 1e-4


def test_no_training_row_is_used(base, engine):
    first = scores(base, engine, phrasing=ALL)
    permuted = scores(base, engine, phrasing=ALL, targets=tiny.TOPICS[::-1].copy())
    other_rows = scores(base, engine, phrasing=ALL, texts=["nothing"] * 12)
    assert np.array_equal(first, permuted)
    assert np.array_equal(first, other_rows)


def test_the_wording_changes_the_scores(base, engine):
    found = [scores(base, engine, phrasing=phrase) for phrase in phrasings_for(tiny.facts())]
    assert all(not np.allclose(found[0], other) for other in found[1:])


def test_the_mean_of_all_is_the_mean_of_all_unit_vectors(base, engine):
    facts = tiny.facts(descriptions=DESCRIPTIONS)
    found = scores(base, engine, phrasing=ALL, of=facts)
    vectors = []
    for phrase in PHRASINGS:
        vector_CD = engine.features(base, worded(facts, phrase), "mean")
        vectors.append(vector_CD / np.linalg.norm(vector_CD, axis=1, keepdims=True))
    expected = SCALE * cos_sim(engine.features(base, TEXTS, "mean"), np.mean(vectors, axis=0))
    assert np.abs(found - expected.numpy()).max() < 1e-4


def test_phrasings_with_a_description_need_one():
    with_them = phrasings_for(tiny.facts(descriptions=DESCRIPTIONS))
    without = phrasings_for(tiny.facts())
    assert set(with_them) - set(without) == {"description", "name and description"}
    choices = ZeroShot().dials(tiny.facts(), None)[0].choices
    assert choices == (*without, ALL)


def test_a_label_without_a_description_is_described_by_its_name():
    facts = tiny.facts(descriptions=DESCRIPTIONS)
    assert worded(facts, "description") == [
        "order status",
        "The person wants money back",
        "Thanks and kind words",
    ]


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("cash_withdrawalNotRecognised?", "cash withdrawal not recognised"),
        ("FAQ", "faq"),
        ("a/b-c.d", "a b c d"),
        ("  Two  words ", "two words"),
        ("???", "???"),
        ("{name}", "{name}"),
        ("возврат_денег", "возврат денег"),
    ],
)
def test_labels_are_read_as_words(label, words):
    assert readable(label) == words
    assert worded(tiny.facts(labels=(label,)), "about") == [f"This message is about {words}."]


def test_it_takes_labels_and_no_numbers():
    assert ZeroShot.output_kinds == {OutputKind.SINGLE, OutputKind.MULTI}
