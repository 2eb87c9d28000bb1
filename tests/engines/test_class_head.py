"""Decoders with transformers' class head: transformers and PEFT, the oracles, load the packages alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import package_samples as samples
import peft
import pytest
import tiny_models as tiny
import torch
from sentence_transformers import SentenceTransformer
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES as CLASSIFIERS,
)
from writer_folders import DECODERS, writer

from sartor.base.families import FAMILIES
from sartor.core.base_model import BaseModel
from sartor.core.candidate import Answers, Fitted
from sartor.core.goal import OutputKind
from sartor.engines.packages import check_package, write_package
from sartor.engines.torch_engine import TorchEngine
from sartor.tune.class_head import FewShotVectors, FullHead, LastLayersHead, LoraHead
from sartor.tune.head import LinearHead, MlpHead

# PEFT asks transformers for a property under its older name.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
TEXTS = [*tiny.TEXTS, "swatches of grey wool", "is it late", "where is the coat " * 20]
HEADED = ("gemma2", "gpt2", "gpt_neox", "llama", "mistral", "phi", "qwen3")
FROZEN = {LinearHead: "mean", MlpHead: "last", FewShotVectors: "mean+last"}


@pytest.fixture(scope="module")
def decoder(tmp_path_factory):
    """Gives the tiny decoder of a family, made once."""
    made: dict[str, BaseModel] = {}

    def base(family: str) -> BaseModel:
        if family not in made:
            given = writer(family, tmp_path_factory.mktemp("base") / family)
            made[family] = replace(given, hub_id=f"tiny/{family}", licence="Apache-2.0")
        return made[family]

    return base


def learned(
    method: Any,
    base: BaseModel,
    kind: OutputKind = OutputKind.SINGLE,
    *,
    epochs: float = 2,
    **changes: Any,
) -> tuple[Fitted, Answers]:
    """What a method learns with its own defaults, and what it then says to the texts."""
    settings = {dial.name: dial.default for dial in method.dials(tiny.facts(kind), base)}
    engine = TorchEngine(tiny.Memory(), max_tokens=tiny.MAX_TOKENS)
    fit = method.begin(tiny.job(base, kind=kind, **(settings | changes)), engine)
    fit.advance(epochs if method.epochs(settings, tiny.facts(kind)) != (0,) else 0)
    return fit.fitted(), fit.answers(TEXTS)


def package_of(fitted: Fitted, folder: Path) -> Path:
    folder.mkdir()
    write_package(fitted, folder, card=samples.card(metrics={}, calibrator=None))
    return folder


def batch_of(folder: Path) -> dict[str, torch.Tensor]:
    """The texts as transformers' own tokenizer gives them."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    batch = tokenizer(
        TEXTS, padding=True, truncation=True, max_length=tiny.MAX_TOKENS, return_tensors="pt"
    )
    return {name: batch[name] for name in ("input_ids", "attention_mask")}


def logits_of(model: Any, folder: Path) -> np.ndarray:
    with torch.inference_mode():
        return model.eval()(**batch_of(folder)).logits.numpy()


@pytest.mark.parametrize("family", sorted(DECODERS))
def test_it_is_known_which_families_have_a_class_head(family: str) -> None:
    assert FAMILIES[family].has_class_head == (family in CLASSIFIERS)


@pytest.mark.parametrize("family", HEADED)
def test_logits_are_those_of_transformers_with_the_same_weights(decoder, family: str) -> None:
    base = decoder(family)
    fitted, said = learned(FullHead(), base)
    assert fitted.kind == "class_head"
    theirs = AutoModelForSequenceClassification.from_pretrained(
        base.folder, num_labels=3, pad_token_id=1
    )
    arrays = {name: torch.from_numpy(array) for name, array in fitted.arrays.items()}
    missing = theirs.load_state_dict(arrays, strict=False)
    assert not missing.unexpected_keys
    assert np.abs(logits_of(theirs, base.folder) - said.logits_NC).max() < 1e-4


@pytest.mark.parametrize("method", [LastLayersHead, LoraHead, FullHead])
@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_transformers_alone_loads_the_package(decoder, family: str, method, tmp_path: Path):
    fitted, said = learned(method(), decoder(family))
    folder = package_of(fitted, tmp_path / "package")
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    assert np.abs(logits_of(model, folder) - said.logits_NC).max() < 1e-4
    assert model.config.id2label == dict(enumerate(tiny.LABELS))
    check_package(folder, TEXTS, said.logits_NC, 1e-3)


