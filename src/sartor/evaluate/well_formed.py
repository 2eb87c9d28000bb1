"""Whether an answer looks finished: what a reader sees is wrong before reading it.

Judged from the characters alone, in any language. Where every writer of references leaves a sentence
open or a bracket unclosed (lists, smileys, code), an answer may do so too.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

ENDS = frozenset(".!?…。！？｡؟۔।॥።։၊။`")
"""Marks that end a sentence, in several scripts, and a closed piece of code."""
CLOSING_QUOTES = frozenset("\"'“”’»«」』")
BRACKETS = {
    ")": "(",
    "]": "[",
    "}": "{",
    "）": "（",
    "】": "【",
    "」": "「",
    "』": "『",
    "》": "《",
}
QUOTE_FAMILIES = ('"', "“”„‟", "«»")
"""Double quotation marks; languages differ in which opens, so each family must come in pairs."""
REMEMBERED_ANSWERS = 2**16
_CONTROL_TOKEN = re.compile(
    r"<\|[^|<>\s]{1,40}\|>"
    r"|</?s>|<(?:pad|unk|bos|eos|mask|start_of_turn|end_of_turn)>"
    r"|\[/?INST\]|<</?SYS>>|\[(?:PAD|UNK|CLS|SEP|MASK)\]"
)
_INCH = re.compile(r'(?<=\d)"')
_LIST_MARK_OR_SMILEY = re.compile(r"(?:^|\s)(?:(?:\w|\d{2,3}|[ivx]{2,4})\.?|[:;=8]['’]?-?)$")
_SMILEY = re.compile(r"[:;=8]['’]?-?$")


@lru_cache(maxsize=REMEMBERED_ANSWERS)
def is_well_formed(answer: str, references: tuple[str, ...]) -> bool:
    """Whether an answer has no fault but those that a reference has too.

    Broken characters and control tokens are faults whatever the references hold.
    """
    if has_broken_characters(answer):
        return False
    wrong = faults(answer)
    return not wrong or any(wrong <= faults(reference) for reference in references)


def has_broken_characters(text: str) -> bool:
    """Whether it holds a replacement character, a control character or a model's control token."""
    has_control = any(
        character == "\ufffd"
        or (unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\r\t")
        for character in text
        if not character.isprintable() or character == "\ufffd"
    )
    return has_control or _CONTROL_TOKEN.search(text) is not None


def faults(text: str) -> frozenset[str]:
    """What is unfinished about a text: `empty`, `open end`, `brackets`, `quotes`."""
    if not text.strip():
        return frozenset({"empty"})
    found = {
        "open end": not _is_ended(text),
        "brackets": not _has_paired_brackets(text),
        "quotes": not _has_paired_quotes(text),
    }
    return frozenset(fault for fault, is_there in found.items() if is_there)


def _is_ended(text: str) -> bool:
    """Ends in a sentence's mark or a closing one; emphasis and pictographs may follow."""
    ending = text.rstrip()
    while ending and _may_follow_the_end(ending[-1]):
        ending = ending[:-1]
    last = ending[-1:]
    is_closing = last in CLOSING_QUOTES or (last and unicodedata.category(last) in ("Pe", "Pf"))
    return last in ENDS or bool(is_closing)


def _may_follow_the_end(character: str) -> bool:
    """Emphasis, white space and pictographs with their joiners; not the end of a piece of code."""
    is_symbol = unicodedata.category(character) in ("So", "Sk")
    return character not in ENDS and (is_symbol or character in "*_ \u200d\ufe0f")


def _has_paired_brackets(text: str) -> bool:
    """Every bracket closes the last open one; the brackets of `a)` and of smileys are none."""
    open_brackets: list[str] = []
    for place, character in enumerate(text):
        if character in BRACKETS.values():
            is_smiley = _SMILEY.search(text[max(0, place - 3) : place]) is not None
            if not (is_smiley and text[place + 1 : place + 2].strip() == ""):
                open_brackets.append(character)
        elif character in BRACKETS:
            if open_brackets and open_brackets[-1] == BRACKETS[character]:
                open_brackets.pop()
            elif not _LIST_MARK_OR_SMILEY.search(text[max(0, place - 5) : place]):
                return False
    return not open_brackets


def _has_paired_quotes(text: str) -> bool:
    """Quotation marks of each family in even numbers; a mark after a digit may be inches."""
    return all(
        _num_of(text, family) % 2 == 0
        or (family == '"' and (text.count('"') - len(_INCH.findall(text))) % 2 == 0)
        for family in QUOTE_FAMILIES
    )


def _num_of(text: str, characters: str) -> int:
    return sum(text.count(character) for character in characters)
