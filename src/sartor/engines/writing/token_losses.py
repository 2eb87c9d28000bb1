"""Logits in small portions: never more of them at a time than fit beside the model.

Of 4,000 positions and 150,000 tokens the logits would take 2.4 GB, their gradient as much again.

Shape letters: N positions, D width, V vocabulary, U tokens asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from sartor.engines.writing.language_model import LanguageModel

PORTION_LOGITS = {"cpu": 1 << 24, "cuda": 1 << 26}
"""Logits computed at a time: 64 and 256 MB in fp32; fewer would add up the weights' gradients too often."""


def portions(model: LanguageModel, num_positions: int) -> Iterator[slice]:
    """All positions, in portions whose logits are few enough."""
    most_logits = PORTION_LOGITS.get(model.device.type, PORTION_LOGITS["cpu"])
    size = max(1, most_logits // model.vocabulary)
    return (slice(start, start + size) for start in range(0, num_positions, size))


def log_probabilities(
    model: LanguageModel, hidden_ND: torch.Tensor, tokens_N: torch.Tensor
) -> torch.Tensor:
    """Log-probability (N,) of one token at each position, in nats. Gives no gradient."""
    return log_probabilities_of(model, hidden_ND, tokens_N[:, None])[:, 0]


@torch.no_grad()
def log_probabilities_of(
    model: LanguageModel, hidden_ND: torch.Tensor, tokens_NU: torch.Tensor
) -> torch.Tensor:
    """Log-probabilities (N, U) of some tokens at each position, in nats. Gives no gradient."""
    found_NU = torch.empty(tokens_NU.shape, dtype=torch.float32, device=hidden_ND.device)
    for part in portions(model, len(hidden_ND)):
        logits_PV = model.logits(hidden_ND[part]).float()
        found_NU[part] = logits_PV.gather(1, tokens_NU[part]) - logits_PV.logsumexp(1, keepdim=True)
    return found_NU


def summed_loss(
    model: LanguageModel, hidden_ND: torch.Tensor, tokens_N: torch.Tensor
) -> torch.Tensor:
    """Sum over positions of the cross-entropy, in nats, with its gradients.

    Gradients are computed portion by portion beside the loss, as the logits are there anyway (Hsu et
    al. 2024, arXiv 2410.10989), and only scaled later. They reach the hidden states and those weights
    of the output layer that learn.
    """
    if not torch.is_grad_enabled():
        return -log_probabilities(model, hidden_ND, tokens_N).sum()
    weights = [weight for weight in model.head.parameters() if weight.requires_grad]
    return _SummedLoss.apply(hidden_ND, model, tokens_N, *weights)


class _SummedLoss(torch.autograd.Function):
    """Cross-entropy behind an output layer, whose logits exist one portion at a time."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden_ND: torch.Tensor,
        model: LanguageModel,
        tokens_N: torch.Tensor,
        *weights: torch.Tensor,
    ) -> torch.Tensor:
        total = torch.zeros((), dtype=torch.float32, device=hidden_ND.device)
        of_hidden_ND = torch.zeros_like(hidden_ND)
        of_weights = [torch.zeros_like(weight, dtype=torch.float32) for weight in weights]
        for part in portions(model, len(hidden_ND)):
            with torch.enable_grad():
                states_PD = hidden_ND[part].detach().requires_grad_()
                logits_PV = model.logits(states_PD).float()
                loss = torch.nn.functional.cross_entropy(logits_PV, tokens_N[part], reduction="sum")
                of_states, *of_these = torch.autograd.grad(loss, [states_PD, *weights])
            total += loss.detach()
            of_hidden_ND[part] = of_states
            for summed, gradient in zip(of_weights, of_these, strict=True):
                summed += gradient
        ctx.dtypes = [weight.dtype for weight in weights]
        ctx.save_for_backward(of_hidden_ND, *of_weights)
        return total

    @staticmethod
    def backward(ctx: Any, *outer: torch.Tensor) -> Any:
        of_hidden_ND, *of_weights = ctx.saved_tensors
        scaled = [
            (gradient * outer[0]).to(dtype)
            for gradient, dtype in zip(of_weights, ctx.dtypes, strict=True)
        ]
        return of_hidden_ND * outer[0], None, None, *scaled
