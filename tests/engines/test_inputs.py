"""Last layers on cached activations: the same output and the same training as the whole model."""

from __future__ import annotations

import numpy as np
import pytest
import tiny_models as tiny
import torch

from sartor.engines import inputs as inputs_module
from sartor.engines.encoder import load_trunk
from sartor.engines.encoder_engine import EncoderEngine
from sartor.engines.inputs import ActivationCache, ActivationInputs, TokenInputs

TEXTS = [*tiny.TEXTS, *tiny.UNSEEN]
ROUNDING_ONLY = (".key.bias", ".attn.k.bias", ".k_lin.bias")
"""Softmax takes no notice of the keys' biases: their gradient is rounding, which Adam enlarges."""


def cached_families():
    return [family for family in tiny.FAMILIES if family != "deberta-v2"]


def prepared(base, *, is_new=True, **settings):
    engine = EncoderEngine(tiny.Memory(), max_tokens=tiny.MAX_TOKENS, device="cpu")
    return engine.prepare(tiny.job(base, **settings), trains="last_layers", is_new=is_new)


def whole(monkeypatch):
    """Every later fit runs the whole model."""
    engine_module = "sartor.engines.encoder_engine"
    monkeypatch.setattr(f"{engine_module}.can_cache_lower_layers", lambda trunk: False)


@pytest.mark.parametrize("num_layers", [1, 2, 3])
@pytest.mark.parametrize("family", cached_families())
def test_the_last_layers_alone_give_the_output_of_the_whole(base_of, family, num_layers):
    base = base_of(family)
    trunk = load_trunk(base)
    with torch.inference_mode():
        batch = tiny.encoded(base, TEXTS)
        expected_NTD = trunk(**batch).last_hidden_state
    cache = ActivationCache(base, max_tokens=tiny.MAX_TOKENS, device="cpu")
    upper = load_trunk(base)
    inputs = ActivationInputs(cache, upper, num_layers=num_layers, device="cpu")
    rows = inputs.read(TEXTS)
    with torch.inference_mode():
        tokens_BT, mask_BT = rows.batch(np.arange(len(TEXTS)))
        found_NTD = upper(input_ids=tokens_BT, attention_mask=mask_BT).last_hidden_state
    assert torch.equal(mask_BT, batch["attention_mask"])
    is_token = mask_BT.bool()
    assert (found_NTD - expected_NTD)[is_token].abs().max() < 1e-5


@pytest.mark.parametrize("family", cached_families())
def test_the_lower_layers_are_gone_from_the_model_that_trains(base_of, family):
    fit = prepared(base_of(family), num_layers=1)
    assert isinstance(fit.objective.inputs, ActivationInputs)
    names = [name for name, _ in fit.adapted.model.named_parameters()]
    assert not any("word_embeddings" in name or "tok_embeddings" in name for name in names)


@pytest.mark.usefixtures("in_fp32")
@pytest.mark.parametrize("pooling", ["native", "mean"])
@pytest.mark.parametrize("family", cached_families())
def test_training_on_cached_activations_is_training_with_the_lower_layers_frozen(
    base_of, family, pooling, monkeypatch
):
    def three_epochs():
        fit = prepared(base_of(family), pooling=pooling, learning_rate=2e-4)
        if pooling != "native":
            fit.adapted.model.dropout.p = 0.0
        fit.advance(3)
        return fit

    cached = three_epochs()
    whole(monkeypatch)
    reference = three_epochs()
    assert isinstance(cached.objective.inputs, ActivationInputs)
    assert isinstance(reference.objective.inputs, TokenInputs)
    assert cached.names == reference.names
    for name, ours, theirs in zip(cached.names, cached.weights, reference.weights, strict=True):
        if not name.endswith(ROUNDING_ONLY):
            assert (ours - theirs).abs().max() < 1e-5, name
    assert np.abs(cached.answers(TEXTS).logits_NC - reference.answers(TEXTS).logits_NC).max() < 1e-4


def test_deberta_runs_whole_because_its_positions_feed_every_layer(base_of):
    for family in ("deberta", "deberta-v2"):
        assert isinstance(prepared(base_of(family)).objective.inputs, TokenInputs)


def test_training_moves_the_last_layers_and_the_head_and_nothing_else(base_of, monkeypatch):
    whole(monkeypatch)
    fit = prepared(base_of("bert"), num_layers=1)
    before = {name: p.detach().clone() for name, p in fit.adapted.model.named_parameters()}
    fit.advance(1)
    moved = {n for n, p in fit.adapted.model.named_parameters() if not torch.equal(p, before[n])}
    assert moved == set(fit.names)
    expected = ("model.classifier.", "model.bert.pooler.", "model.bert.encoder.layer.2.")
    assert all(name.startswith(expected) for name in moved)


def test_every_setting_shares_one_pass_over_the_lower_layers(base_of, monkeypatch):
    engine = EncoderEngine(tiny.Memory(), max_tokens=tiny.MAX_TOKENS, device="cpu")
    loaded = []
    load = inputs_module.load_trunk
    monkeypatch.setattr(inputs_module, "load_trunk", lambda base: loaded.append(1) or load(base))
    passes = []
    pass_over = ActivationCache._pass_over
    monkeypatch.setattr(
        ActivationCache,
        "_pass_over",
        lambda self, texts, layer: passes.append(layer) or pass_over(self, texts, layer),
    )
    for rate in (1e-4, 1e-3, 1e-2):
        job = tiny.job(base_of("bert"), learning_rate=rate)
        fit = engine.tune(job, trains="last_layers")
        fit.advance(2)
        fit.answers(tiny.UNSEEN)
    assert (loaded, passes) == ([1], [1, 1])


def test_texts_too_many_for_the_cache_are_trained_without_it(base_of, monkeypatch):
    monkeypatch.setattr(inputs_module, "CACHE_BYTES", 1000)
    fit = prepared(base_of("bert"))
    assert isinstance(fit.objective.inputs, TokenInputs)
    fit.advance(1)


def test_the_oldest_activations_make_room(base_of, monkeypatch):
    cache = ActivationCache(base_of("bert"), max_tokens=tiny.MAX_TOKENS, device="cpu")
    first = cache.of(["where is my order?"], 1)
    size = sum(array.nbytes for array in first)
    assert cache.of(["where is my order?"], 1) is first
    monkeypatch.setattr(inputs_module, "CACHE_BYTES", 2 * size)
    for text in ("refund", "thank you", "blue coat"):
        cache.of([text], 1)
    again = cache.of(["where is my order?"], 1)
    assert again is not first
    assert np.array_equal(again[0], first[0])


def test_rows_are_scored_alike_whatever_was_read_in_between(base_of):
    fit = prepared(base_of("bert"))
    first = fit.answers(TEXTS).logits_NC
    fit.answers(TEXTS[:3])
    assert np.array_equal(fit.answers(TEXTS).logits_NC, first)
