"""Losses and gradients are those of `transformers`; its models compute them from whole logits."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_writers import DECODERS, FAMILIES, WITH_ENCODER, random_prompts, tiny_writer

from sartor.core.errors import DataError
from sartor.engines.precision import bf16_products
from sartor.engines.writing import token_losses
from sartor.engines.writing.language_model import LanguageModel
from sartor.engines.writing.learned import flat_batch, padded_batch
from sartor.engines.writing.sequence_loss import (
    keeps_texts_apart,
    predicting_states,
    sequence_loss,
    text_log_probabilities,
)

TEXTS = random_prompts((12, 7, 20, 3))
SOURCES = random_prompts((8, 15, 4, 9), seed=8)
ANSWERS = [np.arange(len(text)) >= len(text) // 2 for text in TEXTS]


@pytest.fixture(autouse=True)
def small_portions(monkeypatch):
    """Several portions, of which the last is not full."""
    monkeypatch.setattr(token_losses, "PORTION_LOGITS", {"cpu": 160 * 5})


def batch_for(family, texts=TEXTS, learned=ANSWERS):
    sources = SOURCES[: len(texts)] if family in WITH_ENCODER else None
    return padded_batch(texts, learned, device="cpu", sources=sources)


def their_loss(model, batch, **more):
    """The model's own loss, with the labels that `transformers` asks for."""
    labels_BT = torch.where(batch.is_learned_BT, batch.tokens_BT, -100)
    given = {"input_ids": batch.tokens_BT, "attention_mask": batch.mask_BT}
    if batch.source_BS is not None:
        start_B1 = torch.full_like(labels_BT[:, :1], model.config.decoder_start_token_id)
        given = {
            "input_ids": batch.source_BS,
            "attention_mask": batch.source_mask_BS,
            "decoder_input_ids": torch.cat([start_B1, batch.tokens_BT[:, :-1]], dim=1),
        }
    return model(**given, labels=labels_BT, use_cache=False, **more).loss


def gradients(model, loss):
    model.zero_grad()
    loss.backward()
    found = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_loss_and_gradients_are_those_of_transformers(family):
    model, batch = tiny_writer(family), batch_for(family)
    ours = sequence_loss(LanguageModel(model), batch)
    truth = their_loss(model, batch)
    assert ours.item() == pytest.approx(truth.item(), rel=1e-6)
    with torch.no_grad():
        assert sequence_loss(LanguageModel(model), batch).item() == pytest.approx(ours.item())
    found, expected = gradients(model, ours), gradients(model, truth)
    assert found.keys() == expected.keys()
    largest = max(gradient.abs().max() for gradient in expected.values())
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-4, atol=1e-6 * largest.item())


def test_families_whose_logits_are_one_product_are_told_from_the_others():
    plain = {name for name in FAMILIES if LanguageModel(tiny_writer(name)).has_plain_head}
    assert {"llama", "gpt2"} <= plain
    assert not plain & {"t5", "bart", "gemma2"}


def test_every_step_of_training_is_that_of_transformers():
    """The loss trace of a model that learns, dropout included."""
    traces = []
    for loss_of in (lambda m, p, b: sequence_loss(p, b), lambda m, p, b: their_loss(m, b)):
        model = tiny_writer.__wrapped__("gpt2").train()
        parts, batch = LanguageModel(model), batch_for("gpt2")
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        torch.manual_seed(5)
        trace = []
        for _ in range(8):
            optimizer.zero_grad()
            loss = loss_of(model, parts, batch)
            loss.backward()
            optimizer.step()
            trace.append(loss.item())
        traces.append(trace)
    np.testing.assert_allclose(traces[0], traces[1], rtol=1e-4)
    assert traces[0][-1] < traces[0][0] - 1


def test_a_frozen_output_layer_gets_no_gradient():
    model = tiny_writer.__wrapped__("llama")
    model.requires_grad_(False)
    model.model.layers[0].mlp.up_proj.weight.requires_grad_(True)
    parts, batch = LanguageModel(model), batch_for("llama")
    found = gradients(model, sequence_loss(parts, batch))
    expected = gradients(model, their_loss(model, batch))
    assert found.keys() == expected.keys() == {"model.layers.0.mlp.up_proj.weight"}
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("family", ["llama", "t5"])
def test_parts_of_a_batch_add_up_to_the_whole(family):
    parts = LanguageModel(tiny_writer(family))
    whole = sequence_loss(parts, batch_for(family))
    num_learned = batch_for(family).num_learned
    one = padded_batch(
        TEXTS[:1], ANSWERS[:1], device="cpu", sources=SOURCES[:1] if family == "t5" else None
    )
    rest = padded_batch(
        TEXTS[1:], ANSWERS[1:], device="cpu", sources=SOURCES[1:] if family == "t5" else None
    )
    added = sum(sequence_loss(parts, part, num_learned=num_learned) for part in (one, rest))
    assert added.item() == pytest.approx(whole.item(), rel=1e-6)


