"""`sartor predict`: what the champion says to the texts of a file or of standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sartor.cli.options import Debug, Folder, Json, Quiet

if TYPE_CHECKING:
    from sartor.cli.answers import Answer
    from sartor.results import InputRow

STANDARD_INPUT = Path("-")


class Format(StrEnum):
    """How answers are written."""

    JSONL = "jsonl"
    CSV = "csv"


def predict(
    folder: Folder,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="[FILE|-]",
            help="Texts: a data file with the input column, or `-` for standard input, one text "
            "or one JSON object a line.",
        ),
    ] = STANDARD_INPUT,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write the answers here, whole or not at all."),
    ] = None,
    format: Annotated[
        Format | None,
        typer.Option(
            "--format", help="Form of the answers; without it by the ending of --out, else jsonl."
        ),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Let the winner answer texts.

    Each text gets its label or labels, their probability, the calibrated confidence, and whether
    a person should answer instead; or the text that was written to it, the passages marked in it, or
    the record taken from it, and the mean probability of a token. The order is kept; answers appear
    while texts still arrive.
    """
    from sartor import flow
    from sartor.cli.answers import answers

    rows = _rows(folder, file, is_quiet=quiet)
    tally = Tally()
    found = tally.counting(answers(rows, lambda texts: flow.predict(folder, texts)))
    if out is not None:
        _write_file(out, _lines(found, format or _format_of(out)))
        _close(tally, out, is_json=json, is_quiet=quiet)
    elif json:
        _print_document(tally, found)
    else:
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        sys.stdout.writelines(_lines(found, format or Format.JSONL))


class Tally:
    """Counts answers while they pass."""

    def __init__(self) -> None:
        self.num_texts = 0
        self.num_handed_over = 0

    def counting(self, found: Iterable[Answer]) -> Iterator[Answer]:
        """The same answers, counted."""
        for row, prediction in found:
            self.num_texts += 1
            self.num_handed_over += prediction.hand_over
            yield row, prediction

    def as_dict(self) -> dict[str, Any]:
        return {"num_texts": self.num_texts, "num_handed_over": self.num_handed_over}


def _rows(folder: Path, file: Path, *, is_quiet: bool) -> Iterator[InputRow]:
    if file != STANDARD_INPUT:
        from sartor import flow

        return flow.read_inputs(folder, file)
    from sartor.cli.standard_input import read_standard_input

    if sys.stdin.isatty() and not is_quiet:
        print("Type one text a line; Ctrl-D ends.", file=sys.stderr)
    return read_standard_input(folder)


def _format_of(out: Path) -> Format:
    return Format.CSV if out.suffix.lower() == ".csv" else Format.JSONL


def _lines(found: Iterable[Answer], form: Format) -> Iterator[str]:
    from sartor.cli.answers import csv_lines, jsonl_lines

    return csv_lines(found) if form is Format.CSV else jsonl_lines(found)


def _write_file(path: Path, lines: Iterable[str]) -> None:
    """Written aside and renamed; a device or a pipe cannot be renamed over and is written to."""
    from sartor.store.durable import disk_errors, publish, staged

    with disk_errors(path):
        if path.exists() and not path.is_file():
            _write(path, lines)
            return
        with staged(path.absolute().parent) as aside:
            _write(aside, lines)
            publish(aside, path.absolute())


def _write(path: Path, lines: Iterable[str]) -> None:
    """UTF-8; half an emoji, which UTF-8 cannot hold, is spelled as its code."""
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        file.writelines(lines)


def _close(tally: Tally, out: Path, *, is_json: bool, is_quiet: bool) -> None:
    from sartor.cli.json_out import print_document
    from sartor.core.words import counted

    if is_json:
        print_document({**tally.as_dict(), "out": out})
    elif not is_quiet:
        texts = counted(tally.num_texts, "text")
        print(f"{out}: {texts}, {tally.num_handed_over:,} handed over", file=sys.stderr)


def _print_document(tally: Tally, found: Iterable[Answer]) -> None:
    """All answers in one document, and so in memory; JSONL is for more than fits."""
    from sartor.cli.answers import record
    from sartor.cli.json_out import print_document

    predictions = [record(row, prediction) for row, prediction in found]
    print_document({**tally.as_dict(), "predictions": predictions})
