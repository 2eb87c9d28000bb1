"""What learns and what does not. The oracle for adapters is PEFT's own model."""

from __future__ import annotations

import re

import numpy as np
import peft
import pytest
import tiny_models as tiny
import torch
from transformers import AutoModel, AutoModelForSequenceClassification

from sartor.core.goal import OutputKind
from sartor.engines.adapt import adapt, lora_config
from sartor.engines.encoder import load_trunk, pad, tokenize
from sartor.engines.precision import has_bf16_products

# PEFT asks transformers for a property under its older name.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
LINEAR_NAMES = {
    "bert": "query key value dense",
    "roberta": "query key value dense",
    "electra": "query key value dense",
    "distilbert": "q_lin k_lin v_lin out_lin lin1 lin2",
    "modernbert": "Wqkv Wo Wi",
    "deberta-v2": "query_proj key_proj value_proj dense",
    "mpnet": "attn.q attn.k attn.v attn.o dense",
}
"""The linear layers of a transformer layer, as the families' sources name them."""


def batch_of(base):
    tokens = tokenize(base, tiny.TEXTS, max_tokens=tiny.MAX_TOKENS)
    pad_id = tiny.encoded(base, ["a", "a b c"])["input_ids"][0, -1].item()
    batch = pad(tokens, np.arange(len(tokens)), pad_id=pad_id, device="cpu")
    return batch.tokens_BT, batch.mask_BT


def peft_model(base, adapted, settings):
    """PEFT's own model with the adapters' weights of ours."""
    is_native = settings["pooling"] == "native"
    if is_native:
        model = AutoModelForSequenceClassification.from_pretrained(base.folder, num_labels=3)
        model.load_state_dict(
            {
                name.removeprefix("model."): weight
                for name, weight in adapted.head.items()
                if name.startswith("model.")
            },
            strict=False,
        )
    else:
        model = AutoModel.from_pretrained(base.folder)
    names = tuple(f".{name}" for name in LINEAR_NAMES[base.family].split())
    config = peft.LoraConfig(
        r=settings["rank"],
        lora_alpha=settings["alpha"],
        lora_dropout=settings["dropout"],
        target_modules=[
            name
            for name, _ in model.named_modules()
            if re.search(r"\.?layers?\.\d", name) and name.endswith(names)
        ],
    )
    model = peft.get_peft_model(model, config).eval()
    prefix = "model." if is_native else "trunk."
    ours = {n.removeprefix(prefix): p for n, p in adapted.body.items()}
    theirs = {
        n.removeprefix("base_model.model."): p for n, p in model.named_parameters() if "lora_" in n
    }
    assert ours.keys() == theirs.keys()
    with torch.no_grad():
        for name, parameter in theirs.items():
            parameter.copy_(ours[name])
    return model


@pytest.mark.parametrize("pooling", ["native", "mean"])
@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_adapters_give_what_peft_gives_with_the_same_weights(base_of, family, pooling):
    base = base_of(family)
    job = tiny.job(base, pooling=pooling, rank=4, alpha=8)
    adapted = adapt(job, trains="lora")
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in adapted.body.values():
            parameter.copy_(0.2 * torch.randn(parameter.shape, generator=generator))
    model = peft_model(base, adapted, job.settings)
    tokens_BT, mask_BT = batch_of(base)
    with torch.inference_mode():
        found_BC = adapted.model.eval()(tokens_BT, mask_BT)
        output = model(input_ids=tokens_BT, attention_mask=mask_BT)
    if pooling == "native":
        expected_BC = output.logits
    else:
        share_BT1 = (mask_BT / mask_BT.sum(1, keepdim=True)).unsqueeze(-1)
        pooled_BD = (output.last_hidden_state * share_BT1).sum(1)
        expected_BC = adapted.model.head(pooled_BD)
    assert (found_BC - expected_BC).abs().max() < 1e-5


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_adapters_stand_on_every_linear_layer_of_every_transformer_layer(base_of, family):
    adapted = adapt(tiny.job(base_of(family)), trains="lora")
    trunk = load_trunk(base_of(family))
    linears = {
        name
        for name, module in trunk.named_modules()
        if isinstance(module, torch.nn.Linear)
        and any(f"layer{s}.{i}." in name for s in ("", "s") for i in range(3))
    }
    assert len(linears) >= 3 * 4
    found = {name.split(".lora_")[0] for name in adapted.body}
    prefix = next(n for n, m in adapted.model.named_modules() if m is adapted.model.trunk)
    assert found == {f"{prefix}.{name}" for name in linears}
    learning = {n for n, p in adapted.model.named_parameters() if p.requires_grad}
    assert learning == {*adapted.body, *adapted.head}


