"""An API as a base model: what is known of it without asking it, and what its tokens cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel as Checked
from pydantic import ConfigDict, Field, ValidationError

from sartor.core.base_model import API, BaseModel
from sartor.core.endpoint import Endpoint, TokenPrices
from sartor.core.errors import GoalError
from sartor.core.hashing import content_hash

PRICES_FILE = "api_prices.yaml"
"""In the workspace, where the user writes down prices; in this folder, where Sartor's own stand."""
UNKNOWN_CONTEXT_TOKENS = 2**31 - 1
"""No endpoint says how long its inputs may be; one that is too long is refused, and counted."""
Usd = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Prices(Checked):
    model_config = ConfigDict(extra="forbid")
    input: Usd
    output: Usd


class PriceList(Checked):
    """A dated list of prices."""

    model_config = ConfigDict(extra="forbid")
    date: date
    """When they were looked up."""
    hosts: dict[str, dict[str, _Prices]]
    """Host to model to prices in US dollars a million tokens."""

    def of(self, endpoint: Endpoint, *, source: str) -> TokenPrices | None:
        """What the list says of a model; None where it is not in it."""
        found = self.hosts.get(endpoint.host, {}).get(endpoint.model)
        if found is None:
            return None
        return TokenPrices(found.input, found.output, source=f"{source} of {self.date}")


def api_base(endpoint: Endpoint, *, folder: Path) -> BaseModel:
    """The endpoint as a base that answers prompts, with its prices where they are known.

    Args:
        endpoint: As the goal names it.
        folder: The workspace, which may have a list of prices.

    Raises:
        GoalError: The workspace's list of prices cannot be read.
    """
    return BaseModel(
        id=endpoint.name,
        hub_id=None,
        folder=Path(),
        source=API,
        architecture=API,
        family="api",
        num_parameters=0,
        num_layers=0,
        width=0,
        vocabulary=0,
        context_tokens=UNKNOWN_CONTEXT_TOKENS,
        licence="unknown",
        pooling="mean",
        fingerprint=fingerprint_of(endpoint),
        has_class_head=False,
        has_chat_template=True,
        endpoint=replace(endpoint, prices=endpoint.prices or _listed_prices(endpoint, folder)),
    )


def fingerprint_of(endpoint: Endpoint) -> str:
    """What its answers depend on: neither prices nor keys do."""
    return content_hash(API, endpoint.url, endpoint.model, dict(endpoint.request))


def _listed_prices(endpoint: Endpoint, folder: Path) -> TokenPrices | None:
    own = folder / PRICES_FILE
    if own.is_file():
        found = _read(own.read_text("utf-8", "replace"), own).of(endpoint, source=PRICES_FILE)
        if found is not None:
            return found
    shipped = files("sartor.base").joinpath(PRICES_FILE)
    return _read(shipped.read_text("utf-8"), Path(PRICES_FILE)).of(
        endpoint, source="the list that comes with Sartor,"
    )


def _read(text: str, path: Path) -> PriceList:
    try:
        return PriceList.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError, RecursionError) as error:
        first = str(error).splitlines()
        said = " ".join(first[:2]) if isinstance(error, yaml.YAMLError) else _first(error)
        raise GoalError(
            where=str(path),
            problem=f"is no list of prices ({said}).",
            fix="Write `date: 2026-01-31` and `hosts: {api.host: {some-model: {input: 1, output: 2}}}`.",
        ) from error


def _first(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return type(error).__name__
    detail = error.errors(include_url=False)[0]
    return f"{' > '.join(map(str, detail['loc'])) or 'the file'}: {detail['msg']}"
