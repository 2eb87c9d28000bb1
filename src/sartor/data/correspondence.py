"""What mail and chat exports have in common: people who ask, people who answer, one after the other.

Every reader of correspondence makes `Conversation`s and hands them on as rows, so that what a row holds is
decided once: the whole exchange as messages, and what the customer wrote first as a text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import dropwhile, takewhile
from typing import Any

from sartor.data.row import RawRow


@dataclass(frozen=True)
class Utterance:
    """One message that somebody wrote."""

    text: str
    """Cleaned: without quotes, signatures and markup."""
    is_answer: bool
    """Whether somebody of the company wrote it, or its bot."""
    time: str = ""
    """ISO 8601, in UTC where the source says so; empty where it is not known."""


@dataclass(frozen=True)
class Conversation:
    """An exchange with one customer, in order."""

    id: str
    """As the source names it."""
    utterances: tuple[Utterance, ...]
    line: int
    """Where it begins in its source, from 1."""
    customer: str = ""
    """Who asked: an address, a number or a name; empty where it is not known."""
    subject: str = ""
    tags: tuple[str, ...] = ()
    """Labels that the source gives it: tags, queues, categories."""
    fields: tuple[tuple[str, Any], ...] = ()
    """More of what the source says, by name: `priority`, `status`."""

    @property
    def question(self) -> str:
        """All that the customer wrote before it was answered; a greeting in front answers nothing."""
        begun = dropwhile(lambda one: one.is_answer, self.utterances)
        asked = takewhile(lambda one: not one.is_answer, begun)
        return "\n\n".join(one.text for one in asked)

    @property
    def time(self) -> str:
        """When it began."""
        return next((one.time for one in self.utterances if one.time), "")


def row_of(conversation: Conversation, source: str) -> RawRow:
    """A conversation as a row.

    `messages` for tasks that answer, `text` for those that sort; `group` is the customer, or the conversation
    where nobody knows who it was, so that neither is ever in two splits.
    """
    return RawRow(
        source,
        conversation.line,
        {
            "messages": messages_of(conversation.utterances),
            "text": conversation.question,
            "subject": conversation.subject,
            "tags": list(conversation.tags),
            "group": conversation.customer or conversation.id,
            "conversation": conversation.id,
            "time": conversation.time,
            **dict(conversation.fields),
        },
    )


def messages_of(utterances: Sequence[Utterance]) -> list[dict[str, str]]:
    """In the chat format of OpenAI; what one side says in a row stays several messages."""
    return [
        {"role": "assistant" if one.is_answer else "user", "content": one.text}
        for one in utterances
    ]
