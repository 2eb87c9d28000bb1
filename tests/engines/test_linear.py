"""A linear output layer: oracle is scikit-learn's own prediction."""

from __future__ import annotations

import numpy as np
import pytest
import tiny_models as tiny
from sklearn.linear_model import LogisticRegression, Ridge

from sartor.core.goal import OutputKind
from sartor.engines.linear import TOLERANCE, linear_layer

SINGLE, MULTI, SCORE = OutputKind.SINGLE, OutputKind.MULTI, OutputKind.SCORE


def features(num_rows=60, width=8):
    vectors_ND = np.random.default_rng(0).normal(size=(num_rows, width)).astype(np.float32)
    return vectors_ND / np.linalg.norm(vectors_ND, axis=1, keepdims=True)


def logits(inputs_ND, targets, facts, *, strength=10.0, **settings):
    weight_CD, bias_C = linear_layer(
        inputs_ND, targets, facts=facts, inverse_regularisation=strength, **settings
    )
    assert weight_CD.shape == (facts.num_labels, inputs_ND.shape[1])
    assert bias_C.shape == (facts.num_labels,)
    return inputs_ND @ weight_CD.T + bias_C


@pytest.mark.parametrize("num_labels", [2, 3, 5])
@pytest.mark.parametrize("strength", [0.3, 30.0])
def test_probabilities_are_those_of_logistic_regression(num_labels, strength):
    inputs_ND = features()
    targets = np.arange(60) % num_labels
    facts = tiny.facts(labels=tuple("abcde"[:num_labels]))
    found_NC = logits(inputs_ND, targets, facts, strength=strength)
    model = LogisticRegression(C=strength, max_iter=300, tol=TOLERANCE).fit(inputs_ND, targets)
    found_NC = np.exp(found_NC) / np.exp(found_NC).sum(axis=1, keepdims=True)
    assert np.abs(found_NC - model.predict_proba(inputs_ND)).max() < 1e-5
    assert (found_NC.argmax(axis=1) == model.predict(inputs_ND)).all()


def test_many_labels_are_learned_to_the_end():
    """With many labels every gradient is small from the start; that must not end the learning."""
    rng = np.random.default_rng(1)
    centres_CD = rng.normal(size=(60, 64))
    targets = np.arange(3000) % 60
    inputs_ND = (centres_CD[targets] + 2.0 * rng.normal(size=(3000, 64))).astype(np.float32)
    inputs_ND /= np.linalg.norm(inputs_ND, axis=1, keepdims=True)
    facts = tiny.facts(labels=tuple(f"label {c}" for c in range(60)))
    found_NC = logits(inputs_ND, targets, facts, strength=30.0)
    best = LogisticRegression(C=30.0, max_iter=5000, tol=1e-8).fit(inputs_ND, targets)

    def loss(logits_NC):
        top_N = logits_NC.max(axis=1)
        total_N = top_N + np.log(np.exp(logits_NC - top_N[:, None]).sum(axis=1))
        return float((total_N - logits_NC[np.arange(3000), targets]).mean())

    assert loss(found_NC) < 1.02 * loss(best.decision_function(inputs_ND))
    agreement = (found_NC.argmax(axis=1) == best.predict(inputs_ND)).mean()
    assert agreement > 0.98


@pytest.mark.parametrize("present", [[0, 2], [1, 3, 4], [3]])
def test_a_label_without_rows_is_never_the_answer(present):
    inputs_ND = features()
    targets = np.array(present)[np.arange(60) % len(present)]
    found_NC = logits(inputs_ND, targets, tiny.facts(labels=tuple("abcde")))
    assert np.isfinite(found_NC).all()
    absent = sorted(set(range(5)) - set(present))
    assert (found_NC[:, absent].max(axis=1) + 5 < found_NC[:, present].max(axis=1)).all()
    if len(present) > 1:
        model = LogisticRegression(C=10.0, max_iter=300, tol=TOLERANCE).fit(inputs_ND, targets)
        assert (found_NC.argmax(axis=1) == model.predict(inputs_ND)).all()


def test_several_labels_are_as_many_questions():
    inputs_ND = features()
    targets = np.stack([inputs_ND[:, 0] > 0, inputs_ND[:, 1] > 0.2], axis=1)
    found_NC = logits(inputs_ND, targets, tiny.facts(MULTI, labels=("a", "b")))
    for label in range(2):
        model = LogisticRegression(C=10.0, max_iter=300, tol=TOLERANCE)
        model.fit(inputs_ND, targets[:, label])
        assert np.abs(found_NC[:, label] - model.decision_function(inputs_ND)).max() < 1e-5


def test_a_label_that_all_or_no_texts_have_is_answered_alike_for_every_text():
    targets = np.zeros((60, 3), dtype=bool)
    targets[:, 1] = True
    targets[::2, 2] = True
    found_NC = logits(features(), targets, tiny.facts(MULTI))
    assert (found_NC[:, 0] < -5).all()
    assert (found_NC[:, 1] > 5).all()


def test_a_score_is_ridge_regression():
    inputs_ND = features()
    targets = 100.0 + 7 * inputs_ND[:, 0].astype(np.float64)
    found_N1 = logits(inputs_ND, targets, tiny.facts(SCORE), strength=4.0)
    expected = Ridge(alpha=0.25).fit(inputs_ND, targets).predict(inputs_ND)
    assert np.abs(found_N1[:, 0] - expected).max() < 1e-3


def test_a_solver_that_is_cut_short_stops_early_without_a_warning():
    targets = np.arange(60) % 3
    early = logits(features(), targets, tiny.facts(), strength=1e4, iterations=2)
    assert np.isfinite(early).all()
