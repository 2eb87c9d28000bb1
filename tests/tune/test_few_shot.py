"""Few-shot: oracles are scikit-learn's nearest centroid and nearest neighbour on unit vectors."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import tiny_models as tiny
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid

from sartor.core.goal import OutputKind
from sartor.tune.few_shot import SCALE, FewShot, draw_examples

TEXTS = [*tiny.TEXTS, *tiny.UNSEEN]
DEFAULTS = {"shots": 4, "form": "prototype", "label_name": "unused"}


def job(base, **changes):
    return tiny.job(base, **(DEFAULTS | changes))


def fitted(base, engine, **changes):
    fit = FewShot().begin(job(base, **changes), engine)
    fit.advance(0)
    return fit


def unit_features(base, engine, texts):
    vectors_ND = engine.features(base, texts, "mean")
    return vectors_ND / np.linalg.norm(vectors_ND, axis=1, keepdims=True)


@pytest.mark.parametrize("shots", [1, 2, 3, 4])
def test_so_many_different_examples_of_each_label_are_drawn(base, shots):
    texts, label_of = draw_examples(job(base, shots=shots))
    assert Counter(label_of) == dict.fromkeys(range(3), shots)
    assert len(set(texts)) == len(texts)
    assert all(
        tiny.TOPICS[tiny.TEXTS.index(text)] == label
        for text, label in zip(texts, label_of, strict=True)
    )


def test_a_label_with_fewer_examples_gives_all_it_has(base):
    targets = np.array([0, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2])
    _, label_of = draw_examples(job(base, shots=8, targets=targets))
    assert Counter(label_of) == {0: 1, 1: 7, 2: 4}


def test_the_seed_decides_the_draw(base):
    draws = [tuple(draw_examples(job(base, shots=2, seed=seed))[0]) for seed in (1, 1, 2, 3, 4)]
    assert draws[0] == draws[1]
    assert len(set(draws)) > 2


def test_more_shots_keep_the_examples_of_fewer(base):
    few, many = (set(draw_examples(job(base, shots=shots))[0]) for shots in (1, 3))
    assert few < many


def test_the_labels_name_counts_as_one_more_example(base, engine):
    drawn, label_of = draw_examples(job(base, shots=1))
    texts = [*drawn, "order status", "refund", "praise"]
    arrays = fitted(base, engine, shots=1, form="nearest", label_name="as an example").state()
    assert np.allclose(
        arrays.arrays["weight_0"] / SCALE, unit_features(base, engine, texts), atol=1e-6
    )
    assert arrays.facts["output_labels"] == [*label_of, 0, 1, 2]


def test_prototypes_are_the_nearest_centroids_of_unit_vectors(base, engine):
    fit = fitted(base, engine)
    centroids = NearestCentroid().fit(unit_features(base, engine, tiny.TEXTS), tiny.TOPICS)
    directions_CD = centroids.centroids_ / np.linalg.norm(
        centroids.centroids_, axis=1, keepdims=True
    )
    assert np.abs(fit.state().arrays["weight_0"] / SCALE - directions_CD).max() < 1e-5
    centroids.centroids_ = directions_CD.astype(np.float32)
    expected = centroids.predict(unit_features(base, engine, TEXTS))
    assert (fit.scores(TEXTS).argmax(axis=1) == expected).all()


def test_nearest_is_the_nearest_neighbour(base, engine):
    fit = fitted(base, engine, form="nearest")
    neighbour = KNeighborsClassifier(n_neighbors=1)
    neighbour.fit(unit_features(base, engine, tiny.TEXTS), tiny.TOPICS)
    expected = neighbour.predict(unit_features(base, engine, TEXTS))
    assert (fit.scores(TEXTS).argmax(axis=1) == expected).all()
    assert (fit.scores(tiny.TEXTS).argmax(axis=1) == tiny.TOPICS).all()


@pytest.mark.parametrize("form", ["prototype", "nearest"])
def test_a_label_without_an_example_is_never_the_answer(base, engine, form):
    facts = tiny.facts(labels=("order_status", "never", "refund", "praise"))
    targets = np.array([0, 2, 3])[tiny.TOPICS]
    fit = fitted(base, engine, form=form, targets=targets, of=facts)
    found_NC = fit.scores(TEXTS)
    assert (found_NC.argmin(axis=1) == 1).all()
    assert np.allclose(found_NC[:, 1], -SCALE)
    without = fitted(base, engine, form=form).scores(TEXTS)
    assert np.array_equal(found_NC[:, [0, 2, 3]], without)


@pytest.mark.parametrize("form", ["prototype", "nearest"])
def test_several_labels_are_drawn_label_by_label(base, engine, form):
    of_kind = {"kind": OutputKind.MULTI, "form": form}
    _, label_of = draw_examples(job(base, **of_kind))
    assert Counter(label_of) == dict.fromkeys(range(3), 4)
    assert fitted(base, engine, **of_kind).scores(TEXTS).shape == (18, 3)


@pytest.mark.parametrize(
    ("smallest", "choices"), [(0, (1,)), (1, (1,)), (2, (1, 4)), (9, (1, 4, 8, 16))]
)
def test_small_data_is_offered_few_shots(base, smallest, choices):
    dial = FewShot().dials(tiny.facts(smallest_class=smallest), base)[0]
    assert dial.choices == choices
    assert dial.default == choices[-1]
