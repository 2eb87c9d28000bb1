"""The live leaderboard: what is being done, how far it is, and who leads.

The terminal is left as it was found: the live part is wiped and the final table printed in its
place, whether the run ended well, in an error or by Ctrl-C.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import IO, Any, cast

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sartor.cli.board import board_view, lines_per_row
from sartor.cli.forest import ASCII, UNICODE
from sartor.cli.look import INDENT, clock
from sartor.cli.standing import Standing, is_same_count
from sartor.cli.streams import speaks_unicode
from sartor.core.leaderboard import CandidateRow
from sartor.report.words import one_line, percent

REFRESHES_PER_SECOND = 2
"""Each costs some milliseconds of a core that the trials want."""
NOTES_SHOWN = 3
"""The latest notes of the step that is under way; all are kept when it ends."""
LINES_AROUND_ROWS = 10
"""Title, notes, bar, space, header, count of hidden rows, and two for the prompt."""
BEGIN_FRAME, END_FRAME = "\x1b[?2026h", "\x1b[?2026l"
"""Synchronised output (DEC private mode 2026): the terminal shows a frame when it is whole, so that
nothing blinks or tears. Terminals without it ignore both."""


class WholeFrames:
    """A terminal's stream whose every write is shown at once."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(f"{BEGIN_FRAME}{text}{END_FRAME}") if text else 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class LiveProgress:
    """A `core.protocols.Progress` that redraws itself; use it as a context.

    Args:
        console: A console on a terminal.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._glyphs = UNICODE if speaks_unicode(console) else ASCII
        self._standing = Standing()
        self._began = self._step_began = time.monotonic()
        self._title = ""
        self._notes: tuple[str, ...] = ()
        self._share: float | None = None
        self._ends_at: float | None = None
        self._stream = console.file
        self._live = Live(
            console=console,
            get_renderable=self.view,
            refresh_per_second=REFRESHES_PER_SECOND,
            transient=True,
        )

    def __enter__(self) -> LiveProgress:
        self._console.file = cast("IO[str]", WholeFrames(self._stream))
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._live.stop()
        finally:
            self._console.file = self._stream
        self._end_step(is_done=error is None)
        if self._standing.rows:
            self._console.print(Group("", self._board(max_rows=None), ""))

    def step(self, title: str) -> None:
        self._end_step(is_done=True)
        self._title, self._step_began = one_line(title), time.monotonic()

    def note(self, line: str) -> None:
        kept = self._notes[:-1] if is_same_count(line, self._notes) else self._notes
        self._notes = (*kept, line)

    def candidate(self, row: CandidateRow) -> None:
        self._standing = self._standing.with_row(row)

    def spent(self, share: float, seconds_left: float | None) -> None:
        self._share = min(1.0, max(0.0, share))
        self._ends_at = None if seconds_left is None else time.monotonic() + seconds_left

    def view(self) -> RenderableType:
        """What the terminal shows now."""
        parts: list[RenderableType] = [self._title_line()] if self._title else []
        parts += map(_note_line, self._notes[-NOTES_SHOWN:])
        if self._share is not None:
            parts.append(self._bar())
        if self._standing.rows:
            parts += ["", self._board(max_rows=self._room())]
        return Group(*parts)

    def _title_line(self) -> RenderableType:
        line = Table.grid(expand=True, padding=(0, 1, 0, 0))
        line.add_column(ratio=1, no_wrap=True)
        line.add_column(no_wrap=True, justify="right")
        mark = self._glyphs.marks["training"]
        line.add_row(Text(f"{mark} {self._title}", style="bold"), self._times())
        return line

    def _times(self) -> Text:
        now = time.monotonic()
        words = [f"{clock(now - self._began)} spent"]
        if self._ends_at is not None:
            words.append(f"about {clock(self._ends_at - now)} left")
        return Text(", ".join(words), style="dim")

    def _bar(self) -> RenderableType:
        """Share of the planned work that is done."""
        share = self._share or 0.0
        words = f" {percent(share)} of the plan"
        room = max(10, self._console.width - len(words))
        num_done = int(share * room)
        done, to_do = self._glyphs.done * num_done, self._glyphs.to_do * (room - num_done)
        return Text.assemble((done, "cyan"), (to_do, "dim"), (words, "dim"))

    def _board(self, *, max_rows: int | None) -> RenderableType:
        return board_view(
            self._standing, width=self._console.width, glyphs=self._glyphs, max_rows=max_rows
        )

    def _room(self) -> int:
        lines = self._console.size.height - LINES_AROUND_ROWS
        return max(1, lines // lines_per_row(self._console.width))

    def _end_step(self, *, is_done: bool) -> None:
        """The step and its notes become lines that stay; a broken-off step has no tick."""
        if self._title and is_done:
            took = clock(time.monotonic() - self._step_began)
            mark = self._glyphs.marks["scored"]
            self._console.print(
                Text.assemble((f"{mark} ", "green"), self._title, (f"  {took}", "dim"))
            )
        for line in self._notes:
            self._console.print(_note_line(line))
        self._title, self._notes = "", ()


def _note_line(line: str) -> RenderableType:
    return Padding(Text(one_line(line), style="dim"), INDENT)
