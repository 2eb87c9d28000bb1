"""Text from HTML: what a person would read of it, with lines where blocks end.

libxml2 parses it as a stream of events; there is no tree that deep nesting could grow, and no table whose
columns could be filled up with spaces.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree

MAX_HTML_CHARACTERS = 1_000_000
"""What lies beyond is not read: no message that somebody wrote is as long."""
_HIDDEN = frozenset(
    {"script", "style", "head", "title", "template", "noscript", "svg", "object", "select"}
)
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
_UNSAFE = re.compile("[\x00\x0e\x0f\x10\ud800-\udfff\u00ad\u200b\u2060]")
"""Half characters, our own marks, and invisible ones that split words."""
_QUOTE, _END_OF_QUOTE, _SIGNATURE = "\x0e", "\x0f", "\x10"
_HIDING = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
_SIGNATURES = re.compile(r"gmail_signature|moz-signature|outlook-mobile-signature", re.IGNORECASE)
_SIGNATURE_IDS = frozenset({"signature", "ms-outlook-mobile-signature", "applemailsignature"})
_MOST_QUOTED = 9
_IMAGE = re.compile(r"<img\b", re.IGNORECASE)


def text_of_html(html: str, *, is_mail: bool = False) -> str:
    """What a person reads of a message: no markup, no scripts, nothing that is not shown.

    Args:
        html: A document or a piece of one, from anybody.
        is_mail: Mark block quotes by `>` and signatures by `-- `, so that the rules for quotes and signatures
            see what they see in plain mails.

    Returns:
        The text; paragraphs are a blank line apart, list items begin with `- `. Damaged markup is read as
        browsers do; NUL and half characters are left out.
    """
    safe = _UNSAFE.sub("", html[:MAX_HTML_CHARACTERS])
    if "<" not in safe and "&" not in safe:
        return _tidy(safe.split("\n"))
    target = _Text(is_mail=is_mail)
    parser = etree.HTMLParser(target=target, huge_tree=True, no_network=True, encoding="utf-8")
    parser.feed(f"<body>{safe}".encode())
    return str(parser.close())


def num_images(html: str) -> int:
    """How many pictures a piece of HTML shows."""
    return len(_IMAGE.findall(html[:MAX_HTML_CHARACTERS]))


class _Text:
    """Takes the parser's events and keeps what is shown."""

    def __init__(self, *, is_mail: bool) -> None:
        self._is_mail = is_mail
        self._parts: list[str] = []
        self._hidden: list[bool] = []
        """For every open element, whether it or one around it is not shown."""
        self._num_literal = 0
        self._is_at_line_start = True
        self._is_at_item_start = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._hidden.append(self._is_hidden or tag in _HIDDEN or _hides(attributes))
        self._num_literal += tag == "pre"
        if self._is_hidden:
            return
        self._break_at(tag)
        if self._is_mail and tag == "blockquote":
            self._parts.append(_QUOTE)
        if self._is_mail and _begins_signature(attributes):
            self._break(f"\n{_SIGNATURE}\n")
        if tag == "li":
            self._parts.append("- ")
            self._is_at_item_start = True

    def end(self, tag: str) -> None:
        self._num_literal -= tag == "pre"
        if self._hidden and self._hidden.pop():
            return
        if self._is_mail and tag == "blockquote":
            self._break(f"\n{_END_OF_QUOTE}")
        if tag not in ("br", "hr"):
            self._break_at(tag)

    def data(self, text: str) -> None:
        if not self._is_hidden:
            self._parts.append(text if self._num_literal else _SPACES.sub(" ", text))
            if not text.isspace():
                self._is_at_line_start = self._is_at_item_start = False

    def comment(self, text: str) -> None:
        """Comments are not shown."""

    def close(self) -> str:
        return _tidy("".join(self._parts).split("\n"))

    @property
    def _is_hidden(self) -> bool:
        return bool(self._hidden) and self._hidden[-1]

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


def _hides(attributes: Mapping[str, str]) -> bool:
    style = attributes.get("style")
    return style is not None and _HIDING.search(style[:1_000]) is not None


def _begins_signature(attributes: Mapping[str, str]) -> bool:
    marks = f"{attributes.get('class', '')[:200]} {attributes.get('data-smartmail', '')[:100]}"
    its_id = attributes.get("id", "")[:100].lower()
    return _SIGNATURES.search(marks) is not None or its_id in _SIGNATURE_IDS


def _tidy(lines: list[str]) -> str:
    """No spaces at the ends of lines, no two blank lines in a row, no empty list items; marks written out."""
    kept: list[str] = []
    depth = 0
    for line in lines:
        depth = max(0, depth - line.count(_END_OF_QUOTE)) + line.count(_QUOTE)
        text = _SPACES.sub(" ", line.strip(f" {_QUOTE}{_END_OF_QUOTE}")).strip()
        if text == _SIGNATURE:
            text = "-- "
        is_second_blank = not text and (not kept or not kept[-1].strip("> "))
        if text != "-" and not is_second_blank:
            kept.append("> " * min(depth, _MOST_QUOTED) + text)
    return "\n".join(kept).strip("\n").rstrip(" ") if kept else ""
