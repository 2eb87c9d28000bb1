"""Where a model of the catalogue is on this machine, without reading it."""

from __future__ import annotations

from pathlib import Path

from sartor.base.catalogue import CatalogueModel
from sartor.base.hub import complete_cached_folder

EMBEDDED, CACHED = "embedded", "cached"


def where_at_hand(model: CatalogueModel) -> str | None:
    """`embedded` or `cached`; None where it would have to be fetched or installed."""
    if model.is_embedded and model.place():
        return EMBEDDED
    hub_id = model.hub_id if model.is_embedded else model.id
    return CACHED if hub_id and complete_cached_folder(hub_id) else None


def folder_at_hand(model: CatalogueModel) -> Path | None:
    """The folder of a model that is at hand."""
    if place := model.place():
        return place
    hub_id = model.hub_id if model.is_embedded else model.id
    return complete_cached_folder(hub_id) if hub_id else None
