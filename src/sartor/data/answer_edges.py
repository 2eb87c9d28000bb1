"""What each line of an answer is for: greeting and closing, what systems put around them, what it says."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sartor.data.common_lines import line_key
from sartor.data.mail_phrases import CLOSING, LEGAL, MOBILE, WEAK_CLOSING

BLANK, COMMON, VOICE, SUBSTANCE = range(4)

_GREETING_WORDS = 5
_GREETED_LINES = 5
_SIGNATURE_LINES = 3
_SIGNATURE_CHARACTERS = 60
_SIGNED_LINES = 6
_NAME_WORDS = 3
_LOOKED_AT_CHARACTERS = 600


def kinds_of(lines: Sequence[str], of_lines: Sequence[str], keys: Collection[str]) -> list[int]:
    """What each line is: BLANK, COMMON, of the brand's VOICE, or the SUBSTANCE of the answer.

    Args:
        lines: All lines of an answer.
        of_lines: `line_key` of each.
        keys: Those of the lines that are common.
    """
    kinds = [
        BLANK if not key else COMMON if key in keys and not _asks(line) else SUBSTANCE
        for line, key in zip(lines, of_lines, strict=True)
    ]
    for at in [*_greeting(lines, of_lines), *_closing(lines, of_lines)]:
        kinds[at] = VOICE
    return kinds


def at_edges(kinds: Sequence[int]) -> list[int]:
    """The common lines that are reached from either end without crossing what the answer says."""
    substance = [at for at, kind in enumerate(kinds) if kind == SUBSTANCE]
    first, last = (substance[0], substance[-1]) if substance else (len(kinds), -1)
    return [at for at, kind in enumerate(kinds) if kind == COMMON and (at < first or at > last)]


def _asks(line: str) -> bool:
    """A question wants an answer: it is part of the conversation, however often it is asked."""
    return line.rstrip(" *_").endswith("?")


def _greeting(lines: Sequence[str], of_lines: Sequence[str]) -> list[int]:
    """The first line of a few words that is no sentence, near the beginning."""
    above = [at for at in range(len(lines)) if of_lines[at]][:_GREETED_LINES]
    return next(([at] for at in above if _is_greeting(lines[at])), [])


def _is_greeting(line: str) -> bool:
    text = line.strip()
    return (
        len(text.split()) <= _GREETING_WORDS and not text.endswith((".", ":")) and _is_wording(text)
    )


def _closing(lines: Sequence[str], of_lines: Sequence[str]) -> list[int]:
    """The last line that closes and the short ones below it that say who writes; else a name near the end."""
    for at in range(len(lines) - 1, -1, -1):
        line = lines[at][:_LOOKED_AT_CHARACTERS]
        if CLOSING.match(line) or WEAK_CLOSING.match(line):
            below = [below for below in range(at + 1, len(lines)) if of_lines[below]]
            named = [at]
            for line_below in below[:_SIGNATURE_LINES]:
                if not _is_wording(lines[line_below]):
                    break
                named.append(line_below)
            return named
    below = [at for at in range(len(lines)) if of_lines[at]][-_SIGNED_LINES:]
    return next(([at] for at in reversed(below) if _is_name(lines[at])), [])


def _is_name(line: str) -> bool:
    words = line.strip(" -–—").split()
    return (
        0 < len(words) <= _NAME_WORDS
        and all(word[0].isupper() for word in words)
        and _is_wording(" ".join(words))
    )


def _is_wording(line: str) -> bool:
    """Short, without numbers, addresses, marks, and nothing that clients and lawyers write."""
    text = line.strip()
    if len(text) > _SIGNATURE_CHARACTERS or not any(map(str.isalpha, text)):
        return False
    is_machine = MOBILE.match(text) or LEGAL.search(text) or line_key(text) != _plain(text)
    return not is_machine and not text.startswith(("#", "-", "*", "=", "_", "["))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
