"""Trunk features: oracles are sentence-transformers and transformers itself."""

from __future__ import annotations

import numpy as np
import pytest
import tiny_models as tiny
import torch
from sentence_transformers.sentence_transformer.modules import Pooling
from transformers import AutoModel

from sartor.engines import features as features_module
from sartor.engines.encoder_engine import EncoderEngine

TEXTS = [*tiny.TEXTS, *tiny.UNSEEN]
POOLINGS = ("mean", "cls", "max", "mean+max", "mean+cls")


def engine(artifacts=None):
    return EncoderEngine(artifacts or tiny.Memory(), max_tokens=tiny.MAX_TOKENS, device="cpu")


def sentence_vectors(base, texts, pooling):
    """One padded batch through AutoModel and sentence-transformers' Pooling."""
    batch = tiny.encoded(base, texts)
    model = AutoModel.from_pretrained(base.folder).eval()
    # Its switches, which every version reads, join the parts in the order of their names.
    pool = Pooling(base.width, pooling_mode=sorted(pooling.split("+")))
    with torch.inference_mode():
        hidden_NTD = model(**batch).last_hidden_state
        found = pool({"token_embeddings": hidden_NTD, "attention_mask": batch["attention_mask"]})
    return found["sentence_embedding"].numpy()


@pytest.fixture
def passes(monkeypatch):
    """How many texts each pass over a trunk took."""
    counted = []
    load = features_module.load_trunk

    def load_and_count(base):
        trunk = load(base)
        trunk.register_forward_pre_hook(
            lambda _, __, kwargs: counted.append(len(kwargs["input_ids"])), with_kwargs=True
        )
        return trunk

    monkeypatch.setattr(features_module, "load_trunk", load_and_count)
    return counted


@pytest.mark.parametrize("pooling", POOLINGS)
def test_poolings_are_those_of_sentence_transformers(base_of, pooling):
    found = engine().features(base_of("bert"), TEXTS, pooling)
    expected = sentence_vectors(base_of("bert"), TEXTS, pooling)
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() < 1e-5


@pytest.mark.parametrize("family", [*tiny.FAMILIES, "albert", "deberta"])
def test_every_family_is_pooled_alike(base_of, family):
    found = engine().features(base_of(family), TEXTS, "mean+max")
    assert np.abs(found - sentence_vectors(base_of(family), TEXTS, "mean+max")).max() < 1e-5


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_a_text_has_the_same_vector_whatever_stands_beside_it(base_of, family):
    together = engine().features(base_of(family), TEXTS, "mean+cls")
    alone = [engine().features(base_of(family), [text], "mean+cls")[0] for text in TEXTS[::4]]
    assert np.abs(together[::4] - np.array(alone)).max() < 1e-5


def test_order_and_duplicates_do_not_matter(base_of):
    eng = engine()
    first = eng.features(base_of("bert"), TEXTS, "mean")
    again = eng.features(base_of("bert"), [*TEXTS[::-1], TEXTS[3], TEXTS[3]], "mean")
    assert np.array_equal(again[: len(TEXTS)], first[::-1])
    assert np.array_equal(again[len(TEXTS) :], first[[3, 3]])


def test_no_text_has_no_vector(base_of):
    assert engine().features(base_of("bert"), [], "mean+max").shape == (0, 64)


def test_every_pooling_and_every_repetition_share_one_pass(base_of, passes):
    eng = engine()
    for pooling in POOLINGS:
        eng.features(base_of("bert"), [*TEXTS, *TEXTS], pooling)
    assert sum(passes) == len(TEXTS)
    eng.features(base_of("bert"), [*TEXTS[::-1], "a new text"], "mean")
    assert sum(passes) == len(TEXTS) + 1


def test_a_second_run_computes_nothing(base_of, passes):
    artifacts = tiny.Memory()
    first = engine(artifacts).features(base_of("bert"), TEXTS, "mean")
    num_passes = len(passes)
    second = engine(artifacts).features(base_of("bert"), TEXTS, "mean")
    assert len(passes) == num_passes
    assert np.array_equal(first, second)


def test_another_base_or_length_is_another_pass(base_of, passes):
    artifacts = tiny.Memory()
    short = EncoderEngine(artifacts, max_tokens=8, device="cpu").features(
        base_of("bert"), TEXTS, "mean"
    )
    long = engine(artifacts).features(base_of("bert"), TEXTS, "mean")
    other = engine(artifacts).features(base_of("roberta"), TEXTS, "mean")
    assert sum(passes) == 3 * len(TEXTS)
    assert not np.allclose(short, long)
    assert not np.allclose(other, long)


def test_token_counts_are_those_before_the_cut(base_of):
    assert engine().token_counts(base_of("bert"), ["order " * 60, ""]).tolist() == [62, 2]
