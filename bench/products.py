"""How fast can it be at most? The products that a step needs, and what this machine makes of them alone.

Counted is what the step cannot do without: linear layers on real tokens, the output layer on learned tokens,
gradients of what learns. Attention, norms, activations and the optimizer are left out, so a share of 1 cannot
be reached.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.talks import Size

LEAST_REPEATS, LEAST_SECONDS = 3, 0.2
FORWARD, OF_INPUTS, OF_WEIGHTS = "forward", "gradient of inputs", "gradient of weights"


@dataclass(frozen=True)
class Product:
    """One product of matrices."""

    kind: str
    """Which of the three that a linear layer takes part in."""
    num_rows: int
    """Tokens."""
    num_inputs: int
    num_outputs: int

    @property
    def flops(self) -> int:
        """Operations."""
        return 2 * self.num_rows * self.num_inputs * self.num_outputs


def needed(
    size: Size, method: str, settings: Mapping[str, Any], *, num_tokens: int, num_learned: int
) -> Counter[Product]:
    """The products of one step and how often each is needed.

    Args:
        size: Of the model.
        method: `full`, `lora` or `last_layers`.
        settings: With `rank` or `num_layers`, by method.
        num_tokens: Of a step.
        num_learned: Tokens among them that are learned.
    """
    found: Counter[Product] = Counter()
    first = size.num_layers - settings["num_layers"] if method == "last_layers" else 0
    for layer in range(size.num_layers):
        for number, (inputs, outputs) in enumerate(_linears(size)):
            found[Product(FORWARD, num_tokens, inputs, outputs)] += 1
            if layer < first:
                continue
            # Below the first layer that learns nothing does, so its queries, keys and values send nothing on.
            is_end = layer == first and number < 3 and method != "full"
            if not is_end:
                found[Product(OF_INPUTS, num_tokens, inputs, outputs)] += 1
            if method == "lora":
                found += _adapter(inputs, outputs, settings["rank"], num_tokens, is_end=is_end)
            else:
                found[Product(OF_WEIGHTS, num_tokens, inputs, outputs)] += 1
    kinds = (FORWARD, OF_INPUTS, OF_WEIGHTS) if method == "full" else (FORWARD, OF_INPUTS)
    return found + Counter(Product(k, num_learned, size.width, size.vocabulary) for k in kinds)


def flops(products: Mapping[Product, int]) -> int:
    """Operations of all of them."""
    return sum(one.flops * number for one, number in products.items())


def _linears(size: Size) -> list[tuple[int, int]]:
    """Inputs and outputs of a layer's linear parts; queries, keys and values first."""
    of_keys = size.width * size.num_key_value_heads // size.num_heads
    attention = [(size.width, size.width), *[(size.width, of_keys)] * 2, (size.width, size.width)]
    return [*attention, *[(size.width, size.hidden)] * 2, (size.hidden, size.width)]


def _adapter(
    inputs: int, outputs: int, rank: int, num_tokens: int, *, is_end: bool
) -> Counter[Product]:
    down, up = (inputs, rank), (rank, outputs)
    found = Counter(Product(k, num_tokens, *up) for k in (FORWARD, OF_INPUTS, OF_WEIGHTS))
    kinds = (FORWARD, OF_WEIGHTS) if is_end else (FORWARD, OF_INPUTS, OF_WEIGHTS)
    return found + Counter(Product(kind, num_tokens, *down) for kind in kinds)


def achieved(products: Mapping[Product, int], *, threads: int) -> dict[str, float]:
    """What these products take when nothing else is done: CPU and wall seconds, and operations."""
    import torch

    torch.set_num_threads(threads)
    taken = {one: _seconds(one) for one in products}
    return {
        "flops": flops(products),
        "cpu_seconds": sum(taken[one][0] * number for one, number in products.items()),
        "wall_seconds": sum(taken[one][1] * number for one, number in products.items()),
    }


def _seconds(one: Product) -> tuple[float, float]:
    """CPU and wall seconds of one product, in fp32 and into memory that is there already."""
    import torch

    x, w, g = (
        torch.randn(*shape)
        for shape in (
            (one.num_rows, one.num_inputs),
            (one.num_outputs, one.num_inputs),
            (one.num_rows, one.num_outputs),
        )
    )
    left, right, out = {FORWARD: (x, w.T, g), OF_INPUTS: (g, w, x), OF_WEIGHTS: (g.T, x, w)}[
        one.kind
    ]
    torch.mm(left, right, out=torch.empty_like(out))
    out, repeats = torch.empty_like(out), 0
    cpu, wall = time.process_time(), time.perf_counter()
    while repeats < LEAST_REPEATS or time.perf_counter() - wall < LEAST_SECONDS:
        torch.mm(left, right, out=out)
        repeats += 1
    return (time.process_time() - cpu) / repeats, (time.perf_counter() - wall) / repeats
