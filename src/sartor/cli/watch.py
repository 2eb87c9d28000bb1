"""Who watches: a person at a terminal, a log, or nobody."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sartor.core.protocols import Progress


@contextmanager
def watching(*, is_quiet: bool) -> Iterator[Progress]:
    """Progress on standard error in the form that suits whoever reads it.

    Meanwhile nothing else can reach standard output, where the result alone belongs.
    """
    from sartor.cli.streams import may_redraw, progress_console

    with redirect_stdout(sys.stderr):
        if is_quiet:
            from sartor.cli.quiet import QuietProgress

            yield QuietProgress()
        elif may_redraw(sys.stderr):
            from sartor.cli.live import LiveProgress

            with LiveProgress(progress_console()) as live:
                yield live
        else:
            from sartor.cli.lines import LineProgress

            yield LineProgress(sys.stderr)
