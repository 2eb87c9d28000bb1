"""Text as it comes, token by token, of which nothing is taken back.

A token may hold part of a character. Three things are therefore held until they are settled: bytes that
are no whole character yet, the last character (a mark or a joiner may still be added to it: Unicode
Standard Annex 29), and what may be the beginning of a stop string.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from tokenizers import Tokenizer

UNDECODABLE = "\ufffd"
JOINER = "\u200d"
BYTE_TOKEN = re.compile(r"<0x[0-9A-Fa-f]{2}>")
"""A byte of sentencepiece; a run of them is read as a whole, and one bad byte spoils all of it."""


class TextPieces:
    """Pieces of text for tokens; joined, they are the text of all tokens.

    Args:
        tokenizer: Special tokens give no text.
        stop_strings: The text ends before the first of them.
    """

    def __init__(self, tokenizer: Tokenizer, stop_strings: Sequence[str] = ()) -> None:
        self.tokenizer = tokenizer
        self.stop_strings = [text for text in stop_strings if text]
        self.is_stopped = False
        added = tokenizer.get_added_tokens_decoder()
        self._without_text = {number for number, token in added.items() if token.special}
        self._ids: list[int] = []
        self._context = 0
        """Where decoding begins: some tokens write a space only behind others."""
        self._read = 0
        """Tokens whose text is settled."""
        self._held = ""

    def push(self, token: int) -> str:
        """The text that this token settles, often empty."""
        self._ids.append(token)
        if not self._ends_bytes(token):
            return ""
        fresh = self._fresh()
        if fresh.endswith(UNDECODABLE):
            return ""
        if fresh:
            self._context, self._read = self._read, len(self._ids)
        return self._release(fresh, is_last=False)

    def finish(self) -> str:
        """The rest, when no more tokens come."""
        fresh = self._fresh()
        self._context = self._read = len(self._ids)
        return self._release(fresh, is_last=True)

    def _ends_bytes(self, token: int) -> bool:
        """Whether no run of bytes goes on behind this token; one without text interrupts none."""
        is_byte = BYTE_TOKEN.fullmatch(self.tokenizer.id_to_token(token) or "")
        return not is_byte and token not in self._without_text

    def _fresh(self) -> str:
        """Text of the tokens that are not settled, as it stands now."""
        known = self._decoded(self._context, self._read)
        whole = self._decoded(self._context, len(self._ids))
        return whole[len(known) :] if whole.startswith(known) else UNDECODABLE

    def _decoded(self, start: int, stop: int) -> str:
        return self.tokenizer.decode(self._ids[start:stop], skip_special_tokens=True)

    def _release(self, fresh: str, *, is_last: bool) -> str:
        if self.is_stopped:
            return ""
        text = self._held + fresh
        found = [text.find(stop) for stop in self.stop_strings if stop in text]
        if found:
            self.is_stopped, self._held = True, ""
            return text[: min(found)]
        settled = len(text) if is_last else self._num_settled(text)
        self._held = text[settled:]
        return text[:settled]

    def _num_settled(self, text: str) -> int:
        begun = max((_begun(text, stop) for stop in self.stop_strings), default=0)
        return min(len(text) - begun, last_character(text))


def _begun(text: str, stop: str) -> int:
    """Characters at the end of a text that may be the beginning of a stop string."""
    return next((n for n in range(len(stop) - 1, 0, -1) if text.endswith(stop[:n])), 0)


def last_character(text: str) -> int:
    """Where the last character begins that a reader would call one.

    Marks, joiners, variation selectors and skin tones belong to what stands before them; joiners and
    viramas also join what follows; two regional indicators make one flag.
    """
    start = len(text) - 1
    while start > 0 and (_extends(text[start]) or _joins(text[start - 1])):
        start -= 1
    if start > 0 and _is_flag_half(text[start]):
        halves = len(text[: start + 1]) - len(text[: start + 1].rstrip(_FLAG_HALVES))
        start -= 1 - halves % 2
    if text[start:] == "\n" and text[:start].endswith("\r"):
        start -= 1
    return max(start, 0)


_FLAG_HALVES = "".join(map(chr, range(0x1F1E6, 0x1F200)))


def _is_flag_half(character: str) -> bool:
    return character in _FLAG_HALVES


def _joins(character: str) -> bool:
    """Whether a character takes the one after it to itself; a virama's combining class is 9."""
    return character == JOINER or unicodedata.combining(character) == 9


def _extends(character: str) -> bool:
    """Whether a character belongs to the one before it."""
    code = ord(character)
    return (
        unicodedata.category(character).startswith("M")
        or character in (JOINER, "\u200c", "\u0e33", "\u0eb3")
        or 0x1F3FB <= code <= 0x1F3FF  # skin tones
        or 0xE0020 <= code <= 0xE007F  # tags of a flag
        or 0x1160 <= code <= 0x11FF  # vowels and final consonants of Hangul syllables
    )
