"""Rows as they are learned and asked: what stands in the prompt, what is the answer, how much room it has.

No torch: what a base would learn can be shown before anything is loaded.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sartor.core.answer_schema import answer_schema
from sartor.core.conversation import Turn, turns_of
from sartor.core.dataset import Split, TaskFacts
from sartor.core.errors import BaseModelError, TrialError
from sartor.core.extracted import answer_text
from sartor.core.goal import OutputKind
from sartor.core.prompt import Prompt
from sartor.core.words import readable_label
from sartor.engines.lesson_tokens import Lesson
from sartor.engines.rendering import Renderer
from sartor.engines.writing.token_bytes import Spelling, spelling_of


def prompt_for(text: str, facts: TaskFacts) -> Prompt:
    """An input as it is asked of a tuned writer: what it has to do, it has learned."""
    if facts.is_conversation:
        return Prompt(turns_of(text))
    return Prompt((Turn("user", text),))


def answer_of(text: str, target: Any, facts: TaskFacts) -> str:
    """What is learned: the label's name, or the first right answer as it is written."""
    if facts.output_kind is OutputKind.SINGLE:
        return readable_label(facts.labels[int(target)])
    return answer_text(facts.output_kind, text, target)


def spelling_for(facts: TaskFacts, renderer: Renderer) -> Spelling:
    """How answers in JSON are spelled where a base lacks signs of it; other answers as they are."""
    return Spelling({}) if answer_schema(facts) is None else spelling_of(renderer.tokenizer)


def respelled(prompt: Prompt, spelling: Spelling) -> Prompt:
    """The prompt with the signs that a base lacks spelled as it can read them."""
    turns = tuple(replace(turn, content=spelling.of(turn.content)) for turn in prompt.turns)
    return replace(prompt, turns=turns) if spelling.swapped else prompt


def answer_room(facts: TaskFacts, renderer: Renderer) -> int:
    """Tokens that serving leaves for an answer: the longest that is written, or the longest label's name."""
    if facts.output_kind is not OutputKind.SINGLE:
        return facts.max_answer_tokens
    names = [readable_label(label) for label in facts.labels]
    return max(len(renderer.answer_alone(name, is_continued=False)) for name in names)


def row_lessons(
    rows: Split, facts: TaskFacts, renderer: Renderer, *, least_tokens: int = 0
) -> list[Lesson]:
    """What each row teaches: its prompt cut as it is in service, and its answer.

    Args:
        rows: To learn from.
        facts: Of the task.
        renderer: Of the base.
        least_tokens: Room that an answer needs in any case, where a grammar asks for it.

    Raises:
        TrialError: The base's template cannot put a row: this base fails, the others go on.
    """
    spelling = spelling_for(facts, renderer)
    try:
        room = max(answer_room(facts, renderer), least_tokens)
        return [
            renderer.lesson(
                respelled(prompt_for(text, facts), spelling),
                spelling.of(answer_of(text, target, facts)),
                answer_tokens=room,
            )
            for text, target in zip(rows.texts, rows.targets, strict=True)
        ]
    except BaseModelError as error:
        raise TrialError(where=error.where, problem=error.problem, fix=error.fix) from error
