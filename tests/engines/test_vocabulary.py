"""Training the words in use is training the whole table: oracle is torch's AdamW on the whole model."""

from __future__ import annotations

import numpy as np
import pytest
import tiny_models as tiny
import torch

from sartor.engines.adapt import adapt
from sartor.engines.encoder import tokenize
from sartor.engines.encoder_engine import EncoderEngine
from sartor.engines.vocabulary import UsedRows


def trained(base, *, epochs, **settings):
    fit = EncoderEngine(tiny.Memory(), max_tokens=tiny.MAX_TOKENS, device="cpu").tune(
        tiny.job(base, **settings), trains="all"
    )
    fit.advance(epochs)
    return fit


def table_name(fitted):
    names = ("word_embeddings.weight", "tok_embeddings.weight")
    return next(name for name in fitted.arrays if name.endswith(names))


def used_ids(base):
    return np.unique(np.concatenate(tokenize(base, tiny.TEXTS, max_tokens=tiny.MAX_TOKENS)))


@pytest.fixture
def whole_table(monkeypatch):
    """Switches the small table off: the reference trains every row."""

    def switch_off():
        def keep(self, model, tokens, *, pad_id):
            self.full = model.get_input_embeddings()
            self.compact = self.full

        monkeypatch.setattr(UsedRows, "__init__", keep)
        monkeypatch.setattr(UsedRows, "shrink", lambda self: None)
        monkeypatch.setattr(UsedRows, "expand", lambda self: None)

    return switch_off


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_the_words_in_use_learn_as_they_would_in_the_whole_table(base_of, family, whole_table):
    small = trained(base_of(family), epochs=3)
    scores, fitted = small.answers(tiny.UNSEEN).logits_NC, small.fitted()
    whole_table()
    reference = trained(base_of(family), epochs=3)
    expected = reference.fitted()
    assert fitted.arrays.keys() == expected.arrays.keys()
    for name, array in expected.arrays.items():
        assert np.abs(fitted.arrays[name] - array).max() < 1e-6, name
    assert np.abs(scores - reference.answers(tiny.UNSEEN).logits_NC).max() < 1e-5


@pytest.mark.parametrize("family", ["bert", "roberta", "modernbert", "deberta-v2"])
def test_used_words_move_and_all_others_stay(base_of, family):
    base = base_of(family)
    model = adapt(tiny.job(base), trains="all").model
    before = model.trunk.get_input_embeddings().weight.detach().numpy().copy()
    fitted = trained(base, epochs=1).fitted()
    after = fitted.arrays[table_name(fitted)]
    moved = np.flatnonzero(np.abs(after - before).max(axis=1) > 0)
    pad_id = model.config.pad_token_id
    assert set(moved) == set(used_ids(base)) - {pad_id}


def test_scoring_sees_words_that_no_training_text_holds(base_of):
    fit = trained(base_of("bert"), epochs=1)
    zebra, swatches = fit.answers(["zebra", "swatches"]).logits_NC
    assert not np.allclose(zebra, swatches)
    fit.advance(2)
    assert not np.allclose(*fit.answers(["zebra", "swatches"]).logits_NC)


def test_the_small_table_gives_the_same_output_and_holds_nothing_else(base_of):
    base = base_of("bert")
    model = adapt(tiny.job(base), trains="all").model.eval()
    tokens = tokenize(base, tiny.TEXTS, max_tokens=tiny.MAX_TOKENS)
    ids_BT = torch.from_numpy(tokens[0])[None]
    with torch.inference_mode():
        expected = model(ids_BT, torch.ones_like(ids_BT))
        used = UsedRows(model.trunk, tokens, pad_id=0)
        used.shrink()
        assert torch.equal(model(ids_BT, torch.ones_like(ids_BT)), expected)
    assert used.compact.weight.shape == (len(used_ids(base)) + 1, 32)
