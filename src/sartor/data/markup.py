"""Leftover HTML in texts: tags and entities out of what is markup, nothing out of what only looks like it.

`a < b`, `<NAME_1>`, `<EMAIL>`, XML and code are what somebody wrote. So tags are read only where the text has
tags of formatting that close, or break lines, and where no tag closes that HTML does not know.
"""

from __future__ import annotations

import html
import re

from sartor.data.html_text import MAX_HTML_CHARACTERS, text_of_html

_BREAKING = frozenset(
    {
        *("br", "p", "div", "hr", "li", "ul", "ol", "tr", "td", "th", "table", "tbody", "thead"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "section", "body", "html"),
    }
)
_FORMATTING = _BREAKING | {
    *(
        "a",
        "b",
        "i",
        "u",
        "s",
        "em",
        "strong",
        "small",
        "big",
        "span",
        "font",
        "center",
        "sub",
        "sup",
        "strike",
    ),
    *(
        "img",
        "code",
        "tt",
        "head",
        "title",
        "style",
        "meta",
        "link",
        "dl",
        "dt",
        "dd",
        "caption",
        "col",
    ),
    *(
        "colgroup",
        "tfoot",
        "article",
        "header",
        "footer",
        "figure",
        "figcaption",
        "address",
        "cite",
        "q",
    ),
    *("ins", "del", "mark", "abbr", "wbr", "nobr", "base", "o:p"),
}
"""What mails, chats and editors write into texts. A `<form>` or a `<script>` is what somebody programs."""
_ALONE = frozenset({"br", "p", "hr", "img"})
"""Tags that nobody has to close."""

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,15}(?::p)?)(?:\s[^<>]{0,100000}|/)?>")
_NO_TAG = re.compile(
    rf"<(?!/?(?:{'|'.join(sorted(_FORMATTING))})(?:\s[^<>]{{0,100000}}|/)?>|!--|!doctype)",
    re.IGNORECASE,
)
_CODE = re.compile(r"```|`\s?<|<\?(?!xml:namespace)|<!\[CDATA\[")
_LINK = re.compile(r"<a\s([^<>]{1,5000})>((?:[^<]|<(?!/?a[\s>])){0,1000})</a>", re.IGNORECASE)
_ADDRESS = re.compile(r"""\bhref\s{0,3}=\s{0,3}["']?(https?://[^"'\s<>]{1,2000})""", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_BARE_AMPERSAND = re.compile(rf"&(?!{_ENTITY.pattern[1:]})")
_ESCAPED_BLOCK = re.compile(
    rf"\s*&lt;(?:{'|'.join(sorted(_BREAKING))}|span)(?:&gt;|\s[^&]{{0,1000}}(?:&quot;[^&]{{0,1000}}){{0,20}}&gt;)",
    re.IGNORECASE,
)


def without_markup(text: str) -> str:
    """Read a text that is HTML as a browser shows it.

    Args:
        text: Any text.

    Returns:
        The text with lines where blocks ended, and the addresses of links in brackets behind them. A text
        that is no HTML, or that shows HTML to its reader, comes back as it is.
    """
    if "<" not in text:
        text_meant = _unescaped_once(text)
        return text if text_meant is None else without_markup(text_meant)
    if not is_markup(text):
        return text
    safe = _BARE_AMPERSAND.sub("&amp;", _NO_TAG.sub("&lt;", _LINK.sub(_with_address, text)))
    if not any(tag[2].lower() in _BREAKING for tag in _TAG.finditer(text)):
        safe = safe.replace("\n", "<br>")
    read = text_of_html(_with_halves_joined(safe))
    return text if is_markup(read) else read


def without_entities(text: str) -> str:
    """Write the characters that HTML entities stand for.

    Angle brackets stay escaped where they would make tags of what was to be shown, and all entities in code.
    """
    if "&" not in text or not _ENTITY.search(text) or is_code(text):
        return text
    plain = _ENTITY.sub(_character, text)
    return _ENTITY.sub(_character_but_brackets, text) if is_markup(plain) else plain


def is_markup(text: str) -> bool:
    """Whether a text holds tags to be read, and not to be shown."""
    if "<" not in text or len(text) > MAX_HTML_CHARACTERS or is_code(text):
        return False
    opened = set[str]()
    for tag in _TAG.finditer(text):
        name = tag[2].lower()
        if name in _ALONE or (tag[1] and name in opened):
            return True
        if name in _FORMATTING and not tag[1]:
            opened.add(name)
    return False


def is_code(text: str) -> bool:
    """Whether a text shows XML or code: fences, or tags that close and that formatting does not know."""
    if _CODE.search(text):
        return True
    return any(tag[1] and tag[2].lower() not in _FORMATTING for tag in _TAG.finditer(text))


def _unescaped_once(text: str) -> str | None:
    """The HTML of a text that was escaped from its first block to its last; None for others."""
    if not _ESCAPED_BLOCK.match(text) or not text.rstrip().endswith("&gt;"):
        return None
    meant = _ENTITY.sub(_character_of_markup, text)
    return meant if is_markup(meant) else None


def whole_characters(text: str) -> str:
    """Join the halves of characters (surrogates); a half alone becomes the replacement character."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _with_halves_joined(text: str) -> str:
    """Emoji that were written as two entities, one for each half."""
    return whole_characters(_ENTITY.sub(lambda entity: _as_half(entity[0]) or entity[0], text))


def _with_address(link: re.Match[str]) -> str:
    address, shown = _ADDRESS.search(link[1]), link[2].strip()
    if address is None:
        return link[0]
    is_shown = html.unescape(_TAG.sub("", shown)).strip().rstrip("/") in html.unescape(address[1])
    return address[1] if is_shown else f"{shown} ({address[1]})"


def _character(entity: re.Match[str]) -> str:
    return _as_half(entity[0]) or html.unescape(entity[0])


def _character_but_brackets(entity: re.Match[str]) -> str:
    character = _character(entity)
    return entity[0] if character in "<>" else character


def _character_of_markup(entity: re.Match[str]) -> str:
    character = html.unescape(entity[0])
    return character if character in "<>\"'&" else entity[0]


def _as_half(entity: str) -> str:
    """The half of a character that a number names; empty where it names a whole one."""
    if not entity.startswith("&#"):
        return ""
    number = int(entity[3:-1], 16) if entity[2] in "xX" else int(entity[2:-1])
    return chr(number) if 0xD800 <= number <= 0xDFFF else ""
