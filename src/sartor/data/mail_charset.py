"""Bytes of a mail as text, where the charset that is named may be wrong, unknown or hostile."""

from __future__ import annotations

import codecs
import re

_SINGLE_BYTE = re.compile(r"(?:iso8859|cp125|latin|mac|ascii|koi8)", re.IGNORECASE)
_UNFIT = frozenset(
    {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "rot13"}
)
"""Codecs of the standard library that are no charsets; some of them take quadratic time."""
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def decoded(content: bytes, charset: str) -> str:
    """Decode by what the bytes are, then by what they are said to be, then by what they most often are.

    Text in UTF-8 that is announced as Latin-1 is common and is told by its bytes; the reverse too.
    """
    codec = _codec(charset)
    for candidate in _candidates(codec):
        try:
            return _clean(content.decode(candidate))
        except (UnicodeError, ValueError):
            continue
    return _clean(content.decode("cp1252", "replace"))


def _codec(charset: str) -> str:
    """Its name as Python knows it; empty where it is none."""
    name = charset.strip().strip("\"'")
    if not name.isascii() or len(name) > 40 or "\x00" in name:
        return ""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    is_charset = getattr(found, "_is_text_encoding", True) and found.name not in _UNFIT
    return found.name.replace("_", "-") if is_charset else ""


def _candidates(codec: str) -> tuple[str, ...]:
    if codec in ("", "utf-8", "ascii"):
        return ("utf-8", "cp1252")
    if codec == "iso8859-1":
        return ("utf-8", "cp1252", codec)
    if _SINGLE_BYTE.match(codec):
        return ("utf-8", codec)
    return (codec, "utf-8")


def _clean(text: str) -> str:
    """Without what no text holds: control characters, halves of characters, odd line ends."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "")
    return _CONTROLS.sub("", text).encode("utf-8", "replace").decode("utf-8")
