"""The leaderboard as a table for any width; drawn anew from a `Standing` each time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sartor.cli.forest import Glyphs, axis, axis_header, bar
from sartor.cli.look import clock
from sartor.cli.standing import Standing
from sartor.core.leaderboard import CandidateRow, CandidateState
from sartor.report.intervals import Scale
from sartor.report.words import measured, metric_name, one_line

METHOD_WORDS = {
    "majority": "majority label",
    "tfidf": "TF-IDF + linear",
    "zero_shot": "zero-shot",
    "few_shot": "few-shot",
    "head": "linear head",
    "mlp_head": "MLP head",
    "last_layers": "last layers",
    "lora": "LoRA",
    "contrastive": "contrastive pairs",
    "full": "full fine-tuning",
}
"""Short enough for a column; a method of another package is shown by its name."""
NAME_SEPARATOR = " · "
"""Between method and base in a row's name."""
STATE_STYLES = {
    CandidateState.WAITING: "dim",
    CandidateState.TRAINING: "bold",
    CandidateState.SCORED: "",
    CandidateState.STOPPED: "dim",
    CandidateState.FAILED: "red",
    CandidateState.FINALIST: "cyan",
    CandidateState.WINNER: "bold green",
}
TELLING = (CandidateState.FAILED, CandidateState.TRAINING)
"""States whose detail is what one wants to read."""
NARROW, WIDE, VERY_WIDE = 80, 100, 140
"""Columns: below the first a row takes two lines; from the second on there is room for all."""
METRIC_WIDTH = 17
"""`0.941 0.930–0.951`."""


@dataclass(frozen=True)
class Layout:
    """What a width has room for."""

    gap: int
    """Spaces between columns."""
    base: int
    """Widest base name; 0: no such column."""
    bar: int
    """Width of the bar; 0: none."""


def board_view(
    standing: Standing, *, width: int, glyphs: Glyphs, max_rows: int | None = None
) -> RenderableType:
    """The rows, best first.

    Args:
        standing: How the tournament stands.
        width: Columns of the terminal.
        glyphs: What bars and marks are drawn with.
        max_rows: Rows there is room for; the rest is counted. None: all.
    """
    rows = standing.ranked()
    shown = rows[:max_rows]
    num_hidden = len(rows) - len(shown)
    more = [Text(f"  and {num_hidden} more below", style="dim")] if num_hidden else []
    if width < NARROW:
        return Group(*_narrow(shown, standing, glyphs), *more)
    layout = _layout(width, num_bases=len(standing.bases()))
    return Group(_table(shown, rows, layout, glyphs), *more)


def lines_per_row(width: int) -> int:
    """Lines of the terminal that a row takes."""
    return 2 if width < NARROW else 1


def _layout(width: int, *, num_bases: int) -> Layout:
    """At 80 columns either the base or the bar: the base says nothing where there is only one."""
    if width >= WIDE:
        return Layout(gap=2, base=20 if num_bases else 0, bar=28 if width >= VERY_WIDE else 16)
    return Layout(gap=1, base=10, bar=0) if num_bases > 1 else Layout(gap=1, base=0, bar=10)


def _table(
    shown: Sequence[CandidateRow], rows: Sequence[CandidateRow], layout: Layout, glyphs: Glyphs
) -> Table:
    """The shown rows, on the axis of all rows."""
    scale, metric = axis(rows), rows[0].metric
    has_left = any(_left(row) for row in rows)
    table = Table(
        box=None, header_style="dim", padding=(0, layout.gap, 0, 0), pad_edge=False, expand=True
    )
    table.add_column("", width=1)
    table.add_column("method", no_wrap=True)
    if layout.base:
        table.add_column("base", no_wrap=True, max_width=layout.base)
    table.add_column("state", no_wrap=True)
    table.add_column(_metric_title(metric), no_wrap=True, width=METRIC_WIDTH)
    if layout.bar:
        table.add_column(axis_header(scale, metric, width=layout.bar), width=layout.bar)
    table.add_column("tried", no_wrap=True, ratio=1)
    table.add_column("spent", no_wrap=True, justify="right")
    if has_left:
        table.add_column("left", no_wrap=True, justify="right")
    for row in shown:
        cells = _cells(row, scale, layout, glyphs, has_left=has_left)
        table.add_row(*cells, style=_row_style(row))
    return table


