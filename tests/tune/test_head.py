"""Heads on a frozen trunk: oracle is scikit-learn on the same features."""

from __future__ import annotations

import numpy as np
import pytest
import tiny_models as tiny
from sklearn.linear_model import LogisticRegression, Ridge

from sartor.core.goal import OutputKind
from sartor.engines.linear import TOLERANCE
from sartor.tune.head import LinearHead, MlpHead, pooling_dial

TEXTS = [*tiny.TEXTS, *tiny.UNSEEN]
POOLINGS = ("mean", "cls", "max", "mean+max", "mean+cls")
LINEAR = {"pooling": "mean", "inverse_regularisation": 30.0, "label_name": "unused"}
MLP = {
    "pooling": "mean",
    "hidden_units": 32,
    "learning_rate": 1e-2,
    "weight_decay": 0.01,
    "head_epochs": 80,
}


def fitted(method, base, engine, **changes):
    settings = LINEAR if isinstance(method, LinearHead) else MLP
    fit = method.begin(tiny.job(base, **(settings | changes)), engine)
    fit.advance(0)
    return fit


def unit_features(base, engine, texts, pooling="mean"):
    vectors_ND = engine.features(base, texts, pooling)
    return vectors_ND / np.linalg.norm(vectors_ND, axis=1, keepdims=True)


def logistic_regression(strength=30.0):
    return LogisticRegression(C=strength, max_iter=300, tol=TOLERANCE)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_linear_head_is_logistic_regression_on_unit_features(base, engine, pooling):
    model = logistic_regression().fit(unit_features(base, engine, tiny.TEXTS, pooling), tiny.TOPICS)
    expected_NC = model.decision_function(unit_features(base, engine, TEXTS, pooling))
    found_NC = fitted(LinearHead(), base, engine, pooling=pooling).scores(TEXTS)
    assert np.abs(found_NC - expected_NC).max() < 1e-3
    assert (found_NC.argmax(axis=1) == expected_NC.argmax(axis=1)).all()


def test_a_labels_name_is_one_more_example(base, engine):
    names = ["order status", "refund", "praise"]
    inputs = unit_features(base, engine, [*tiny.TEXTS, *names])
    model = logistic_regression().fit(inputs, [*tiny.TOPICS, 0, 1, 2])
    expected_NC = model.decision_function(unit_features(base, engine, TEXTS))
    found_NC = fitted(LinearHead(), base, engine, label_name="as an example").scores(TEXTS)
    assert np.abs(found_NC - expected_NC).max() < 1e-3


def test_several_labels_are_as_many_regressions(base, engine):
    found_NC = fitted(LinearHead(), base, engine, kind=OutputKind.MULTI).scores(TEXTS)
    for label in range(3):
        model = logistic_regression()
        model.fit(unit_features(base, engine, tiny.TEXTS), tiny.SEVERAL[:, label])
        expected_N = model.decision_function(unit_features(base, engine, TEXTS))
        assert np.abs(found_NC[:, label] - expected_N).max() < 1e-3


def test_a_score_is_ridge_regression(base, engine):
    found_N1 = fitted(LinearHead(), base, engine, kind=OutputKind.SCORE).scores(TEXTS)
    model = Ridge(alpha=1 / 30).fit(unit_features(base, engine, tiny.TEXTS), tiny.NUMBERS)
    expected_N = model.predict(unit_features(base, engine, TEXTS))
    assert found_N1.shape == (18, 1)
    assert np.abs(found_N1[:, 0] - expected_N).max() < 1e-3


@pytest.mark.parametrize("kind", list(OutputKind))
def test_a_small_network_learns_what_it_is_shown(base, engine, kind):
    found_NC = fitted(MlpHead(), base, engine, kind=kind, head_epochs=400).scores(tiny.TEXTS)
    if kind is OutputKind.SINGLE:
        assert (found_NC.argmax(axis=1) == tiny.TOPICS).all()
    elif kind is OutputKind.MULTI:
        assert ((found_NC > 0) == tiny.SEVERAL).mean() > 0.9
    else:
        assert np.corrcoef(found_NC[:, 0], tiny.NUMBERS)[0, 1] > 0.9
        assert abs(found_NC.mean() - tiny.NUMBERS.mean()) < 1


def test_the_seed_decides_the_network(base, engine):
    first, same, other = (
        fitted(MlpHead(), base, engine, seed=seed).scores(TEXTS) for seed in (1, 1, 2)
    )
    assert np.array_equal(first, same)
    assert not np.allclose(first, other)


def test_a_single_row_of_a_score_is_learned_without_a_warning(base, engine):
    for method in (LinearHead(), MlpHead()):
        fit = fitted(
            method, base, engine, kind=OutputKind.SCORE, texts=["a"], targets=np.array([3.0])
        )
        assert np.isfinite(fit.scores(TEXTS)).all()


def test_the_bases_own_pooling_comes_first(base):
    dial = pooling_dial(base)
    assert dial.default == dial.choices[0] == base.pooling
    assert sorted(dial.choices) == sorted(POOLINGS)


def test_labels_have_names_and_scores_do_not(base):
    names = {
        kind: {dial.name for dial in LinearHead().dials(tiny.facts(kind), base)}
        for kind in OutputKind
    }
    assert "label_name" in names[OutputKind.SINGLE]
    assert "label_name" not in names[OutputKind.MULTI] | names[OutputKind.SCORE]
