"""Pretrained weights from a folder, by the one path that trusts nothing in it: safetensors only, no code."""

from __future__ import annotations

from typing import Any

import torch

from sartor.core.base_model import BaseModel
from sartor.core.goal import OutputKind

PROBLEM_TYPES = {
    OutputKind.SINGLE: "single_label_classification",
    OutputKind.MULTI: "multi_label_classification",
    OutputKind.SCORE: "regression",
}
"""What `transformers` calls the kinds of labels."""


def load_pretrained(factory: Any, base: BaseModel, config: Any) -> tuple[Any, set[str]]:
    """A model in fp32 and evaluation mode, and the names of weights that the folder does not bring.

    Those are drawn from torch's generator, so seed it first; weights of another shape than the
    configuration's count among them.

    Args:
        factory: `AutoModel` or one of its kin.
        base: Whose folder is read.
        config: Of `transformers`, for this base.
    """
    model, loading = factory.from_pretrained(
        base.folder,
        config=config,
        use_safetensors=True,
        trust_remote_code=False,
        local_files_only=True,
        dtype=torch.float32,
        ignore_mismatched_sizes=True,
        output_loading_info=True,
    )
    resized = {
        entry[0] if isinstance(entry, tuple) else entry for entry in loading["mismatched_keys"]
    }
    return model.eval(), set(loading["missing_keys"]) | resized
