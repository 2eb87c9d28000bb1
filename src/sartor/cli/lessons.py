"""What each base model would learn, as `sartor data` shows it: learned tokens marked, checks in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.text import Text

from sartor.cli.look import INDENT, plain_table
from sartor.core.lesson import GOOD, LOOK, WRONG
from sartor.core.words import count, counted
from sartor.report.words import one_line, visible, with_line_ends

if TYPE_CHECKING:
    from sartor.core.lesson import Finding, LessonsOfBase, ShownLesson, ShownToken

STYLES = {GOOD: "green", LOOK: "yellow", WRONG: "bold red"}
LEARNED = ("black on green", "black on bright_green")
"""Of one token and the next, so that their border is seen."""
OPEN, CLOSE = "⟦", "⟧"
PLAIN_OPEN, PLAIN_CLOSE = "[[", "]]"
"""Around what is learned: where no colour is shown, and where signs beyond ASCII are not."""


def lessons_view(found: Sequence[LessonsOfBase]) -> Iterator[RenderableType]:
    """A title, and for each base its checks and its examples; nothing where there is nothing to show."""
    if not found:
        return
    yield ""
    yield Text("What is learned, token by token", style="bold")
    yield Padding(_Key(), INDENT)
    for of_base in found:
        yield ""
        yield Padding(Text(one_line(of_base.base), style="bold cyan"), INDENT)
        if of_base.problem:
            words = Text.assemble(("not shown  ", STYLES[LOOK]), one_line(of_base.problem))
            yield Padding(words, INDENT)
        yield from _findings(of_base)
        for lesson in of_base.shown:
            yield ""
            yield Padding(_Tokens(lesson), INDENT)


def _findings(of_base: LessonsOfBase) -> Iterator[RenderableType]:
    if of_base.findings:
        yield findings_table(of_base.findings)


def findings_table(findings: Sequence[Finding]) -> RenderableType:
    """How each finding stands, and what it is."""
    table = plain_table("", " ", wide=[" "])
    table.show_header = False
    for finding in findings:
        table.add_row(Text(finding.state, style=STYLES[finding.state]), one_line(finding.words))
    return Padding(table, INDENT)


class _Key:
    """How what is learned is marked."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        opening, closing = _brackets(console)
        key = Text.assemble(
            ("Tokens marked ", "dim"),
            (f"{opening}like this{closing}", "" if opening else LEARNED[0]),
            (" carry loss: the model learns to write them. All others are only read.", "dim"),
        )
        yield key


def _brackets(console: Console) -> tuple[str, str]:
    """Around what is learned; nothing where colour marks it."""
    from sartor.cli.streams import speaks_unicode

    if console.color_system is not None:
        return "", ""
    return (OPEN, CLOSE) if speaks_unicode(console) else (PLAIN_OPEN, PLAIN_CLOSE)


class _Tokens:
    """One lesson. What is learned is coloured, or put into brackets where there is no colour."""

    def __init__(self, lesson: ShownLesson) -> None:
        self.lesson = lesson

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        brackets = _brackets(console)
        yield Text(_headline(self.lesson), style="dim")
        text = Text(overflow="fold")
        for is_learned, run in groupby(self.lesson.tokens, key=lambda token: token.is_learned):
            text.append(brackets[0] if is_learned else "")
            for at, token in enumerate(run):
                text.append(_shown(token), LEARNED[at % 2] if is_learned else "dim")
            text.append(brackets[1] if is_learned else "")
        yield text


def _shown(token: ShownToken) -> str:
    if token.num_left_out:
        return f" … {count(token.num_left_out)} more tokens … "
    return visible(with_line_ends(token.text))


def _headline(lesson: ShownLesson) -> str:
    learned = f"{count(lesson.num_learned)} of {counted(lesson.num_tokens, 'token')} learned"
    cut = ", prompt shortened" if lesson.is_prompt_cut else ""
    end = ", end of the answer cut off" if lesson.is_answer_cut else ""
    return f"{one_line(lesson.source)}: {learned}{cut}{end}"
