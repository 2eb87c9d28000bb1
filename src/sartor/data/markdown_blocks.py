"""Markdown (CommonMark with tables) and plain texts as blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sartor.data.blocks import Block, Document, Kind, LeftOut, unwrapped
from sartor.data.html_blocks import html_document

_HEADING = re.compile(r"#{1,6}(?:\s+(.*?))?\s*#*\s*$")
_FRONT = re.compile(
    r"---[ \t]*\n(?=[\w-]{1,60}\s?:)(?:[^\n]{0,2000}\n){0,100}?(?:---|\.\.\.)[ \t]*(?:\n|$)"
)
_FRONT_NOTE = "The settings at the head of a document are no part of its text."
_BREAK = re.compile(r"<br\s{0,9}/?>\s*", re.IGNORECASE)
_BOLD = re.compile(r"</?(?:b|strong)>", re.IGNORECASE)
_INLINE_TAG = re.compile(
    r"</?(?:a|abbr|em|font|i|img|ins|kbd|mark|small|span|sub|sup|u)(?:\s[^<>]{0,500})?/?>",
    re.IGNORECASE,
)


def markdown_document(text: str) -> Document:
    """Blocks of a Markdown text with their lines; HTML in it is read as HTML."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd")
    left_out: list[LeftOut] = []
    if front := _FRONT.match(text):
        text = "\n" * front[0].count("\n") + text[front.end() :]
        left_out.append(LeftOut("front matter", _FRONT_NOTE, 1))
    walk = _Walk(text.split("\n"), left_out)
    blocks = tuple(walk.blocks(text))
    return Document(blocks, tuple(left_out))


def plain_document(text: str) -> Document:
    """Paragraphs of a plain text; lines with `#` before them are headings."""
    blocks: list[Block] = []
    held: list[str] = []
    start = 1
    for number, line in enumerate([*text.splitlines(), ""], 1):
        found = _HEADING.match(line.strip())
        if found is None and line.strip():
            start = start if held else number
            held.append(line)
            continue
        if held:
            blocks.append(Block(Kind.PARAGRAPH, unwrapped(held), start))
            held = []
        if found is not None:
            level = len(line.strip()) - len(line.strip().lstrip("#"))
            blocks.append(Block(Kind.HEADING, found[1] or "", number, min(6, level)))
    return Document(tuple(blocks))


class _Walk:
    """Turns the tokens of one text into blocks."""

    def __init__(self, lines: Sequence[str], left_out: list[LeftOut]) -> None:
        self._lines = lines
        self._left_out = left_out
        self._depth = 0
        self._marker = ""
        self._heading = 0
        self._in_table = False

    def blocks(self, text: str) -> Iterator[Block]:
        """Every block, in order."""
        from markdown_it import MarkdownIt

        parser = MarkdownIt("commonmark").enable("table")
        parser.core.ruler.enableOnly(["normalize", "block"])
        for token in parser.parse(text):
            line = token.map[0] + 1 if token.map else 1
            yield from self._of_token(token, line)

    def _of_token(self, token, line: int) -> Iterator[Block]:  # type: ignore[no-untyped-def]
        kind = token.type
        if kind in ("bullet_list_open", "ordered_list_open"):
            self._depth += 1
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self._depth -= 1
        elif kind == "list_item_open":
            self._marker = f"{token.info}{token.markup}" if token.info else "-"
        elif kind == "heading_open":
            self._heading = int(token.tag[1])
        elif kind == "table_open":
            self._in_table = True
            yield Block(Kind.TABLE, self._source(token.map), line, self._depth)
        elif kind == "table_close":
            self._in_table = False
        elif kind == "inline" and not self._in_table:
            yield self._text(token.content, line)
        elif kind in ("fence", "code_block"):
            fence = "```" if "```" not in token.content else "~~~~"
            text = f"{fence}{token.info.strip()}\n{token.content.rstrip()}\n{fence}"
            yield Block(Kind.CODE, text, line, self._depth)
        elif kind == "html_block":
            yield from self._html(token.content, line)
        elif kind == "hr":
            yield Block(Kind.END, "", line)

    def _text(self, content: str, line: int) -> Block:
        text = _without_tags(unwrapped(content.split("\n")))
        if self._heading:
            level, self._heading = self._heading, 0
            return Block(Kind.HEADING, text.replace("\n", " "), line, level)
        marker, self._marker = self._marker, ""
        kind = Kind.ITEM if marker and self._depth else Kind.PARAGRAPH
        return Block(kind, text, line, self._depth, marker if kind is Kind.ITEM else "")

    def _source(self, lines: Sequence[int]) -> str:
        return "\n".join(line.strip() for line in self._lines[lines[0] : lines[1]])

    def _html(self, content: str, line: int) -> Iterator[Block]:
        page = html_document(content)
        for block in page.blocks:
            yield block._replace(place=block.place + line - 1)
        for left in page.left_out:
            self._left_out.append(left._replace(place=left.place + line - 1))
        if content.rstrip().lower().endswith("</details>") and not page.blocks:
            yield Block(Kind.END, "", line)


def _without_tags(text: str) -> str:
    """A text in which the tags of HTML that Markdown allows within lines are breaks, bold or gone."""
    if "<" not in text:
        return text
    return _INLINE_TAG.sub("", _BOLD.sub("**", _BREAK.sub("\n", text)))
