"""HTML pages as blocks: what a reader of the page sees, and the questions it states for programs.

Nothing is run and nothing is fetched: scripts, styles, frames and pictures are left out and counted, and so
is what stands around the text on every page of a site.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from sartor.data.blocks import Block, Document, Kind, LeftOut, table_text
from sartor.data.html_tokens import Tag, Text, html_tokens
from sartor.data.stated_questions import stated_questions

AROUND = frozenset({"nav", "footer", "aside", "dialog", "header"})
"""Elements that stand around the text of a page."""
UNSEEN = frozenset(
    {"script", "style", "template", "noscript", "svg", "math", "object", "head", "select"}
)
UNSEEN |= {"iframe", "textarea", "noframes", "noembed", "audio", "video", "canvas", "datalist"}
"""Elements without a text to read."""
_VOID_WORDS = """
area base br col embed hr img input link meta param source track wbr basefont frame
"""
VOID = frozenset(_VOID_WORDS.split())
_BLOCKS_WORDS = """
address article blockquote body center dd details div dl dt fieldset figcaption figure h1 h2 h3 h4
h5 h6 html legend li main ol p pre section summary table tbody td tfoot th thead tr ul button
caption
"""
BLOCKS = frozenset(_BLOCKS_WORDS.split())
"""Elements before and after which a text ends."""
ROLES = frozenset(
    {"navigation", "banner", "contentinfo", "dialog", "alertdialog", "search", "menu"}
)
HEADING = re.compile(r"h[1-6]")
_AROUND_WORDS = re.compile(
    r"(?:^|[\s_-])(?:(?:cookies?|consent|gdpr)[_-]?(?:banner|bar|box|consent|modal|notice|overlay|popup)|"
    r"breadcrumbs?|sidebar|newsletter|skip-link|share-buttons|navbar|pagination|site-header|site-footer)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_LAYS_OUT_WORDS = """
