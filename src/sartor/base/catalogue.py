"""What Sartor knows of base models beforehand, from a dated data file.

Embedded models come with Sartor or as Python packages: there without a network, on every machine alike.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

CATALOGUE = Path(__file__).with_name("catalogue.json")


@dataclass(frozen=True)
class EmbeddedModel:
    """A line of the catalogue."""

    id: str
    """Short name."""
    hub_id: str | None
    """The same model on the hub, if it is there."""
    architecture: str
    """`encoder`, `decoder` or `encoder-decoder`."""
    package: str
    """Import name of the package that holds it."""
    folder: str
    """Folder inside the package with config.json, tokenizer.json and safetensors."""
    licence: str
    """SPDX name."""
    extra: str | None
    """Extra of Sartor that installs the package, None where the model is part of Sartor itself."""

    def place(self) -> Path | None:
        """Its folder, or None where it is not installed or not shipped. Nothing is imported."""
        spec = find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            return None
        folder = Path(spec.submodule_search_locations[0]) / self.folder
        return folder if (folder / "config.json").is_file() else None


def embedded_models() -> tuple[EmbeddedModel, ...]:
    """Every embedded model of the catalogue, there or not."""
    return tuple(EmbeddedModel(**line) for line in _catalogue()["embedded"])


def embedded_hub_ids() -> tuple[str, ...]:
    """Hub ids of the embedded models that are on the hub as well."""
    return tuple(model.hub_id for model in embedded_models() if model.hub_id)


def licences() -> tuple[str, ...]:
    """SPDX names of the licences that base models usually have."""
    return tuple(_catalogue()["licences"])


def embedded_model(name: str) -> EmbeddedModel | None:
    """The embedded model of a short name or hub id, there or not."""
    return next((model for model in embedded_models() if name in (model.id, model.hub_id)), None)


@cache
def _catalogue() -> dict[str, Any]:
    return dict(json.loads(CATALOGUE.read_bytes()))
