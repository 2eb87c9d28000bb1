"""The goal written out in full, each setting with its origin: stored with every run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from sartor.core.address import masked
from sartor.core.endpoint import Endpoint
from sartor.core.goal import Goal, Target
from sartor.goal.emit import flow, scalar
from sartor.goal.spec import GoalSpec

HEADER = (
    "# The goal of a run in full. Behind each setting its origin: given (file or --set), derived\n"
    "# or default. It can be run again as it is.\n"
)


def resolved_yaml(goal: Goal) -> str:
    """The goal as a `sartor.yaml` that loads to the same goal, its origins apart."""
    lines = [
        line
        for name, value in _document(goal).items()
        for line in _lines((name,), value, goal.origins)
    ]
    return HEADER + "\n".join(lines) + "\n"


def _document(goal: Goal) -> dict[str, Any]:
    """The settings as the file has them, in the order of the spec."""
    values: dict[str, Any] = {
        **asdict(goal),
        "data": _data(goal),
        "output_kind": str(goal.output_kind) if goal.output_kind else None,
        "format": str(goal.format) if goal.format else None,
        "targets": {target.metric: _mark(target) for target in goal.targets},
        "automation": {"precision": goal.automation_precision},
        "apis": [_api(endpoint) for endpoint in goal.apis],
    }
    return {name: values[name] for name in GoalSpec.model_fields}


def _api(endpoint: Endpoint) -> dict[str, Any]:
    """With the name of the variable that holds the key; the key is nowhere at hand."""
    prices = endpoint.prices
    shown = {"input": prices.input, "output": prices.output} if prices else None
    settings = {**asdict(endpoint), "prices": shown}
    return {name: value for name, value in settings.items() if value not in (None, {})}


def _data(goal: Goal) -> Any:
    """Entries without passwords: the file of a run is passed on."""
    shown = {split: [masked(entry) for entry in entries] for split, entries in goal.data.items()}
    return shown.get("all") or shown


def _mark(target: Target) -> float | None:
    """A plain number: which side it is on follows from the metric."""
    return target.at_most if target.at_least is None else target.at_least


def _lines(path: tuple[str, ...], value: Any, origins: Mapping[str, str]) -> Iterator[str]:
    start = "  " * (len(path) - 1) + scalar(path[-1])
    if isinstance(value, Mapping) and value and path[0] != "data":
        yield f"{start}:{_origin(path, origins)}"
        for name, part in value.items():
            yield from _lines((*path, name), part, origins)
    else:
        yield f"{start}: {flow(value)}{_origin(path, origins)}"


def _origin(path: tuple[str, ...], origins: Mapping[str, str]) -> str:
    origin = origins.get(".".join(path))
    return f"  # {origin}" if origin else ""
