"""What Sartor knows of base models beforehand, from a dated data file.

Embedded models come as Python packages: there without a network, on every machine alike.
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
    hub_id: str
    """The same model on the hub."""
    package: str
    """Import name of the package that holds it."""
    folder: str
    """Folder inside the package with config.json, tokenizer.json and safetensors."""
    licence: str
    """SPDX name."""
    extra: str
    """Extra of Sartor that installs the package."""

    def place(self) -> Path | None:
        """Its folder, or None where the package is not installed. Nothing is imported."""
        spec = find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            return None
        folder = Path(spec.submodule_search_locations[0]) / self.folder
        return folder if folder.is_dir() else None


def embedded_models() -> tuple[EmbeddedModel, ...]:
    """Every embedded model of the catalogue, installed or not."""
    return tuple(EmbeddedModel(**line) for line in _catalogue()["embedded"])


def licences() -> tuple[str, ...]:
    """SPDX names of the licences that base models usually have."""
    return tuple(_catalogue()["licences"])


def embedded_model(name: str) -> EmbeddedModel | None:
    """The embedded model of a short name or hub id, installed or not."""
    return next((model for model in embedded_models() if name in (model.id, model.hub_id)), None)


@cache
def _catalogue() -> dict[str, Any]:
    return dict(json.loads(CATALOGUE.read_bytes()))
