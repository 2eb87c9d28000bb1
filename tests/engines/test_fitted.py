"""What was learned, by the names of others: transformers and PEFT load it and say the same."""

from __future__ import annotations

import json

import numpy as np
import peft
import pytest
import tiny_models as tiny
import torch
from transformers import AutoModel, AutoModelForSequenceClassification

from sartor.core.goal import OutputKind
from sartor.engines.encoder_engine import EncoderEngine
from sartor.engines.packages import check_package, write_package

# PEFT asks transformers for a property under its older name.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
KINDS = list(OutputKind)
TEXTS = [*tiny.TEXTS, *tiny.UNSEEN]


def learned(base, *, trains, kind=OutputKind.SINGLE, **settings):
    """Scores on all texts, and what is handed over."""
    engine = EncoderEngine(tiny.Memory(), max_tokens=tiny.MAX_TOKENS)
    fit = engine.tune(tiny.job(base, kind=kind, dropout=0.05, **settings), trains=trains)
    fit.advance(2)
    return fit.scores(TEXTS), fit.fitted()


def tensors(arrays, *, without=()):
    return {n: torch.from_numpy(a) for n, a in arrays.items() if not n.startswith(without)}


def classifier(fitted):
    model = AutoModelForSequenceClassification.from_pretrained(
        fitted.base.folder, num_labels=max(1, len(fitted.labels))
    )
    return model.eval()


def logits(model, base):
    with torch.inference_mode():
        return model(**tiny.encoded(base, TEXTS)).logits.numpy()


def pooled_logits(trunk, fitted):
    batch = tiny.encoded(fitted.base, TEXTS)
    mask_NT = batch["attention_mask"].numpy()
    with torch.inference_mode():
        hidden_NTD = trunk.eval()(**batch).last_hidden_state.numpy()
    mean_ND = (hidden_NTD * mask_NT[:, :, None]).sum(1) / mask_NT.sum(1, keepdims=True)
    return mean_ND @ fitted.arrays["weight_0"].T + fitted.arrays["bias_0"]


@pytest.mark.parametrize("trains", ["last_layers", "all"])
@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_transformers_says_the_same_with_the_learned_tensors(base_of, family, trains):
    scores_NC, fitted = learned(base_of(family), trains=trains)
    model = classifier(fitted)
    loading = model.load_state_dict(tensors(fitted.arrays), strict=False)
    assert fitted.kind == "class_head"
    assert not loading.unexpected_keys
    assert np.abs(logits(model, fitted.base) - scores_NC).max() < 1e-5


@pytest.mark.parametrize("trains", ["last_layers", "all"])
@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_a_trunk_with_a_pooled_head_says_the_same(base_of, family, trains):
    scores_NC, fitted = learned(base_of(family), trains=trains, pooling="mean")
    trunk = AutoModel.from_pretrained(fitted.base.folder)
    arrays = {
        name.removeprefix("trunk."): array
        for name, array in fitted.arrays.items()
        if name.startswith("trunk.")
    }
    loading = trunk.load_state_dict(tensors(arrays), strict=False)
    assert fitted.kind == "pooled_head"
    assert not loading.unexpected_keys
    assert fitted.arrays.keys() - {f"trunk.{name}" for name in arrays} == {"weight_0", "bias_0"}
    assert np.abs(pooled_logits(trunk, fitted) - scores_NC).max() < 1e-5


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_peft_loads_an_adapter_and_says_the_same(base_of, family):
    scores_NC, fitted = learned(base_of(family), trains="lora")
    prefix = "base_model.model."
    new = [n.removeprefix(prefix).split(".") for n in fitted.arrays if ".lora_" not in n]
    modules = sorted({"pooler" if "pooler" in parts else parts[0] for parts in new})
    config = peft.LoraConfig(
        **fitted.facts["lora_config"], task_type="SEQ_CLS", modules_to_save=modules
    )
    model = peft.get_peft_model(classifier(fitted), config).eval()
    loading = peft.set_peft_model_state_dict(model, tensors(fitted.arrays))
    assert fitted.kind == "adapter"
    assert not loading.unexpected_keys
    trainable = {n for n, p in model.named_parameters() if p.requires_grad}
    assert not trainable & set(loading.missing_keys)
    assert np.abs(logits(model, fitted.base) - scores_NC).max() < 1e-5


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_peft_loads_an_adapter_under_a_pooled_head(base_of, family):
    scores_NC, fitted = learned(base_of(family), trains="lora", pooling="mean")
    config = peft.LoraConfig(**fitted.facts["lora_config"], task_type="FEATURE_EXTRACTION")
    model = peft.get_peft_model(AutoModel.from_pretrained(fitted.base.folder), config)
    adapter = tensors(fitted.arrays, without=("weight_", "bias_"))
    loading = peft.set_peft_model_state_dict(model, adapter)
    expected = peft.get_peft_model_state_dict(model)
    assert fitted.kind == "adapter"
    assert adapter.keys() == expected.keys()
    assert not loading.unexpected_keys
    assert np.abs(pooled_logits(model, fitted) - scores_NC).max() < 1e-5


