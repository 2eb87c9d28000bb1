"""A torch classifier as ONNX: `input_ids`, `attention_mask` (N, T) int64 to `logits` (N, C)."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

OPSET = 17
"""LayerNorm as one operator; read by every onnxruntime since 1.12."""


class NativeLogits(torch.nn.Module):
    """Hands on the logits of a transformers classifier."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        return self.model(input_ids=input_ids, attention_mask=attention_mask).logits


def export_onnx(model: torch.nn.Module, path: Path, *, is_by_token: bool = False) -> None:
    """Trace the model with any batch size and length.

    The tracing exporter is used although the newer one is recommended: it takes a tenth of
    the time, and every package is scored again through the file it wrote.

    Args:
        model: Takes (input_ids, attention_mask), gives logits (N, C).
        path: File to write.
        is_by_token: Whether it gives logits for every token, (N, T, C).
    """
    # The second row has padding, so that no branch for unpadded batches is traced.
    tokens = torch.tensor([[2, 3, 4, 5, 6, 7], [2, 3, 4, 5, 0, 0]])
    mask = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]])
    rows_and_tokens = {0: "batch", 1: "tokens"}
    with warnings.catch_warnings(), _quiet_exporter(), torch.no_grad():
        # It warns of its own deprecation and of constants; the scores are compared afterwards.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model.eval(),
            (tokens, mask),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_axes={
                "input_ids": rows_and_tokens,
                "attention_mask": rows_and_tokens,
                "logits": rows_and_tokens if is_by_token else {0: "batch"},
            },
            opset_version=OPSET,
            dynamo=False,
        )


@contextmanager
def _quiet_exporter() -> Iterator[None]:
    """Keeps the exporter's remarks on its own use off the screen."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
