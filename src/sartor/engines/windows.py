"""Long texts in overlapping windows, and which token speaks for which word. tokenizers and numpy alone.

Shape letters: W words of a text, T tokens of a window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tokenizers import Encoding, Tokenizer

from sartor.core.tagging import (
    Place,
    Span,
    best_path,
    bio_steps,
    path_log_probability,
    spans_of,
    words_of,
)

WINDOW_FILL = 0.9
"""Share of the room that a window takes by plan: cut out of its text, it may have a few tokens more."""
OVERLAP = 0.25
"""Share of a window that the next one holds too: so much context has every word but the outermost."""
NO_TOKEN = -1


@dataclass(frozen=True)
class Window:
    """A stretch of a text that is read at once."""

    text: str
    first_word: int
    """Number of its first word in the text."""
    token_of_W: np.ndarray
    """Place of the first token of each of its words in the window, (W,) int64; NO_TOKEN: it has none."""


@dataclass(frozen=True)
class WordedText:
    """A text with its words and windows."""

    words: list[Place]
    windows: list[Window]


def worded(tokenizer: Tokenizer, text: str) -> WordedText:
    """Words of a text, and the windows in which they are read.

    A text that fits is one window as it stands.

    Args:
        tokenizer: Cuts at the longest input; None of its settings is changed.
        text: Any text.
    """
    words = words_of(text)
    encoding = tokenizer.encode(text)
    if not encoding.overflowing or len(words) < 2:
        return WordedText(words, [_window(encoding, text, words, 0)])
    windows = [
        _cut_out(tokenizer, text, words, first, last)
        for first, last in _ranges(tokenizer, text, words)
    ]
    return WordedText(words, windows)


def marked(
    text: WordedText, scores: Sequence[np.ndarray], labels: Sequence[str]
) -> tuple[tuple[Span, ...], float]:
    """The spans of a text, and the log-probability of their tags over the number of words.

    Args:
        text: With its windows.
        scores: Of each window (T, C), by tokens.
        labels: Two tags each; tags as in `core.tagging`.
    """
    if not text.words:
        return (), float("nan")
    scores_WC = joined(text, scores)
    steps_ST = bio_steps(scores_WC.shape[1])
    path_W = best_path(scores_WC, steps_ST)
    whole = path_log_probability(path_W, scores_WC, steps_ST)
    return spans_of(text.words, path_W, labels), whole / len(text.words)


def joined(worded: WordedText, scores: Sequence[np.ndarray]) -> np.ndarray:
    """Scores of a text's words, (W, C): of several windows the one in whose middle a word stands counts.

    Args:
        worded: The text.
        scores: Of each window (T, C), by tokens. A word without a token scores 0 everywhere.
    """
    scores_WC = np.zeros((len(worded.words), scores[0].shape[1]), dtype=np.float64)
    margin_W = np.full(len(worded.words), -1)
    for window, scores_TC in zip(worded.windows, scores, strict=True):
        num = len(window.token_of_W)
        words_W = window.first_word + np.arange(num)
        context_W = np.minimum(np.arange(num), num - 1 - np.arange(num))
        is_better_W = (window.token_of_W != NO_TOKEN) & (context_W > margin_W[words_W])
        taken_W = words_W[is_better_W]
        scores_WC[taken_W] = scores_TC[window.token_of_W[is_better_W]]
        margin_W[taken_W] = context_W[is_better_W]
    return scores_WC


def _ranges(tokenizer: Tokenizer, text: str, words: Sequence[Place]) -> list[tuple[int, int]]:
    """First word of each window and the one after its last."""
    truncation = tokenizer.truncation
    assert truncation is not None
    room = truncation["max_length"] - len(tokenizer.encode("").ids)
    most = max(1, int(WINDOW_FILL * room))
    start_W = _token_starts(tokenizer, text, words)
    end_W = np.append(start_W[1:], max(start_W[-1] + 1, _num_tokens(tokenizer, text)))
    ranges: list[tuple[int, int]] = []
    first = 0
    while True:
        fits = int(np.searchsorted(end_W, start_W[first] + most, side="right"))
        last = max(first + 1, fits)
        ranges.append((first, min(last, len(words))))
        if last >= len(words):
            return ranges
        back = int(np.searchsorted(start_W, end_W[last - 1] - int(OVERLAP * most)))
        first = min(max(first + 1, back), last)


def _token_starts(tokenizer: Tokenizer, text: str, words: Sequence[Place]) -> np.ndarray:
    """Tokens of the whole text that begin before each word, (W,)."""
    begins = [start for part in _parts(tokenizer, text) for start, _ in _places(part)]
    return np.searchsorted(np.maximum.accumulate(begins), [start for start, _ in words])


def _num_tokens(tokenizer: Tokenizer, text: str) -> int:
    return sum(len(_places(part)) for part in _parts(tokenizer, text))


def _parts(tokenizer: Tokenizer, text: str) -> list[Encoding]:
    encoding = tokenizer.encode(text)
    return [encoding, *encoding.overflowing]


def _places(encoding: Encoding) -> list[Place]:
    """Characters of each token that is no special one."""
    pairs = zip(encoding.offsets, encoding.special_tokens_mask, strict=True)
    return [place for place, is_special in pairs if not is_special]


def _cut_out(
    tokenizer: Tokenizer, text: str, words: Sequence[Place], first: int, last: int
) -> Window:
    begin, end = words[first][0], words[last - 1][1]
    part = text[begin:end]
    inner = [(start - begin, stop - begin) for start, stop in words[first:last]]
    return _window(tokenizer.encode(part), part, inner, first)


def _window(encoding: Encoding, text: str, words: Sequence[Place], first: int) -> Window:
    """Find the first token that shares a character with each word."""
    token_of_W = np.full(len(words), NO_TOKEN, dtype=np.int64)
    places = list(enumerate(zip(encoding.offsets, encoding.special_tokens_mask, strict=True)))
    real = [(token, start, end) for token, ((start, end), special) in places if not special]
    at = 0
    for number, (begin, stop) in enumerate(words):
        while at < len(real) and real[at][2] <= begin:
            at += 1
        if at < len(real) and real[at][1] < stop and real[at][2] > begin:
            token_of_W[number] = real[at][0]
    return Window(text, first, token_of_W)
