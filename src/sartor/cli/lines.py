"""Progress for logs: one line when something changes, one every few seconds when nothing does.

No colour and no carriage return: a log keeps every character.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from sartor.cli.look import clock
from sartor.cli.standing import Standing, is_same_count, scored_words
from sartor.core.leaderboard import CandidateRow, CandidateState
from sartor.report.words import one_line, percent

SECONDS_BETWEEN_LINES = 5.0
NO_BREAK = "\u00a0"


class LineProgress:
    """A `core.protocols.Progress` that prints lines.

    Args:
        stream: Where to.
        now: A clock in seconds that never goes back.
    """

    def __init__(self, stream: TextIO, *, now: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._now = now
        self._began = now()
        self._said = now()
        self._noted: tuple[str, ...] = ()
        self._standing = Standing()

    def step(self, title: str) -> None:
        self._say(title)

    def note(self, line: str) -> None:
        is_early = self._now() - self._said < SECONDS_BETWEEN_LINES
        if not (is_early and is_same_count(line, self._noted)):
            self._say(line)
        self._noted = (line,)

    def candidate(self, row: CandidateRow) -> None:
        before = self._standing.rows.get(row.name)
        self._standing = self._standing.with_row(row)
        is_news = before is None or before.state != row.state
        if is_news and row.state is not CandidateState.WAITING:
            self._say(f"{row.name}: {row.state}{_score(row)}{_detail(row)}")

    def spent(self, share: float, seconds_left: float | None) -> None:
        if self._now() - self._said >= SECONDS_BETWEEN_LINES:
            left = f", about {clock(seconds_left)} left" if seconds_left is not None else ""
            self._say(f"{percent(share)} of the planned work{left}{self._best()}")

    def _best(self) -> str:
        best = self._standing.best()
        return f"; best so far: {best.name}{_score(best)}" if best else ""

    def _say(self, line: str) -> None:
        self._said = self._now()
        words = one_line(line).replace(NO_BREAK, " ")
        print(f"[{clock(self._said - self._began)}] {words}", file=self._stream, flush=True)


def _score(row: CandidateRow) -> str:
    words = scored_words(row)
    return f", {words}" if words else ""


def _detail(row: CandidateRow) -> str:
    return f" ({row.detail})" if row.detail else ""
