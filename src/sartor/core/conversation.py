"""Conversations as values: turns, and the one string that stands for them wherever an input is a string.

An input is a string throughout Sartor: hashed, stored, split and scored as one. That of a chat is its turns
as canonical JSON, so nothing of their structure is lost and nothing else has to know about it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sartor.core.hashing import canonical_json

ROLES = ("system", "user", "assistant", "tool")
"""Who may speak; `developer` is read as `system`."""


@dataclass(frozen=True)
class Turn:
    """One message of a conversation."""

    role: str
    """`system`, `user`, `assistant` or `tool`."""
    content: str
    """What was said; may be empty where tools are called."""
    tool_calls: tuple[dict[str, Any], ...] = ()
    """Calls as `{"name": ..., "arguments": {...}}`; assistant only."""
    name: str = ""
    """Of the tool that answers; empty otherwise."""

    def as_message(self) -> dict[str, Any]:
        """The message that chat templates read; empty parts are left out."""
        message: dict[str, Any] = {"role": self.role, "content": self.content}
        if self.tool_calls:
            message["tool_calls"] = [{"type": "function", "function": c} for c in self.tool_calls]
        if self.name:
            message["name"] = self.name
        return message


def conversation_text(turns: Sequence[Turn]) -> str:
    """Turns as the one string that stands for them."""
    return canonical_json(
        [
            {k: v for k, v in vars(turn).items() if v or k in ("role", "content")}
            | ({"tool_calls": list(turn.tool_calls)} if turn.tool_calls else {})
            for turn in turns
        ]
    )


def turns_of(text: str) -> tuple[Turn, ...]:
    """The turns that a string stands for: `conversation_text` undone."""
    return tuple(
        Turn(
            role=said["role"],
            content=said["content"],
            tool_calls=tuple(said.get("tool_calls", ())),
            name=said.get("name", ""),
        )
        for said in json.loads(text)
    )


def readable(text: str) -> str:
    """A conversation for people, for word counts and for retrieval: a line for each turn."""
    return "\n".join(f"{turn.role}: {turn.content}".rstrip() for turn in turns_of(text))
