"""What is known of base models and licences beforehand, from dated data files.

Shipped are `catalogue.yaml` and `licences.yaml`. A `models.yaml` of the user's configuration folder, and one
of the workspace, adds entries or replaces them; the later file counts. Embedded models come with Sartor or as
Python packages: there without a network, on every machine alike.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, TypeVar

from sartor.base.licences import Licence
from sartor.base.statements import FORBIDDING, Month, Truth, Whole, checked, read_statements
from sartor.core.errors import BaseModelError

CATALOGUE = Path(__file__).with_name("catalogue.yaml")
LICENCES = Path(__file__).with_name("licences.yaml")
OWN_FILE = "models.yaml"
"""What a user's own file is called."""
SCHEMAS = {"models": 2, "licences": 1}
"""Version of each part's schema; a file without it is read as the newest."""
T = TypeVar("T")


@dataclass(frozen=True)
class StatedSizes:
    """Sizes of a model; None where they are not known for certain, or where there is no such part."""

    __pydantic_config__ = FORBIDDING

    layers: Whole | None = None
    """Transformer layers; of an encoder-decoder those that read."""
    decoder_layers: Whole | None = None
    """Layers that write, of an encoder-decoder."""
    width: Whole | None = None
    """Hidden size."""
    heads: Whole | None = None
    """Attention heads of a layer."""
    kv_heads: Whole | None = None
    """Heads of keys and values, where they are fewer."""
    head_width: Whole | None = None
    """Size of a head, where it is not width / heads."""
    embedding_width: Whole | None = None
    """Size of a token embedding, where it may differ from the hidden size."""
    inner_width: Whole | None = None
    """Size of the feed-forward part."""
    vocabulary: Whole | None = None
    """Token embeddings."""
    context_tokens: Whole | None = None
    """Longest input in tokens; of a decoder input and answer together."""


@dataclass(frozen=True)
class CatalogueModel:
    """A model of the catalogue."""

    __pydantic_config__ = FORBIDDING

    id: str
    """Hub id; of an embedded model its short name."""
    architecture: Literal["encoder", "decoder", "encoder-decoder"]
    """How it is made."""
    family: str
    """`model_type` of its config.json."""
    sizes: StatedSizes = field(default_factory=StatedSizes)
    """How large its parts are."""
    tied_output: Truth | None = None
    """Whether the output layer of a model that writes is its token embeddings."""
    parameters: Whole | None = None
    """Of an encoder those of its trunk; of models that write with the output layer, once where it is tied."""
    licence: str | None = None
    """SPDX name, or the hub's; None: not known."""
    made_from: tuple[str, ...] = ()
    """Ids of models whose licences hold besides."""
    trained_on: str | None = None
    """Its training data, as far as it was disclosed."""
    languages: tuple[str, ...] | None = None
    """ISO 639 codes of those that its makers name; None where they name none."""
    num_languages: Whole | None = None
    """As many as they speak of."""
    instruction_tuned: Truth | None = None
    """Whether it was tuned to do what it is told; None: not known."""
    chat_template: Truth | None = None
    """Whether its folder says how a conversation is written out; None: not known."""
    date: Month | None = None
    """Year or month of its release."""
    note: str | None = None
    """What else has to be known."""
    hub_id: str | None = None
    """The same model on the hub, of an embedded one."""
    package: str | None = None
    """Import name of the package that holds an embedded model."""
    folder: str = ""
    """Folder inside that package with config.json, tokenizer.json and safetensors."""
    extra: str | None = None
    """Extra of Sartor that installs the package; None where it is Sartor itself."""
    stated_in: str | None = None
    """The user's file that it stands in; None: Sartor's own catalogue."""

    @property
    def is_embedded(self) -> bool:
        """Whether it comes with Sartor or as a package."""
        return self.package is not None

    def place(self) -> Path | None:
        """Folder of an embedded model; None where it is not installed or not shipped. Nothing is imported."""
        spec = find_spec(self.package) if self.package else None
        if spec is None or not spec.submodule_search_locations:
            return None
        folder = Path(spec.submodule_search_locations[0]) / self.folder
        return folder if (folder / "config.json").is_file() else None


@dataclass(frozen=True)
class Catalogue:
    """Models and licences by id."""

    date: str
    """Of Sartor's own catalogue."""
    models: Mapping[str, CatalogueModel]
    licences: Mapping[str, Licence]

    def model(self, name: str | None) -> CatalogueModel | None:
        """The entry of a hub id or a short name; a hub id's own entry comes before an embedded model's."""
        if name is None or name in self.models:
            return self.models.get(name or "")
        return next((one for one in self.models.values() if one.hub_id == name), None)


