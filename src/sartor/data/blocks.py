"""A document as a row of blocks: every format is read into them; questions, passages and rules come of them.

Texts are Markdown inside: `**bold**`, `[links](https://...)`; tables and code are whole Markdown blocks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

MAX_TEXT_BYTES = 4 * 2**20
"""Largest document of text; a thousand printed pages have about three."""
MAX_LINES = 50_000
"""Most lines of a text, and most tags of a page: what has more is no document, and takes minutes to read."""


class Kind(StrEnum):
    """What a block is."""

    HEADING = "heading"
    QUESTION = "question"
    """Asked by the structure of its format: a summary, a term, a Question of schema.org."""
    PARAGRAPH = "paragraph"
    ITEM = "item"
    """Of a list."""
    TABLE = "table"
    CODE = "code"
    END = "end"
    """No text: what was asked last is answered, and what follows is no part of it."""


class Block(NamedTuple):
    """One block of a document."""

    kind: Kind
    text: str
    """As Markdown; line feeds where the document breaks the line on purpose."""
    place: int
    """Line, page or paragraph from 1, whichever a person can find in this format."""
    level: int = 0
    """Of headings 0 (a title) to 9; of what stands in lists their depth from 1; else 0."""
    marker: str = ""
    """Of items: `-`, or the number as the document has it, `3.`."""


class LeftOut(NamedTuple):
    """Something of a document that is no part of its text."""

    what: str
    """What all such things are called in the data card: `pictures`."""
    note: str
    """Why, one sentence; the same for all of one kind."""
    place: int
    """As in `Block`."""


@dataclass(frozen=True)
class Document:
    """What was read from one file."""

    blocks: tuple[Block, ...]
    left_out: tuple[LeftOut, ...] = ()
    stated: tuple[Block, ...] = ()
    """Questions and answers that are told to programs only (JSON-LD); mostly said on the page as well."""

    @property
    def all_blocks(self) -> tuple[Block, ...]:
        """What is told to people, then what is told to programs and not to people as well."""
        shown = {plain_key(block.text) for block in self.blocks}
        return (*self.blocks, *(block for block in asked_anew(self.stated, shown)))


def asked_anew(stated: Iterable[Block], shown: set[str]) -> Iterator[Block]:
    """Stated questions with their answers, without those that are shown."""
    is_new = True
    for block in stated:
        if block.kind is Kind.QUESTION:
            is_new = plain_key(block.text) not in shown
        if is_new:
            yield block


def title_of(blocks: Iterable[Block]) -> str:
    """The heading above all others, which tells them nothing new; empty where there is none."""
    headings = [block for block in blocks if block.kind is Kind.HEADING]
    if not headings or any(block.level <= headings[0].level for block in headings[1:]):
        return ""
    return plain_text(headings[0].text)


_LINK = re.compile(r"!?\[([^\[\]\n]{0,500})\]\([^()\s]{0,2000}(?:\s+\"[^\"\n]{0,200}\")?\)")
_MARKS = re.compile(r"\*{1,3}|(?<![^\W_])_{1,3}|_{1,3}(?![^\W_])|`+|~~")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def plain_text(markdown: str) -> str:
    """The words of a text of Markdown, without its marks."""
    text = _ESCAPE.sub(r"\1", _MARKS.sub("", _LINK.sub(r"\1", markdown)))
    return " ".join(text.split())


def plain_key(markdown: str) -> str:
    """What two spellings of one text have in common: its letters and digits."""
    folded = unicodedata.normalize("NFKC", plain_text(markdown)).casefold()
    return " ".join(re.findall(r"\w+", folded))


def markdown_of(blocks: Sequence[Block]) -> str:
    """Blocks as one Markdown text; items of a list stand line under line."""
    parts: list[str] = []
    for at, block in enumerate(blocks):
        if not block.text:
            continue
        is_listed = block.kind is Kind.ITEM and at and blocks[at - 1].kind is Kind.ITEM
        parts += ["" if not parts else "\n" if is_listed else "\n\n", _written(block)]
    return "".join(parts)


def _written(block: Block) -> str:
    if block.kind is Kind.HEADING:
        return f"{'#' * min(6, max(1, block.level))} {block.text}"
    indent = "  " * max(0, block.level - 1)
    if block.kind is Kind.ITEM:
        return f"{indent}{block.marker} {block.text}"
    return block.text if block.level < 2 else f"{indent}{block.text}"


def table_text(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as a Markdown table, the first row as its head; empty where all cells are."""
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        return ""
    width = max(map(len, rows))
    lines = [_row_text([*row, *[""] * (width - len(row))]) for row in rows]
    return "\n".join([lines[0], _row_text(["---"] * width), *lines[1:]])


def _row_text(cells: Sequence[str]) -> str:
    return f"| {' | '.join(' '.join(cell.split()).replace('|', chr(92) + '|') for cell in cells)} |"


def table_rows(markdown: str) -> list[list[str]]:
    """The cells of a Markdown table, row by row, the head first."""
    rows = []
    for line in markdown.splitlines():
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip())]
        cells = cells[1:] if cells and not cells[0] else cells
        cells = cells[:-1] if cells and not cells[-1] else cells
        if cells and not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            rows.append(cells)
    return rows


_OPENING = re.compile(
    r"[\u2713\u2714\u2705\u2717\u2718\u274c\u2715\u2716]|(?:Good|Bad|Right|Wrong|Gut|Schlecht|Richtig|Falsch)\s?:|"
    r"(?:\*\*|__)?(?:(?:Q|A|F|V|P|R|S)\s?\d{0,3}|"
    r"(?:Frage|Antwort|Question|Answer|Vraag|Antwoord|Fråga|Svar|Réponse|Pregunta|Respuesta)"
    r"\s?\d{0,3})\s?[:.)]",
    re.IGNORECASE,
)


def opens_anew(line: str, before: str) -> bool:
    """Whether a line begins something of its own though no empty line parts it from the one before."""
    is_bold = before.startswith("**") and before.rstrip(":?").endswith("**")
    return line.startswith("**") or is_bold or _OPENING.match(line) is not None


def unwrapped(lines: Iterable[str]) -> str:
    """Lines of a paragraph as one; a line that opens anew, or stands after a hard break, keeps its place."""
    text, is_hard = "", False
    for raw in lines:
        line = raw.strip().removesuffix("\\").rstrip()
        if not text:
            text = line
        else:
            last = text.rpartition("\n")[2]
            text += ("\n" if is_hard or opens_anew(line, last) else " ") + line
        is_hard = raw.endswith(("  ", "\\"))
    return text


def without_broken(text: str) -> str:
    """NFC; characters that cannot be stored as UTF-8, or command a terminal, as the mark for unknown ones."""
    text = unicodedata.normalize("NFC", text)
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]", "\ufffd", text)
