"""Text from HTML: what a person would read of it, with lines where blocks end.

libxml2 parses it as a stream of events; there is no tree that deep nesting could grow, and no table whose
columns could be filled up with spaces.
"""

from __future__ import annotations

import re

from lxml import etree

MAX_HTML_CHARACTERS = 1_000_000
"""What lies beyond is not read: no message that somebody wrote is as long."""
_HIDDEN = frozenset({"script", "style", "head", "title", "template", "noscript", "svg", "object"})
_PARAGRAPHS = frozenset(
    {
        *("p", "blockquote", "ul", "ol", "dl", "pre", "table", "figure", "form", "fieldset"),
        *("h1", "h2", "h3", "h4", "h5", "h6"),
    }
)
_LINES = frozenset(
    {
        *("div", "li", "tr", "dt", "dd", "section", "article", "header", "footer", "address"),
        *("main", "nav", "aside", "figcaption", "caption", "center", "body"),
    }
)
_CELLS = frozenset({"td", "th"})
_SPACES = re.compile(r"[ \t\r\n\f\v\u00a0]+")
_UNSAFE = re.compile("[\x00\ud800-\udfff]")
_IMAGE = re.compile(r"<img\b", re.IGNORECASE)


def text_of_html(html: str) -> str:
    """What a person reads of a message: no markup, no scripts, no hidden heads.

    Args:
        html: A document or a piece of one, from anybody.

    Returns:
        The text; paragraphs are a blank line apart, list items begin with `- `. Damaged markup is read as
        browsers do; NUL and half characters are left out.
    """
    safe = _UNSAFE.sub("", html[:MAX_HTML_CHARACTERS])
    if "<" not in safe and "&" not in safe:
        return _tidy(safe.split("\n"))
    target = _Text()
    parser = etree.HTMLParser(target=target, huge_tree=True, no_network=True, encoding="utf-8")
    parser.feed(f"<body>{safe}".encode())
    return str(parser.close())


def num_images(html: str) -> int:
    """How many pictures a piece of HTML shows."""
    return len(_IMAGE.findall(html[:MAX_HTML_CHARACTERS]))


class _Text:
    """Takes the parser's events and keeps what is shown."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._num_hidden = 0
        self._num_literal = 0
        self._is_at_line_start = True
        self._is_at_item_start = False

    def start(self, tag: str, attributes: object) -> None:
        self._num_hidden += tag in _HIDDEN
        self._num_literal += tag == "pre"
        self._break_at(tag)
        if tag == "li":
            self._parts.append("- ")
            self._is_at_item_start = True

    def end(self, tag: str) -> None:
        self._num_hidden -= tag in _HIDDEN
        self._num_literal -= tag == "pre"
        if tag not in ("br", "hr"):
            self._break_at(tag)

    def data(self, text: str) -> None:
        if not self._num_hidden:
            self._parts.append(text if self._num_literal else _SPACES.sub(" ", text))
            if not text.isspace():
                self._is_at_line_start = self._is_at_item_start = False

    def comment(self, text: str) -> None:
        """Comments are not shown."""

    def close(self) -> str:
        return _tidy("".join(self._parts).split("\n"))

    def _break_at(self, tag: str) -> None:
        if tag in _CELLS:
            self._parts.append(" ")
        elif tag in ("br", "hr"):
            self._break("\n")
        elif tag in _PARAGRAPHS and not self._is_at_item_start:
            self._break("\n\n")
        elif tag in _LINES and not self._is_at_line_start:
            self._break("\n")

    def _break(self, feeds: str) -> None:
        self._parts.append(feeds)
        self._is_at_line_start, self._is_at_item_start = True, False


def _tidy(lines: list[str]) -> str:
    """No spaces at the ends of lines, no two blank lines in a row, no empty list items."""
    kept: list[str] = []
    for line in lines:
        text = _SPACES.sub(" ", line).strip()
        if text == "-" or (not text and (not kept or not kept[-1])):
            continue
        kept.append(text)
    return "\n".join(kept).strip()
