"""Checks `apis`: names, addresses, and that no key stands where only its variable may be named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from sartor.goal.problem import Place, Problem, quoted
from sartor.goal.tree import Node

NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}")
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")
"""Keys have small letters or dashes nearly always: so none passes for the name of a variable."""
COMPLETIONS = "/chat/completions"
OURS = frozenset({"messages", "model", "stream", "n", "tools", "functions"})
"""Parts of a request that Sartor says itself, or whose answers it could not read."""


SECRET = re.compile(r"api.?key|secret|auth|passw|credential", re.IGNORECASE)


def check_apis(node: Node | None, bases: Node | None) -> Iterator[Problem]:
    """What types cannot say of `apis`.

    Args:
        node: `apis`.
        bases: `bases`, whose names are taken.
    """
    taken = {str(base.value).strip() for base in (bases.items() if bases else [])}
    for api in _apis(node):
        name = api.child("name")
        if name and isinstance(name.value, str):
            yield from _check_name(name, taken)
            taken.add(name.value.strip())
        yield from _check_url(api.child("url"))
        yield from _check_key(api.child("key"))
        yield from _check_request(api.child("request"))


def _apis(node: Node | None) -> list[Node]:
    if node is None:
        return []
    return [node] if isinstance(node.value, dict) else node.items()


def _check_name(name: Node, taken: set[str]) -> Iterator[Problem]:
    text = str(name.value).strip()
    if text in taken:
        yield Problem(name.place, f"{quoted(text)} is named twice.", "Give it another name.")
    elif not NAME.fullmatch(text):
        yield Problem(
            name.place,
            f"{quoted(text)} is no name for an API.",
            "Use letters, digits, `.`, `_` and `-`, 64 at most.",
        )


def _check_url(node: Node | None) -> Iterator[Problem]:
    if node is None or not isinstance(node.value, str):
        return
    text = node.value.strip()
    place = _without_override(node.place)
    try:
        parts = urlsplit(text)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        yield Problem(place, "is not an address.", "Write for example `https://host/v1`.")
        return
    if parts.username or parts.password or parts.query or parts.fragment:
        fix = "Write the address alone; a key is named under `key`, by its environment variable."
        yield Problem(place, "holds more than an address (a login, a `?` or a `#`).", fix)
    elif parts.scheme not in ("http", "https") or not host or not text.isascii() or " " in text:
        yield Problem(
            place, f"{quoted(text)} is not an address.", "Write for example `https://host/v1`."
        )
    elif parts.path.rstrip("/").endswith(COMPLETIONS):
        base = text.rstrip("/").removesuffix(COMPLETIONS)
        yield Problem(place, f"ends with `{COMPLETIONS}`, which is added.", f"Write `{base}`.")


def _check_key(node: Node | None) -> Iterator[Problem]:
    """What is refused here may be a key: it is not repeated."""
    if node is None or not isinstance(node.value, str):
        return
    if not VARIABLE.fullmatch(node.value.strip()):
        yield Problem(
            _without_override(node.place),
            "is not the name of an environment variable (capitals, digits and `_`).",
            "Put the key into a variable, and name that: `key: API_KEY`. Keys never stand in a file.",
        )


def _check_request(node: Node | None) -> Iterator[Problem]:
    for name, value in (node.entries() if node else {}).items():
        if name in OURS:
            yield Problem(
                value.place.parent(), f"{quoted(name)} is said by Sartor itself.", "Remove it."
            )
        elif SECRET.search(name):
            yield Problem(
                _without_override(value.place.parent()),
                f"{quoted(name)} sounds like a secret, which never stands in a file.",
                "Name the environment variable that holds it under `key`.",
            )


def _without_override(place: Place) -> Place:
    """A place that does not repeat what was given on the command line."""
    return replace(place, file="--set apis=...") if place.is_override else place
