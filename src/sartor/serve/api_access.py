"""Which API a package may ask, and with whom: a folder from elsewhere must not send a key where it likes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sartor.base.api import api_base
from sartor.core.base_model import BaseModel
from sartor.core.endpoint import Endpoint, TokenPrices
from sartor.core.errors import GoalError, PackageError
from sartor.core.recalled import Asks
from sartor.serve.package_files import broken, json_of

ALLOWED_URL = "SARTOR_API_URL"
"""Environment variable with the address that a package may ask that lies in no workspace."""


@dataclass(frozen=True)
class ApiAccess:
    """Lets packages ask the APIs that their user knows."""

    asks: Asks
    known: Callable[[], Sequence[Endpoint]] = tuple
    """APIs of the workspace's goal."""
    is_online: bool = True
    """Whether anything may be asked over the network."""

    def base_of(self, folder: Path) -> BaseModel:
        """The API that a package is a prompt for.

        Raises:
            GoalError: Nothing may be asked over the network, or there is no key.
            PackageError: The package does not say which, or its user has not named it.
        """
        endpoint = endpoint_in(folder)
        if not self.is_online:
            raise GoalError(
                where=f"{folder} > {endpoint.name}",
                problem=f"asks {endpoint.host}, and `offline` (or HF_HUB_OFFLINE) forbids it.",
                fix="Take it away, or run again without `apis`.",
            )
        mine = [(one.url, one.key) for one in self.known()]
        is_allowed = os.environ.get(ALLOWED_URL, "").rstrip("/") == endpoint.url
        if (endpoint.url, endpoint.key) not in mine and not is_allowed:
            raise PackageError(
                where=f"{folder} > {endpoint.name}",
                problem=f"sends messages and the key in {endpoint.key} to {endpoint.url}, which no `apis` "
                "of this workspace names.",
                fix=f"Name it there, or allow it: `export {ALLOWED_URL}={endpoint.url}`.",
            )
        if endpoint.key is not None and not os.environ.get(endpoint.key, "").strip():
            raise GoalError(
                where=f"{folder} > {endpoint.name}",
                problem=f"the environment variable {endpoint.key} holds no key.",
                fix=f"Set it: `export {endpoint.key}=...`.",
            )
        return api_base(endpoint, folder=folder)


def endpoint_in(folder: Path) -> Endpoint:
    """The API that a package keeps in `prompt.json`.

    Raises:
        PackageError: It is missing or broken.
    """
    path = folder / "prompt.json"
    try:
        return _endpoint(json_of(path)["endpoint"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise broken(path, error) from error


def _endpoint(kept: Mapping[str, Any]) -> Endpoint:
    name, url, model = kept["name"], kept["url"], kept["model"]
    if not all(isinstance(text, str) and text for text in (name, url, model)):
        raise TypeError("an endpoint without name, address or model")
    if not url.startswith(("https://", "http://")) or not isinstance(kept["request"], dict):
        raise ValueError("no address of an endpoint")
    prices = kept["prices"]
    return Endpoint(
        name,
        url,
        model,
        key=None if kept["key"] is None else str(kept["key"]),
        prices=None if prices is None else TokenPrices(**prices),
        request=kept["request"],
        concurrency=min(64, max(1, int(kept["concurrency"]))),
        timeout_seconds=float(kept["timeout_seconds"]),
    )
