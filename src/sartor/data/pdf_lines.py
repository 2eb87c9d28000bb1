"""The lines of a PDF with where they stand and how they are set, read with pdfminer.six.

Nothing in the file is run, opened or fetched: scripts, forms and attached files are counted and left.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, NamedTuple

from sartor.core.errors import DataError
from sartor.data.blocks import LeftOut

MAX_PAGES = 2_000
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\xa0": " "}
)
_BOLD = ("bold", "black", "heavy", "-bd", "demi")
_ACTIONS = {
    "JavaScript": ("scripts", "Scripts in a PDF are not run."),
    "EmbeddedFiles": ("attached files", "Files in a PDF are not opened."),
    "OpenAction": ("actions", "What a PDF wants done when it is opened is not done."),
}


class Line(NamedTuple):
    """One line of text on a page, lengths in points from the lower left."""

    page: int
    left: float
    right: float
    bottom: float
    top: float
    size: float
    """Of its letters."""
    text: str
    """With `**` around what is bold."""
    is_bold: bool
    """Whether all of it is."""
    at: float
    """Height of its middle as a share of the page, 0 at the lower edge."""


def pdf_lines(data: bytes, left_out: list[LeftOut], *, name: str) -> list[Line]:
    """Lines in the order in which they are read, columns one after the other.

    Raises:
        DataError: It is locked, or has more pages than anybody reads.
    """
    from pdfminer.converter import PDFPageAggregator
    from pdfminer.layout import LAParams
    from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError, PDFPasswordIncorrect
    from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
    from pdfminer.pdfpage import PDFPage
    from pdfminer.pdfparser import PDFParser

    try:
        document = PDFDocument(PDFParser(io.BytesIO(data)))
    except (PDFPasswordIncorrect, PDFEncryptionError) as error:
        fix = "Save it without a password."
        raise DataError(where=name, problem="is locked with a password.", fix=fix) from error
    _count_actions(document.catalog, left_out)
    resources = PDFResourceManager(caching=True)
    device = PDFPageAggregator(resources, laparams=LAParams())
    interpreter = PDFPageInterpreter(resources, device)
    lines: list[Line] = []
    for number, page in enumerate(PDFPage.create_pages(document), 1):
        if number > MAX_PAGES:
            problem = f"has more than {MAX_PAGES:,} pages."
            raise DataError(where=name, problem=problem, fix="Split it.")
        interpreter.process_page(page)
        lines += _lines_of(device.get_result(), number, left_out)
    return lines


def _count_actions(catalog: dict[str, Any], left_out: list[LeftOut]) -> None:
    from pdfminer.pdftypes import resolve1

    names = resolve1(catalog.get("Names"))
    there = {*catalog, *(names if isinstance(names, dict) else ())}
    left_out += (LeftOut(*said, 1) for key, said in _ACTIONS.items() if key in there)


def _lines_of(layout: Any, page: int, left_out: list[LeftOut]) -> Iterator[Line]:
    from pdfminer.layout import LTFigure, LTTextContainer, LTTextLine

    for thing in layout:
        if isinstance(thing, LTFigure):
            note = "Pictures are not read; say in words what they show."
            left_out.append(LeftOut("pictures", note, page))
        elif isinstance(thing, LTTextContainer):
            for line in thing:
                if isinstance(line, LTTextLine):
                    yield from _line(line, page, layout.height)


def _line(line: Any, page: int, height: float) -> Iterator[Line]:
    """The line, unless nothing is written on it."""
    from pdfminer.layout import LTChar

    letters = [one for one in line if isinstance(one, LTChar) and one.get_text().strip()]
    if not letters:
        return
    sizes = sorted(letter.size for letter in letters)
    flags = [_is_bold(letter) for letter in letters]
    yield Line(
        page=page,
        left=line.x0,
        right=max(letter.x1 for letter in letters),
        bottom=line.y0,
        top=line.y1,
        size=round(2 * sizes[len(sizes) // 2]) / 2,
        text=_marked(line),
        is_bold=all(flags),
        at=((line.y0 + line.y1) / 2) / max(1.0, height),
    )


def _is_bold(letter: Any) -> bool:
    return any(word in str(letter.fontname).lower() for word in _BOLD)


def _marked(line: Any) -> str:
    """The text with its bold stretches marked."""
    from pdfminer.layout import LTChar

    parts: list[str] = []
    is_bold = False
    for one in line:
        text = one.get_text().translate(_LIGATURES)
        if isinstance(one, LTChar) and text.strip() and _is_bold(one) != is_bold:
            is_bold = not is_bold
            parts.append("**")
        parts.append(text)
    return "".join([*parts, "**"] if is_bold else parts)
