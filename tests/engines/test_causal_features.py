"""Frozen features of decoders: oracles are transformers, and sentence-transformers for the poolings."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny_models as tiny
import torch
from sentence_transformers.sentence_transformer.modules import Pooling
from transformers import AutoModel, AutoTokenizer
from writer_folders import DECODERS, writer

from sartor.base.resolve import resolve
from sartor.core.base_model import BaseModel
from sartor.engines import features as features_module
from sartor.engines.encoder import tokenize
from sartor.engines.encoder_engine import EncoderEngine
from sartor.engines.padding import padding_id

TEXTS = [*tiny.TEXTS, "", "sewn", "🙂 über the hem", "where is the coat " * 20]
MAX_TOKENS = 48
MODES = {"mean": "mean", "last": "lasttoken"}
SEVERAL = ("gpt2", "gpt_neo", "gpt_neox", "llama", "mistral", "phi", "qwen3")


@pytest.fixture(scope="module")
def decoder(tmp_path_factory):
    """Gives the tiny decoder of a family, made once."""
    made: dict[str, BaseModel] = {}

    def base(family: str) -> BaseModel:
        if family not in made:
            made[family] = writer(family, tmp_path_factory.mktemp("base") / family)
        return made[family]

    return base


def engine(artifacts: tiny.Memory | None = None) -> EncoderEngine:
    return EncoderEngine(artifacts or tiny.Memory(), max_tokens=MAX_TOKENS, device="cpu")


def by_transformers(base: BaseModel, pooling: str, *, side: str = "right") -> np.ndarray:
    """One batch through AutoModel, padded on either side, and sentence-transformers' Pooling."""
    tokenizer = AutoTokenizer.from_pretrained(base.folder, padding_side=side)
    batch = tokenizer(
        TEXTS, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
    )
    mask_NT = batch["attention_mask"]
    model = AutoModel.from_pretrained(base.folder).eval()
    places_NT = (mask_NT.cumsum(1) - 1).clamp_min(0)
    pool = Pooling(base.width, pooling_mode=[MODES[part] for part in pooling.split("+")])
    with torch.inference_mode():
        hidden_NTD = model(
            input_ids=batch["input_ids"], attention_mask=mask_NT, position_ids=places_NT
        ).last_hidden_state
        found = pool({"token_embeddings": hidden_NTD, "attention_mask": mask_NT})
    return found["sentence_embedding"].numpy()


@pytest.mark.parametrize("family", sorted(DECODERS))
def test_every_family_is_pooled_as_by_sentence_transformers(decoder, family: str) -> None:
    found = engine().features(decoder(family), TEXTS, "mean+last")
    expected = by_transformers(decoder(family), "mean+last")
    assert found.shape == (len(TEXTS), 2 * decoder(family).width)
    assert np.abs(found - expected).max() < 1e-5


@pytest.mark.parametrize("pooling", ["mean", "last"])
@pytest.mark.parametrize("family", SEVERAL)
def test_on_which_side_a_batch_is_padded_changes_nothing(decoder, family: str, pooling: str):
    found = engine().features(decoder(family), TEXTS, pooling)
    expected = by_transformers(decoder(family), pooling, side="left")
    assert np.abs(found - expected).max() < 1e-5


@pytest.mark.parametrize("family", SEVERAL)
def test_a_text_has_the_same_vector_whatever_stands_beside_it(decoder, family: str) -> None:
    together = engine().features(decoder(family), TEXTS, "mean+last")
    alone = [engine().features(decoder(family), [text], "mean+last")[0] for text in TEXTS]
    assert np.abs(together - np.array(alone)).max() < 1e-5


def test_which_token_pads_changes_nothing(decoder, monkeypatch) -> None:
    first = engine().features(decoder("gpt2"), TEXTS, "mean+last")
    monkeypatch.setattr(features_module, "pad_id_of", lambda model: 77)
    assert np.array_equal(engine().features(decoder("gpt2"), TEXTS, "mean+last"), first)


def test_a_pass_is_kept_and_serves_every_pooling(decoder, monkeypatch) -> None:
    artifacts = tiny.Memory()
    first = engine(artifacts).features(decoder("llama"), TEXTS, "last")

    def refuse(_: BaseModel) -> None:
        raise AssertionError("a second pass")

    monkeypatch.setattr(features_module, "load_trunk", refuse)
    again = engine(artifacts)
    assert np.array_equal(again.features(decoder("llama"), TEXTS, "last"), first)
    assert again.features(decoder("llama"), TEXTS[::-1], "max").shape == first.shape


def without_padding(base: BaseModel) -> BaseModel:
    """The same folder as of a base that names no padding token and puts nothing before a text."""
    changes = {
        "config.json": {"pad_token_id": None},
        "tokenizer_config.json": {"pad_token": None},
        "tokenizer.json": {"post_processor": None},
    }
    for name, changed in changes.items():
        path = base.folder / name
        path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changed), "utf-8")
    return replace(resolve(str(base.folder), offline=True), fingerprint="0" * 16)


def test_where_no_token_pads_the_one_that_ends_texts_does(tmp_path: Path) -> None:
    base = without_padding(writer("gpt2", tmp_path / "gpt2"))
    assert padding_id(base) == 1
    assert [ids.tolist() for ids in tokenize(base, [""], max_tokens=8)] == [[1]]


def test_a_text_without_any_token_has_a_vector_too(tmp_path: Path) -> None:
    base = without_padding(writer("gpt2", tmp_path / "gpt2"))
    found = engine().features(base, TEXTS, "mean+last")
    assert np.isfinite(found).all()
    empty = engine().features(base, [""], "mean+last")[0]
    assert np.abs(found[TEXTS.index("")] - empty).max() < 1e-5


def test_a_folder_says_that_its_authors_take_the_last_token(tmp_path: Path) -> None:
    base = writer("qwen3", tmp_path / "qwen3")
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_P", "type": "sentence_transformers.models.Pooling"},
    ]
    (base.folder / "modules.json").write_text(json.dumps(modules))
    (base.folder / "1_P").mkdir()
    (base.folder / "1_P" / "config.json").write_text('{"pooling_mode_lasttoken": true}')
    assert base.pooling == "mean"
    assert resolve(str(base.folder), offline=True).pooling == "last"
