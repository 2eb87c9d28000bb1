"""The verbs in the order of a journey. Importing this file must stay light: no torch, no numpy."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from sartor import __version__
from sartor.cli.chat import chat
from sartor.cli.data import data
from sartor.cli.errors import guarded, interrupted, reader_is_gone
from sartor.cli.init import init
from sartor.cli.machine import doctor
from sartor.cli.models import models
from sartor.cli.plan import plan
from sartor.cli.predict import predict
from sartor.cli.run import report, run
from sartor.cli.schema import schema

VERBS = (init, data, plan, run, report, predict, chat, models, doctor, schema)


class Verbs(TyperGroup):
    """Hands on two endings that typer would turn into codes of its own, without a word."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as signal:
            raise interrupted(sys.argv[1:]) from signal
        except BrokenPipeError:
            raise typer.Exit(reader_is_gone()) from None


app = typer.Typer(
    cls=Verbs,
    invoke_without_command=True,
    rich_markup_mode=None,  # plain help: a third of a second sooner
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in VERBS:
    app.command()(verb)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"sartor {__version__}")
        raise typer.Exit


@app.callback(epilog="Begin with: sartor init inbox --example hem && sartor run inbox")
def sartor(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Find out by measurement which model, adapted how, is right for a task, and get it."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Entry point of `sartor` and `python -m sartor`."""
    from sartor.cli.streams import survive_odd_characters

    survive_odd_characters()
    arguments = sys.argv[1:]
    sys.exit(
        guarded(
            lambda: app(args=arguments, prog_name="sartor", standalone_mode=False),
            arguments=arguments,
        )
    )