def _cells(
    row: CandidateRow, scale: Scale | None, layout: Layout, glyphs: Glyphs, *, has_left: bool
) -> Iterator[Text]:
    """The cells of a row, in the order of the columns."""
    style = STATE_STYLES[row.state]
    yield Text(glyphs.marks[row.state], style=style)
    yield Text(method_words(row))
    if layout.base:
        yield Text(_base_words(row))
    yield Text(str(row.state), style=style)
    yield _score(row)
    if layout.bar:
        yield bar(row, scale, width=layout.bar, style=style, glyphs=glyphs)
    yield Text(one_line(row.detail), style="" if row.state in TELLING else "dim")
    yield Text(_spent(row))
    if has_left:
        yield Text(_left(row))


def _narrow(
    rows: Sequence[CandidateRow], standing: Standing, glyphs: Glyphs
) -> list[RenderableType]:
    """Two lines a row: who and how good, then how it stands."""
    has_bases = len(standing.bases()) > 1
    return [line for row in rows for line in _narrow_row(row, has_bases, glyphs)]


def _narrow_row(row: CandidateRow, has_bases: bool, glyphs: Glyphs) -> list[RenderableType]:
    name = method_words(row)
    if has_bases and row.base:
        name = f"{name} · {_base_words(row)}"
    first = Table.grid(expand=True, padding=(0, 1, 0, 0))
    first.add_column(width=1)
    first.add_column(ratio=1, no_wrap=True)
    first.add_column(no_wrap=True, justify="right")
    mark = Text(glyphs.marks[row.state], style=STATE_STYLES[row.state])
    first.add_row(mark, Text(name), _score(row), style=_row_style(row))
    left = _left(row)
    spent = f"{_spent(row)} spent" if _spent(row) else ""
    facts = [str(row.state), spent, f"{left} left" if left else "", one_line(row.detail)]
    second = Text(f"  {' · '.join(fact for fact in facts if fact)}", style="dim")
    second.no_wrap, second.overflow = True, "ellipsis"
    return [first, second]


def method_words(row: CandidateRow) -> str:
    """The row's method, short enough for a column."""
    method = row.name.partition(NAME_SEPARATOR)[0]
    return METHOD_WORDS.get(method, one_line(method).replace("_", " "))


def _metric_title(metric: str) -> str:
    """The metric's name in words, or as in sartor.yaml where the words are too long."""
    words = metric_name(metric)
    return words if len(words) <= METRIC_WIDTH else metric


def _base_words(row: CandidateRow) -> str:
    return one_line(row.base).split("/")[-1] if row.base else ""


def _score(row: CandidateRow) -> Text:
    """Value and interval; an interval with a negative end is spelled with a word."""
    if row.value is None:
        return Text("")
    value = Text(measured(row.value, row.metric))
    if row.low is None or row.high is None:
        return value
    dash = "–" if row.low >= 0 else " to "
    ends = f" {measured(row.low, row.metric)}{dash}{measured(row.high, row.metric)}"
    return value.append(ends, style="dim")


def _spent(row: CandidateRow) -> str:
    return "" if row.state is CandidateState.WAITING else clock(row.seconds_spent)


def _left(row: CandidateRow) -> str:
    return clock(row.seconds_left) if row.state is CandidateState.TRAINING else ""


def _row_style(row: CandidateRow) -> str:
    if row.state is CandidateState.WINNER:
        return "bold green"
    return "dim" if row.state in (CandidateState.WAITING, CandidateState.STOPPED) else ""
