"""Muon for matrices (Jordan et al. 2024, kellerjordan.github.io/posts/muon), AdamW for the rest.

A matrix moves by the orthogonal part of its momentum, so that all its directions move alike; five Newton-
Schulz steps find that part. Steps are scaled to the size of AdamW's (Liu et al. 2025, arXiv 2502.16982),
so that one learning rate and one weight decay fit both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch

MOMENTUM = 0.95
_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_NUM_STEPS = 5
_SIZE_OF_ADAM = 0.2
"""Root mean square of AdamW's steps, measured by Liu et al."""


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, made orthogonal.

    Args:
        parameters: Matrices of hidden layers.
        lr: Learning rate, on AdamW's scale.
        weight_decay: As AdamW's.
        is_coarse: Multiply in bf16.
    """

    def __init__(
        self,
        parameters: Iterable[torch.nn.Parameter],
        *,
        lr: float,
        weight_decay: float,
        is_coarse: bool = False,
    ) -> None:
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay})
        self.is_coarse = is_coarse

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> Any:
        """Move every matrix once."""
        assert closure is None
        for group in self.param_groups:
            for parameter in group["params"]:
                gradient = parameter.grad
                if gradient is None:
                    continue
                momentum = self.state[parameter].setdefault("momentum", torch.zeros_like(parameter))
                momentum.lerp_(gradient, 1 - MOMENTUM)
                direction = orthogonal(gradient.lerp(momentum, MOMENTUM), is_coarse=self.is_coarse)
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                size = _SIZE_OF_ADAM * max(parameter.shape) ** 0.5
                parameter.add_(direction, alpha=-group["lr"] * size)


def orthogonal(matrix: torch.Tensor, *, is_coarse: bool = False) -> torch.Tensor:
    """A matrix with the same singular vectors and singular values near 1 (0.7 to 1.2).

    Args:
        matrix: Of any shape; worked on with its short side first.
        is_coarse: Multiply in bf16, which the steps were made to bear (Jordan et al.).
    """
    a, b, c = _COEFFICIENTS
    is_tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if is_tall else matrix
    x = x / (x.norm() + 1e-7)
    if is_coarse:
        x = x.bfloat16()
    for _ in range(_NUM_STEPS):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    x = x.to(matrix.dtype)
    return x.T if is_tall else x