def test_the_description_of_the_adapters_matches_whole_names_only(base_of):
    config = lora_config(load_trunk(base_of("bert")), tiny.SETTINGS)
    model = AutoModelForSequenceClassification.from_pretrained(base_of("bert").folder)
    model = peft.get_peft_model(model, config)
    names = {n.split(".lora_")[0] for n, _ in model.named_parameters() if "lora_" in n}
    assert all(".encoder.layer." in name for name in names)
    assert len(names) == 3 * 6


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_new_adapters_change_nothing(base_of, family):
    tokens_BT, mask_BT = batch_of(base_of(family))
    with torch.inference_mode():
        plain, adapted = (
            adapt(tiny.job(base_of(family)), trains=trains).model.eval()(tokens_BT, mask_BT)
            for trains in ("all", "lora")
        )
    assert torch.equal(plain, adapted)


@pytest.mark.parametrize("pooling", ["native", "mean"])
@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_full_fine_tuning_trains_every_weight_that_the_output_depends_on(base_of, family, pooling):
    adapted = adapt(tiny.job(base_of(family), pooling=pooling), trains="all")
    tokens_BT, mask_BT = batch_of(base_of(family))
    adapted.model.requires_grad_(True)
    adapted.model.eval()(tokens_BT, mask_BT).square().sum().backward()
    with_gradient = {n for n, p in adapted.model.named_parameters() if p.grad is not None}
    assert with_gradient == {*adapted.head, *adapted.body}
    assert not adapted.head.keys() & adapted.body.keys()


@pytest.mark.parametrize("family", tiny.FAMILIES)
@pytest.mark.parametrize("num_layers", [1, 2, 3])
def test_last_layers_are_the_last(base_of, family, num_layers):
    adapted = adapt(tiny.job(base_of(family), num_layers=num_layers), trains="last_layers")
    numbers = {
        int(part) for name in adapted.body for part in name.split(".") if part.isdecimal()
    } - ({0, 1, 2} - set(range(3 - num_layers, 3)))
    assert numbers == set(range(3 - num_layers, 3))
    per_layer = len(adapted.body) / num_layers
    assert per_layer == int(per_layer) or family == "modernbert"  # whose first layer lacks a norm


@pytest.mark.parametrize("trains", ["last_layers", "lora", "all"])
def test_the_same_seed_gives_the_same_start_and_another_seed_another(base_of, trains):
    first, same, other = (
        adapt(tiny.job(base_of("roberta"), seed=seed), trains=trains) for seed in (1, 1, 2)
    )
    assert all(torch.equal(first.head[n], same.head[n]) for n in first.head)
    assert all(torch.equal(first.body[n], same.body[n]) for n in first.body)
    assert any(not torch.equal(first.head[n], other.head[n]) for n in first.head)


def test_the_head_of_a_score_has_one_output(base_of):
    job = tiny.job(base_of("bert"), kind=tiny.OutputKind.SCORE)
    assert adapt(job, trains="all").head["model.classifier.weight"].shape == (1, 32)


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        (lambda: {"avx512_bf16": True}, True),
        (lambda: {"amx_bf16": True, "avx512_bf16": False}, True),
        (lambda: {"avx512_f": True, "avx512_bf16": False}, False),
        (None, False),
    ],
)
def test_a_processor_is_asked_for_its_instructions(monkeypatch, capabilities, expected):
    """An older torch cannot be asked: then all stays fp32."""
    if capabilities is None:
        monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    else:
        monkeypatch.setattr(torch.cpu, "get_capabilities", capabilities, raising=False)
    assert has_bf16_products(torch.device("cpu")) is expected
    assert not has_bf16_products(torch.device("meta"))


def test_pairs_are_told_apart_in_fp32(base_of):
    job = tiny.job(base_of("bert"), pooling="mean")
    assert not adapt(job, trains="pairs").may_round
    assert adapt(job, trains="all").may_round


@pytest.mark.parametrize("trains", ["all", "lora", "last_layers", "head"])
@pytest.mark.parametrize("kind", [OutputKind.SINGLE, OutputKind.SCORE])
def test_products_are_rounded_only_where_that_is_faster_and_harms_no_digit(
    base_of, trains, kind, monkeypatch
):
    base = base_of("bert")
    adapted = adapt(tiny.job(base, kind=kind), trains=trains)
    batch = batch_of(base)
    exact_BC = adapted.model(*batch)
    monkeypatch.setattr("sartor.engines.adapt.has_bf16_products", lambda device: True)
    found_BC = adapted.learning(*batch)
    assert found_BC.dtype == torch.float32
    far = (found_BC - exact_BC).abs().max() / exact_BC.abs().max()
    if trains == "head" or kind is OutputKind.SCORE:
        assert far == 0
    else:
        assert 0 < far < 0.03
    found_BC.sum().backward()
    learned = [*adapted.head.values(), *adapted.body.values()]
    gradients = [weight.grad for weight in learned if weight.grad is not None]
    assert {gradient.dtype for gradient in gradients} == {torch.float32}
    assert any(gradient.abs().max() > 0 for gradient in gradients)
    monkeypatch.setattr("sartor.engines.adapt.has_bf16_products", lambda device: False)
    assert torch.equal(adapted.learning(*batch), exact_BC)
