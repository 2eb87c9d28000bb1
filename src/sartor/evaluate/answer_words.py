"""The words of an answer in any script: what answers are compared by.

Two notions. ROUGE knows letters and digits only. For "is this the same answer?" symbols count too:
5 % is not 5, C++ is not C, and a thumb up is not a thumb down.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")
"""Scripts written without spaces, as Unicode names begin: every character is a word."""
MEANINGFUL_PUNCTUATION = frozenset("%‰#&@§")
"""What Unicode calls punctuation and people read as a word."""
REMEMBERED_TEXTS = 2**16
_MINUS_SIGN = re.compile(r"(?<!\w)[-\u2010-\u2015](?=\d)")


class _WordCharacters(dict[int, str]):
    """What stands for a character (`str.translate`), looked up in Unicode once each."""

    def __init__(self, *, keeps_symbols: bool) -> None:
        super().__init__()
        self.keeps_symbols = keeps_symbols

    def __missing__(self, code_point: int) -> str:
        self[code_point] = self._spelled(chr(code_point))
        return self[code_point]

    def _spelled(self, character: str) -> str:
        category = unicodedata.category(character)
        if category == "Cf" or unicodedata.name(character, "").startswith("VARIATION SELECTOR"):
            return ""
        if category[0] in "LMN":
            return f" {character} " if _is_unspaced(character) else character
        is_symbol = category[0] == "S" or character in MEANINGFUL_PUNCTUATION
        return f" {character} " if is_symbol and self.keeps_symbols else " "


def _is_unspaced(character: str) -> bool:
    return unicodedata.name(character, "").startswith(UNSPACED)


_LETTERS = _WordCharacters(keeps_symbols=False)
_LETTERS_AND_SYMBOLS = _WordCharacters(keeps_symbols=True)


def rouge_words(text: str) -> list[str]:
    """Lower-case runs of letters and digits.

    On ASCII text those of Google's `rouge-score`, which drops every other letter and so gives an
    answer in Greek or Chinese 0.
    """
    return unicodedata.normalize("NFKC", text).lower().translate(_LETTERS).split()


@lru_cache(maxsize=REMEMBERED_TEXTS)
def answer_words(text: str) -> tuple[str, ...]:
    """The normalised form by which two answers are the same.

    After SQuAD (Rajpurkar et al. 2016, arXiv 1606.05250), made safe for other languages and for
    numbers: Unicode NFKC, case folded; punctuation separates words and is dropped; symbols, and
    the minus of a number, are words of their own. Unlike SQuAD's, articles stay (`a` is a word of
    other languages, and may be the answer), and `3.5` does not become `35`. A text of punctuation
    only stands for itself.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    words = _MINUS_SIGN.sub("\u2212", folded).translate(_LETTERS_AND_SYMBOLS).split()
    return tuple(words or folded.split())
