"""Turns from messages as people spell them: the chat format of OpenAI, ShareGPT, and transcripts.

Each message is checked by itself here; whether they follow each other as they should is a matter of
`conversations`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sartor.core.conversation import Turn
from sartor.core.errors import did_you_mean
from sartor.data.example import Trouble, json_in
from sartor.data.output_kind import as_list
from sartor.data.row import (
    BROKEN_CALL,
    EMPTY_ANSWER,
    EMPTY_TEXT,
    NOT_MESSAGES,
    NOT_TEXT,
    UNKNOWN_ROLE,
    UNKNOWN_WEIGHT,
)

ROLES = {
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("user", "human"), "user"),
    **dict.fromkeys(("assistant", "gpt", "chatgpt", "bot", "model", "bing", "bard"), "assistant"),
    **dict.fromkeys(("function_call", "tool_call"), "assistant"),
    **dict.fromkeys(("tool", "function", "observation"), "tool"),
    **dict.fromkeys(("function_response", "tool_response"), "tool"),
}
"""Who speaks, as people write it, and who is meant."""
CALL_ROLES = ("function_call", "tool_call")
"""Roles whose text is itself the call of a tool, as JSON."""
TEXT_PARTS = ("text", "input_text", "output_text", "refusal")
"""Types of content parts that hold text."""
_SPEAKER = re.compile(r"(?:\A\s*|\n\s*\n)(Human|Assistant):[ \t]*")


class Said(NamedTuple):
    """One message, read."""

    turn: Turn
    where: str
    """Its path, for messages: `messages[2]`."""
    is_learned: bool
    """Whether it is an answer to learn from; False where its weight is 0."""
    call_ids: tuple[str, ...] = ()
    """Names of its calls, where they have names."""
    answers_id: str = ""
    """Of a tool: the name of the call that it answers."""


def is_messages(value: Any) -> bool:
    """Whether a cell looks like messages, in any spelling."""
    listed = as_list(value)
    return bool(listed) and all(isinstance(one, Mapping) and _spelling(one) for one in listed or ())


def spelling_of(value: Any) -> str:
    """`chat` (role, content) or `sharegpt` (from, value), by the first message."""
    return _spelling((as_list(value) or [{}])[0])


def read_messages(value: Any, where: str, trouble: Trouble) -> list[Said]:
    """Every message of a cell; what is wrong with one is noted at its path.

    Args:
        value: A list, one message alone, or a string that holds a list as JSON.
        where: The column.
        trouble: Takes the problems.
    """
    listed = [value] if isinstance(value, Mapping) else as_list(value)
    if not listed:
        fix = 'Write a list such as [{"role": "user", "content": ...}, ...].'
        trouble.note(where, NOT_MESSAGES, "" if value is None else value, fix)
        return []
    return [_read(one, f"{where}[{at}]", trouble) for at, one in enumerate(listed)]


def transcript(text: str) -> list[tuple[str, str]]:
    """Roles and texts of a `Human: ... Assistant: ...` transcript; empty where it is none.

    The spelling of Bai et al. 2022 (arXiv:2204.05862).
    """
    pieces = _SPEAKER.split(text)
    if len(pieces) < 3 or pieces[0].strip() or pieces[1] != "Human":
        return []
    return [
        (ROLES["user" if who == "Human" else "assistant"], said.strip())
        for who, said in zip(pieces[1::2], pieces[2::2], strict=True)
    ]


def read_calls(value: Any, where: str, trouble: Trouble) -> tuple[list[dict[str, Any]], list[str]]:
    """Calls as `{"name", "arguments"}` and their ids."""
    calls, ids = [], []
    for at, call in enumerate(value if isinstance(value, list) else [value]):
        path = f"{where}[{at}]" if isinstance(value, list) else where
        if (found := _call(call, path, trouble)) is not None:
            calls.append(found)
            ids.append(str(call.get("id") or ""))
    return calls, ids


def _spelling(message: Mapping[str, Any]) -> str:
    if "role" in message:
        return "chat"
    return "sharegpt" if "from" in message and "value" in message else ""


def _read(message: Any, where: str, trouble: Trouble) -> Said:
    if not isinstance(message, Mapping):
        fix = 'Write each message as {"role": ..., "content": ...}.'
        trouble.note(where, NOT_MESSAGES, message, fix)
        return Said(Turn("user", ""), where, is_learned=False)
    is_openai = "role" in message or "from" not in message
    role_key, content_key = ("role", "content") if is_openai else ("from", "value")
    spelled = str(message.get(role_key, "")).strip().lower()
    role = ROLES.get(spelled)
    if role is None:
        known = ("system", "user", "assistant", "tool") if is_openai else ("human", "gpt", "tool")
        fix = did_you_mean(spelled, known)
        trouble.note(f"{where}.{role_key}", UNKNOWN_ROLE, message.get(role_key, ""), fix)
        return Said(Turn("user", ""), where, is_learned=False)
    path = f"{where}.{content_key}"
    if spelled in CALL_ROLES:
        calls, ids = read_calls(json_in(message.get(content_key), trouble, path), path, trouble)
        return Said(Turn(role, "", tuple(calls)), where, True, tuple(ids))
    return _spoken(message, role, path, where, trouble)


def _spoken(message: Mapping[str, Any], role: str, path: str, where: str, trouble: Trouble) -> Said:
    """A message that may say something, call tools, or both."""
    calls: list[dict[str, Any]] = []
    ids: list[str] = []
    if role == "assistant":
        for key in ("tool_calls", "function_call"):
            if message.get(key):
                found = read_calls(message[key], f"{where}.{key}", trouble)
                calls, ids = [*calls, *found[0]], [*ids, *found[1]]
    has_calls = role == "assistant" and bool(
        message.get("tool_calls") or message.get("function_call")
    )
    content = _content(message.get(path.rpartition(".")[2]), path, trouble)
    if not content and not has_calls and role in ("user", "assistant"):
        rule = EMPTY_ANSWER if role == "assistant" else EMPTY_TEXT
        if not any(problem.field.startswith(path) for problem in trouble.problems):
            trouble.note(path, rule, content, "Write what was said, or take the message out.")
    name = str(message.get("name") or "") if role == "tool" else ""
    return Said(
        Turn(role, content, tuple(calls), name),
        where,
        is_learned=role == "assistant" and _weight(message, where, trouble),
        call_ids=tuple(ids),
        answers_id=str(message.get("tool_call_id") or "") if role == "tool" else "",
    )


def _content(value: Any, path: str, trouble: Trouble) -> str:
    """A text, or the texts of a list of parts."""
    if not isinstance(value, list):
        if isinstance(value, Mapping):  # what a tool gave back
            value = trouble.json_of(path, value, rule=NOT_MESSAGES)
            if value is None:
                return ""
        return trouble.text(path, value, may_be_empty=True)
    texts = []
    for at, part in enumerate(value):
        kind = part.get("type", "text") if isinstance(part, Mapping) else "text"
        if kind not in TEXT_PARTS:
            fix = f"Sartor reads text only: take the `{kind}` part out."
            trouble.note(f"{path}[{at}]", NOT_TEXT, kind, fix)
            continue
        said = part.get("text", part.get("refusal")) if isinstance(part, Mapping) else part
        texts.append(trouble.text(f"{path}[{at}]", said, may_be_empty=True))
    return "\n".join(text for text in texts if text)


def _weight(message: Mapping[str, Any], where: str, trouble: Trouble) -> bool:
    """Whether an answer is learned: a weight of 0 makes it context."""
    weight = message.get("weight", 1)
    if weight is None or weight in (0, 1):
        return weight is None or bool(weight)
    trouble.note(
        f"{where}.weight", UNKNOWN_WEIGHT, weight, "Write 0 (context only) or 1 (learned)."
    )
    return False


def _call(call: Any, path: str, trouble: Trouble) -> dict[str, Any] | None:
    """One call; None where it is none."""
    inner = call.get("function", call) if isinstance(call, Mapping) else None
    if (
        not isinstance(inner, Mapping)
        or not isinstance(inner.get("name"), str)
        or not inner["name"]
    ):
        fix = 'Write a call as {"name": ..., "arguments": {...}}.'
        if not any(problem.field == path for problem in trouble.problems):
            trouble.note(path, BROKEN_CALL, "" if call is None else call, fix)
        return None
    where = f"{path}.function.arguments" if inner is not call else f"{path}.arguments"
    arguments = inner.get("arguments") or {}
    if isinstance(arguments, str):
        arguments = json_in(arguments, trouble, where) if arguments.strip() else {}
        if arguments is None:
            return None
    if not isinstance(arguments, Mapping):
        trouble.note(where, BROKEN_CALL, arguments, "Write the arguments as a JSON object.")
        return None
    return _stored({"name": inner["name"], "arguments": dict(arguments)}, where, trouble)


def _stored(call: dict[str, Any], where: str, trouble: Trouble) -> dict[str, Any] | None:
    """The call, if it can be spelled as JSON and stored as UTF-8."""
    text = trouble.json_of(where, call, rule=BROKEN_CALL)
    if text is None:
        return None
    trouble.characters(where, text)
    return call


def tools_text(value: Any, where: str, trouble: Trouble) -> str:
    """The tools that a conversation may call, as a system turn says them; empty where there are none."""
    if value in (None, "", [], "[]"):
        return ""
    tools = json_in(value, trouble, where)
    if tools is None:
        return ""
    if not isinstance(tools, list) or not all(isinstance(tool, Mapping) for tool in tools):
        trouble.note(where, NOT_MESSAGES, value, "Write a list of tools, each as an object.")
        return ""
    functions = [tool.get("function", tool) for tool in tools]
    text = trouble.json_of(where, functions, rule=NOT_MESSAGES)
    if text is None:
        return ""
    trouble.characters(where, text)
    return "Tools:\n" + text


def names_of_calls(said: Sequence[Said]) -> dict[str, str]:
    """Id of a call to the name of its tool, over a whole conversation."""
    return {
        call_id: call["name"]
        for one in said
        for call_id, call in zip(one.call_ids, one.turn.tool_calls, strict=False)
        if call_id
    }
