"""Characters that were decoded wrongly: `SchÃ¶n` for `Schön`, `Itâ€™s` for `It’s`, `It\\x92s` too.

ftfy knows which runs of characters nobody writes. That takes 50 microseconds for 400 characters, so a look at
neighbours goes before it: UTF-8 read as anything else shows a lead byte beside a continuation byte.
"""

from __future__ import annotations

import re
from functools import lru_cache


def decoded_rightly(text: str) -> str:
    """Put wrongly decoded characters right; quotation marks, widths and entities stay as they are.

    Line by line, since a reply quotes what was damaged before it beside what was not.

    Args:
        text: Any text.
    """
    if not could_be_damaged(text):
        return text
    from ftfy import TextFixerConfig, fix_encoding
    from ftfy.badness import is_bad

    if not is_bad(text):
        return text
    careful = TextFixerConfig(unescape_html=False, uncurl_quotes=False, normalization=None)
    return "\n".join(fix_encoding(line, careful) for line in text.split("\n"))


def could_be_damaged(text: str) -> bool:
    """Whether a closer look is worth its time; False is certain."""
    if text.isascii():
        return False
    suspects, follow_of = _neighbours()
    return any(
        not pair[1] or pair[1] in follow_of[text[pair.start()]] for pair in suspects.finditer(text)
    )


@lru_cache(maxsize=1)
def _neighbours() -> tuple[re.Pattern[str], dict[str, set[str]]]:
    """What finds a lead byte of UTF-8 beside a continuation byte, in any encoding that is taken for it, or a
    control character of C1; and what may follow each lead byte.

    A continuation byte A0 is often a plain space by now, and a lost one the replacement character.
    """
    from ftfy.chardata import CHARMAP_ENCODINGS

    follow_of: dict[str, set[str]] = {}
    for encoding in CHARMAP_ENCODINGS:
        follow = set(_decoded(range(0x80, 0xC0), encoding)) | {"\ufffd"}
        for lead in _decoded(range(0xC0, 0xF5), encoding):
            follow_of.setdefault(lead, set()).update(follow)
    leads = re.escape("".join(sorted(follow_of)))
    followers = re.escape("".join(sorted(set[str]().union(*follow_of.values()))))
    found = f"[{leads}](?=([{followers}]))|[ÂÃÅÎÐÙâĂĹ] |[\x80-\x9f]"
    return re.compile(found), follow_of


def _decoded(numbers: range, encoding: str) -> str:
    """The characters beyond ASCII that the bytes stand for."""
    return "".join(one for one in bytes(numbers).decode(encoding, "ignore") if not one.isascii())
