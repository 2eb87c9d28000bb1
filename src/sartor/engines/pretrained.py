"""Pretrained weights from a folder, by the one path that trusts nothing in it: safetensors only, no code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError

from sartor.core.base_model import LOAD_AGAIN, BaseModel
from sartor.core.errors import BaseModelError
from sartor.core.goal import OutputKind

PROBLEM_TYPES = {
    OutputKind.SINGLE: "single_label_classification",
    OutputKind.MULTI: "multi_label_classification",
    OutputKind.SCORE: "regression",
}
"""What `transformers` calls the kinds of labels."""
OF_A_LAYER = re.compile(r"\.\d+\.(?!.*\.masked_bias$)")
"""Names of tensors within layers, but for the masks that older checkpoints store and nobody reads."""
LOAD_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    StrictDataclassError,
    TypeError,
    ValueError,
)
"""What a configuration that makes no sense ends in: `transformers` checks some of it, torch the rest."""


def load_pretrained(
    factory: Any, base: BaseModel, config: Any, *, attention: str | None = None
) -> tuple[Any, set[str]]:
    """A model in fp32 and evaluation mode, and the names of weights that the folder does not bring.

    Those are drawn from torch's generator, so seed it first; weights of another shape than the
    configuration's count among them.

    Args:
        factory: `AutoModel` or one of its kin.
        base: Whose folder is read.
        config: Of `transformers`, for this base.
        attention: `sdpa` or `eager`; None leaves the choice to `transformers`.
    """
    model, drawn, _ = _loaded(factory, base, config, attention=attention)
    return model, drawn


def load_whole(factory: Any, base: BaseModel, config: Any, *, attention: str) -> Any:
    """A model of which every weight comes from the folder, and every layer's weight has a place.

    Raises:
        BaseModelError: A weight is missing or of another shape, or a layer holds one that the
            configuration knows nothing of.
    """
    with load_errors(base):
        model, drawn, left = _loaded(factory, base, config, attention=attention)
    refuse_drawn(base, drawn)
    if of_layers := {name for name in left if OF_A_LAYER.search(name)}:
        raise BaseModelError(
            where=str(base.folder),
            problem=f"its weights hold `{min(of_layers)}`, for which config.json has no place "
            f"({len(of_layers)} such).",
            fix=LOAD_AGAIN,
        )
    return model


@contextmanager
def load_errors(base: BaseModel) -> Iterator[None]:
    """What `transformers` raises over a folder, as an error of this base."""
    try:
        yield
    except LOAD_ERRORS as error:
        said = [line.strip() for line in str(error).strip().splitlines()] or [type(error).__name__]
        # A first line that ends in a colon names the key; the second says what is wrong with it.
        told = " ".join(said[:2]) if said[0].endswith(":") else said[0]
        raise BaseModelError(
            where=str(base.folder),
            problem=f"`{base.id}` does not load: {told}",
            fix=LOAD_AGAIN,
        ) from error


def refuse_drawn(base: BaseModel, drawn: set[str]) -> None:
    """transformers fills what the files lack with random numbers; these may not be that."""
    if drawn:
        raise BaseModelError(
            where=str(base.folder),
            problem=f"its weights do not hold `{min(drawn)}` in the shape that config.json says "
            f"({len(drawn)} such).",
            fix=LOAD_AGAIN,
        )


def _loaded(
    factory: Any, base: BaseModel, config: Any, *, attention: str | None
) -> tuple[Any, set[str], set[str]]:
    """The model, the weights that were drawn, and those in the files that found no place."""
    model, loading = factory.from_pretrained(
        base.folder,
        config=config,
        use_safetensors=True,
        trust_remote_code=False,
        local_files_only=True,
        dtype=torch.float32,
        ignore_mismatched_sizes=True,
        output_loading_info=True,
        **({} if attention is None else {"attn_implementation": attention}),
    )
    resized = {
        entry[0] if isinstance(entry, tuple) else entry for entry in loading["mismatched_keys"]
    }
    drawn = set(loading["missing_keys"]) | resized
    return model.eval(), drawn, set(loading["unexpected_keys"])
