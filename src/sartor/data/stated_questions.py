"""Questions and answers that a page states for programs: schema.org FAQPage and QAPage as JSON-LD."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sartor.data.blocks import Block, Kind

MAX_STATED = 10_000
"""Most values of one script that are looked at."""

BlocksOf = Callable[[str], Sequence[Block]]


def stated_questions(script: str, line: int, *, blocks_of: BlocksOf) -> Iterator[Block]:
    """Questions with their answers, each ended.

    Args:
        script: The content of a script of type `application/ld+json`; broken JSON states nothing.
        line: Where it stands.
        blocks_of: Reads the HTML that answers may be written in.
    """
    try:
        found = json.loads(script)
    except (ValueError, RecursionError):
        return
    for question in _questions(found):
        name = question.get("name") or question.get("text")
        answers = [
            text for text in map(_answer_text, _listed(question.get("acceptedAnswer"))) if text
        ]
        if not isinstance(name, str) or not name.strip():
            continue
        yield Block(Kind.QUESTION, " ".join(_plain(name, blocks_of).split()), line)
        for block in blocks_of(answers[0]) if answers else ():
            yield block._replace(place=line)
        yield Block(Kind.END, "", line)


def _questions(found: Any) -> Iterator[dict[str, Any]]:
    """Every Question, in order, wherever it stands."""
    waiting, num_seen = [found], 0
    while waiting and num_seen < MAX_STATED:
        value = waiting.pop()
        num_seen += 1
        if isinstance(value, list):
            waiting += reversed(value)
        elif isinstance(value, dict):
            if "Question" in _listed(value.get("@type")):
                yield value
            else:
                waiting += reversed(list(value.values()))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _answer_text(answer: Any) -> str:
    text = answer.get("text") if isinstance(answer, dict) else answer
    return text if isinstance(text, str) else ""


def _plain(name: str, blocks_of: BlocksOf) -> str:
    return " ".join(block.text for block in blocks_of(name)) if "<" in name else name
