"""The look that all verbs share: facts, titled lines, tables, durations, what to type next."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sartor.core.dataset import Count
from sartor.core.words import count
from sartor.report.words import one_line

Command = tuple[list[str], str]
"""Words after `sartor`, and what they are good for."""
INDENT_COLUMNS = 2
INDENT = (0, 0, 0, INDENT_COLUMNS)


def facts_view(facts: Iterable[tuple[str, str]]) -> RenderableType:
    """Names and values in two columns."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts:
        table.add_row(Text(name), Text(one_line(value)))
    return Padding(table, INDENT)


def titled_lines(title: str, lines: Sequence[str]) -> list[RenderableType]:
    """A title and its lines; nothing where there are no lines."""
    if not lines:
        return []
    listing = Table.grid(padding=(0, 1, 0, 0))
    for line in lines:
        listing.add_row(Text("-", style="dim"), Text(one_line(line)))
    return ["", Text(title, style="bold"), Padding(listing, INDENT)]


def next_view(commands: Iterable[Command]) -> list[RenderableType]:
    """The next commands to type, ready to be copied: a long path may run over the edge, not be cut."""
    lines = [(shlex.join(["sartor", *words]), purpose) for words, purpose in commands]
    widest = max(len(command) for command, _ in lines)
    rows: list[RenderableType] = []
    for command, purpose in lines:
        row = Text(" " * INDENT_COLUMNS, no_wrap=True, overflow="ignore")
        row.append(command.ljust(widest), style="bold cyan")
        rows.append(row.append(f"   {purpose}", style="dim"))
    return ["", Text("Next", style="bold"), *rows]


def headline_view(words: str) -> list[RenderableType]:
    """A judgement in a sentence, before what it rests on."""
    return [Text(one_line(words), style="bold"), ""]


def with_pages(view: RenderableType, pages: Iterable[Path]) -> RenderableType:
    """What is shown, and last the pages that say more: a long path may run over the edge, not be cut."""
    where = [
        Text(f"{' ' * INDENT_COLUMNS}{near_path(page)}", no_wrap=True, overflow="ignore")
        for page in pages
    ]
    return Group(view, "", Text("As a page", style="bold"), *where)


def plain_table(
    *headers: str,
    numbers: Iterable[str] = (),
    wide: Iterable[str] = (),
    capped: Mapping[str, int] | None = None,
) -> Table:
    """A table without lines.

    Args:
        *headers: Column titles.
        numbers: Those whose cells are set flush right.
        wide: Those that take the room that is left and wrap.
        capped: Those that wrap beyond a width, in characters.
    """
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0), pad_edge=False)
    for header in headers:
        table.add_column(
            header,
            justify="right" if header in numbers else "left",
            no_wrap=header not in wide and header not in (capped or {}),
            ratio=1 if header in wide else None,
            max_width=(capped or {}).get(header),
            overflow="fold" if header in wide or header in (capped or {}) else "ellipsis",
        )
    return table


def counts_table(counts: Sequence[Count], what: str) -> list[RenderableType]:
    """Counted lines with their reasons and examples; nothing where there are none.

    Args:
        counts: The lines.
        what: The head of the column that says why.
    """
    if not counts:
        return []
    table = plain_table(
        "rows", "counted", what, numbers=["rows"], wide=[what], capped={"counted": 28}
    )
    for line in counts:
        examples = f" For example {', '.join(line.examples)}." if line.examples else ""
        table.add_row(*cells(count(line.num_rows), line.what, f"{line.note}{examples}"))
    return ["", Padding(table, INDENT)]


def cells(*values: Any) -> list[Text]:
    """Cells that hold user texts: on one line, control characters spelled out, no markup."""
    return [value if isinstance(value, Text) else Text(one_line(str(value))) for value in values]


def clock(seconds: float | None) -> str:
    """A duration that keeps its width while it grows: `0:08`, `12:40`, `1:02:30`."""
    if seconds is None:
        return ""
    whole = round(max(0.0, seconds))
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}:{rest:02d}"
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def near_path(path: Path) -> str:
    """A path as one would type it from here."""
    here = Path.cwd()
    full = path.absolute()
    return str(full.relative_to(here)) if full.is_relative_to(here) else str(full)
