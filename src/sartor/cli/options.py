"""The arguments and flags that several verbs share: one spelling and one help text each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[
    Path,
    typer.Argument(metavar="DIR", help="The workspace: the folder with sartor.yaml."),
]
ChatFolder = Annotated[
    Path,
    typer.Argument(
        metavar="DIR",
        help="The workspace: the folder with sartor.yaml; or the folder of a package.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override a setting of sartor.yaml for this call, as in `--set budget.hours=2`. "
        "May be given several times.",
    ),
]
SkipBad = Annotated[
    bool,
    typer.Option(
        "--skip-bad",
        help="Set rows that break a rule aside into a quarantine file, counted, instead of "
        "stopping at them.",
    ),
]
Quick = Annotated[
    bool,
    typer.Option(
        "--quick",
        help="A coarse answer: smaller searches, fewer retrainings; written answers are "
        "chosen on fewer rows.",
    ),
]
Json = Annotated[
    bool,
    typer.Option(
        "--json", help="Print the result, or the error, as one JSON document on standard output."
    ),
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="No progress and no hints, only the result."),
]
Debug = Annotated[
    bool,
    typer.Option("--debug", help="Show the traceback of an error as well."),
]
"""The border in `errors` looks for this flag itself: an error may come before flags are parsed."""
