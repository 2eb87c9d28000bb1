"""Tokens of prompts and lessons, and lessons that are learned once because one begins the other.

Shape letters: T tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PromptTokens:
    """What a model reads before it writes."""

    tokens_T: np.ndarray
    """Token ids, (T,) int64."""
    is_cut: bool
    """Whether turns were left out, or one was shortened, to make it fit."""
    num_left_out: int = 0
    """Turns that were left out, the oldest."""
    is_message_cut: bool = False
    """Whether what is left was shortened besides."""


@dataclass(frozen=True)
class Lesson:
    """A conversation with its answer, and which of its tokens are learned."""

    tokens_T: np.ndarray
    """Prompt and answer for a decoder; the answer alone for an encoder-decoder. (T,) int64."""
    is_learned_T: np.ndarray
    """The answer and its stop token, (T,) bool."""
    prompt: PromptTokens
    is_answer_cut: bool
    """Whether the answer's end, its stop token included, had to go."""


def learned_once(lessons: Sequence[Lesson]) -> list[Lesson]:
    """Lessons of growing conversations as one: of two that begin alike the longer teaches both.

    A conversation of five replies is five lessons, each the beginning of the next; as one it costs a third
    of the tokens and teaches the same ones.

    Args:
        lessons: Of one decoder; those with a cut prompt stay as they are.

    Returns:
        In order of their first tokens. Every learned token is learned exactly once for each lesson's answer.
    """
    order = sorted(range(len(lessons)), key=lambda i: lessons[i].tokens_T.tolist())
    found: list[Lesson] = []
    for index in order:
        lesson = lessons[index]
        if found and _continues(found[-1], lesson):
            lesson = _both(found.pop(), lesson)
        found.append(lesson)
    return found


def _continues(first: Lesson, second: Lesson) -> bool:
    num_tokens = len(first.tokens_T)
    is_beginning = len(second.tokens_T) >= num_tokens and np.array_equal(
        second.tokens_T[:num_tokens], first.tokens_T
    )
    return is_beginning and not (second.is_learned_T[:num_tokens] & first.is_learned_T).any()


def _both(first: Lesson, second: Lesson) -> Lesson:
    is_learned_T = second.is_learned_T.copy()
    is_learned_T[: len(first.is_learned_T)] |= first.is_learned_T
    return Lesson(second.tokens_T, is_learned_T, second.prompt, second.is_answer_cut)
