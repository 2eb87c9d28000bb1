"""Turns as every chat template can put them: calls and tools in words, whole exchanges left out.

Templates differ in what they know: many drop calls in silence, some refuse a tool's turn, some tell it as if
somebody else had spoken. What is dropped in silence is never learned, so nothing is left to them.
"""

from __future__ import annotations

from collections.abc import Sequence

from sartor.core.conversation import Turn
from sartor.core.errors import BaseModelError
from sartor.core.hashing import canonical_json
from sartor.engines.chat_template import ChatTemplate
from sartor.engines.plain_turns import SPEAKERS

CALL = Turn("assistant", "calling")
"""Stands before a tool's turn where a template is tried."""


def with_calls_in_words(turn: Turn) -> Turn:
    """Calls as they are learned: behind what was said, as JSON on a line of their own.

    A template's own form would differ from what the model was taught to write one turn before.
    """
    if not turn.tool_calls:
        return turn
    calls = canonical_json(list(turn.tool_calls))
    return Turn(turn.role, "\n".join(filter(None, (turn.content, calls))), (), turn.name)


def tools_told_by_user(turns: Sequence[Turn]) -> list[Turn]:
    """What tools gave back as turns of the user, for templates that know no tools; neighbours are joined."""
    told: list[Turn] = []
    for turn in turns:
        if turn.role == "tool":
            turn = Turn("user", SPEAKERS["tool"] + turn.content)
        if told and told[-1].role == turn.role == "user":
            turn = Turn("user", f"{told.pop().content}\n\n{turn.content}")
        told.append(turn)
    return told


def knows_tools(template: ChatTemplate) -> bool:
    """Whether a template shows what a tool gave back, and not as if the assistant had said it."""

    def shown(role: str) -> str:
        turns = (Turn("user", "one"), CALL, Turn(role, "three"))
        return template.render([turn.as_message() for turn in turns], asks_for_answer=True)

    try:
        of_tool = shown("tool")
    except BaseModelError:
        return False
    if "three" not in of_tool:
        return False
    try:
        return of_tool != shown("assistant")
    except BaseModelError:
        return True


def without_oldest(turns: Sequence[Turn]) -> list[Turn] | None:
    """The turns without the oldest exchange: what the user said, and all up to what the user said next.

    Many templates refuse a conversation that an assistant begins. The system's turn stays, and so does the
    last exchange; None where nothing else is left.
    """
    users = [at for at, turn in enumerate(turns) if turn.role == "user"]
    start = next((at for at, turn in enumerate(turns) if turn.role != "system"), len(turns))
    rest = next((at for at in users if at > start), None)
    return None if rest is None else [*turns[:start], *turns[rest:]]
