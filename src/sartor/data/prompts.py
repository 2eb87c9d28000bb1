"""What stands before an answer, in any spelling: a text, messages, a transcript, an instruction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sartor.core.conversation import Turn
from sartor.data.conversations import Talk, answer_text, in_order
from sartor.data.example import Tally, Trouble
from sartor.data.messages import Said, is_messages, read_messages, tools_text, transcript
from sartor.data.row import (
    EMPTY_ANSWER,
    EMPTY_TEXT,
    NOT_MESSAGES,
    ROLE_ORDER,
    RawRow,
)


def said_in(value: Any, where: str, trouble: Trouble, *, is_chat: bool) -> list[Said]:
    """The messages of a cell; a plain text is what the user says.

    Args:
        value: Messages in any spelling, a mapping with `messages`, or a text.
        where: The column.
        trouble: Takes the problems.
        is_chat: Whether a `Human: ... Assistant: ...` transcript is a conversation.
    """
    if isinstance(value, Mapping) and "messages" in value:
        return read_messages(value["messages"], f"{where}.messages", trouble)
    if isinstance(value, list | Mapping) or is_messages(value):
        return read_messages(value, where, trouble)
    text = trouble.text(where, value)
    if is_chat and (turns := transcript(text)):
        return [Said(Turn(role, said), where, is_learned=False) for role, said in turns if said]
    return [Said(Turn("user", text), where, is_learned=False)] if text else []


def prompt_of(
    row: RawRow, columns: Mapping[str, str], trouble: Trouble, tally: Tally, *, is_chat: bool
) -> Talk:
    """Everything before the answer, where a column holds it."""
    column = columns["input"]
    if column not in row.fields:
        trouble.missing(column)
        return Talk(())
    value = row.fields[column]
    said = [*system_said(row, columns, trouble), *said_in(value, column, trouble, is_chat=is_chat)]
    if trouble.problems:
        return Talk(())
    talk = in_order(said, trouble, tally, tools=row_tools(row, columns, value, trouble))
    if talk.said and talk.said[-1].turn.role not in ("user", "tool") and not trouble.problems:
        fix = "End it with what the user says."
        trouble.note(column, ROLE_ORDER, talk.said[-1].turn.role, fix)
    return talk


def system_said(row: RawRow, columns: Mapping[str, str], trouble: Trouble) -> list[Said]:
    """The system turn of a column of its own; none where it is empty."""
    if "system" not in columns:
        return []
    column = columns["system"]
    text = trouble.text(column, row.fields.get(column), may_be_empty=True)
    return [Said(Turn("system", text), column, is_learned=False)] if text else []


def row_tools(row: RawRow, columns: Mapping[str, str], value: Any, trouble: Trouble) -> str:
    """The tools of a row: in a column of their own, or beside the messages."""
    if isinstance(value, Mapping) and value.get("tools"):
        return tools_text(value["tools"], f"{columns['input']}.tools", trouble)
    column = columns.get("tools", "")
    return tools_text(row.fields.get(column), column, trouble) if column else ""


def alpaca_prompt(row: RawRow, columns: Mapping[str, str], trouble: Trouble, tally: Tally) -> Talk:
    """Instruction and input joined; a history is context, and its answers are not learned."""
    said = system_said(row, columns, trouble)
    if "history" in columns:
        said += _history(row.fields.get(columns["history"]), columns["history"], trouble)
    column = columns["instruction"]
    if column not in row.fields:
        trouble.missing(column)
        return Talk(())
    instruction = trouble.text(column, row.fields[column], may_be_empty=True)
    more = ""
    if "input" in columns:
        more = trouble.text(columns["input"], row.fields.get(columns["input"]), may_be_empty=True)
    text = "\n\n".join(part for part in (instruction, more) if part)
    if not text and not trouble.problems:
        trouble.note(column, EMPTY_TEXT, "", "Write an instruction or take the row out.")
    said.append(Said(Turn("user", text), column, is_learned=False))
    tools = row_tools(row, columns, None, trouble)
    return Talk(()) if trouble.problems else in_order(said, trouble, tally, tools=tools)


def answer_in(value: Any, where: str, trouble: Trouble, *, is_chat: bool) -> str:
    """The answer of a cell: a text, or one message of the assistant."""
    if isinstance(value, Mapping | list) or is_messages(value):
        return one_answer(read_messages(value, where, trouble), where, trouble)
    text = trouble.text(where, value, empty=EMPTY_ANSWER)
    return _without_marker(text) if is_chat else text


def one_answer(said: Sequence[Said], where: str, trouble: Trouble) -> str:
    """The text of the one turn that an answer consists of."""
    if len(said) == 1 and said[0].turn.role == "assistant":
        return answer_text(said[0].turn)
    if not trouble.problems:
        fix = "Write one message of the assistant."
        trouble.note(where, ROLE_ORDER, " ".join(one.turn.role for one in said), fix)
    return ""


def _without_marker(text: str) -> str:
    """Some transcripts repeat the speaker in front of the answer."""
    return text.removeprefix("Assistant:").lstrip()


def _history(value: Any, where: str, trouble: Trouble) -> list[Said]:
    """Pairs of what was asked and answered before."""
    if not value:
        return []
    is_pairs = isinstance(value, list) and all(
        isinstance(pair, list | tuple) and len(pair) == 2 for pair in value
    )
    if not is_pairs:
        trouble.note(where, NOT_MESSAGES, value, "Write pairs: [[question, answer], ...].")
        return []
    said = []
    for at, pair in enumerate(value):
        for role, part in zip(("user", "assistant"), pair, strict=True):
            text = trouble.text(f"{where}[{at}]", part)
            said.append(Said(Turn(role, text), f"{where}[{at}]", is_learned=False))
    return said
