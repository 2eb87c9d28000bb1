"""How fast this machine learns, by steps of a transformer layer at two widths: for plans, and for `doctor`.

Shape letters: B texts, T tokens, D width.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from sartor.core.speed import LARGE_WIDTH, SMALL_WIDTH, Speed
from sartor.engines.encoder_engine import pick_device
from sartor.engines.precision import bf16_products, has_bf16_products

SHAPES = {
    "cpu": {SMALL_WIDTH: (32, 32), LARGE_WIDTH: (4, 64)},
    "cuda": {SMALL_WIDTH: (128, 64), LARGE_WIDTH: (16, 256)},
}
"""Device to width to texts and tokens of a step: what the engine reads at a time, roughly."""
SECONDS_EACH = 0.4
"""Of measuring one width; the fastest step counts, so that other work on the machine does not."""
LEAST_STEPS = 3
COPIED_BYTES = 256 * 2**20
HEAD_WIDTH = 64


def measured_speed() -> Speed:
    """Measured now, in about two seconds; the weights are drawn, nothing is loaded."""
    device = torch.device(pick_device())
    rates = {}
    for width, (num_texts, num_tokens) in SHAPES[device.type].items():
        step = _step(device, width, num_texts, num_tokens)
        operations = 6.0 * 12 * width**2 * num_texts * num_tokens
        rates[width] = operations / _fastest(step, device)
    return Speed(
        device=_name(device),
        small_flops_per_second=rates[SMALL_WIDTH],
        large_flops_per_second=rates[LARGE_WIDTH],
        copied_bytes_per_second=_copied(device),
    )


def _step(device: torch.device, width: int, num_texts: int, num_tokens: int) -> Callable[[], None]:
    """One step forth and back through a layer, as training takes it."""
    torch.manual_seed(0)
    layer = torch.nn.TransformerEncoderLayer(
        width, width // HEAD_WIDTH, 4 * width, dropout=0.0, batch_first=True, device=device
    )
    texts_BTD = torch.randn(num_texts, num_tokens, width, device=device, requires_grad=True)
    is_bf16 = has_bf16_products(device)

    def step() -> None:
        with bf16_products(device, is_on=is_bf16):
            loss = layer(texts_BTD).float().square().mean()
        loss.backward()
        layer.zero_grad(set_to_none=True)
        texts_BTD.grad = None

    return step


def _copied(device: torch.device) -> float:
    """Bytes read and written in a second, by copying."""
    source = torch.ones(COPIED_BYTES // 4, device=device)
    target = torch.empty_like(source)
    return 2.0 * COPIED_BYTES / _fastest(lambda: target.copy_(source), device)


def _fastest(step: Callable[[], object], device: torch.device) -> float:
    """Seconds of the fastest call."""
    step()
    _wait(device)
    fastest, end, done = float("inf"), time.perf_counter() + SECONDS_EACH, 0
    while done < LEAST_STEPS or time.perf_counter() < end:
        start = time.perf_counter()
        step()
        _wait(device)
        fastest = min(fastest, time.perf_counter() - start)
        done += 1
    return fastest


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{torch.get_num_threads()} CPU threads"
