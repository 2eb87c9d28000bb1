"""How the authors of a model make one vector of a text, by the folder's sentence-transformers files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sartor.base.documents import read_document, read_object
from sartor.core.errors import BaseModelError

OFFERED = ("mean", "cls", "max")
"""What an encoder offers here."""
OFFERED_BY_WRITERS = ("mean", "last")
"""What a decoder does: `last` is its last token."""


def read_pooling(folder: Path, *, offered: tuple[str, ...] = OFFERED) -> str:
    """How the model's authors make sentence vectors; `mean` where the folder is silent.

    Of several poolings joined, the first of those offered: methods try the others themselves.

    Raises:
        BaseModelError: It is none that is offered.
    """
    path = pooling_file(folder)
    if path is None:
        return "mean"
    modes = _pooling_modes(read_object(path))
    known = [mode for mode in offered if mode in modes]
    if known:
        return known[0]
    raise BaseModelError(
        where=f"{path} > pooling_mode",
        problem=f"{', '.join(modes) or 'nothing'} is no pooling that is supported.",
        fix=f"Use a model with {', '.join(offered[:-1])} or {offered[-1]} pooling.",
    )


def pooling_file(folder: Path) -> Path | None:
    """The file that says how the model's authors pool, None where they do not say."""
    modules = folder / "modules.json"
    if not modules.is_file():
        return None
    places = [m.get("path", "") for m in read_document(modules) if m["type"].endswith(".Pooling")]
    path = folder / places[0] / "config.json" if places else None
    return path if path is not None and path.is_file() else None


def _pooling_modes(config: dict[str, Any]) -> list[str]:
    """Poolings by name, from the newer key `pooling_mode` or the older switches."""
    if "pooling_mode" in config:
        given = config["pooling_mode"]
        modes = [str(mode) for mode in (given if isinstance(given, list) else [given])]
    else:
        switches = [key for key, value in config.items() if value is True]
        modes = [k.removeprefix("pooling_mode_") for k in switches if k.startswith("pooling_mode_")]
    # Mean over the root of the length differs from the mean by a factor per text only.
    older = {"mean_tokens": "mean", "cls_token": "cls", "max_tokens": "max", "lasttoken": "last"}
    return [older.get(mode, mode).replace("mean_sqrt_len_tokens", "mean") for mode in modes]
