"""Characters that nobody sees: out where they carry no meaning, kept where a script or an emoji needs them.

Persian and the scripts of India spell with joiners, emoji of several persons and flags are held together by
them, and direction marks belong to texts that run from right to left. Elsewhere they are leftovers of web
pages and office programs, or hide instructions from a reader.
"""

from __future__ import annotations

import re

_NEVER_SEEN = "\u00ad\u180e\u200b\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb"
"""Soft hyphens, spaces of no width, byte order marks, marks of annotations."""
_DIRECTIONS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_JOINERS = "\u200c\u200d"
_VARIANTS = "\ufe00-\ufe0f"
_IDEOGRAPH_VARIANTS = "\U000e0100-\U000e01ef"
_TAGS = "\U000e0000-\U000e007f"

_JOINED_SCRIPTS = "\u0600-\u0dff\u0f00-\u109f\u1780-\u18af\ua840-\ua87f\ufb50-\ufdff\ufe70-\ufefc"
"""Arabic, Syriac, the scripts of India, Tibetan, Burmese, Khmer and Mongolian, whose letters join."""
_EMOJI = "\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_IDEOGRAPHS = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

SELDOM_SEEN = f"{_NEVER_SEEN}{_DIRECTIONS}{_JOINERS}{_VARIANTS}{_IDEOGRAPH_VARIANTS}{_TAGS}"
"""All of them, as the inside of a character class."""
_ANY = re.compile(f"[{SELDOM_SEEN}]")
_REMOVED = re.compile(
    "(?P<flag>\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f)"
    f"|[{_NEVER_SEEN}{_TAGS}]"
    f"|(?<![{_JOINED_SCRIPTS}{_EMOJI}{_VARIANTS}])[{_JOINERS}]"
    f"|(?<=[{_EMOJI}{_VARIANTS}])[{_JOINERS}](?![{_EMOJI}])"
    f"|(?<![^\\sA-Za-z{_VARIANTS}])[{_VARIANTS}]"
    f"|(?<![{_IDEOGRAPHS}])[{_IDEOGRAPH_VARIANTS}]"
)
_DIRECTION = re.compile(f"[{_DIRECTIONS}]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u05f4\u0620-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


def without_invisible(text: str) -> str:
    """Take out the characters that nobody sees, save those that change what is seen.

    Args:
        text: Any text.

    Returns:
        The text. Joiners stay inside emoji and behind letters of scripts that join, direction marks in texts
        with letters that run from right to left, variants behind what has variants, tags in flags.
    """
    if not _ANY.search(text):
        return text
    text = _REMOVED.sub(lambda found: found["flag"] or "", text)
    return text if _RIGHT_TO_LEFT.search(text) else _DIRECTION.sub("", text)
