"""What stands in the cells of Excel workbooks, as text: shared texts, numbers, dates."""

from __future__ import annotations

import re
import tempfile
from array import array
from datetime import datetime, timedelta
from typing import NamedTuple

from sartor.data.row import MAX_FIELD_CHARACTERS

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NOT_A_CODE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]{0,60}\]', re.IGNORECASE)
"""Parts of a number format that are shown as they are, colours and conditions."""
_DATE_CODES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
"""Built-in formats of dates and times (ISO/IEC 29500-1, 18.8.30)."""
_TIME_CODES = {*range(18, 22), *range(45, 48)}
_CLOCK_CODES = _TIME_CODES | {22}
_LAST_DAY = 2_958_466
"""The day after 9999-12-31."""
_MAX_STYLES = 100_000
_MAX_TEXTS = 20_000_000
"""Shared texts that are kept, at eight bytes each; a full sheet has fewer cells than this with texts."""


class DateKind(NamedTuple):
    """What a number format shows of a moment."""

    has_day: bool
    has_clock: bool
    is_duration: bool = False
    """Hours beyond 24."""


class CellValues:
    """Turns what a cell says into text."""

    def __init__(self, shared: SharedTexts, kinds: list[DateKind | None], *, is_1904: bool) -> None:
        self._shared = shared
        self._kinds = kinds
        self._first_day = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 30)
        self._is_1904 = is_1904

    def text(self, kind: str, style: str, value: str) -> str:
        """The text of a cell.

        Args:
            kind: `s` shared, `str` and `inlineStr` text, `b` truth, `d` date, `n` or empty a number.
            style: Index of its style.
            value: What stands in the XML.
        """
        if kind == "s":
            is_number = value.isascii() and value.isdigit() and len(value) < 12
            return self._shared.text_at(int(value)) if is_number else ""
        if kind in ("str", "inlineStr"):
            return unescaped(value)
        if kind == "b":
            return "TRUE" if value.strip() in ("1", "true") else "FALSE"
        if kind == "d":
            return value.strip()
        index = int(style) if style.isascii() and style.isdigit() and len(style) < 7 else 0
        shown = self._kinds[index] if index < len(self._kinds) else None
        number = _number(value)
        if number is None:
            return value
        return number_text(number) if shown is None else self._moment(number, shown)

    def close(self) -> None:
        """Give the shared texts back."""
        self._shared.close()

    def _moment(self, days: float, shown: DateKind) -> str:
        """A count of days in ISO 8601; a clock alone where no day is meant."""
        if not 0 <= days < _LAST_DAY:
            return number_text(days)
        seconds = round(days * 86_400, 3)
        if shown.is_duration:
            minutes, rest = divmod(round(seconds), 60)
            return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest:02d}"
        if days < 60 and not self._is_1904:
            seconds += 86_400  # Excel believes in 29 February 1900
        try:
            moment = self._first_day + timedelta(seconds=seconds)
        except OverflowError:
            return number_text(days)
        clock = moment.time().isoformat("auto" if not moment.microsecond else "milliseconds")
        if days < 1 and not shown.has_day:
            return clock
        is_midnight = seconds % 86_400 == 0
        return moment.date().isoformat() + (
            "" if is_midnight and not shown.has_clock else f"T{clock}"
        )


def number_text(number: float) -> str:
    """A number without `.0`, in the fewest digits that name it."""
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    return repr(number)


def unescaped(text: str) -> str:
    """Characters that XML cannot hold are written `_x000D_`."""
    if "_x" not in text:
        return text
    whole = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _number(value: str) -> float | None:
    """The number; None where it is none, or none that is finite."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


class SharedTexts:
    """Reads `sharedStrings.xml` and keeps its texts in a file: there may be millions.

    Texts in Asian workbooks carry their reading beside them, which is left out.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._ends = array("Q", [0])
        self._pieces: list[str] = []
        self._num_characters = 0
        self._is_text = False
        self._is_reading = False

    @property
    def num_found(self) -> int:
        """Texts read so far; beyond the limit no more are taken."""
        return len(self._ends)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """A text, or its reading."""
        if name == "t":
            self._is_text = not self._is_reading
        elif name == "rPh":
            self._is_reading = True

    def text(self, data: str) -> None:
        """A piece of a text; what lies far beyond the longest field is not kept."""
        if self._is_text and self._num_characters <= MAX_FIELD_CHARACTERS:
            self._pieces.append(data)
            self._num_characters += len(data)

    def end(self, name: str) -> None:
        """The end of a text."""
        if name == "t":
            self._is_text = False
        elif name == "rPh":
            self._is_reading = False
        elif name == "si" and len(self._ends) < _MAX_TEXTS:
            content = "".join(self._pieces).encode("utf-8", "surrogatepass")
            self._file.write(content)
            self._ends.append(self._ends[-1] + len(content))
            self._pieces, self._num_characters = [], 0

    def text_at(self, index: int) -> str:
        """A text by its number; empty where there is none."""
        if index + 1 >= len(self._ends):
            return ""
        start, end = self._ends[index], self._ends[index + 1]
        self._file.seek(start)
        return unescaped(self._file.read(end - start).decode("utf-8", "surrogatepass"))

    def close(self) -> None:
        """Remove the file."""
        self._file.close()


class Styles:
    """Reads `styles.xml`: which styles show a number as a date."""

    num_found = 0

    def __init__(self) -> None:
        self._codes: dict[int, str] = {}
        self._formats: list[int] = []
        self._is_cell_style = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """A number format, or the style of cells that uses one."""
        number = attributes.get("numFmtId", "")
        format_id = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 0
        if name == "numFmt" and len(self._codes) < _MAX_STYLES:
            self._codes[format_id] = attributes.get("formatCode", "")[:255]
        elif name == "cellXfs":
            self._is_cell_style = True
        elif name == "xf" and self._is_cell_style and len(self._formats) < _MAX_STYLES:
            self._formats.append(format_id)

    def text(self, data: str) -> None:
        """There is none."""

    def end(self, name: str) -> None:
        """The end of the styles of cells."""
        if name == "cellXfs":
            self._is_cell_style = False

    def kinds(self) -> list[DateKind | None]:
        """For each style what it shows of a moment; None where it shows a number."""
        known = {format_id: self._kind(format_id) for format_id in set(self._formats)}
        return [known[format_id] for format_id in self._formats]

    def _kind(self, format_id: int) -> DateKind | None:
        if format_id not in self._codes:
            if format_id not in _DATE_CODES:
                return None
            return DateKind(
                format_id not in _TIME_CODES, format_id in _CLOCK_CODES, format_id == 46
            )
        code = _NOT_A_CODE.sub("", self._codes[format_id].split(";")[0]).lower()
        if code == "general" or not set(code) & set("dmyhs"):
            return None
        has_clock = bool(set(code) & set("hs"))
        return DateKind(bool(set(code) & set("dy")) or not has_clock, has_clock, "[" in code)
