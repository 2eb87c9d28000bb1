"""`sartor init`: a workspace with a commented sartor.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sartor.cli.options import Debug, Json, Quiet

if TYPE_CHECKING:
    from rich.console import RenderableType

    from sartor.results import Initialised


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder to set up; made where it is absent.")
    ],
    more_files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE...", help="Files with examples, the same as --data."),
    ] = None,
    task: Annotated[
        str,
        typer.Option(
            "--task",
            help="What the model has to do: `classify`, `generate`, `chat`, `translate` or `extract`.",
        ),
    ] = "classify",
    files: Annotated[
        list[str] | None,
        typer.Option(
            "--data",
            metavar="FILE",
            help="Files, folders or addresses with examples: JSONL, CSV, Parquet, Arrow, Excel "
            "(`book.xlsx#Sheet`), mail (mbox, .eml, Maildir), exports of chats, databases "
            "(`sqlite:///shop.db#mails`), `s3://`, `hf://`. May be given several times.",
        ),
    ] = None,
    example: Annotated[
        str | None,
        typer.Option(
            "--example",
            help="Bring a bundled example instead of data: `hem`, an inbox to classify or, with "
            "`--task chat`, to reply to.",
        ),
    ] = None,
    agents: Annotated[
        list[str] | None,
        typer.Option(
            "--agents",
            metavar="WHO",
            help="Who answers in mail: an address, `@domain` or a name. May be given several times.",
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a sartor.yaml that is there.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Set up a workspace: look at the data and write a sartor.yaml.

    Task, columns and labels are guessed from the first rows; every setting is in the file, with
    its default and what it does.
    """
    from sartor import flow
    from sartor.cli.streams import show

    names = [*(files or []), *(more_files or [])]
    done = flow.init(
        folder,
        task=task,
        files=names,
        example=example,
        agents=agents or (),
        overwrite=overwrite,
    )
    show(done, _view(done, folder, has_hints=not quiet), is_json=json)


def _view(done: Initialised, folder: Path, *, has_hints: bool) -> RenderableType:
    """What was recognised, what to look at, and what to type next."""
    from rich.console import Group
    from rich.text import Text

    from sartor.cli.look import facts_view, next_view, titled_lines
    from sartor.core.words import about, counted

    columns = ", ".join(f"{role}: {name}" for role, name in done.columns.items())
    labels = f"{counted(done.num_labels, 'label')}, {done.output_kind}"
    facts = [("task", done.task)]
    if done.task != "classify":
        facts.append(("format", done.format or "not recognised"))
    if columns or done.task == "classify":
        facts.append(("columns", columns or "not recognised"))
    if done.languages:
        facts.append(("languages", " to ".join(done.languages[side] for side in ("from", "to"))))
    facts.append(
        ("labels", labels) if done.num_labels or done.task == "classify" else _answers(done)
    )
    return Group(
        Text.assemble(("Wrote ", "green"), (str(done.goal_file), "bold")),
        facts_view([("examples", about(done.num_examples, is_counted=done.is_counted)), *facts]),
        *titled_lines("To look at", done.notes),
        *(next_view(_next(folder)) if has_hints else []),
    )


def _answers(done: Initialised) -> tuple[str, str]:
    names = {"text": "texts", "spans": "spans", "fields": "records"}
    return "answers", names.get(done.output_kind, "not recognised")


def _next(folder: Path) -> list[tuple[list[str], str]]:
    return [
        (["data", str(folder)], "see what is kept, dropped and why"),
        (["plan", str(folder)], "see what would be tried, and how long it takes"),
        (["run", str(folder)], "find out which model is right"),
    ]
