"""Bad rows as a table, and error texts that no control character can disturb."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sartor.core.errors import SartorError
from sartor.report.words import one_line, visible

MAX_ROWS = 20
"""Problems shown; the rest is only counted."""
COLUMNS = ("place", "field", "rule", "excerpt", "fix")


def readable(text: str) -> str:
    """The text with everything that could command a terminal spelled out."""
    return visible(text)


def bad_rows_view(error: SartorError) -> RenderableType:
    """The first problems in a table, how many there are of each rule, and what to do.

    Args:
        error: A `BadRowsError`: `problems` holds what is wrong, row by row.
    """
    problems: Sequence[Any] = getattr(error, "problems", ())
    headline = one_line(error.problem.split("\n", 1)[0]).rstrip(":")
    return Group(
        Text.assemble((one_line(error.where), "bold"), ": ", (headline, "red")),
        "",
        _table(problems[:MAX_ROWS]),
        *_rest(problems[MAX_ROWS:]),
        "",
        Text.assemble(("Fix  ", "bold"), one_line(error.fix)),
    )


def _table(problems: Sequence[Any]) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for name in COLUMNS:
        is_short = name in ("place", "field", "rule")
        table.add_column(
            name, no_wrap=name == "rule", overflow="fold", ratio=None if is_short else 1
        )
    for problem in problems:
        cells = [one_line(str(getattr(problem, name))) or "–" for name in COLUMNS]
        styles = ("bold", "", "red", "dim", "")
        table.add_row(*(Text(cell, style=style) for cell, style in zip(cells, styles, strict=True)))
    return table


def _rest(problems: Sequence[Any]) -> list[RenderableType]:
    """Only some thousand problems are kept, so the true count is the headline's."""
    if not problems:
        return []
    return [Text(f"These are the first {MAX_ROWS}; all are counted above.", style="dim")]