def test_half_precision_sums_its_gradients_in_fp32(monkeypatch):
    """In 16 bits a sum of equal parts stands still after 256 of them."""
    monkeypatch.setattr(token_losses, "PORTION_LOGITS", {"cpu": 160})
    model = tiny_writer.__wrapped__("llama").to(torch.bfloat16)
    parts = LanguageModel(model)
    state_1D = torch.randn(1, 48, generator=torch.Generator().manual_seed(1)).to(torch.bfloat16)
    sums = {}
    for num_copies in (1, 600):
        states_ND = state_1D.expand(num_copies, -1)
        loss = token_losses.summed_loss(parts, states_ND, torch.full((num_copies,), 7))
        sums[num_copies] = gradients(model, loss)["lm_head.weight"].float()
    torch.testing.assert_close(sums[600], 600 * sums[1], rtol=0.01, atol=1e-3)


def test_logits_are_never_whole(monkeypatch):
    parts = LanguageModel(tiny_writer("gemma2"))
    batch = batch_for("gemma2")
    most = 5
    sizes = []
    plain = parts.logits
    monkeypatch.setattr(parts, "logits", lambda h: sizes.append(len(h)) or plain(h))
    sequence_loss(parts, batch).backward()
    text_log_probabilities(parts, batch)
    parts.model.zero_grad()
    assert max(sizes) == most
    assert sum(sizes) == 2 * batch.num_learned  # unlearned tokens never reach the output layer


@pytest.mark.parametrize("family", FAMILIES)
def test_log_probabilities_of_texts_are_their_losses(family):
    model = tiny_writer(family)
    sums_B, num_tokens_B = text_log_probabilities(LanguageModel(model), batch_for(family))
    assert num_tokens_B.tolist() == [int(learned.sum()) for learned in ANSWERS]
    for row in range(len(TEXTS)):
        sources = SOURCES[row : row + 1] if family in WITH_ENCODER else None
        alone = padded_batch(
            TEXTS[row : row + 1], ANSWERS[row : row + 1], device="cpu", sources=sources
        )
        with torch.no_grad():
            loss = their_loss(model, alone).item()
        assert sums_B[row] == pytest.approx(-loss * num_tokens_B[row], abs=1e-4, rel=5e-6)


@pytest.mark.parametrize("family", DECODERS)
def test_texts_behind_each_other_learn_as_below_each_other(family):
    model = tiny_writer(family)
    parts = LanguageModel(model)
    assert keeps_texts_apart(parts)
    flat = flat_batch(TEXTS, ANSWERS, device="cpu")
    assert flat.tokens_BT.shape == (1, sum(map(len, TEXTS)))
    below = batch_for(family)
    ours, truth = sequence_loss(parts, flat), sequence_loss(parts, below)
    assert ours.item() == pytest.approx(truth.item(), rel=1e-6)
    found, expected = gradients(model, ours), gradients(model, truth)
    largest = max(gradient.abs().max() for gradient in expected.values())
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-4, atol=1e-6 * largest.item())
    np.testing.assert_allclose(
        text_log_probabilities(parts, flat)[0],
        text_log_probabilities(parts, below)[0],
        atol=1e-4,
        rtol=5e-6,
    )


@pytest.mark.parametrize("family", WITH_ENCODER)
def test_an_encoder_decoder_does_not_keep_texts_of_one_row_apart(family):
    assert not keeps_texts_apart(LanguageModel(tiny_writer(family)))


def test_a_batch_without_a_learned_token_is_refused():
    with pytest.raises(DataError, match="has no token to learn from"):
        padded_batch(TEXTS, [np.zeros(len(text), bool) for text in TEXTS], device="cpu")


def test_a_first_token_cannot_be_learned():
    learned = [*ANSWERS[:2], np.ones(20, bool), ANSWERS[3]]
    with pytest.raises(DataError, match="text 2 of the batch: has its first token"):
        flat_batch(TEXTS, learned, device="cpu")


@pytest.mark.parametrize("family", WITH_ENCODER)
def test_a_decoder_learns_its_first_token_too(family):
    learned = [np.ones(len(text), bool) for text in TEXTS]
    _, tokens_N = predicting_states(
        LanguageModel(tiny_writer(family)), batch_for(family, learned=learned)
    )
    assert tokens_N.tolist() == np.concatenate(TEXTS).tolist()


@pytest.mark.parametrize("family", FAMILIES)
def test_products_in_bf16_are_as_near_to_fp32_as_those_of_transformers(family):
    model = tiny_writer(family)
    batch, parts = batch_for(family), LanguageModel.of(model)
    wanted = gradients(model, sequence_loss(parts, batch))
    found = gradients(model, sequence_loss(parts, batch, in_bf16=True))
    with bf16_products(parts.device, is_on=True):
        their = their_loss(model, batch)
    theirs = gradients(model, their)
    assert found.keys() == wanted.keys()
    assert {gradient.dtype for gradient in found.values()} == {torch.float32}
    exact, ours, others = (
        torch.cat([gradient.flatten() for gradient in of.values()])
        for of in (wanted, found, theirs)
    )
    assert 0 < (ours - exact).norm() <= 1.2 * (others - exact).norm()
