"""`sartor run` and `sartor report`: the whole pass, and its evidence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sartor.cli.errors import GATE_CLOSED
from sartor.cli.options import Debug, Folder, Json, Quick, Quiet, Settings, SkipBad

if TYPE_CHECKING:
    from sartor.results import RunResult


def run(
    folder: Folder,
    settings: Settings = None,
    quick: Quick = False,
    gate: Annotated[
        bool, typer.Option("--gate", help='Exit with code 3 unless the verdict is "ship".')
    ] = False,
    skip_bad: SkipBad = False,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Run the tournament; give verdict, report and model.

    Type the same command again to go on after an interruption: finished work is found.
    """
    from sartor import flow
    from sartor.cli.watch import watching

    with watching(is_quiet=quiet) as progress:
        result = flow.run(
            folder,
            settings=settings or (),
            quick=quick,
            skip_bad=skip_bad,
            apart=True,
            progress=progress,
        )
    _show(result, folder, is_json=json, has_hints=not quiet)
    if gate and result.decision.verdict != "ship":
        raise typer.Exit(GATE_CLOSED)


def report(
    folder: Folder,
    is_opened: Annotated[
        bool, typer.Option("--open", help="Open the report in the browser.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Show the verdict of the latest finished run.

    The report is one HTML file that works offline; `--open` shows it in the browser.
    """
    from sartor import flow

    result = flow.report(folder)
    _show(result, folder, is_json=json, has_hints=not quiet)
    if is_opened:
        typer.launch(str(result.report.absolute()))


def _show(result: RunResult, folder: Path, *, is_json: bool, has_hints: bool) -> None:
    from sartor.cli.streams import result_console, show
    from sartor.cli.verdict import result_view

    width = result_console().width
    view = result_view(result, folder, width=width, has_hints=has_hints)
    show(_document(result), view, is_json=is_json)


def _document(result: RunResult) -> dict[str, Any]:
    """`decision.json`, and where everything lies."""
    return {
        "run": result.run,
        "folder": result.folder,
        "is_reused": result.is_reused,
        "report": result.report,
        "package": result.package,
        "decision": result.decision.as_dict(),
    }