@pytest.mark.parametrize("family", ["gpt2", "llama", "qwen2"])
def test_peft_alone_loads_the_adapter(decoder, family: str, tmp_path: Path) -> None:
    base = decoder(family)
    fitted, said = learned(LoraHead(), base)
    folder = package_of(fitted, tmp_path / "package")
    config = json.loads((folder / "adapter" / "adapter_config.json").read_text("utf-8"))
    assert config["task_type"] == "SEQ_CLS"
    assert "score" in config["modules_to_save"]
    model = AutoModelForSequenceClassification.from_pretrained(
        base.folder, num_labels=3, pad_token_id=1
    )
    adapted = peft.PeftModel.from_pretrained(model, str(folder / "adapter"))
    assert np.abs(logits_of(adapted, folder) - said.logits_NC).max() < 1e-4


@pytest.mark.parametrize("method", FROZEN)
@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_sentence_transformers_alone_loads_a_frozen_trunk(decoder, family, method, tmp_path):
    fitted, said = learned(method(), decoder(family), pooling=FROZEN[method])
    folder = package_of(fitted, tmp_path / "package")
    outputs = SentenceTransformer(str(folder), device="cpu").encode(TEXTS)
    of_output = np.array(fitted.facts["output_labels"])
    found = np.stack([outputs[:, of_output == label].max(axis=1) for label in range(3)], axis=1)
    assert np.abs(found - said.logits_NC).max() < 1e-4
    check_package(folder, TEXTS, said.logits_NC, 1e-3)


def test_a_family_without_a_class_head_gets_a_layer_over_its_last_token(decoder, tmp_path: Path):
    fitted, said = learned(LoraHead(), decoder("granite"))
    assert fitted.facts["pooling"] == "last"
    folder = package_of(fitted, tmp_path / "package")
    outputs = SentenceTransformer(str(folder), device="cpu").encode(TEXTS)
    assert np.abs(outputs - said.logits_NC).max() < 1e-4


@pytest.mark.parametrize("kind", [OutputKind.MULTI, OutputKind.SCORE])
def test_several_labels_and_scores_are_learned_too(decoder, kind: OutputKind, tmp_path: Path):
    fitted, said = learned(FullHead(), decoder("llama"), kind, epochs=16)
    folder = package_of(fitted, tmp_path / "package")
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    assert np.abs(logits_of(model, folder) - said.logits_NC).max() < 1e-3
    if kind is OutputKind.SCORE:
        known = said.logits_NC[: len(tiny.TEXTS), 0]
        spread = float(np.std(tiny.NUMBERS))
        assert np.abs(known - tiny.NUMBERS).mean() < spread, "no better than the mean"


def test_a_batch_is_classified_as_its_texts_alone(decoder) -> None:
    method = FullHead()
    settings = {dial.name: dial.default for dial in method.dials(tiny.facts(), decoder("gpt2"))}
    engine = TorchEngine(tiny.Memory(), max_tokens=tiny.MAX_TOKENS)
    fit = method.begin(tiny.job(decoder("gpt2"), **settings), engine)
    fit.advance(0.25)
    together = fit.answers(TEXTS).logits_NC
    alone = np.concatenate([fit.answers([text]).logits_NC for text in TEXTS])
    assert np.abs(together - alone).max() < 1e-5


@pytest.mark.parametrize("family", ["gemma2", "gemma3_text"])
def test_a_table_that_multiplies_what_it_looks_up_learns_as_a_whole_one(decoder, family: str):
    """Gemma's embeddings are scaled where they are looked up; only the rows in use are trained."""
    base = decoder(family)
    fitted, said = learned(FullHead(), base, learning_rate=1e-12)
    theirs = AutoModelForSequenceClassification.from_pretrained(
        base.folder, num_labels=3, pad_token_id=1
    )
    with torch.no_grad():
        theirs.score.weight.copy_(torch.from_numpy(fitted.arrays["score.weight"]))
    assert np.abs(logits_of(theirs, base.folder) - said.logits_NC).max() < 1e-4
