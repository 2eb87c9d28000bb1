"""`sartor plan`: what would be tried, and what it would take. Trains nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sartor.cli.options import Debug, Folder, Json, Quick, Quiet, Settings, SkipBad

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from sartor.results import Plan, PlanRow


def plan(
    folder: Folder,
    settings: Settings = None,
    quick: Quick = False,
    skip_bad: SkipBad = False,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Show what would be tried and how long it takes; train nothing.

    Also what is left out and why, and the rule that will pick the winner.
    """
    from sartor import flow
    from sartor.cli.streams import show
    from sartor.cli.watch import watching

    with watching(is_quiet=quiet) as progress:
        planned = flow.plan(
            folder, settings=settings or (), quick=quick, skip_bad=skip_bad, progress=progress
        )
    show(planned, _view(planned, folder, has_hints=not quiet), is_json=json)


def _view(planned: Plan, folder: Path, *, has_hints: bool) -> RenderableType:
    """The rows, the total, the rule, and what was noticed."""
    from rich.console import Group
    from rich.text import Text

    from sartor.cli.look import next_view, titled_lines
    from sartor.report.words import duration

    if not planned.rows:
        return Group(*titled_lines("Noticed", planned.notes))
    tried = [row for row in planned.rows if not row.left_out_because]
    left_out = [row for row in planned.rows if row.left_out_because]
    total = duration(planned.seconds)
    run = (["run", str(folder)], f"do it: about {total}")
    return Group(
        _table(tried),
        "",
        Text.assemble("In all about ", (total, "bold"), " on this machine", *_money(planned), "."),
        *titled_lines("Left out", [_left_out(row) for row in left_out]),
        *titled_lines("The rule, fixed before the first trial", planned.rule.splitlines()),
        *titled_lines("Noticed", planned.notes),
        *(next_view([run]) if has_hints else []),
    )


def _money(planned: Plan) -> list[str | tuple[str, str]]:
    """What APIs cost besides; nothing where none is asked."""
    return [", and about ", (f"{planned.usd:.3g} USD", "bold"), " for APIs"] if planned.usd else []


def _table(rows: Sequence[PlanRow]) -> RenderableType:
    from sartor.cli.look import cells, plain_table
    from sartor.report.words import duration, percent

    numbers = ("settings", "epochs", "planned", "share")
    table = plain_table(
        "method", "what it does", "base", *numbers, numbers=numbers, wide=["what it does"]
    )
    for row in rows:
        epochs = row.epochs or "–"
        planned, share = duration(row.planned_seconds), percent(row.share)
        table.add_row(
            *cells(row.method, row.title, short_base(row.base), row.num_settings, epochs),
            *cells(planned, share),
        )
    return table


def short_base(base: str | None) -> str:
    """A base model's name without whom it comes from."""
    return base.split("/")[-1] if base else "–"


def _left_out(row: PlanRow) -> str:
    name = f"{row.title} on {short_base(row.base)}" if row.base else row.title
    return f"{name}: {row.left_out_because}"
