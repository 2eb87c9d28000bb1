"""A few lessons as tokens that people can read: short, middling and the longest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import numpy as np
from tokenizers import Tokenizer

from sartor.core.conversation import Turn, conversation_text, turns_of
from sartor.core.dataset import Split, TaskFacts
from sartor.core.goal import OutputKind
from sartor.core.lesson import ShownLesson, ShownToken
from sartor.engines.lesson_rows import row_lessons
from sartor.engines.lesson_tokens import Lesson, learned_once
from sartor.engines.rendering import Renderer
from sartor.engines.turns import with_calls_in_words

LENGTHS = (0.1, 0.5, 1.0)
"""Which lessons are shown, as quantiles of their lengths."""
MOST_SHOWN, FIRST_SHOWN = 240, 160
"""Tokens of a stretch that are shown, and how many of them are its first."""
UNDECODABLE = "\ufffd"


def shown_lessons(
    renderer: Renderer,
    rows: Split,
    facts: TaskFacts,
    lessons: Sequence[Lesson],
    *,
    mask: Callable[[str], str],
) -> tuple[ShownLesson, ...]:
    """Three lessons of different length, personal data replaced; fewer where there are no three rows."""
    shown = []
    for at in _chosen(rows, facts, lessons, mask):
        part = _masked(rows.take(_together(rows, facts, at)), facts, mask)
        made = row_lessons(part, facts, renderer)
        if not renderer.is_encoder_decoder:
            made = learned_once(made)
        longest = max(made, key=lambda lesson: len(lesson.tokens_T))
        shown.append(_shown(renderer, longest, rows.sources[at]))
    return tuple(shown)


def token_texts(
    tokenizer: Tokenizer, tokens_T: np.ndarray, is_learned_T: np.ndarray
) -> Iterator[ShownToken]:
    """The text of each token; tokens that only together are characters stand together."""
    ids = tokens_T.tolist()
    context = done = 0
    for place in range(1, len(ids) + 1):
        known = tokenizer.decode(ids[context:done], skip_special_tokens=False)
        fresh = tokenizer.decode(ids[context:place], skip_special_tokens=False)[len(known) :]
        is_end = place == len(ids) or is_learned_T[place] != is_learned_T[place - 1]
        if fresh.endswith(UNDECODABLE) and not is_end:
            continue
        yield ShownToken(fresh, bool(is_learned_T[place - 1]))
        context, done = done, place


def _chosen(
    rows: Split, facts: TaskFacts, lessons: Sequence[Lesson], mask: Callable[[str], str]
) -> list[int]:
    """Rows of different length and, in a chat, of different conversations."""
    order = sorted(range(len(lessons)), key=lambda at: (_num_tokens(lessons[at]), at))
    if facts.output_kind in (OutputKind.SPANS, OutputKind.FIELDS):  # places would move
        order = [at for at in order if mask(rows.texts[at]) == rows.texts[at]]
    picked: list[int] = []
    for share in LENGTHS:
        left = [at for at in order if _group(rows, facts, at) not in _groups(rows, facts, picked)]
        if left:
            picked.append(left[round(share * (len(left) - 1))])
    return picked


def _groups(rows: Split, facts: TaskFacts, picked: Sequence[int]) -> set[int]:
    return {_group(rows, facts, at) for at in picked}


def _group(rows: Split, facts: TaskFacts, at: int) -> int:
    return int(rows.groups[at]) if facts.is_conversation else at


def _together(rows: Split, facts: TaskFacts, at: int) -> np.ndarray:
    """The row, with those of the same conversation that it begins with or that go on from it."""
    if not facts.is_conversation:
        return np.array([at])
    own = turns_of(rows.texts[at])
    same = [
        other
        for other in np.flatnonzero(rows.groups == rows.groups[at]).tolist()
        if _is_same_talk(own, turns_of(rows.texts[other]))
    ]
    return np.array(same)


def _is_same_talk(one: Sequence[Turn], other: Sequence[Turn]) -> bool:
    length = min(len(one), len(other))
    return tuple(one[:length]) == tuple(other[:length])


def _masked(rows: Split, facts: TaskFacts, mask: Callable[[str], str]) -> Split:
    """Rows as they may be shown. Spans and records are chosen without personal data and stay."""
    if facts.output_kind in (OutputKind.SPANS, OutputKind.FIELDS):
        return rows
    texts = [_masked_text(text, facts, mask) for text in rows.texts]
    targets = rows.targets
    if facts.output_kind is OutputKind.TEXT:
        targets = np.empty(len(rows), dtype=object)
        targets[:] = [tuple(mask(answer) for answer in answers) for answers in rows.targets]
    return Split(texts, targets, rows.groups, rows.sources)


def _masked_text(text: str, facts: TaskFacts, mask: Callable[[str], str]) -> str:
    if not facts.is_conversation:
        return mask(text)
    turns = [with_calls_in_words(turn) for turn in turns_of(text)]
    return conversation_text(
        [Turn(turn.role, mask(turn.content), name=turn.name) for turn in turns]
    )


def _shown(renderer: Renderer, lesson: Lesson, source: str) -> ShownLesson:
    tokens = list(_clipped(token_texts(renderer.tokenizer, lesson.tokens_T, lesson.is_learned_T)))
    read = lesson.prompt.tokens_T
    if renderer.is_encoder_decoder:
        not_learned = np.zeros(len(read), dtype=bool)
        tokens = [*_clipped(token_texts(renderer.tokenizer, read, not_learned)), *tokens]
    return ShownLesson(
        source=source,
        tokens=tuple(tokens),
        num_tokens=len(lesson.tokens_T) + (len(read) if renderer.is_encoder_decoder else 0),
        num_learned=int(lesson.is_learned_T.sum()),
        is_prompt_cut=lesson.prompt.is_cut,
        is_answer_cut=lesson.is_answer_cut,
    )


def _clipped(tokens: Iterator[ShownToken]) -> Iterator[ShownToken]:
    """Of a long stretch the beginning and the end; how many are between is said."""
    for is_learned, stretch in groupby(tokens, key=lambda token: token.is_learned):
        run = list(stretch)
        if len(run) <= MOST_SHOWN:
            yield from run
            continue
        last = MOST_SHOWN - FIRST_SHOWN
        yield from run[:FIRST_SHOWN]
        yield ShownToken("", is_learned, num_left_out=len(run) - MOST_SHOWN)
        yield from run[-last:]


def _num_tokens(lesson: Lesson) -> int:
    return len(lesson.prompt.tokens_T) + int(lesson.is_learned_T.sum())
