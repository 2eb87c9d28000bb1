"""What a word says of itself and its neighbours, for a linear model of tags."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from sartor.core.tagging import Place
from sartor.tune.surfaces import Mark

LONGEST_AFFIX = 4
WINDOW = 2
"""Neighbours on each side whose words count."""
_SHAPES = ((re.compile(r"[^\W\d_]"), "x"), (re.compile(r"\d"), "0"))


def word_features(text: str, words: Sequence[Place], marks: Sequence[Mark]) -> list[list[str]]:
    """Names of what holds for each word.

    Args:
        text: The text.
        words: Where its words stand.
        marks: Known wordings in it, of which none comes from the row itself while it is learned.
    """
    spoken = [text[start:end] for start, end in words]
    own = [_own(word) for word in spoken]
    listed = _listed(len(words), marks)
    found = []
    for at, features in enumerate(own):
        around = []
        for step in range(-WINDOW, WINDOW + 1):
            if step and 0 <= at + step < len(words):
                around += [f"{step}:{name}" for name in own[at + step][:2]]
            elif step:
                around.append(f"{step}:edge")
        pair = [f"pair:{spoken[at - 1].lower()}|{spoken[at].lower()}"] if at else []
        found.append(["bias", *features, *around, *pair, *listed[at]])
    return found


def _own(word: str) -> list[str]:
    """The two that neighbours see come first."""
    lower = word.lower()
    lengths = range(1, min(LONGEST_AFFIX, len(word)) + 1)
    return [
        f"lower:{lower}",
        f"shape:{shape(word)}",
        f"word:{word}",
        f"long shape:{_long_shape(word)[:12]}",
        *(f"first:{lower[:n]}" for n in lengths),
        *(f"last:{lower[-n:]}" for n in lengths),
    ]


def shape(word: str) -> str:
    """Kinds of signs without their number: `Ann-2` becomes `Xx-0`."""
    return "".join(kind for kind, _ in groupby(_long_shape(word)))


def _long_shape(word: str) -> str:
    return "".join(_kind(sign) for sign in word)


def _kind(sign: str) -> str:
    if sign.isupper() or sign.istitle():
        return "X"
    return next((name for pattern, name in _SHAPES if pattern.match(sign)), sign)


def _listed(num_words: int, marks: Sequence[Mark]) -> list[list[str]]:
    listed: list[list[str]] = [[] for _ in range(num_words)]
    for mark in marks:
        for at in range(mark.first, mark.last + 1):
            listed[at].append(f"listed {'B' if at == mark.first else 'I'}:{mark.label}")
    return listed
