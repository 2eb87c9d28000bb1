"""Spans as tags of words: what every tagger learns and says, whoever scores the words.

BIO tags (Ramshaw and Marcus 1995, arXiv cmp-lg/9505040): 0 is `O`, 1 + 2k begins a span of label k, 2 + 2k
goes on with it. numpy alone, so that a package decodes as the tournament did.

Shape letters: W words, T tags.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

Span = tuple[int, int, str]
"""First character, the one after the last, and the label."""
Place = tuple[int, int]
"""First character and the one after the last."""
OUTSIDE = 0
FORBIDDEN = -1e9
"""Score of a step that BIO does not know; finite, so that sums stay numbers."""
_LONE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Scripts written without spaces: Thai, Lao, Burmese, Khmer, kana, Han."""
_JOINERS = "\u200c\u200d\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f\U000e0100-\U000e01ef"
"""Joiners, skin tones, tags of flags and variants of ideographs: part of what they stand behind."""
LAST_SCRIPT = 0x20000
"""Behind it are ideographs, and the marks above."""


def words_of(text: str) -> list[Place]:
    """Where the words of a text stand, in any language.

    A word is a run of letters, digits and their marks; every other sign that is no space is one of its own,
    with what is joined to it. In scripts written without spaces each character is a word.
    """
    return [found.span() for found in word_pattern().finditer(text)]


@lru_cache(maxsize=1)
def word_pattern() -> re.Pattern[str]:
    """What `words_of` finds; packages that cut texts into words carry it along."""
    marked = rf"[{_marks()}{_JOINERS}]*"
    flag = "[\U0001f1e6-\U0001f1ff]{2}"
    lone, run = rf"[{_LONE}]{marked}", rf"(?:(?![{_LONE}])\w{marked})+"
    sign = rf"[^\w\s]{marked}(?:(?<=\u200d)[^\w\s]{marked})*"
    return re.compile(rf"{flag}|{lone}|{run}|{sign}")


def _marks() -> str:
    """Ranges of the characters that change the one before them, for a character class."""
    is_mark = [unicodedata.category(chr(code))[0] == "M" for code in range(LAST_SCRIPT)]
    edges = np.flatnonzero(np.diff(np.array([False, *is_mark, False], dtype=np.int8)))
    pairs = edges.reshape(-1, 2)
    return "".join(f"{re.escape(chr(a))}-{re.escape(chr(b - 1))}" for a, b in pairs.tolist())


def num_tags(labels: Sequence[str]) -> int:
    """`O`, and a beginning and an inside of each label."""
    return 1 + 2 * len(labels)


def tag_names(labels: Sequence[str]) -> list[str]:
    """Tags as CoNLL files spell them."""
    return ["O", *(f"{mark}-{label}" for label in labels for mark in "BI")]


def tags_of(words: Sequence[Place], spans: Sequence[Span], labels: Sequence[str]) -> np.ndarray:
    """The tag of every word, (W,) int64; a word that a span only touches is inside of it."""
    tags_W = np.full(len(words), OUTSIDE, dtype=np.int64)
    begins = np.array([start for start, _ in words], dtype=np.int64)
    ends = np.array([end for _, end in words], dtype=np.int64)
    for start, end, label in spans:
        inside = np.flatnonzero((begins < end) & (ends > start))
        first = 1 + 2 * labels.index(label)
        tags_W[inside] = first + 1
        tags_W[inside[:1]] = first
    return tags_W


def spans_of(
    words: Sequence[Place], tags: Sequence[int] | np.ndarray, labels: Sequence[str]
) -> tuple[Span, ...]:
    """The spans that tags mark; an inside that continues nothing begins a span, as in seqeval."""
    spans: list[Span] = []
    before = OUTSIDE
    for (start, end), tag in zip(words, map(int, tags), strict=True):
        if tag != OUTSIDE:
            label = labels[(tag - 1) // 2]
            goes_on = tag % 2 == 0 and before in (tag, tag - 1)
            spans = (
                [*spans[:-1], (spans[-1][0], end, label)]
                if goes_on
                else [*spans, (start, end, label)]
            )
        before = tag
    return tuple(spans)


def bio_steps(num: int) -> np.ndarray:
    """Score of each step from tag to tag, (1 + T, T): 0 where BIO allows it. Row 0 is the beginning.

    Args:
        num: Tags, T.
    """
    tags_T = np.arange(num)
    is_inside_T = (tags_T > 0) & (tags_T % 2 == 0)
    before_S = np.arange(-1, num)
    goes_on_ST = (before_S[:, None] == tags_T) | (before_S[:, None] == tags_T - 1)
    return np.where(is_inside_T & ~goes_on_ST, FORBIDDEN, 0.0)


def best_path(scores_WT: np.ndarray, steps_ST: np.ndarray) -> np.ndarray:
    """The tags with the largest sum of scores and steps, (W,) int64 (Viterbi 1967).

    Args:
        scores_WT: Score of each tag at each word.
        steps_ST: Score of each step, (1 + T, T); row 0 is the beginning.
    """
    num_words = len(scores_WT)
    path_W = np.zeros(num_words, dtype=np.int64)
    if not num_words:
        return path_W
    back_WT = np.zeros(scores_WT.shape, dtype=np.int64)
    best_T = scores_WT[0] + steps_ST[0]
    for word in range(1, num_words):
        through_TT = best_T[:, None] + steps_ST[1:]
        back_WT[word] = through_TT.argmax(axis=0)
        best_T = through_TT.max(axis=0) + scores_WT[word]
    path_W[-1] = best_T.argmax()
    for word in range(num_words - 1, 0, -1):
        path_W[word - 1] = back_WT[word, path_W[word]]
    return path_W


def path_log_probability(path_W: np.ndarray, scores_WT: np.ndarray, steps_ST: np.ndarray) -> float:
    """Logarithm of a path's share among all paths, in nats (Lafferty et al. 2001); 0 without words."""
    if not len(path_W):
        return 0.0
    before_W = np.concatenate([[0], path_W[:-1] + 1])
    own = scores_WT[np.arange(len(path_W)), path_W].sum() + steps_ST[before_W, path_W].sum()
    sum_T = scores_WT[0] + steps_ST[0]
    for scores_T in scores_WT[1:]:
        sum_T = np.logaddexp.reduce(sum_T[:, None] + steps_ST[1:], axis=0) + scores_T
    return float(own - np.logaddexp.reduce(sum_T))
