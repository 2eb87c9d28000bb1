"""Whether the messages of a conversation follow each other as they should, and what of it is learned.

System turns stand in front and are joined; users and assistant take turns; a tool answers a call.
An assistant that speaks first is context: there is nothing that it answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sartor.core.conversation import Turn
from sartor.core.hashing import canonical_json
from sartor.data.example import Tally, Trouble
from sartor.data.messages import Said, names_of_calls
from sartor.data.row import NO_ANSWER, ROLE_ORDER, TOOL_WITHOUT_CALL


@dataclass(frozen=True)
class Talk:
    """A conversation in order."""

    said: tuple[Said, ...]

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Its turns."""
        return tuple(one.turn for one in self.said)

    @property
    def system(self) -> str:
        """What the assistant was told first; empty where nothing was."""
        return self.said[0].turn.content if self.said and self.said[0].turn.role == "system" else ""

    def answers(self) -> list[int]:
        """Positions of the turns that are learned: those that answer something."""
        first_user = next((at for at, one in enumerate(self.said) if one.turn.role == "user"), None)
        if first_user is None:
            return []
        return [at for at, one in enumerate(self.said) if one.is_learned and at > first_user]


def in_order(said: Sequence[Said], trouble: Trouble, tally: Tally, *, tools: str = "") -> Talk:
    """Check the order, and bring it into the form that chat templates read.

    Args:
        said: The messages as they stand.
        trouble: Takes what is out of order.
        tally: Counts what was joined.
        tools: The tools that may be called; they become part of the system turn.
    """
    front = [one for one in said if one.turn.role == "system"]
    rest = [one for one in said if one.turn.role != "system"]
    for one in said[len(front) :] if said[: len(front)] != front else ():
        if one.turn.role == "system":
            fix = "A system turn stands in front; move it there or take it out."
            trouble.note(f"{one.where}.role", ROLE_ORDER, "system", fix)
    texts = [text for text in (*(one.turn.content for one in front), tools) if text]
    names = names_of_calls(said)
    ordered: list[Said] = []
    for one in rest:
        _add(_named(one, names), ordered, trouble, tally)
    if texts:
        ordered.insert(0, Said(Turn("system", "\n\n".join(texts)), "", is_learned=False))
    return Talk(tuple(ordered))


def answer_text(turn: Turn) -> str:
    """What is learned of an assistant's turn: what it says, then its calls as canonical JSON.

    The calls are a list of `{"arguments": {...}, "name": ...}` on a line of their own.
    """
    calls = canonical_json(list(turn.tool_calls)) if turn.tool_calls else ""
    return "\n".join(part for part in (turn.content, calls) if part)


def count_whole(talk: Talk, trouble: Trouble, tally: Tally, column: str) -> None:
    """What a conversation has beside its answers; one without any is an error."""
    place, answers = trouble.row.place, talk.answers()
    roles = [turn.role for turn in talk.turns]
    if "user" in roles and "assistant" in roles and roles.index("assistant") < roles.index("user"):
        note = (
            "Opening turns of the assistant are context; they answer nothing and are not learned."
        )
        tally.count("conversations that the assistant opens", note, place)
    last_assistant = max((at for at, role in enumerate(roles) if role == "assistant"), default=-1)
    if not any(r == "user" for r in roles[: max(last_assistant, 0)]):
        fix = "Add what the assistant should say, or take the row out."
        if not trouble.problems:
            trouble.note(column, NO_ANSWER, roles[-1] if roles else "", fix)
    elif not answers:
        note = "Every answer in them has the weight 0; nothing was learned from them."
        tally.count("conversations without a turn to learn", note, place)
    elif last_assistant < len(roles) - 1:
        note = "Turns after the last answer have no answer themselves and were left out."
        tally.count("conversations that do not end with an answer", note, place)
    if any(turn.tool_calls for turn in (talk.turns[at] for at in answers)):
        note = "The answer is what was said, then the calls as JSON: [{arguments, name}]."
        tally.count("conversations with answers that call tools", note, place)


def _add(one: Said, ordered: list[Said], trouble: Trouble, tally: Tally) -> None:
    """Put the next message behind the others; noted where it cannot follow them."""
    last = ordered[-1] if ordered else None
    role = one.turn.role
    if role == "tool":
        _check_tool(one, ordered, trouble)
    elif role == "user" and last is not None and last.turn.role == "user":
        text = f"{last.turn.content}\n\n{one.turn.content}"
        ordered[-1] = last._replace(turn=replace(last.turn, content=text))
        note = "A user spoke twice in a row; the two turns were joined into one."
        tally.count("joined turns of the user", note, trouble.row.place)
        return
    elif role == "assistant" and last is not None and last.turn.role == "assistant":
        if not one.turn.content and one.turn.tool_calls and not last.turn.tool_calls:
            turn = replace(last.turn, tool_calls=one.turn.tool_calls)
            ordered[-1] = last._replace(turn=turn, call_ids=one.call_ids)
            return
        fix = "The assistant speaks twice in a row; join the two turns or put the user's between."
        trouble.note(f"{one.where}.role", ROLE_ORDER, "assistant", fix)
    ordered.append(one)


def _check_tool(one: Said, ordered: Sequence[Said], trouble: Trouble) -> None:
    """A tool speaks after a call of it, or after another tool that does."""
    caller = next((before for before in reversed(ordered) if before.turn.role != "tool"), None)
    if caller is None or caller.turn.role != "assistant" or not caller.turn.tool_calls:
        fix = "Put the assistant's turn with `tool_calls` before it."
        trouble.note(f"{one.where}.role", TOOL_WITHOUT_CALL, "tool", fix)
    elif one.answers_id and any(caller.call_ids) and one.answers_id not in caller.call_ids:
        fix = f"The calls before it are named {', '.join(filter(None, caller.call_ids))}."
        trouble.note(f"{one.where}.tool_call_id", TOOL_WITHOUT_CALL, one.answers_id, fix)


def _named(one: Said, names: dict[str, str]) -> Said:
    """A tool's answer with the name of the tool, where only the call says it."""
    if one.turn.role != "tool" or one.turn.name or one.answers_id not in names:
        return one
    return one._replace(turn=replace(one.turn, name=names[one.answers_id]))
