"""HTML of a mail as text: paragraphs as lines, block quotes behind `>`, signatures behind `-- `.

So the rules for quotes and signatures see what they see in plain mails.
"""

from __future__ import annotations

import re

from lxml import etree

MAX_HTML_CHARACTERS = 1_000_000
_HIDDEN = frozenset(
    {"script", "style", "head", "title", "template", "noscript", "object", "svg", "select"}
)
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "pre"})
_LINES = frozenset(
    {"div", "li", "tr", "hr", "section", "article", "header", "footer", "address", "dt", "dd"}
) | {"center", "blockquote", "body", "form", "fieldset"}
_CELLS = frozenset({"td", "th"})
_HIDING = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
_SIGNATURE = re.compile(r"gmail_signature|moz-signature|outlook-mobile-signature", re.IGNORECASE)
_SIGNATURE_IDS = frozenset({"signature", "ms-outlook-mobile-signature", "applemailsignature"})
_SPACES = re.compile(r"[ \t\n\r\f\u00a0\u200b\u200c\u200d\u2060\u00ad]+")


def text_of_html(html: str) -> str:
    """The text that a reader of the mail sees; at most a million characters of HTML are looked at."""
    root = _parsed(html[:MAX_HTML_CHARACTERS])
    if root is None:
        return ""
    page = _Page()
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, node in walk:
        is_hidden = not isinstance(node.tag, str) or node.tag in _HIDDEN or _is_hidden(node)
        if event == "start" and is_hidden:
            walk.skip_subtree()
        elif event == "start":
            page.open(node)
        else:
            if not is_hidden:
                page.close(node.tag)
            page.add(node.tail or "")
    return page.text()


def _parsed(html: str) -> etree._Element | None:
    """A tree of at most 256 levels; nothing is fetched and no entity of its own is read."""
    parser = etree.HTMLParser(
        encoding="utf-8", recover=True, remove_comments=True, remove_pis=True, no_network=True
    )
    try:
        content = html.replace("\x00", "").encode("utf-8", "replace")
        return etree.fromstring(content, parser) if content.strip() else None
    except (etree.XMLSyntaxError, ValueError):
        return None


def _is_hidden(node: etree._Element) -> bool:
    return _HIDING.search(node.get("style", "")[:1_000]) is not None


def _is_signature(node: etree._Element) -> bool:
    marks = f"{node.get('class', '')[:200]} {node.get('data-smartmail', '')[:100]}"
    return _SIGNATURE.search(marks) is not None or node.get("id", "").lower() in _SIGNATURE_IDS


class _Page:
    """Lines as they come."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._pieces: list[str] = []
        self._depth = 0
        self._is_kept_as_it_stands = 0

    def open(self, node: etree._Element) -> None:
        """An element begins."""
        if node.tag in _PARAGRAPHS:
            self._blank_line()
        elif node.tag in _LINES:
            self._end_line()
        if _is_signature(node):
            self._end_line()
            self._lines.append(self._prefixed("-- "))
        if node.tag == "br":
            self._end_line(may_be_blank=True)
        self._depth += node.tag == "blockquote"
        self._is_kept_as_it_stands += node.tag == "pre"
        if node.tag == "li":
            self._pieces.append("- ")
        self.add(node.text or "")

    def close(self, tag: str) -> None:
        """An element ends."""
        if tag in _PARAGRAPHS:
            self._blank_line()
        elif tag in _LINES:
            self._end_line()
        elif tag in _CELLS:
            self._pieces.append(" ")
        self._depth -= tag == "blockquote"
        self._is_kept_as_it_stands -= tag == "pre"

    def add(self, text: str) -> None:
        """Text, with white space as a browser shows it."""
        if not self._is_kept_as_it_stands:
            self._pieces.append(_SPACES.sub(" ", text))
            return
        *lines, rest = text.split("\n")
        for line in lines:
            self._pieces.append(line)
            self._end_line(may_be_blank=True)
        self._pieces.append(rest)

    def text(self) -> str:
        """All of it."""
        self._end_line()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip("\n")

    def _end_line(self, *, may_be_blank: bool = False) -> None:
        line = _SPACES.sub(" ", "".join(self._pieces)).strip()
        self._pieces.clear()
        if line or may_be_blank:
            self._lines.append(self._prefixed(line))

    def _blank_line(self) -> None:
        self._end_line()
        if self._lines and self._lines[-1].strip("> "):
            self._lines.append(self._prefixed(""))

    def _prefixed(self, line: str) -> str:
        return "> " * min(self._depth, 9) + line
