"""The rules for rows whose answer is a text: one example a row, or one for each turn of a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sartor.core.conversation import Turn, conversation_text, readable
from sartor.core.goal import DataFormat
from sartor.data.check import read_group, read_split
from sartor.data.conversations import Talk, answer_text, count_whole, in_order
from sartor.data.example import Example, Tally, Trouble, json_in
from sartor.data.judged import Answered, preference, verdict
from sartor.data.layout import Layout
from sartor.data.prompts import (
    alpaca_prompt,
    answer_in,
    prompt_of,
    row_tools,
    said_in,
    system_said,
)
from sartor.data.row import ANOTHER_SYSTEM, SEVERAL_TURNS, BadRow, RawRow, with_languages


@dataclass(frozen=True)
class WrittenRules:
    """Checks rows of one file."""

    layout: Layout
    task: str
    file_split: str
    """Split of the file: `all` where a split column or Sartor decides."""
    tally: Tally

    def check(self, row: RawRow) -> tuple[Example, ...] | BadRow:
        """The examples of a row, or everything that is wrong with it."""
        given, row = row, with_languages(row, self.task)
        trouble, columns = Trouble(row), self.layout.columns
        group = read_group(row, columns, trouble.problems)
        split = read_split(row, columns, trouble.problems, file_split=self.file_split)
        found = self.answered(row, trouble)
        if self.task != "chat" and not trouble.problems:
            self._check_one_turn(found, trouble)
        if trouble.problems:
            return trouble.bad_row(given)
        own = group or (row.place if len(found) > 1 else "")
        return tuple(self._example(one, own, split) for one in found)

    def answered(self, row: RawRow, trouble: Trouble) -> list[Answered]:
        """Every answer of a row with what stands before it."""
        form, columns = self.layout.format, self.layout.columns
        is_chat = self.task == "chat"
        if form in (DataFormat.CHAT, DataFormat.SHAREGPT):
            return self._turns(row, trouble)
        if form is DataFormat.PREFERENCE:
            return [preference(row, columns, trouble, self.tally, is_chat=is_chat)]
        if form is DataFormat.KTO:
            return [verdict(row, columns, trouble, self.tally, is_chat=is_chat)]
        if form is DataFormat.ALPACA:
            talk = alpaca_prompt(row, columns, trouble, self.tally)
        else:
            talk = prompt_of(row, columns, trouble, self.tally, is_chat=is_chat)
        column = columns["output"]
        if column not in row.fields:
            trouble.missing(column)
            return []
        answer = answer_in(row.fields[column], column, trouble, is_chat=is_chat)
        return [Answered(talk.turns, answer)]

    def _turns(self, row: RawRow, trouble: Trouble) -> list[Answered]:
        """A conversation: each turn of the assistant is an answer to all that was said before."""
        talk = self.talk(row, trouble)
        if trouble.problems:
            return []
        count_whole(talk, trouble, self.tally, self.layout.columns["input"])
        turns = talk.turns
        return [Answered(turns[:at], answer_text(turns[at])) for at in talk.answers()]

    def talk(self, row: RawRow, trouble: Trouble) -> Talk:
        """The conversation of a row, in order."""
        columns = self.layout.columns
        column = columns["input"]
        if column not in row.fields:
            trouble.missing(column)
            return Talk(())
        value = row.fields[column]
        if isinstance(value, str) and value.lstrip()[:1] == "[":
            value = json_in(value, trouble, column)
            if trouble.problems:
                return Talk(())
        said = [*system_said(row, columns, trouble), *said_in(value, column, trouble, is_chat=True)]
        if trouble.problems:
            return Talk(())
        tools = row_tools(row, columns, value, trouble)
        return in_order(said, trouble, self.tally, tools=tools)

    def _check_one_turn(self, found: Sequence[Answered], trouble: Trouble) -> None:
        """A text is one turn of the user; what is told first is the same for all."""
        column = self.layout.columns.get("input") or self.layout.columns["output"]
        for one in found:
            system, turns = split_system(one.turns)
            if len(turns) != 1 or len(found) > 1:
                fix = "Set `task: chat`: the row is a conversation."
                trouble.note(column, SEVERAL_TURNS, turns[-1].content if turns else "", fix)
                return
            if system != self.layout.instruction:
                fix = "Set `task: chat`, which keeps what each conversation was told first."
                trouble.note(column, ANOTHER_SYSTEM, system, fix)

    def _example(self, one: Answered, group: str, split: str) -> Example:
        if self.task == "chat":
            text = conversation_text(one.turns)
            plain, num_turns = readable(text), len(one.turns)
        else:
            text, num_turns = one.turns[-1].content, 1
            plain = text
        return Example(text, plain, one.answer, one.rejected, (), group, split, num_turns)


def split_system(turns: Sequence[Turn]) -> tuple[str, Sequence[Turn]]:
    """What was told first, and the turns after it."""
    if turns and turns[0].role == "system":
        return turns[0].content, turns[1:]
    return "", turns
