"""Products in bf16 while a trunk learns, where the device has instructions for them.

Weights, their gradients, moments and average stay fp32, and so do losses and all that is scored (mixed
precision, Micikevicius et al. 2018, arXiv 1710.03740; bf16 needs no scaling of the loss, Kalamkar et al.
2019, arXiv 1905.12322). Without such instructions bf16 is slower than fp32 on a CPU, so there it stays off.
"""

from __future__ import annotations

from typing import Any

import torch

CPU_INSTRUCTIONS = ("avx512_bf16", "amx_bf16")


def has_bf16_products(device: torch.device) -> bool:
    """Whether a device multiplies in bf16 faster than in fp32; an older torch does not say it of a CPU."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return device.type == "cpu" and any(map(capabilities.get, CPU_INSTRUCTIONS))


def bf16_products(device: torch.device, *, is_on: bool) -> torch.autocast:
    """Inside, products of fp32 tensors are made in bf16, if it is on."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=is_on)


def product_dtype(device: torch.device) -> torch.dtype | None:
    """In what products are made here; None where their inputs say it."""
    if not torch.is_autocast_enabled(device.type):
        return None
    return torch.get_autocast_dtype(device.type)
