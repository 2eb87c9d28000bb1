"""PEFT's LoRA layers with one product in place of many small steps.

PEFT writes y = W x + b + s B (A x) as six operations, each of which autograd stores and repeats. Written as
one, the correction is added into the large product where it stands, on the way there and on the way back.
The mathematics and the names of the weights stay PEFT's.

Shape letters: M rows (texts times tokens), I inputs, O outputs, R rank.
"""

from __future__ import annotations

from typing import Any

import torch
from peft import LoraConfig, inject_adapter_in_model
from peft.tuners.lora import Linear

from sartor.engines.precision import product_dtype

ADAPTER = "default"


def inject(config: LoraConfig, model: torch.nn.Module) -> None:
    """Put PEFT's adapters around the layers that the description names, in place, and fuse them."""
    inject_adapter_in_model(config, model)
    fuse(model)


def fuse(model: torch.nn.Module) -> None:
    """Let every plain LoRA layer of a model take the fused product, in place.

    Layers with dropout before the adapter keep PEFT's own steps.
    """
    for module in model.modules():
        if isinstance(module, Linear) and _is_plain(module):
            module.forward = _Fused(module)  # type: ignore[assignment]


def _is_plain(layer: Linear) -> bool:
    is_linear = isinstance(layer.base_layer, torch.nn.Linear)  # GPT-2 stores its weights turned
    has_dropout = not isinstance(layer.lora_dropout[ADAPTER], torch.nn.Identity)
    return is_linear and not has_dropout and not layer.lora_variant


class _Fused:
    """The forward step of one layer."""

    def __init__(self, layer: Linear) -> None:
        self.base: Any = layer.base_layer
        self.down: Any = layer.lora_A[ADAPTER]
        self.up: Any = layer.lora_B[ADAPTER]
        self.scale = float(layer.scaling[ADAPTER])

    def __call__(self, inputs: torch.Tensor) -> torch.Tensor:
        parts = [inputs, self.base.weight, self.base.bias, self.down.weight, self.up.weight]
        if (dtype := product_dtype(inputs.device)) is not None:
            parts = [None if part is None else part.to(dtype) for part in parts]
        output: torch.Tensor = _AdaptedProduct.apply(*parts, self.scale)  # type: ignore[no-untyped-call]
        return output


class _AdaptedProduct(torch.autograd.Function):
    """y = W x + b + s B (A x), W and b frozen.

    Five skinny products beside the large one of each direction; the sums happen inside them.
    """

    @staticmethod
    def forward(
        ctx: Any,
        inputs: torch.Tensor,
        weight_OI: torch.Tensor,
        bias_O: torch.Tensor | None,
        down_RI: torch.Tensor,
        up_OR: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:
        inputs_MI = inputs.reshape(-1, inputs.shape[-1])
        narrow_MR = inputs_MI @ down_RI.T
        output_MO = torch.nn.functional.linear(inputs_MI, weight_OI, bias_O)
        output_MO.addmm_(narrow_MR, up_OR.T, alpha=scale)
        ctx.save_for_backward(inputs_MI, weight_OI, down_RI, up_OR, narrow_MR)
        ctx.scale = scale
        return output_MO.view(*inputs.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        inputs_MI, weight_OI, down_RI, up_OR, narrow_MR = ctx.saved_tensors
        grad_MO = grads[0].reshape(-1, grads[0].shape[-1])
        grad_narrow_MR = grad_MO @ up_OR
        grad_up_OR = (grad_MO.T @ narrow_MR).mul_(ctx.scale)
        grad_down_RI = (grad_narrow_MR.T @ inputs_MI).mul_(ctx.scale)
        grad_inputs = None
        if ctx.needs_input_grad[0]:
            grad_MI = grad_MO @ weight_OI
            grad_MI.addmm_(grad_narrow_MR, down_RI, alpha=ctx.scale)
            grad_inputs = grad_MI.view(*grads[0].shape[:-1], -1)
        return grad_inputs, None, None, grad_down_RI, grad_up_OR, None
