"""Word documents (DOCX) as blocks, with the numbers of their paragraphs.

python-docx opens the package and knows the styles; the text is taken from the XML itself, because its runs
leave out tracked insertions and content controls. Nothing is run or fetched: macros, pictures and what is
linked from outside stay where they are.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sartor.core.errors import DataError
from sartor.data.blocks import Block, Document, Kind, LeftOut, table_text
from sartor.data.html_blocks import tidy

MAX_PARTS = 10_000
MAX_PART_BYTES = 32 * 2**20
"""Largest XML part; the tree of it takes some ten times as much."""
MAX_UNPACKED_BYTES = 256 * 2**20
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_HEADING_NAME = re.compile(r"heading (\d)", re.IGNORECASE)
_OLD_WORD = b"\xd0\xcf\x11\xe0"
_NOT_READ = {
    "drawing": ("pictures", "Pictures are not read; say in words what they show."),
    "pict": ("pictures", "Pictures are not read; say in words what they show."),
    "txbxContent": (
        "text boxes",
        "Text boxes stand beside the text, and nobody knows where they belong.",
    ),
    "del": ("deleted text", "What tracked changes delete is no part of the text."),
    "footnoteReference": ("footnotes", "Footnotes are not read."),
    "commentReference": ("comments", "Comments are no part of the text."),
}


def docx_document(data: bytes, *, name: str) -> Document:
    """Blocks of a Word document.

    Raises:
        DataError: It is no such document, or grows too large when unpacked.
    """
    import docx

    _refuse_bombs(data, name=name)
    word = docx.Document(io.BytesIO(data))
    reading = _Reading(_Styles(word), _targets(word))
    reading.body(word.element.body)
    if any(
        str(part.partname).endswith("vbaProject.bin") for part in word.part.package.iter_parts()
    ):
        reading.left_out.append(LeftOut("macros", "Macros are not run.", 1))
    return Document(tuple(reading.blocks), tuple(reading.left_out))


def _refuse_bombs(data: bytes, *, name: str) -> None:
    if data.startswith(_OLD_WORD):
        raise DataError(
            where=name,
            problem="is a Word file of before 2007, or locked with a password.",
            fix="Save it as .docx without a password.",
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError) as error:
        raise DataError(
            where=name, problem="is no Word document, or damaged.", fix="Save it as .docx anew."
        ) from error
    xml_bytes = [
        part.file_size for part in parts if part.filename.lower().endswith((".xml", ".rels"))
    ]
    is_bomb = len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES
    if is_bomb or max(xml_bytes, default=0) > MAX_PART_BYTES:
        raise DataError(
            where=name,
            problem=f"grows beyond {MAX_UNPACKED_BYTES >> 20} MiB, or {MAX_PART_BYTES >> 20} MiB of text, "
            "when unpacked.",
            fix="Split it into smaller documents, without pictures.",
        )
    if any(part.flag_bits & 1 for part in parts):
        raise DataError(where=name, problem="is encrypted.", fix="Save it without a password.")


def _targets(word: Any) -> dict[str, str]:
    """Addresses of hyperlinks by the id of their relationship."""
    rels = word.part.rels.items()
    return {
        key: rel.target_ref for key, rel in rels if rel.is_external and "hyperlink" in rel.reltype
    }


@dataclass(frozen=True)
class _Style:
    """What a style of paragraphs says, what it is based on included."""

    heading: int = -1
    """Level; below 0 where it is none."""
    is_bold: bool = False
    list_id: str = ""
    depth: int = 0


class _Styles:
    """The styles and lists of a document, looked up by their ids."""

    def __init__(self, word: Any) -> None:
        elements = word.styles.element.findall(f"{W}style")
        self._elements = {element.get(f"{W}styleId", ""): element for element in elements}
        self._known: dict[str, _Style] = {}
        self._formats = _list_formats(word)
        self._counts: dict[tuple[str, int], int] = {}

    def of(self, style_id: str) -> _Style:
        """A style with all it is based on, at most twenty."""
        if style_id not in self._known:
            self._known[style_id] = self._resolved(style_id)
        return self._known[style_id]

    def _resolved(self, style_id: str) -> _Style:
        chain: list[Any] = []
        seen = {style_id}
        while (element := self._elements.get(style_id)) is not None and len(chain) < 20:
            chain.append(element)
            style_id = _value(element, "basedOn")
            if style_id in seen:
                break
            seen.add(style_id)
        found = _Style()
        for element in reversed(chain):
            found = _said_by(element, found)
        return found

    def marker(self, list_id: str, depth: int) -> str:
        """The mark of the next item of a list."""
        if self._formats.get((list_id, depth), "bullet") in ("bullet", "none"):
            return "-"
        self._counts[list_id, depth] = self._counts.get((list_id, depth), 0) + 1
        for deeper in range(depth + 1, 9):
            self._counts.pop((list_id, deeper), None)
        return f"{self._counts[list_id, depth]}."


def _said_by(style: Any, base: _Style) -> _Style:
    """A style on top of what it is based on."""
    name = _value(style, "name")
    found = _HEADING_NAME.fullmatch(name)
    heading = int(found[1]) if found else 0 if name.lower() == "title" else base.heading
    properties, runs = style.find(f"{W}pPr"), style.find(f"{W}rPr")
    outline = _value(properties, "outlineLvl")
    if heading < 0 and outline.isdecimal() and int(outline[:2]) < 9:
        heading = int(outline[:2]) + 1
    list_id, depth = _list_of(properties)
    is_bold = (
        _is_on(runs, "b") if runs is not None and runs.find(f"{W}b") is not None else base.is_bold
    )
    return _Style(heading, is_bold, list_id or base.list_id, depth or base.depth)


def _value(element: Any, name: str) -> str:
    found = None if element is None else element.find(f"{W}{name}")
    return "" if found is None else str(found.get(f"{W}val") or "")


def _is_on(element: Any, name: str) -> bool:
    found = None if element is None else element.find(f"{W}{name}")
    return found is not None and found.get(f"{W}val") not in ("0", "false", "off")


def _list_of(properties: Any) -> tuple[str, int]:
    """Id of the list that a paragraph belongs to, and its depth from 0."""
    numbering = None if properties is None else properties.find(f"{W}numPr")
    depth = _value(numbering, "ilvl")
    return _value(numbering, "numId"), min(8, int(depth[:2])) if depth.isdecimal() else 0


def _list_formats(word: Any) -> dict[tuple[str, int], str]:
    """How each list numbers each of its depths: `bullet`, `decimal`, `lowerLetter`."""
    part = next(
        (r.target_part for r in word.part.rels.values() if r.reltype.endswith("/numbering")), None
    )
    if part is None:
        return {}
    root = getattr(part, "element", None)
    if root is None:
        return {}
    kinds = {
        (abstract.get(f"{W}abstractNumId"), level.get(f"{W}ilvl")): _value(level, "numFmt")
        for abstract in root.findall(f"{W}abstractNum")
        for level in abstract.findall(f"{W}lvl")
    }
    return {
        (str(number.get(f"{W}numId")), depth): kinds.get(
            (_value(number, "abstractNumId"), str(depth)), ""
        )
        for number in root.findall(f"{W}num")
        for depth in range(9)
    }


@dataclass
class _Reading:
    """What is known of a document while its paragraphs come in."""

    styles: _Styles
    targets: dict[str, str]
    blocks: list[Block] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    number: int = 0
    """Of the paragraph, from 1, as Word counts them, empty ones included."""

    def body(self, body: Any) -> None:
        """Paragraphs and tables, also those in content controls and insertions."""
        for child in body:
            tag = _tag(child)
            if tag == "p":
                self.number += 1
                self._paragraph(child)
            elif tag == "tbl":
                self._table(child)
            elif tag in ("sdt", "sdtContent", "ins", "customXml"):
                self.body(child)

    def _paragraph(self, paragraph: Any) -> None:
        properties = paragraph.find(f"{W}pPr")
        style = self.styles.of(_value(properties, "pStyle") or "Normal")
        text = self._text(paragraph, is_bold=style.is_bold)
        if not text:
            return
        heading = style.heading
        outline = _value(properties, "outlineLvl")
        if heading < 0 and outline.isdecimal() and int(outline[:2]) < 9:
            heading = int(outline[:2]) + 1
        if heading >= 0:
            plain = tidy(text.replace("**", "").replace("\n", " "))
            self.blocks.append(Block(Kind.HEADING, plain, self.number, heading))
            return
        list_id, depth = _list_of(properties)
        list_id, depth = (list_id, depth) if list_id else (style.list_id, style.depth)
        if list_id and list_id != "0":
            marker = self.styles.marker(list_id, depth)
            self.blocks.append(Block(Kind.ITEM, text, self.number, depth + 1, marker))
        else:
            self.blocks.append(Block(Kind.PARAGRAPH, text, self.number))

    def _table(self, table: Any) -> None:
        """A table; one of a single column is paragraphs in a frame."""
        first = self.number + 1
        rows = [list(self._cells(row)) for row in table.iter(f"{W}tr") if _owner(row) is table]
        if all(len(row) < 2 for row in rows):
            cells = (cell for row in rows for cell in row if cell)
            self.blocks += (Block(Kind.PARAGRAPH, cell, first) for cell in cells)
        elif text := table_text(rows):
            self.blocks.append(Block(Kind.TABLE, text, first))

    def _cells(self, row: Any) -> Iterator[str]:
        for cell in row.findall(f"{W}tc"):
            paragraphs = list(cell.iter(f"{W}p"))
            self.number += len(paragraphs)
            texts = (self._text(paragraph, is_bold=False) for paragraph in paragraphs)
            yield "\n".join(filter(None, texts))

    def _text(self, paragraph: Any, *, is_bold: bool) -> str:
        """The text of a paragraph, bold marked, links with their addresses."""
        parts: list[str] = []
        for child in paragraph:
            self._gather(child, parts, is_bold=is_bold)
        return tidy("".join(parts).replace("****", ""))

    def _gather(self, element: Any, parts: list[str], *, is_bold: bool) -> None:
        tag = _tag(element)
        if tag in _NOT_READ:
            self.left_out.append(LeftOut(*_NOT_READ[tag], self.number))
        elif tag == "t":
            parts.append(element.text or "")
        elif tag == "tab":
            parts.append(" ")
        elif tag == "br":
            parts.append("\n")
        elif tag == "noBreakHyphen":
            parts.append("-")
        elif tag == "r":
            self._run(element, parts, is_bold=is_bold)
        elif tag == "hyperlink":
            words: list[str] = []
            for child in element:
                self._gather(child, words, is_bold=False)
            target, text = self.targets.get(element.get(R_ID, ""), ""), "".join(words)
            is_link = target.startswith(("http://", "https://", "mailto:")) and text.strip()
            parts.append(f"[{text.replace('**', '')}]({target})" if is_link else text)
        elif tag in (
            "ins",
            "sdt",
            "sdtContent",
            "smartTag",
            "fldSimple",
            "moveTo",
            "AlternateContent",
            "Choice",
        ):
            for child in element:
                self._gather(child, parts, is_bold=is_bold)

    def _run(self, run: Any, parts: list[str], *, is_bold: bool) -> None:
        properties = run.find(f"{W}rPr")
        if properties is not None and properties.find(f"{W}b") is not None:
            is_bold = _is_on(properties, "b")
        words: list[str] = []
        for child in run:
            self._gather(child, words, is_bold=is_bold)
        text = "".join(words)
        parts.append(f"**{text}**" if is_bold and text.strip() else text)


def _tag(element: Any) -> str:
    """Local name; comments and instructions have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _owner(row: Any) -> Any:
    """The table that a row belongs to."""
    above = row.getparent()
    while above is not None and _tag(above) != "tbl":
        above = above.getparent()
    return above
