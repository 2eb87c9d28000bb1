"""`sartor doctor`: what this machine is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from sartor.cli.options import Debug, Json, Quiet


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


def _flat(findings: Mapping[str, Any], start: str = "") -> Iterator[tuple[str, str]]:
    """Findings within findings, by dotted names."""
    for name, value in findings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{start}{name}.")
        elif isinstance(value, list | tuple):
            yield f"{start}{name}", ", ".join(map(str, value)) or "none"
        else:
            yield f"{start}{name}", "none" if value is None else str(value)