h1 h2 h3 h4 h5 h6 details dl article section table pre
"""
LAYS_OUT = frozenset(_LAYS_OUT_WORDS.split())
"""Elements that no cell of a table of facts holds."""
_IS_BOLD = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)")
_AROUND_NOTE = "Navigation, banners, forms and footers of a page are no part of its text."
_SAFE_LINK = re.compile(r"(?:https?://|mailto:|tel:|/|#|[\w.-]+(?:[/#?]|$))", re.IGNORECASE)


def html_document(page: str) -> Document:
    """Blocks of a page with their lines."""
    reading = _Page()
    for token in html_tokens(page):
        if isinstance(token, Text):
            reading.text(token)
        elif token.is_end:
            reading.end(token.name, token.line)
        else:
            reading.start(token)
    reading.flush()
    return reading.document()


@dataclass
class _Table:
    """A table that is being read; one that holds more than cells of text is a way to lay out a page."""

    line: int
    rows: list[list[str]] = field(default_factory=list)
    lays_out: bool = False


@dataclass
class _Page:
    """What is known of a page while its tokens come in."""

    blocks: list[tuple[Block, bool]] = field(default_factory=list)
    """With whether each stands in the main part of the page."""
    left_out: list[LeftOut] = field(default_factory=list)
    scripts: list[tuple[str, int]] = field(default_factory=list)
    """Texts of JSON-LD with their lines."""
    _open: list[str] = field(default_factory=list)
    _num_open: dict[str, int] = field(default_factory=dict)
    _parts: list[str] = field(default_factory=list)
    _line: int = 1
    _kind_ends: list[tuple[int, Kind, int]] = field(default_factory=list)
    """Depth of elements whose text is of a certain kind, the kind, and its level."""
    _lists: list[int] = field(default_factory=list)
    """Of each open list the number of its last item; below 0 where items have none."""
    _marker: str = ""
    _tables: list[_Table] = field(default_factory=list)
    _skip_from: int = 0
    """Depth of the element whose content is left out; 0: none is."""
    _json_ld: bool = False
    _num_asked: int = 0
    """Open elements that are a Question of schema.org."""
    _on_end: dict[int, list[Callable[[int], None]]] = field(default_factory=dict)
    """Depth of an element to what has to happen when it ends."""

    def start(self, tag: Tag) -> None:
        """A start tag."""
        name = tag.name
        if name in VOID:
            if not self._skip_from:
                self._void(tag)
            return
        if self._num_open.get("head") and (name == "body" or name in BLOCKS):
            self.end("head", tag.line)
        if name in ("li", "dt", "dd", "tr", "td", "th", "p", "option"):
            self._close_siblings(name, tag.line)
        self._open.append(name)
        self._num_open[name] = self._num_open.get(name, 0) + 1
        if name == "script":
            self._json_ld = "ld+json" in tag.attributes.get("type", "").lower()
        if self._skip_from:
            return
        if name in LAYS_OUT and self._tables:
            self._lay_out(self._tables[-1])
        if self._is_cell_text(name):
            self._parts.append(" ")
        elif name in BLOCKS or name in AROUND:
            self.flush()
        if self._skips(tag):
            self._skip_from = len(self._open)
            return
        self._line = tag.line if not self._parts else self._line
        self._begin(tag)

    def _skips(self, tag: Tag) -> bool:
        """Whether an element and all in it are left out, counted where a reader would miss it."""
        name, attributes = tag.name, tag.attributes
        if name in UNSEEN:
            if name in ("iframe", "object", "video", "audio"):
                note = "Frames, films and sounds of a page hold no text."
                self.left_out.append(LeftOut("frames and films", note, tag.line))
            return True
        words = f"{attributes.get('class', '')} {attributes.get('id', '')}"
        is_title = name == "header" and (
            self._num_open.get("main") or self._num_open.get("article")
        )
        is_around = name in AROUND and not is_title
        is_around |= attributes.get("role", "").lower() in ROLES
        is_around |= name not in ("body", "html", "main") and bool(
            _AROUND_WORDS.search(words[:500])
        )
        if is_around:
            self.left_out.append(LeftOut("parts around a page", _AROUND_NOTE, tag.line))
        return is_around

    def _begin(self, tag: Tag) -> None:
        """What a start tag means for the texts in it."""
        name, depth = tag.name, len(self._open)
        self._begin_stated(tag, depth)
        if HEADING.fullmatch(name):
            self._kind_ends.append((depth, Kind.HEADING, int(name[1])))
        elif name in ("summary", "dt"):
            self._kind_ends.append((depth, Kind.QUESTION, 0))
        elif name in ("details", "dl"):
            self._when_ends(depth, self._end_of_answer)
        elif name in ("ul", "ol"):
            start = tag.attributes.get("start", "1")
            self._lists.append((int(start[:9]) if start.isascii() and start.isdecimal() else 1) - 1)
            if name == "ul":
                self._lists[-1] = -1
        elif name == "li" and self._lists:
            self._lists[-1] += 1 if self._lists[-1] >= 0 else 0
            self._marker = f"{self._lists[-1]}." if self._lists[-1] >= 0 else "-"
        elif name == "table":
            self._tables.append(_Table(tag.line))
        elif name == "tr" and self._tables:
            self._tables[-1].rows.append([])
        elif name in ("b", "strong") or _IS_BOLD.search(tag.attributes.get("style", "")[:500]):
            self._parts.append("**")
            self._when_ends(depth, lambda _line: self._parts.append("**"))
        elif name == "a" and self._num_open["a"] == 1:
            at, href = len(self._parts), tag.attributes.get("href", "")[:2000].strip()
            if _SAFE_LINK.match(href):
                self._when_ends(depth, lambda _line: self._link(at, href))

    def _begin_stated(self, tag: Tag, depth: int) -> None:
        """Questions of schema.org as microdata."""
        if tag.attributes.get("itemtype", "").rstrip("/").endswith("schema.org/Question"):
            self._num_asked += 1
            self._when_ends(depth, self._end_of_question)
        elif self._num_asked and tag.attributes.get("itemprop") == "name":
            self._kind_ends.append((depth, Kind.QUESTION, 1))

    def _end_of_question(self, line: int) -> None:
        self._num_asked -= 1
        self._end_of_answer(line)

    def _void(self, tag: Tag) -> None:
        if tag.name == "br":
            self._parts.append("\n")
        elif tag.name == "hr":
            self.flush()
            self._end_of_answer(tag.line)
        elif tag.name == "img":
            note = "Pictures are not read; say in words what they show."
            self.left_out.append(LeftOut("pictures", note, tag.line))

    def end(self, name: str, line: int) -> None:
        """An end tag; one that nothing opened is passed over."""
        if not self._num_open.get(name):
            if name == "p" and not self._skip_from:
                self.flush()
            return
        while self._open:
            closed = self._open[-1]
            self._close(line)
            if closed == name:
                return

    def _close(self, line: int) -> None:
        """Close the innermost element."""
        depth, name = len(self._open), self._open[-1]
        if not self._skip_from:
            self._finish(name, line)
        if self._skip_from == depth:
            self._skip_from = 0
        self._open.pop()
        self._num_open[name] -= 1

    def _finish(self, name: str, line: int) -> None:
        """What the end of a seen element means."""
        depth = len(self._open)
        if name in ("td", "th") and self._tables and not self._tables[-1].lays_out:
            self._end_cell()
        elif name in BLOCKS and not self._is_cell_text(name):
            self.flush()
        if name in ("ul", "ol") and self._lists:
            self._lists.pop()
            self._marker = ""
        if name == "table" and self._tables:
            self._end_table()
        while self._kind_ends and self._kind_ends[-1][0] >= depth:
            self._kind_ends.pop()
        for happen in reversed(self._on_end.pop(depth, [])):
            happen(line)

    def _when_ends(self, depth: int, happen: Callable[[int], None]) -> None:
        self._on_end.setdefault(depth, []).append(happen)

    def _close_siblings(self, name: str, line: int) -> None:
        """A new item, row or paragraph ends the one before it, where nobody wrote that it ends."""
        others = {"dt": ("dt", "dd"), "dd": ("dt", "dd"), "td": ("td", "th"), "th": ("td", "th")}
        ends, stops = (
            others.get(name, (name,)),
            ("ul", "ol", "table", "dl", "div", "section", "button"),
        )
        if (
            self._open
            and self._open[-1] not in stops
            and any(self._num_open.get(one) for one in ends)
        ):
            for up in range(1, min(5, len(self._open)) + 1):
                if self._open[-up] in stops:
                    return
                if self._open[-up] in ends:
                    self.end(self._open[-up], line)
                    return

    def text(self, text: Text) -> None:
        """What stands between tags."""
        if text.raw_in == "script" and self._json_ld:
            self.scripts.append((text.text, text.line))
        if self._skip_from or text.raw_in:
            return
        if not self._parts or not "".join(self._parts[-2:]).strip("* \n"):
            leading = text.text[: len(text.text) - len(text.text.lstrip())]
            self._line = text.line + leading.count("\n") if text.text.strip() else self._line
        if self._num_open.get("pre"):
            self._parts.append(text.text)
        else:
            self._parts.append(re.sub(r"\s+", " ", text.text))

    def _is_cell_text(self, name: str) -> bool:
        """Whether an element in a cell of a table is part of the text of the cell."""
        if not self._tables or self._tables[-1].lays_out:
            return False
        return name in ("p", "div", "ul", "li", "ol", "tbody", "thead", "tfoot")

    def _taken(self) -> str:
        """The text since the last block, spaces in order, bold marks at the words they belong to."""
        text, self._parts = "".join(self._parts), []
        if self._num_open.get("pre"):
            return text.strip("\n")
        return tidy(text)

    def _end_cell(self) -> None:
        text = self._taken()
        table = self._tables[-1]
        if not table.rows:
            table.rows.append([])
        table.rows[-1].append(text)

    def _lay_out(self, table: _Table) -> None:
        """A table is one that lays out the page: its cells are not facts side by side, but paragraphs."""
        table.lays_out = True
        for row in table.rows:
            for cell in filter(None, row):
                self._add(Kind.PARAGRAPH, cell, table.line)
        table.rows = []

    def _end_table(self) -> None:
        if all(len(row) < 2 for row in self._tables[-1].rows):
            self._lay_out(self._tables[-1])
        table = self._tables.pop()
        if text := table_text(table.rows):
            self._add(Kind.TABLE, text, table.line, len(self._lists))

    def flush(self) -> None:
        """End the text that is being gathered: it becomes a block."""
        is_code = bool(self._num_open.get("pre"))
        text = self._taken()
        if not text.strip():
            return
        if self._kind_ends:
            asked = [end for end in self._kind_ends[-8:] if end[1] is Kind.QUESTION]
            _, kind, level = max(asked, key=lambda end: end[2]) if asked else self._kind_ends[-1]
            text = tidy(text.replace("**", "").replace("\n", " "))
        elif self._num_open.get("button"):
            if not text.endswith("?"):
                self.left_out.append(LeftOut("buttons", "What buttons say is no text.", self._line))
                return
            kind, level = Kind.QUESTION, 0
        elif is_code:
            kind, level, text = Kind.CODE, len(self._lists), f"```\n{text}\n```"
        else:
            kind = Kind.ITEM if self._marker and self._lists else Kind.PARAGRAPH
            level = len(self._lists)
        if text:
            self._add(kind, text, self._line, level)

    def _add(self, kind: Kind, text: str, line: int, level: int = 0) -> None:
        marker = ""
        if kind is Kind.ITEM:
            marker, self._marker = self._marker, ""
        self.blocks.append(
            (Block(kind, text, line, level, marker), bool(self._num_open.get("main")))
        )

    def _end_of_answer(self, line: int) -> None:
        self._add(Kind.END, "", line)

    def _link(self, at: int, href: str) -> None:
        """Put the address beside the words of a link."""
        words = "".join(self._parts[at:])
        if words.strip() and "\n" not in words and len(self._parts) >= at:
            self._parts[at:] = [f"[{words.strip()}]({href})"]

    def document(self) -> Document:
        """What was found; where a page names its main part, only that."""
        is_main = any(block.text and in_main for block, in_main in self.blocks)
        kept = tuple(block for block, in_main in self.blocks if in_main or not is_main)
        left = [
            LeftOut("parts around a page", _AROUND_NOTE, block.place)
            for block, in_main in self.blocks
            if is_main and not in_main and block.text
        ]
        stated = tuple(
            block
            for text, line in self.scripts
            for block in stated_questions(
                text, line, blocks_of=lambda page: html_document(page).blocks
            )
        )
        return Document(
            kept, tuple(sorted([*self.left_out, *left], key=lambda one: one.place)), stated
        )


def tidy(text: str) -> str:
    """Spaces in order; bold marks close to their words, and none around nothing."""
    text = re.sub(r"[ \t\r\f\v]+", " ", text.replace("\xa0", " "))
    text = "\n".join(line.strip() for line in text.split("\n"))
    if "**" in text:
        pieces = text.split("**")
        text = "".join(_bold(piece) if at % 2 else piece for at, piece in enumerate(pieces))
    return re.sub(r"\n{2,}", "\n", text).strip()


def _bold(piece: str) -> str:
    inner = piece.strip()
    if not inner:
        return piece
    before = piece[: len(piece) - len(piece.lstrip())]
    return f"{before}**{inner}**{piece[len(piece.rstrip()) :]}"
