"""Spans and records as JSON text, and back: what a writer learns, and what it meant.

Spans become `{label: [passage, ...]}`: a writer counts no characters. On the way back each passage stands for
its next occurrence in the text, so passages of a label keep their order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from sartor.core.candidate import Answers
from sartor.core.goal import OutputKind
from sartor.core.hashing import canonical_json
from sartor.core.tagging import Place, Span


def answer_text(kind: OutputKind, text: str, target: Any) -> str:
    """A row's answer as it is written.

    Args:
        kind: What the target is.
        text: The input.
        target: Of `Split.targets`; of several right answers the first.
    """
    if kind is OutputKind.SPANS:
        passages: dict[str, list[str]] = {}
        for start, end, label in sorted(target):
            passages.setdefault(label, []).append(text[start:end])
        return canonical_json(passages)
    if kind is OutputKind.FIELDS:
        return canonical_json(target)
    return str(target[0])


def read_answers(kind: OutputKind, texts: Sequence[str], written: Answers) -> Answers:
    """Written texts as what they mean: spans, records (None where one cannot be read), or themselves."""
    if kind not in (OutputKind.SPANS, OutputKind.FIELDS):
        return written
    assert written.written_N is not None
    found_N = np.empty(len(texts), dtype=object)
    for row, (text, said) in enumerate(zip(texts, written.written_N, strict=True)):
        record = _record(said)
        if kind is OutputKind.FIELDS:
            found_N[row] = record
        else:
            found_N[row] = spans_of_passages(text, record or {})
    return Answers(written.logits_NC, found_N, written.asked)


def spans_of_passages(text: str, passages: Mapping[str, Any]) -> tuple[Span, ...]:
    """Where the passages of each label stand; one that stands nowhere, or only in another, is dropped."""
    taken: list[Span] = []
    for label, listed in passages.items():
        after = 0
        for passage in listed if isinstance(listed, list) else [listed]:
            if not isinstance(passage, str):
                continue
            place = next(_free_places(text, passage, taken, after), None)
            if place is not None:
                taken.append((*place, label))
                after = place[1]
    return tuple(sorted(taken))


def _free_places(text: str, passage: str, taken: Sequence[Span], after: int) -> Iterator[Place]:
    """Places that overlap nothing, the best first: those behind `after`; whole words; in the same case."""
    words = passage.split()
    if not words:
        return
    pattern = r"\s+".join(map(re.escape, words))
    for form, flags in (
        (rf"(?<!\w){pattern}(?!\w)", 0),
        (rf"(?<!\w){pattern}(?!\w)", re.IGNORECASE),
        (pattern, 0),
    ):
        places = [found.span() for found in re.finditer(form, text, flags)]
        free = [p for p in places if all(p[1] <= start or p[0] >= end for start, end, _ in taken)]
        yield from (p for p in free if p[0] >= after)
        yield from (p for p in free if p[0] < after)


def _record(said: str) -> dict[str, Any] | None:
    try:
        found = json.loads(said)
        canonical_json(found).encode("utf-8")
    except (ValueError, RecursionError):  # no JSON, a number that is none, half a character
        return None
    return found if isinstance(found, dict) else None
