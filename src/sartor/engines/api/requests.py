"""A prompt as the body of a request, and how many tokens it may cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sartor.core.conversation import Turn
from sartor.core.dataset import CHARACTERS_OF_A_TOKEN
from sartor.core.endpoint import Endpoint
from sartor.core.hashing import content_hash
from sartor.core.prompt import Prompt
from sartor.engines.turns import tools_told_by_user, with_calls_in_words, without_oldest

BYTES_OF_A_TOKEN = 4.0
"""Usual; for tokens that an endpoint does not count."""
MESSAGE_TOKENS = 16
"""Most that a chat template puts around a message, and around all of them."""
LIMITS = ("max_tokens", "max_completion_tokens")
"""Either says how long an answer may be; newer models of OpenAI know the second only."""
SEED = 0
"""Sent with every request: endpoints that draw shall draw the same again."""


def body_of(
    endpoint: Endpoint, prompt: Prompt, *, max_new_tokens: int, max_tokens: int | None
) -> tuple[dict[str, Any], bool]:
    """What is sent, and whether the prompt had to be cut.

    Args:
        endpoint: Model, and what its requests say besides or otherwise.
        prompt: Turns; a text to be continued is none of a chat's.
        max_new_tokens: Longest answer.
        max_tokens: Most tokens of the prompt and its answer, estimated; None: no limit.
    """
    assert not prompt.is_continued, "an API answers turns"
    turns = [with_calls_in_words(turn) for turn in prompt.turns]
    if any(turn.role == "tool" for turn in turns):
        turns = tools_told_by_user(turns)
    shown = turns if max_tokens is None else fitting(turns, max_tokens - max_new_tokens)
    body: dict[str, Any] = {
        "model": endpoint.model,
        "messages": [{"role": t.role, "content": _valid(t.content)} for t in shown],
        "temperature": 0,
        "seed": SEED,
        "max_tokens": max_new_tokens,
    }
    body |= endpoint.request
    return {name: value for name, value in body.items() if value is not None}, shown != turns


def request_key(endpoint: Endpoint, body: dict[str, Any]) -> str:
    """The content of a request: whom it asks for what. The key that is paid with is no part of it."""
    return content_hash(endpoint.url, endpoint.model, body)


def answer_limit(body: dict[str, Any]) -> int | None:
    """Most tokens of an answer that a body allows; None where it sets no limit."""
    found = [body[name] for name in LIMITS if type(body.get(name)) is int]
    return max(found) if found else None


def worst_tokens(body: dict[str, Any]) -> tuple[int, int]:
    """More tokens than a request can take: no tokenizer makes more of a text than it has bytes."""
    messages = body["messages"]
    num_bytes = sum(len(message["content"].encode()) for message in messages)
    limit = answer_limit(body)
    assert limit is not None, "the plan leaves out what has no limit"
    return num_bytes + MESSAGE_TOKENS * (1 + len(messages)), limit


def estimated_tokens(texts: Sequence[str]) -> int:
    """About as many tokens as some texts have."""
    num_bytes = sum(len(text.encode("utf-8", "replace")) for text in texts)
    return math.ceil(num_bytes / BYTES_OF_A_TOKEN)


def fitting(turns: Sequence[Turn], room_tokens: int) -> list[Turn]:
    """Turns that fit, at a guess: the oldest exchanges go first, then the end of the longest turn."""
    shown = list(turns)
    room_bytes = max(1, int(room_tokens * CHARACTERS_OF_A_TOKEN))
    while _num_bytes(shown) > room_bytes and (rest := without_oldest(shown)) is not None:
        shown = rest
    for at in sorted(range(len(shown)), key=lambda at: -len(shown[at].content)):
        excess = _num_bytes(shown) - room_bytes
        if excess > 0:
            turn = shown[at]
            kept = turn.content.encode("utf-8", "replace")[: -excess or None]
            short = kept.decode("utf-8", "ignore") if excess < len(turn.content.encode()) else ""
            shown[at] = Turn(turn.role, short, turn.tool_calls, turn.name)
    return shown


def _num_bytes(turns: Sequence[Turn]) -> int:
    return sum(len(turn.content.encode("utf-8", "replace")) for turn in turns)


def _valid(text: str) -> str:
    """Without half characters, which JSON can carry and no endpoint reads."""
    return text.encode("utf-8", "replace").decode()
