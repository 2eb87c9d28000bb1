"""The two streams: results on standard output, everything on the way on standard error."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any, TextIO

from sartor.cli.json_out import print_document

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

NARROWEST = 40
"""Columns below which tables are no longer squeezed."""
NO_BREAK = "\u00a0"
OFF = {"", "0", "false", "no", "off"}
"""Values of `CI` that mean: not there."""


def show(document: Any, view: RenderableType, *, is_json: bool) -> None:
    """The result of a verb: its document for programs, or its view for people."""
    if is_json:
        print_document(document)
    else:
        out = result_console()
        with out.capture() as written:
            out.print(view, crop=False)
        text = written.get()
        sys.stdout.write(text if out.is_terminal else _for_files(text))
        sys.stdout.flush()


def result_console() -> Console:
    """Standard output. Colour only where a terminal reads it and `NO_COLOR` is not set."""
    return _console(sys.stdout)


def progress_console() -> Console:
    """Standard error."""
    return _console(sys.stderr)


def may_redraw(stream: TextIO) -> bool:
    """Whether lines on the stream can be written over: a capable terminal that nobody records.

    CI systems offer terminals whose log keeps every redrawn line.
    """
    is_recorded = os.environ.get("CI", "").lower() not in OFF
    is_capable = os.environ.get("TERM", "") not in ("dumb", "unknown", "")
    return stream.isatty() and is_capable and not is_recorded


def speaks_unicode(console: Console) -> bool:
    """Whether bars and stars can be printed; plain letters stand in for them otherwise."""
    return console.encoding.lower().replace("-", "").startswith("utf")


def survive_odd_characters() -> None:
    """A label that the terminal's encoding lacks is spelled out rather than ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _for_files(text: str) -> str:
    """Without the blanks that fill a table's lines, and with spaces that `grep` finds."""
    return re.sub(r"[ ]+$", "", text.replace(NO_BREAK, " "), flags=re.MULTILINE)


def _console(stream: TextIO) -> Console:
    """User texts are never read as markup, so highlighting and emoji codes are off as well."""
    from rich.console import Console

    console = Console(file=stream, markup=False, emoji=False, highlight=False)
    if console.width < NARROWEST:
        console.width = NARROWEST
    return console
