"""The start from a linear probe: before any training a classifier is as good as the probe."""

from __future__ import annotations

import numpy as np
import pytest
import tiny_models as tiny
import torch
from sklearn.linear_model import LogisticRegression, Ridge

from sartor.core.goal import OutputKind
from sartor.engines.adapt import adapt
from sartor.engines.encoder_engine import EncoderEngine
from sartor.engines.linear import TOLERANCE
from sartor.engines.probe import PROBE_ITERATIONS, PROBE_STRENGTH, output_layer

SINGLE, MULTI, SCORE = OutputKind.SINGLE, OutputKind.MULTI, OutputKind.SCORE
TRAINS = ("last_layers", "lora", "all")
OUTPUT_LAYER = dict.fromkeys(("roberta", "mpnet", "electra"), "model.classifier.out_proj")
"""Where it is not `model.classifier`."""
TEXTS = [*tiny.TEXTS, *tiny.UNSEEN]


def untrained(base, *, trains="last_layers", **changes):
    engine = EncoderEngine(tiny.Memory(), max_tokens=tiny.MAX_TOKENS)
    fit = engine.tune(tiny.job(base, **changes), trains=trains)
    fit.advance(0)
    return fit


def scaled_features(base, texts=TEXTS):
    """Mean-pooled features of all texts, over the mean length of the training texts'."""
    engine = EncoderEngine(tiny.Memory(), max_tokens=tiny.MAX_TOKENS)
    length = np.linalg.norm(engine.features(base, tiny.TEXTS, "mean"), axis=1).mean()
    return engine.features(base, texts, "mean") / length


def probe_of(base, targets):
    model = LogisticRegression(C=PROBE_STRENGTH, max_iter=PROBE_ITERATIONS, tol=TOLERANCE)
    return model.fit(scaled_features(base, tiny.TEXTS), targets)


@pytest.mark.parametrize("trains", TRAINS)
def test_a_pooled_classifier_starts_as_the_probe(base_of, trains):
    base = base_of("bert")
    found_NC = untrained(base, trains=trains, pooling="mean").scores(TEXTS)
    expected_NC = probe_of(base, tiny.TOPICS).decision_function(scaled_features(base))
    assert np.abs(found_NC - expected_NC).max() < 1e-3


def test_two_labels_start_as_the_probe(base_of):
    base, targets = base_of("bert"), (tiny.TOPICS == 1).astype(np.int64)
    facts = tiny.facts(labels=("no", "yes"))
    found_NC = untrained(base, pooling="mean", targets=targets, of=facts).scores(TEXTS)
    expected_N = probe_of(base, targets).decision_function(scaled_features(base))
    assert np.abs(found_NC[:, 1] - found_NC[:, 0] - expected_N).max() < 1e-3


def test_several_labels_start_as_the_probes(base_of):
    base = base_of("bert")
    found_NC = untrained(base, pooling="mean", kind=MULTI).scores(TEXTS)
    for label in range(3):
        expected_N = probe_of(base, tiny.SEVERAL[:, label]).decision_function(scaled_features(base))
        assert np.abs(found_NC[:, label] - expected_N).max() < 1e-3


def test_a_score_starts_as_ridge_regression_in_its_own_units(base_of):
    base = base_of("bert")
    found_N1 = untrained(base, pooling="mean", kind=SCORE).scores(TEXTS)
    mean, scale = tiny.NUMBERS.mean(), tiny.NUMBERS.std()
    ridge = Ridge(alpha=1 / PROBE_STRENGTH)
    ridge.fit(scaled_features(base, tiny.TEXTS), (tiny.NUMBERS - mean) / scale)
    expected_N = ridge.predict(scaled_features(base)) * scale + mean
    assert np.abs(found_N1[:, 0] - expected_N).max() < 1e-3


def native_inputs(base, texts):
    """What the family's own output layer receives, one padded batch through the whole model."""
    model = adapt(tiny.job(base), trains="all").model.eval()
    caught = []
    layer = model.get_submodule(OUTPUT_LAYER.get(base.family, "model.classifier"))
    layer.register_forward_pre_hook(lambda _, args: caught.append(args[0].numpy()))
    with torch.inference_mode():
        model(*tiny.encoded(base, texts).values())
    return caught[0]


@pytest.mark.parametrize("trains", TRAINS)
@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_the_output_layer_of_every_family_starts_as_the_probe(base_of, family, trains):
    base = base_of(family)
    inputs_NH = native_inputs(base, tiny.TEXTS)
    length = np.linalg.norm(inputs_NH, axis=1).mean()
    model = LogisticRegression(C=PROBE_STRENGTH, max_iter=PROBE_ITERATIONS, tol=TOLERANCE)
    model.fit(inputs_NH / length, tiny.TOPICS)
    expected_NC = model.decision_function(native_inputs(base, TEXTS) / length)
    found_NC = untrained(base, trains=trains).scores(TEXTS)
    assert np.abs(found_NC - expected_NC).max() < 1e-3
    cold_NC = untrained(base, trains=trains, warm_start=False).scores(TEXTS)
    assert np.abs(cold_NC - expected_NC).max() > 0.1


def test_a_label_absent_from_the_rows_starts_below_all_others(base_of):
    facts = tiny.facts(labels=("order_status", "never", "refund", "praise"))
    targets = np.array([0, 2, 3])[tiny.TOPICS]
    found_NC = untrained(base_of("bert"), targets=targets, of=facts).scores(tiny.TEXTS)
    assert (found_NC.argmin(axis=1) == 1).all()
    without = untrained(base_of("bert")).scores(tiny.TEXTS)
    assert np.abs(found_NC[:, [0, 2, 3]] - without).max() < 1e-5


def test_equal_scores_for_every_row_start_at_that_score(base_of):
    fit = untrained(base_of("bert"), kind=SCORE, targets=np.full(12, 7.5))
    assert fit.scores(tiny.UNSEEN)[:, 0] == pytest.approx(np.full(6, 7.5), abs=1e-4)
    fit.advance(1)
    assert np.isfinite(fit.scores(tiny.UNSEEN)).all()


@pytest.mark.parametrize("num_labels", [32, 48])
@pytest.mark.parametrize("family", ["bert", "roberta", "modernbert"])
def test_the_output_layer_is_found_where_others_are_as_wide(base_of, family, num_labels):
    labels = tuple(f"label {i}" for i in range(num_labels))
    for pooling in ("native", "mean"):
        job = tiny.job(base_of(family), of=tiny.facts(labels=labels), pooling=pooling)
        adapted = adapt(job, trains="lora")
        layer = output_layer(adapted.model, num_labels)
        name = next(n for n, m in adapted.model.named_modules() if m is layer)
        assert name.endswith(("head", "classifier", "out_proj"))


def test_the_start_does_not_hang_on_what_was_tried_before(base_of):
    """A resumed run finds finished trials done and starts the next one: to the bit as before."""
    base = base_of("bert")
    engine = EncoderEngine(tiny.Memory(), max_tokens=tiny.MAX_TOKENS)
    after_others = [engine.tune(tiny.job(base), trains=trains).scores(TEXTS) for trains in TRAINS]
    for trains, scores in zip(TRAINS, after_others, strict=True):
        assert np.array_equal(untrained(base, trains=trains).scores(TEXTS), scores)
