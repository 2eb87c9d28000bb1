"""Rows that say which answer is better: preferences, and answers with a verdict (KTO).

The better answer is learned; the worse ones are kept beside it, for tuning behaviour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sartor.core.conversation import Turn
from sartor.data.conversations import Talk, answer_text, in_order
from sartor.data.example import Tally, Trouble, as_truth
from sartor.data.messages import is_messages
from sartor.data.prompts import (
    alpaca_prompt,
    answer_in,
    one_answer,
    prompt_of,
    row_tools,
    said_in,
    system_said,
)
from sartor.data.row import EMPTY_TEXT, NO_ANSWER, NOT_TRUE_OR_FALSE, RawRow


class Answered(NamedTuple):
    """An answer and everything before it."""

    turns: tuple[Turn, ...]
    """What was said before."""
    answer: str
    """Empty where no right one is known."""
    rejected: tuple[str, ...] = ()
    """Answers known to be worse."""


def preference(
    row: RawRow, columns: Mapping[str, str], trouble: Trouble, tally: Tally, *, is_chat: bool
) -> Answered:
    """A better and a worse answer, with their prompt or with what both begin with."""
    for role in ("output", "rejected"):
        if columns[role] not in row.fields:
            trouble.missing(columns[role])
    if trouble.problems:
        return Answered((), "")
    if "input" not in columns:
        return _implicit(row, columns, trouble, tally, is_chat=is_chat)
    if "instruction" in columns:
        talk = alpaca_prompt(row, columns, trouble, tally)
    else:
        talk = prompt_of(row, columns, trouble, tally, is_chat=is_chat)
    better, worse = (
        _after(talk, row.fields[columns[role]], columns[role], trouble, is_chat=is_chat)
        for role in ("output", "rejected")
    )
    return Answered(talk.turns, better, _different(better, worse, trouble, tally))


def verdict(
    row: RawRow, columns: Mapping[str, str], trouble: Trouble, tally: Tally, *, is_chat: bool
) -> Answered:
    """An answer, and whether it is wanted; one that is not is kept as rejected."""
    is_wanted = as_truth(row.fields.get(columns["label"]))
    if is_wanted is None:
        value = row.fields.get(columns["label"])
        fix = "Write true or false."
        trouble.note(columns["label"], NOT_TRUE_OR_FALSE, "" if value is None else value, fix)
    if "output" in columns:
        talk = prompt_of(row, columns, trouble, tally, is_chat=is_chat)
        column = columns["output"]
        answer = answer_in(row.fields.get(column), column, trouble, is_chat=is_chat)
    else:
        talk, answer = _last_answer(row, columns, trouble, tally)
    return Answered(talk.turns, answer if is_wanted else "", () if is_wanted else (answer,))


def _last_answer(
    row: RawRow, columns: Mapping[str, str], trouble: Trouble, tally: Tally
) -> tuple[Talk, str]:
    """A whole conversation, whose last turn is judged."""
    column = columns["input"]
    value = row.fields.get(column)
    said = [*system_said(row, columns, trouble), *said_in(value, column, trouble, is_chat=True)]
    if trouble.problems:
        return Talk(()), ""
    talk = in_order(said, trouble, tally, tools=row_tools(row, columns, value, trouble))
    roles = [turn.role for turn in talk.turns]
    if not trouble.problems and (roles[-1:] != ["assistant"] or "user" not in roles):
        fix = "End the conversation with the answer that `label` judges."
        trouble.note(column, NO_ANSWER, roles[-1] if roles else "", fix)
    if trouble.problems:
        return Talk(()), ""
    return Talk(talk.said[:-1]), answer_text(talk.turns[-1])


def _after(talk: Talk, value: Any, where: str, trouble: Trouble, *, is_chat: bool) -> str:
    """The answer of a cell; one that repeats the prompt before it is cut down to the answer."""
    if not (isinstance(value, list) and len(value) > 1) and not is_messages(value):
        return answer_in(value, where, trouble, is_chat=is_chat)
    said = said_in(value, where, trouble, is_chat=is_chat)
    known = list(talk.turns)
    turns = [one.turn for one in said]
    start = len(known) if turns[: len(known)] == known else 0
    return one_answer(said[start:], where, trouble)


def _implicit(
    row: RawRow, columns: Mapping[str, str], trouble: Trouble, tally: Tally, *, is_chat: bool
) -> Answered:
    """Both cells hold all of the conversation: what they begin with is the prompt."""
    cells = tuple(row.fields[columns[role]] for role in ("output", "rejected"))
    names = columns["output"], columns["rejected"]
    if all(isinstance(cell, str) and not is_messages(cell) for cell in cells):
        both = [trouble.text(name, value) for name, value in zip(names, cells, strict=True)]
        said = [said_in(text, names[0], trouble, is_chat=is_chat) for text in both]
        if len(said[0]) < 2:
            return _common_text(both, names[0], trouble)
    else:
        said = [said_in(v, n, trouble, is_chat=is_chat) for n, v in zip(names, cells, strict=True)]
    if trouble.problems:
        return Answered((), "")
    num_shared = _num_shared(*([one.turn for one in turns] for turns in said))
    front = [*system_said(row, columns, trouble), *said[0][:num_shared]]
    talk = in_order(front, trouble, tally, tools=row_tools(row, columns, None, trouble))
    answers = [
        one_answer(turns[num_shared:], name, trouble)
        for turns, name in zip(said, names, strict=True)
    ]
    better, worse = answers
    return Answered(talk.turns, better, _different(better, worse, trouble, tally))


def _num_shared(first: Sequence[Turn], second: Sequence[Turn]) -> int:
    """Turns that both begin with; the last turn of each is its answer."""
    num = 0
    for one, other in zip(first[:-1], second[:-1], strict=False):
        if one != other:
            break
        num += 1
    return num


def _common_text(both: Sequence[str], where: str, trouble: Trouble) -> Answered:
    """The prompt is what both texts begin with, up to a space: a word is not cut in two."""
    first, second = both
    pairs = enumerate(zip(first, second, strict=False))
    shared = first[: next((at for at, (one, other) in pairs if one != other), len(first))]
    end = max((at for at, character in enumerate(shared) if character.isspace()), default=0)
    prompt = shared[:end].strip()
    if not prompt and not trouble.problems:
        fix = "Add a `prompt` column: the two answers do not begin with the same words."
        trouble.note(where, EMPTY_TEXT, both[0], fix)
    better, worse = (text[end:].strip() for text in both)
    return Answered((Turn("user", prompt),), better, (worse,) if worse else ())


def _different(better: str, worse: str, trouble: Trouble, tally: Tally) -> tuple[str, ...]:
    if better != worse:
        return (worse,)
    note = "The better and the worse answer are the same; the worse one was left out."
    tally.count("preferences without a difference", note, trouble.row.place)
    return ()