def read_catalogue(workspace: Path | None = None) -> Catalogue:
    """All that is known, the user's own files included.

    Args:
        workspace: Its `models.yaml` counts as well.

    Raises:
        BaseModelError: A file has a slip; place, value and what is wanted are named.
    """
    folders = [own_folder(), *([workspace] if workspace else [])]
    paths = [path for folder in folders if (path := folder / OWN_FILE).is_file()]
    return _merged(CATALOGUE, LICENCES, tuple((path, path.read_bytes()) for path in paths))


def shipped_catalogue() -> Catalogue:
    """Sartor's own, without the user's files."""
    return _shipped(CATALOGUE, LICENCES)


def own_folder() -> Path:
    """The user's configuration folder, as the XDG Base Directory Specification has it."""
    start = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(start).expanduser() / "sartor"


def embedded_models() -> tuple[CatalogueModel, ...]:
    """Every embedded model of the catalogue, there or not."""
    return tuple(model for model in shipped_catalogue().models.values() if model.is_embedded)


def embedded_hub_ids() -> tuple[str, ...]:
    """Hub ids of the embedded models that are on the hub as well."""
    return tuple(model.hub_id for model in embedded_models() if model.hub_id)


def licence_ids() -> tuple[str, ...]:
    """SPDX names, or the hub's, of the licences whose terms are known."""
    return tuple(shipped_catalogue().licences)


def embedded_model(name: str) -> CatalogueModel | None:
    """The embedded model of a short name or hub id, there or not."""
    return next((model for model in embedded_models() if name in (model.id, model.hub_id)), None)


@lru_cache(maxsize=16)
def _merged(catalogue: Path, licences: Path, own: tuple[tuple[Path, bytes], ...]) -> Catalogue:
    """Kept by what the user's files hold, so that an edited file is read again."""
    found = _shipped(catalogue, licences)
    for path, _ in own:
        document = _own_document(path)
        models = _entries(document, "models", CatalogueModel, path, stated_in=str(path))
        _check_own(models, found, path)
        terms = _entries(document, "licences", Licence, path, stated_in=str(path))
        found = Catalogue(found.date, {**found.models, **models}, {**found.licences, **terms})
    return found


@cache
def _shipped(catalogue: Path, licences: Path) -> Catalogue:
    models, terms = read_statements(catalogue), read_statements(licences)
    return Catalogue(
        date=models["date"],
        models=_entries(models, "models", CatalogueModel, catalogue),
        licences=_entries(terms, "licences", Licence, licences),
    )


def _own_document(path: Path) -> dict[str, Any]:
    document = read_statements(path)
    known = ["schema", "date", "models", "licences"]
    for key in document:
        if key not in known:
            raise BaseModelError(
                where=f"{path} > {key}",
                problem="is no part of this file.",
                fix=f"Its parts are {', '.join(f'`{name}`' for name in known)}.",
            )
    return document


def _entries(
    document: Mapping[str, Any],
    part: str,
    schema: type[T],
    path: Path,
    *,
    stated_in: str | None = None,
) -> dict[str, T]:
    """The entries of a part by id, each checked."""
    if document.get("schema", SCHEMAS[part]) not in SCHEMAS.values():
        raise BaseModelError(
            where=f"{path} > schema",
            problem=f"`{document['schema']}` is no schema that this version reads.",
            fix=f"Write {SCHEMAS[part]}, or leave it out.",
        )
    entries = document.get(part) or {}
    where = f"{path} > {part}"
    if not isinstance(entries, dict):
        problem = f"holds a {type(entries).__name__}, not entries by their ids."
        raise BaseModelError(where=where, problem=problem, fix="Write `ORG/NAME: {...}`.")
    return {
        id: checked(_with_id(entry, id, stated_in, where), schema, where=f"{where} > {id}")
        for id, entry in entries.items()
    }


def _with_id(entry: Any, id: str, stated_in: str | None, where: str) -> Any:
    if not isinstance(entry, dict):
        return entry
    for key in ("id", "stated_in"):
        if key in entry:
            raise BaseModelError(
                where=f"{where} > {id} > {key}",
                problem="is not for an entry to say.",
                fix="Remove it; the id stands before the entry.",
            )
    return {**entry, "id": id, "stated_in": stated_in}


def _check_own(models: Mapping[str, CatalogueModel], known: Catalogue, path: Path) -> None:
    """Embedded models are what they are, on every machine alike."""
    for model in models.values():
        is_taken = model.id in known.models and known.models[model.id].is_embedded
        if model.is_embedded or is_taken:
            raise BaseModelError(
                where=f"{path} > models > {model.id}",
                problem="speaks of an embedded model; those are Sartor's own.",
                fix="Give it another id, without `package`; a folder is named under `bases`.",
            )
