"""The fused LoRA layer against PEFT's own."""

from __future__ import annotations

import copy

import pytest
import torch
from peft import LoraConfig, inject_adapter_in_model

from sartor.engines.lora import fuse
from sartor.engines.precision import bf16_products


class TwoLinears(torch.nn.Module):
    """A layer of a transformer, without its attention."""

    def __init__(self, *, bias: bool) -> None:
        super().__init__()
        self.wide = torch.nn.Linear(12, 20, bias=bias)
        self.narrow = torch.nn.Linear(20, 12, bias=bias)

    def forward(self, inputs_BTI: torch.Tensor) -> torch.Tensor:
        return self.narrow(torch.nn.functional.gelu(self.wide(inputs_BTI)))


def with_adapters(*, bias: bool = True, dropout: float = 0.0) -> torch.nn.Module:
    """PEFT's adapters on both linears, none of them zero."""
    torch.manual_seed(0)
    model = TwoLinears(bias=bias).requires_grad_(False)
    config = LoraConfig(r=3, lora_alpha=5, lora_dropout=dropout, target_modules=["wide", "narrow"])
    inject_adapter_in_model(config, model)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_" in name:
                weight.copy_(0.3 * torch.randn(weight.shape))
    return model


def learned(model: torch.nn.Module, inputs: torch.Tensor) -> dict[str, torch.Tensor]:
    """Output and every gradient of a loss."""
    inputs = inputs.clone().requires_grad_(True)
    output = model(inputs)
    output.square().sum().backward()
    gradients = {n: p.grad for n, p in model.named_parameters() if p.grad is not None}
    return {"output": output.detach(), "inputs": inputs.grad, **gradients}


@pytest.mark.parametrize("shape", [(2, 7, 12), (5, 12), (1, 1, 12)])
@pytest.mark.parametrize("bias", [True, False])
def test_output_and_gradients_are_pefts(shape, bias):
    plain = with_adapters(bias=bias)
    fused = copy.deepcopy(plain)
    fuse(fused)
    inputs = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    expected, found = learned(plain, inputs), learned(fused, inputs)
    assert found.keys() == expected.keys()
    assert sum("lora_" in name for name in found) == 4
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=1e-5, atol=1e-5, msg=name)


@pytest.mark.parametrize("bias", [True, False])
def test_products_in_bf16_are_pefts_too(bias):
    plain = with_adapters(bias=bias)
    fused = copy.deepcopy(plain)
    fuse(fused)
    inputs = torch.randn(6, 7, 12, generator=torch.Generator().manual_seed(1))
    exact = learned(copy.deepcopy(plain), inputs)
    with bf16_products(inputs.device, is_on=True):
        coarse, found = learned(plain, inputs), learned(fused, inputs)
    assert found["output"].dtype == coarse["output"].dtype == torch.bfloat16
    for name, value in exact.items():
        if name != "output":
            assert found[name].dtype == torch.float32
        error, theirs = (float((of[name] - value).norm()) for of in (found, coarse))
        assert 0 < error <= 1.5 * theirs, name


def test_gradients_are_those_of_differences():
    model = with_adapters().double()
    fuse(model)
    inputs = torch.randn(3, 12, dtype=torch.double, requires_grad=True)
    adapters = [p for n, p in model.named_parameters() if "lora_" in n]
    assert torch.autograd.gradcheck(lambda x, *_: model(x), (inputs, *adapters))


def test_inputs_that_need_no_gradient_get_none():
    model = with_adapters()
    fuse(model)
    inputs = torch.randn(4, 12)
    model(inputs).sum().backward()
    assert inputs.grad is None
    assert all(p.grad is not None for n, p in model.named_parameters() if "lora_" in n)


def test_dropout_before_an_adapter_keeps_pefts_steps():
    plain = with_adapters(dropout=0.5)
    fused = copy.deepcopy(plain)
    fuse(fused)
    inputs = torch.randn(4, 12)
    outputs = []
    for model in (plain, fused):
        torch.manual_seed(2)
        outputs.append(model.train()(inputs))
    assert torch.equal(*outputs)
    assert not torch.allclose(outputs[0], plain.eval()(inputs))
