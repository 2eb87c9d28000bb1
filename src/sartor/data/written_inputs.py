"""Inputs without answers, for tasks whose answers are written or cut out of the input.

The same spellings as in the data; where an answer stands there too, it is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sartor.core.conversation import Turn, conversation_text
from sartor.core.errors import DataError
from sartor.core.goal import DataFormat, Goal
from sartor.core.languages import column_language, language_of
from sartor.data.columns import listed_columns, recognise
from sartor.data.conversations import Talk, in_order
from sartor.data.example import Tally, Trouble
from sartor.data.extract_layout import TEXT_NAMES, TOKEN_NAMES
from sartor.data.messages import is_messages
from sartor.data.output_kind import as_list
from sartor.data.prompts import alpaca_prompt, row_tools, said_in, system_said
from sartor.data.row import EMPTY_TEXT, SEVERAL_TURNS, RawRow, with_languages
from sartor.data.written import split_system
from sartor.data.written_layout import PROMPT_NAMES, WRITTEN_NAMES

ReadInput = Callable[[RawRow], str]
"""From a row to its input, in the form that a model is given."""


def plain_input(text: str, goal: Goal) -> str:
    """A text alone, as the task takes it: in a chat it is what the user says first."""
    return conversation_text([Turn("user", text)]) if goal.task == "chat" else text


def input_reader(rows: Sequence[RawRow], goal: Goal, *, where: str) -> ReadInput:
    """How the inputs of a file are read, by its first rows.

    Raises:
        DataError: No column holds the input, or two could be meant.
    """
    rows = [with_languages(row, goal.task) for row in rows]
    there = list(dict.fromkeys(name for row in rows for name in row.fields))
    columns = _columns(rows, there, goal, where=where)

    def read(row: RawRow) -> str:
        row = with_languages(row, goal.task)
        trouble = Trouble(row)
        text = _input(row, columns, goal, trouble)
        if trouble.problems:
            problem = trouble.problems[0]
            raise DataError(
                where=f"{problem.place} > {problem.field}",
                problem=f"{problem.rule}: {problem.excerpt or 'nothing'}.",
                fix=problem.fix,
            )
        return text

    return read


def _columns(
    rows: Sequence[RawRow], there: Sequence[str], goal: Goal, *, where: str
) -> dict[str, str]:
    """Role to column: `input`, or `instruction` with what belongs to it, or `tokens`."""
    more = {role: role for role in ("tools", "system", "history") if role in there}
    if goal.columns.input in there:
        return {"input": str(goal.columns.input), **more}
    if goal.task == "extract":
        if (text := recognise("input", there, where=where, known=TEXT_NAMES)) is not None:
            return {"input": text}
        if tokens := next((name for name in TOKEN_NAMES if name in there), None):
            return {"tokens": tokens}
        raise _no_input(there, where=where)
    talks = [n for n in there if any(is_messages(row.fields.get(n)) for row in rows)]
    prompts = [name for name in PROMPT_NAMES if name in talks]
    if prompts or len(talks) == 1:
        return {"input": (prompts or talks)[0], **more}
    if "instruction" in there and (goal.format is DataFormat.ALPACA or "input" in there):
        own = {"input": "input"} if "input" in there else {}
        return {"instruction": "instruction", **own, **more}
    if goal.task == "translate" and (source := _source_column(there, goal)) is not None:
        return {"input": source}
    found = recognise("input", there, where=where, known=WRITTEN_NAMES)
    if found is None:
        raise _no_input(there, where=where)
    return {"input": found, **more}


def _source_column(there: Sequence[str], goal: Goal) -> str | None:
    """The column named for the language that is translated from."""
    word = goal.languages.get("from", "")
    wanted = (language_of(word) or word).casefold()
    found = [name for name in there if (column_language(name) or name).casefold() == wanted]
    return found[0] if len(found) == 1 else None


def _no_input(there: Sequence[str], *, where: str) -> DataError:
    return DataError(
        where=where,
        problem=f"no column holds the input; there are {listed_columns(there)}.",
        fix="Name it in sartor.yaml: `columns: {input: NAME}`.",
    )


def _input(row: RawRow, columns: dict[str, str], goal: Goal, trouble: Trouble) -> str:
    if "tokens" in columns:
        tokens = as_list(row.fields.get(columns["tokens"])) or []
        return trouble.text(columns["tokens"], " ".join(map(str, tokens)))
    if goal.task == "extract":
        return trouble.text(columns["input"], row.fields.get(columns["input"]))
    talk = _talk(row, columns, goal, trouble)
    if trouble.problems:
        return ""
    if goal.task == "chat":
        return conversation_text(talk.turns)
    _, turns = split_system(talk.turns)
    if len(turns) != 1:
        column = columns.get("input", "instruction")
        trouble.note(column, SEVERAL_TURNS, turns[-1].content if turns else "", "Give one text.")
        return ""
    return turns[0].content


def _talk(row: RawRow, columns: dict[str, str], goal: Goal, trouble: Trouble) -> Talk:
    """What was said up to the answer that is wanted."""
    if "instruction" in columns:
        return alpaca_prompt(row, columns, trouble, Tally())
    column = columns["input"]
    value = row.fields.get(column)
    is_chat = goal.task == "chat"
    said = [*system_said(row, columns, trouble), *said_in(value, column, trouble, is_chat=is_chat)]
    while said and said[-1].turn.role == "assistant":
        said.pop()
    if not said and not trouble.problems:
        trouble.note(column, EMPTY_TEXT, "", "Write what the user says.")
    if trouble.problems:
        return Talk(())
    return in_order(said, trouble, Tally(), tools=row_tools(row, columns, value, trouble))
