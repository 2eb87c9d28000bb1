"""Logits in small portions: never more of them at a time than fit beside the model.

Of 4,000 positions and 150,000 tokens the logits would take 2.4 GB, their gradient as much again.

Shape letters: N positions, D width, V vocabulary, U tokens asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
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


@dataclass(frozen=True)
class _Sums:
    """Over all portions; added to in place."""

    loss: torch.Tensor
    of_hidden_ND: torch.Tensor
    """Gradients of the hidden states."""
    of_weights: Sequence[torch.Tensor]
    """Gradients of the output layer's weights, as far as they learn."""


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
        sums = _Sums(
            loss=torch.zeros((), dtype=torch.float32, device=hidden_ND.device),
            of_hidden_ND=torch.zeros_like(hidden_ND),
            of_weights=[torch.zeros_like(weight, dtype=torch.float32) for weight in weights],
        )
        add = _add_plainly if model.has_plain_head else partial(_add_by_autograd, weights)
        add(model, hidden_ND.detach(), tokens_N, sums)
        ctx.dtypes = [weight.dtype for weight in weights]
        ctx.save_for_backward(sums.of_hidden_ND, *sums.of_weights)
        return sums.loss

    @staticmethod
    def backward(ctx: Any, *outer: torch.Tensor) -> Any:
        of_hidden_ND, *of_weights = ctx.saved_tensors
        scaled = [
            gradient.mul_(outer[0]).to(dtype)
            for gradient, dtype in zip(of_weights, ctx.dtypes, strict=True)
        ]
        return of_hidden_ND * outer[0], None, None, *scaled


def _add_plainly(
    model: LanguageModel, hidden_ND: torch.Tensor, tokens_N: torch.Tensor, sums: _Sums
) -> None:
    """Where logits are states times weights, all portions share one buffer, which ends as their gradient."""
    weight_VD = model.head.weight.detach()
    parts = [*portions(model, len(hidden_ND))]
    most = min(len(hidden_ND), parts[0].stop) if parts else 0
    buffer_PV = hidden_ND.new_empty(most, len(weight_VD))
    for part in parts:
        states_PD, tokens_P1 = hidden_ND[part], tokens_N[part, None]
        logits_PV = torch.mm(states_PD, weight_VD.T, out=buffer_PV[: len(states_PD)])
        logits_PV -= logits_PV.amax(dim=1, keepdim=True)
        sums.loss.sub_(logits_PV.gather(1, tokens_P1).sum())
        sums_P1 = logits_PV.exp_().sum(dim=1, keepdim=True)
        sums.loss.add_(sums_P1.log().sum())
        logits_PV /= sums_P1
        logits_PV.scatter_add_(1, tokens_P1, logits_PV.new_full(tokens_P1.shape, -1.0))
        torch.mm(logits_PV, weight_VD, out=sums.of_hidden_ND[part])
        for gradient_VD in sums.of_weights:
            gradient_VD.addmm_(logits_PV.T, states_PD)


def _add_by_autograd(
    weights: Sequence[torch.Tensor],
    model: LanguageModel,
    hidden_ND: torch.Tensor,
    tokens_N: torch.Tensor,
    sums: _Sums,
) -> None:
    """For every family, whatever it does after its trunk."""
    for part in portions(model, len(hidden_ND)):
        with torch.enable_grad():
            states_PD = hidden_ND[part].requires_grad_()
            logits_PV = model.logits(states_PD).float()
            loss = torch.nn.functional.cross_entropy(logits_PV, tokens_N[part], reduction="sum")
            of_states, *of_these = torch.autograd.grad(loss, [states_PD, *weights])
        sums.loss.add_(loss.detach())
        sums.of_hidden_ND[part] = of_states
        for summed, gradient in zip(sums.of_weights, of_these, strict=True):
            summed += gradient
