"""The columns of a log with one message a row: which conversation, who, what, when."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sartor.core.errors import DataError
from sartor.data.personal import excerpt

NAMES: dict[str, tuple[tuple[str, ...], ...]] = {
    "conversation": (
        (
            *("conversation_id", "conversation", "conv_id", "conv", "dialogue_id", "dialog_id"),
            *("dialogue", "dialog", "chat_id", "thread_id", "session_id", "ticket_id", "case_id"),
            *("call_id", "ticket", "thread", "session", "chat"),
        ),
    ),
    "role": (
        (
            *("role", "speaker_role", "author_role", "sender_role", "author_type", "sender_type"),
            *("speaker_type", "participant_role", "side", "direction"),
        ),
    ),
    "speaker": (("speaker", "author", "sender", "from", "participant", "who", "name"),),
    "text": (("text", "message", "utterance", "message_text", "msg"), ("body", "content")),
    "time": (
        ("time", "timestamp", "sent_at", "created_at", "datetime", "date_time", "ts"),
        ("date",),
    ),
    "order": (
        (
            *("turn", "turn_id", "turn_number", "turn_index", "message_index", "utterance_index"),
            *("message_number", "position", "sequence", "seq", "order", "index"),
        ),
    ),
    "customer": (
        (
            *("customer_id", "customer", "customer_email", "client_id", "requester_id", "user_id"),
            *("visitor_id", "contact_id"),
        ),
    ),
    "public": (("public", "is_public"),),
    "internal": (("internal", "is_internal", "private", "is_private", "internal_note"),),
}
"""Role to names by tier; two names of one tier are a question."""
NEEDED = ("conversation", "text")


@dataclass(frozen=True)
class LogColumns:
    """Which column holds what."""

    names: dict[str, str]
    """Role to column, the roles that are filled."""

    def value(self, role: str, row: dict[str, object]) -> object:
        """The cell of a role; None where there is no such column."""
        return row.get(self.names[role]) if role in self.names else None


def log_columns(there: Sequence[str], *, where: str) -> LogColumns:
    """The columns of a log.

    Raises:
        DataError: A needed column is absent, or two could be meant.
    """
    names: dict[str, str] = {}
    for role, tiers in NAMES.items():
        found = _of_role(there, tiers)
        if len(found) > 1:
            shown = " and ".join(f"`{excerpt(name)}`" for name in found)
            fix = "Rename all but one of them, for example with an `x_` in front."
            raise DataError(where=where, problem=f"{shown} could each be the {role}.", fix=fix)
        if found:
            names[role] = found[0]
    for role in NEEDED:
        if role not in names:
            listed = ", ".join(f"`{name}`" for name in NAMES[role][0][:4])
            problem = f"no column is known as the {role} of a message."
            raise DataError(where=where, problem=problem, fix=f"Name it {listed} or the like.")
    return LogColumns(names)


def _of_role(there: Sequence[str], tiers: Sequence[Sequence[str]]) -> list[str]:
    for tier in tiers:
        if found := [name for name in there if _plain(name) in tier]:
            return found
    return []


def _plain(name: str) -> str:
    """`Conversation ID` and `conversationId` are `conversation_id`."""
    with_breaks = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name[:100].strip())
    return re.sub(r"[\s\-.]+", "_", with_breaks).lower()
