"""The end of a run on the screen: the verdict in colour, where things lie, what to type next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from sartor.cli.look import Command, facts_view, near_path, next_view
from sartor.core.decision import Verdict
from sartor.report.summary import render_summary

if TYPE_CHECKING:
    from sartor.results import RunResult

VERDICT_STYLES = {
    Verdict.SHIP: "bold green",
    Verdict.STAY_OFF_THE_SHELF: "bold cyan",
    Verdict.NO_MODEL_NEEDED: "bold cyan",
    Verdict.NOT_YET: "bold magenta",
}
WORD_STYLES = {
    r"^- met:": "green",
    r"^- not met:": "red",
    r", the winner$": "bold green",
    r"(?<=, )not distinguishable$": "dim",
}


def result_view(
    result: RunResult, workspace: Path, *, width: int, has_hints: bool
) -> RenderableType:
    """The summary, then paths and commands.

    Args:
        result: What `flow` came back with.
        workspace: The folder as the user typed it, for commands to copy.
        width: Columns.
        has_hints: Whether to say what to type next.
    """
    hints = next_view(_next(result, workspace)) if has_hints else []
    return Group(coloured(result, width=width), facts_view(_places(result)), *hints)


def coloured(result: RunResult, *, width: int) -> Text:
    """The plain summary with its verdict, titles and outcomes set off."""
    lines = render_summary(result.decision, width=width).rstrip("\n").split("\n")
    head = lines.index("") if "" in lines else len(lines)
    styled = [Text(lines[0], style=VERDICT_STYLES[result.decision.verdict])]
    styled += [Text(line, style="bold") for line in lines[1:head]]
    for line, following in pairwise([*lines[head:], ""]):
        is_title = following.startswith("- ") and line[:1] not in ("-", " ")
        styled.append(_line(line, "bold" if is_title else ""))
    return Text("\n").join([*styled, Text()])


def _line(line: str, style: str) -> Text:
    words = Text(line, style=style)
    for pattern, word_style in WORD_STYLES.items():
        for found in re.finditer(pattern, line):
            words.stylize(word_style, *found.span())
    return words


def _places(result: RunResult) -> Iterator[tuple[str, str]]:
    yield "run", f"{result.run}, found again" if result.is_reused else result.run
    yield "report", near_path(result.report)
    if result.package is not None:
        yield "package", near_path(result.package)


def _next(result: RunResult, workspace: Path) -> Iterator[Command]:
    yield ["report", str(workspace), "--open"], "read the evidence in a browser"
    if result.package is not None:
        yield ["predict", str(workspace), "FILE"], "answer messages with the winner"
        yield ["chat", str(workspace)], "talk to the winner"