@pytest.mark.parametrize("pooling", ["native", "mean"])
@pytest.mark.parametrize("trains", ["last_layers", "lora", "all"])
def test_a_score_comes_in_its_own_units(base_of, trains, pooling):
    scores_N1, fitted = learned(
        base_of("roberta"), trains=trains, kind=OutputKind.SCORE, pooling=pooling
    )
    assert np.abs(scores_N1[:12, 0] - tiny.NUMBERS).max() < 6  # around 14, not around 0
    head = {n: a for n, a in fitted.arrays.items() if a.shape in ((1,), (1, 32))}
    bias = next(a for n, a in head.items() if "bias" in n)
    assert abs(bias[0] - tiny.NUMBERS.mean()) < 6


def test_a_score_is_the_same_in_transformers(base_of):
    scores_N1, fitted = learned(base_of("mpnet"), trains="all", kind=OutputKind.SCORE)
    model = classifier(fitted)
    model.load_state_dict(tensors(fitted.arrays), strict=False)
    assert np.abs(logits(model, fitted.base) - scores_N1).max() < 1e-4


@pytest.mark.parametrize("trains", ["last_layers", "lora"])
def test_only_what_was_trained_is_handed_over(base_of, trains):
    _, fitted = learned(base_of("bert"), trains=trains, num_layers=1)
    names = [name.removeprefix("base_model.model.") for name in fitted.arrays]
    kept = {
        "last_layers": ("classifier.", "bert.pooler.", "bert.encoder.layer.2."),
        "lora": ("classifier.", "bert.pooler.", "bert.encoder.layer."),
    }[trains]
    assert all(name.startswith(kept) for name in names)
    assert trains == "last_layers" or all(".lora_" in n for n in names if ".encoder." in n)


@pytest.mark.parametrize("trains", ["last_layers", "lora", "all"])
def test_all_but_the_arrays_is_json(base_of, trains):
    _, fitted = learned(base_of("bert"), trains=trains, pooling="mean")
    assert json.loads(json.dumps(fitted.facts)) == fitted.facts
    assert all(array.dtype == np.float32 for array in fitted.arrays.values())
    assert fitted.facts["max_tokens"] == tiny.MAX_TOKENS


def test_what_was_handed_over_does_not_follow_the_training(base_of):
    engine = EncoderEngine(tiny.Memory(), max_tokens=tiny.MAX_TOKENS)
    fit = engine.tune(tiny.job(base_of("bert")), trains="all")
    fit.advance(1)
    fitted = fit.fitted()
    before = {name: array.copy() for name, array in fitted.arrays.items()}
    fit.advance(2)
    fit.scores(TEXTS)
    assert all(np.array_equal(fitted.arrays[name], before[name]) for name in before)


@pytest.mark.slow
@pytest.mark.parametrize("pooling", ["native", "mean"])
@pytest.mark.parametrize("trains", ["last_layers", "lora", "all"])
def test_a_package_of_it_repeats_the_scores(base_of, trains, pooling, tmp_path):
    from package_samples import card

    for kind in KINDS:
        scores_NC, fitted = learned(base_of("bert"), trains=trains, kind=kind, pooling=pooling)
        folder = tmp_path / kind
        folder.mkdir()
        write_package(fitted, folder, card=card())
        check_package(folder, TEXTS, scores_NC, tolerance=1e-3)
