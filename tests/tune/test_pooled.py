"""What zero-shot, few-shot and heads share: oracle is the map written out in numpy."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tiny_models as tiny

from sartor.core.candidate import State
from sartor.tune.few_shot import FewShot
from sartor.tune.head import LinearHead, MlpHead
from sartor.tune.pooled import max_by_label, unit
from sartor.tune.zero_shot import ZeroShot

METHODS = (ZeroShot, FewShot, LinearHead, MlpHead)
TEXTS = [*tiny.TEXTS, *tiny.UNSEEN]


def job_of(method, base, **changes):
    """A job with the method's own defaults."""
    settings = {dial.name: dial.default for dial in method.dials(tiny.facts(), base)}
    return tiny.job(base, **(settings | changes))


def fitted(method, base, engine, **changes):
    fit = method.begin(job_of(method, base, **changes), engine)
    fit.advance(0)
    return fit


def test_unit_vectors_have_length_one_and_zero_stays_zero():
    vectors = unit(np.array([[3.0, 4.0], [0.0, 0.0], [1e-9, 0.0]]))
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1.0, 0.0, 1.0])


def test_of_several_outputs_for_a_label_the_highest_counts():
    outputs = np.array([[1.0, 5.0, 2.0, 3.0], [4.0, 0.0, -1.0, -2.0]])
    found = max_by_label(outputs, [0, 2, 1, 0], 3)
    assert found.tolist() == [[3.0, 2.0, 5.0], [4.0, -1.0, 0.0]]
    assert found.dtype == np.float32


@pytest.mark.parametrize("method", METHODS)
def test_scores_are_the_learned_layers_over_unit_features(base, engine, method):
    fit = fitted(method(), base, engine)
    done = fit.fitted()
    x = engine.features(base, TEXTS, done.facts["pooling"])
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    x = x @ done.arrays["weight_0"].T + done.arrays["bias_0"]
    if "weight_1" in done.arrays:
        x = np.maximum(x, 0) @ done.arrays["weight_1"].T + done.arrays["bias_1"]
    of_output = np.array(done.facts["output_labels"])
    expected = np.stack([x[:, of_output == label].max(axis=1) for label in range(3)], axis=1)
    assert np.abs(fit.answers(TEXTS).logits_NC - expected).max() < 1e-4
    assert fit.answers(TEXTS).logits_NC.dtype == np.float32


@pytest.mark.parametrize("method", METHODS)
def test_a_stored_fit_is_the_same_to_the_bit(base, engine, method):
    fit = fitted(method(), base, engine)
    state = fit.state()
    again = method().begin(job_of(method(), base), engine)
    again.restore(State(state.arrays, json.loads(json.dumps(state.facts))))
    again.advance(0)
    assert np.array_equal(again.answers(TEXTS).logits_NC, fit.answers(TEXTS).logits_NC)
    first, second = fit.fitted(), again.fitted()
    assert first.facts == second.facts
    assert all(np.array_equal(first.arrays[n], second.arrays[n]) for n in first.arrays)


@pytest.mark.parametrize("method", METHODS)
def test_two_fits_are_equal_to_the_bit(base, engine, method):
    first, second = (fitted(method(), base, engine) for _ in range(2))
    assert np.array_equal(first.answers(TEXTS).logits_NC, second.answers(TEXTS).logits_NC)


@pytest.mark.parametrize("method", METHODS)
def test_a_score_does_not_hang_on_the_texts_beside_it(base, engine, method):
    fit = fitted(method(), base, engine)
    together = fit.answers(TEXTS).logits_NC
    alone = np.concatenate([fit.answers([text]).logits_NC for text in TEXTS])
    assert np.abs(together - alone).max() < 1e-5


@pytest.mark.parametrize("method", METHODS)
def test_what_is_handed_over_is_a_pooled_head_in_single_precision(base, engine, method):
    done = fitted(method(), base, engine).fitted()
    assert done.kind == "pooled_head"
    assert done.labels == tiny.LABELS
    assert {array.dtype for array in done.arrays.values()} == {np.dtype(np.float32)}
    assert json.loads(json.dumps(done.facts)) == done.facts
    assert len(done.facts["output_labels"]) == len(list(done.arrays.values())[-1])


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_a_package_of_it_repeats_the_scores(base, engine, method, tmp_path):
    from package_samples import card

    from sartor.engines.packages import check_package, write_package

    fit = fitted(method(), base, engine)
    write_package(fit.fitted(), tmp_path, card=card())
    check_package(tmp_path, TEXTS, fit.answers(TEXTS).logits_NC, tolerance=1e-3)
