"""HTML cut into tags and texts, in time that grows linearly with its length whatever stands in it.

By the tokenizer of the HTML standard (13.2.5), without what no document needs: what is never closed takes
the rest of the page with it, as in a browser, so nothing is ever looked at twice. No tree is built.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

RAW = frozenset({"script", "style", "textarea", "title", "noframes", "noembed", "xmp", "iframe"})
"""Elements whose content is no markup."""
MAX_ATTRIBUTES = 200
_NAME = re.compile(r"[^\s/>]*")
_SPACE = re.compile(r"[\s/]*")
_ATTRIBUTE = re.compile(r"[^\s/>=]*")
_UNQUOTED = re.compile(r"[^\s>]*")


class Tag(NamedTuple):
    """A start or an end tag."""

    name: str
    """In lower case."""
    attributes: dict[str, str]
    is_end: bool
    line: int


class Text(NamedTuple):
    """What stands between tags, its character references resolved."""

    text: str
    line: int
    raw_in: str = ""
    """The element it stands in, where that holds no markup: `script`."""


def html_tokens(page: str) -> Iterator[Tag | Text]:
    """Tags and texts of a page in order; comments and declarations are left out."""
    at, line, counted = 0, 1, 0
    while at < len(page):
        opening = page.find("<", at)
        opening = len(page) if opening < 0 else opening
        line, counted = line + page.count("\n", counted, at), at
        if opening > at:
            yield Text(html.unescape(page[at:opening]), line)
        line, counted = line + page.count("\n", counted, opening), opening
        if opening == len(page):
            return
        after = page[opening + 1 : opening + 3]
        if after[:1].isascii() and after[:1].isalpha():
            tag, at = _tag(page, opening + 1, line, is_end=False)
            if tag is None:
                return
            yield tag
            if tag.name in RAW:
                end = _raw_end(page, at, tag.name)
                yield Text(page[at:end], line + page.count("\n", counted, at), tag.name)
                at = end
        elif after[:1] == "/" and after[1:].isascii() and after[1:].isalpha():
            tag, at = _tag(page, opening + 2, line, is_end=True)
            if tag is None:
                return
            yield tag
        elif after[:1] in ("!", "?", "/"):
            at = _comment_end(page, opening)
        else:
            yield Text("<", line)
            at = opening + 1


def _tag(page: str, at: int, line: int, *, is_end: bool) -> tuple[Tag | None, int]:
    """A tag and where it ends; None where the page ends before it does."""
    name = _match(_NAME, page, at)
    at += len(name)
    attributes: dict[str, str] = {}
    while True:
        at += len(_match(_SPACE, page, at))
        if at >= len(page):
            return None, at
        if page[at] == ">":
            return Tag(name.lower(), attributes, is_end, line), at + 1
        key = _match(_ATTRIBUTE, page, at) or page[at]
        at += len(key)
        value, at = _value(page, at)
        if at < 0:
            return None, at
        if len(attributes) < MAX_ATTRIBUTES:
            attributes.setdefault(key.lower(), value)


def _value(page: str, at: int) -> tuple[str, int]:
    """The value of an attribute and where it ends; -1 where its quotes are never closed."""
    start = at + len(_match(_SPACE, page, at)) if page[at : at + 1].isspace() else at
    if page[start : start + 1] != "=":
        return "", at
    start += 1
    while start < len(page) and page[start].isspace():
        start += 1
    quote = page[start : start + 1]
    if quote in ('"', "'") and quote:
        end = page.find(quote, start + 1)
        return ("", -1) if end < 0 else (html.unescape(page[start + 1 : end]), end + 1)
    value = _match(_UNQUOTED, page, start)
    return html.unescape(value), start + len(value)


def _match(pattern: re.Pattern[str], page: str, at: int) -> str:
    found = pattern.match(page, at)
    return found[0] if found else ""


def _raw_end(page: str, at: int, name: str) -> int:
    found = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(page, at)
    return found.start() if found else len(page)


def _comment_end(page: str, opening: int) -> int:
    is_comment = page.startswith("<!--", opening)
    closing = "-->" if is_comment else ">"
    end = page.find(closing, opening + (2 if is_comment else 1))
    return len(page) if end < 0 else end + len(closing)
