"""What an endpoint sends back: an answer with its tokens, or something that is none."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sartor.core.hashing import canonical_json

THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
"""What some servers leave in front of an answer."""
CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,47}")


@dataclass(frozen=True)
class Reply:
    """The end of a request, as it is kept."""

    text: str
    """The answer; empty where there is none."""
    prompt_tokens: int
    """Of all attempts that were charged."""
    answer_tokens: int
    seconds: float
    """From the last attempt to its answer."""
    attempts: int = 1
    is_estimated: bool = False
    """Whether the endpoint did not count the tokens."""
    is_nonsense: bool = False
    """Whether no attempt brought an answer with a text."""
    is_refused: bool = False
    """Whether the endpoint refused the prompt for its length or content."""

    def as_facts(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Read:
    """One body that came with status 200."""

    text: str | None
    """None where it is no answer: no JSON, no choices, no text."""
    usage: tuple[int, int] | None
    """Tokens read and written, as the endpoint counts them."""


def read_body(content: bytes) -> Read:
    """A body as an answer; nothing that comes from outside raises."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return Read(None, None)
    if not isinstance(document, dict):
        return Read(None, None)
    return Read(_text(document), _usage(document.get("usage")))


def error_code(content: bytes) -> str:
    """The short name of an error; never its message, which may repeat what was sent."""
    try:
        error = json.loads(content)["error"]
        names = [error.get("code"), error.get("type")] if isinstance(error, dict) else []
    except (ValueError, RecursionError, KeyError, TypeError):
        return ""
    found = [name for name in names if isinstance(name, str) and CODE.fullmatch(name)]
    return found[0] if found else ""


def record_in(text: str) -> dict[str, Any] | None:
    """The first JSON object that stands in an answer, whatever stands around it; None where there is none."""
    decoder = json.JSONDecoder()
    start = text.find("{")
    while start >= 0:
        try:
            found, _ = decoder.raw_decode(text, start)
            canonical_json(found).encode()
        except (ValueError, RecursionError):
            start = text.find("{", start + 1)
            continue
        return found if isinstance(found, dict) else None
    return None


def _text(document: Mapping[str, Any]) -> str | None:
    choices = document.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, dict) else None
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        content = "".join(part for part in parts if isinstance(part, str))
    if not isinstance(content, str):
        return None
    text = content.encode("utf-8", "replace").decode()
    return THOUGHT.sub("", text).strip() or None


def _usage(found: Any) -> tuple[int, int] | None:
    if not isinstance(found, dict):
        return None
    counts = found.get("prompt_tokens"), found.get("completion_tokens")
    if any(type(count) is not int or count < 0 for count in counts):
        return None
    return counts[0], counts[1]  # type: ignore[return-value]
