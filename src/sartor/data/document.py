"""A file as a document: texts are read here, what needs a library in a process of its own."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from sartor.core.errors import DataError
from sartor.data.apart import FORMATS, MAX_BYTES, read_apart
from sartor.data.blocks import MAX_LINES, MAX_TEXT_BYTES, Document
from sartor.data.byte_stream import ByteStream, DataFile, encoding_guess, refuse_other_formats
from sartor.data.html_blocks import html_document
from sartor.data.markdown_blocks import markdown_document, plain_document

TEXT_FORMATS: dict[str, Callable[[str], Document]] = {
    "md": markdown_document,
    "markdown": markdown_document,
    "txt": plain_document,
    "html": html_document,
    "htm": html_document,
}
CELLS_OF_LINE = 4
"""Marks of cells that count as one line."""
DOCUMENT_FORMATS = (*TEXT_FORMATS, *FORMATS)
"""Endings of names of documents."""
_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}charset\s{0,9}=\s{0,9}["']?([\w-]{1,40})""", re.IGNORECASE
)
_WEB_NAMES = {"iso-8859-1": "cp1252", "ascii": "cp1252", "latin-1": "cp1252", "iso8859-1": "cp1252"}
"""What pages mean that name these (WHATWG encoding standard)."""


def read_document(file: DataFile) -> Document:
    """The blocks of a file.

    Raises:
        DataError: It is damaged, locked, too large, or not what its name says.
    """
    if file.format in FORMATS:
        data = _all_of(file, MAX_BYTES)
        if not data:
            raise DataError(where=file.name, problem="is empty.", fix="Remove it.")
        return read_apart(file.format, data, name=file.name)
    data = _all_of(file, MAX_TEXT_BYTES)
    refuse_other_formats(data[: 1 << 18].replace(b"\r", b"\n"), name=file.name)
    is_page = file.format in ("html", "htm")
    text = _decoded(data, name=file.name, is_page=is_page)
    _refuse_endless(text, "<" if is_page else "\n", name=file.name)
    return TEXT_FORMATS[file.format](text)


def _refuse_endless(text: str, mark: str, *, name: str) -> None:
    num_parts = max(text.count(mark), 0 if mark == "<" else text.count("|") // CELLS_OF_LINE)
    if num_parts > MAX_LINES:
        what = "tags" if mark == "<" else "lines"
        raise DataError(
            where=name,
            problem=f"has {num_parts:,} {what}, and no document more than {MAX_LINES:,}.",
            fix="Split it, or name the right file.",
        )


def _all_of(file: DataFile, most_bytes: int) -> bytes:
    parts, num_bytes = [], 0
    with ByteStream(file) as stream:
        while block := stream.read():
            parts.append(block)
            num_bytes += len(block)
            if num_bytes > most_bytes:
                raise DataError(
                    where=file.name,
                    problem=f"has more than {most_bytes >> 20} MiB, which no document has.",
                    fix="Split it, or name the right file.",
                )
    return b"".join(parts)


def _decoded(data: bytes, *, name: str, is_page: bool) -> str:
    try:
        return data.decode(_encoding(data) if is_page else "utf-8-sig")
    except UnicodeDecodeError as error:
        place = f"{name}, byte {error.start}"
        raise DataError(
            where=place, problem="is no UTF-8.", fix=encoding_guess(error, offset=0)
        ) from error


def _encoding(data: bytes) -> str:
    """What a page says of itself, where that is an encoding of texts; else UTF-8."""
    found = _CHARSET.search(data[:4096])
    if found is None or data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    try:
        known = codecs.lookup(found[1].decode("ascii"))
    except (LookupError, ValueError):
        return "utf-8-sig"
    is_single_byte = known.name.startswith(("cp125", "iso8859", "koi8", "ascii"))
    return _WEB_NAMES.get(known.name, known.name) if is_single_byte else "utf-8-sig"
