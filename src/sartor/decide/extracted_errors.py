"""What the shipped model extracts: figures label by label, and the texts on which it is furthest off."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sartor.core.dataset import Split, TaskFacts
from sartor.core.goal import OutputKind
from sartor.evaluate.extracted_details import (
    field_lines,
    field_table,
    marked_right,
    num_off,
    schema_share,
    span_table,
)
from sartor.evaluate.span_metrics import Span

NUM_SHOWN = 12
UNREAD = "nothing that could be read"
_STANDS_FOR = re.compile(r"(<[A-Z]+>)")
"""What masking puts in the place of personal data."""


def extracted_details(
    test: Split, decided_N: np.ndarray, *, facts: TaskFacts, mask: Callable[[str], str]
) -> dict[str, Any]:
    """`labels`, a line for each label or field, and `errors`, the texts with most differences first; of
    records also `keeps_schema`, the share that does.

    Args:
        test: What was asked for.
        decided_N: What was answered, (N,) object.
        facts: Of the task.
        mask: Replaces personal data.
    """
    is_spans = facts.output_kind is OutputKind.SPANS
    table = span_table(test.targets, decided_N, facts.labels) if is_spans else None
    off_N = np.array([num_off(a, g) for a, g in zip(test.targets, decided_N, strict=True)])
    worst = [int(row) for row in np.argsort(-off_N, kind="stable") if off_N[row]]
    show = _spans_line if is_spans else _record_line
    kept = schema_share(decided_N, facts.schema) if facts.schema and len(decided_N) else None
    return {
        **({} if is_spans or kept is None else {"keeps_schema": kept.as_dict()}),
        "labels": field_table(test.targets, decided_N) if table is None else table,
        "errors": [show(test, row, decided_N[row], mask) for row in worst[:NUM_SHOWN]],
    }


def _spans_line(
    test: Split, row: int, given: Sequence[Span], mask: Callable[[str], str]
) -> dict[str, Any]:
    text, asked = test.texts[row], test.targets[row]
    masked = mask(text)
    line = {
        "text": masked,
        "source": test.sources[row],
        "true": mask(_in_words(asked, text)),
        "predicted": mask(_in_words(given, text)),
        "confidence": None,
    }
    place = _place_in_masked(text, masked)
    if place is None:
        return line
    both = {"true": marked_right(asked, given), "predicted": marked_right(given, asked)}
    passages = {
        side: [
            {"start": place(s, False), "end": place(e, True), "label": of, "is_right": is_right}
            for (s, e, of), is_right in spans
        ]
        for side, spans in both.items()
    }
    return {**line, "passages": passages}


def _record_line(test: Split, row: int, given: Any, mask: Callable[[str], str]) -> dict[str, Any]:
    def shown(value: Any) -> str:
        return mask(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))

    lines = field_lines(test.targets[row], given)
    return {
        "text": mask(test.texts[row]),
        "source": test.sources[row],
        "true": shown(test.targets[row]),
        "predicted": UNREAD if given is None else shown(given),
        "confidence": None,
        "fields": [
            {
                **line,
                **{s: None if line[s] is None else shown(line[s]) for s in ("true", "predicted")},
            }
            for line in lines
        ],
    }


def _in_words(spans: Sequence[Span], text: str) -> str:
    return "; ".join(f"{of}: {text[start:end]}" for start, end, of in spans) or "nothing"


def _place_in_masked(text: str, masked: str) -> Callable[[int, bool], int] | None:
    """Where a place of a text lies once personal data is masked; inside of what was replaced, at its edge.

    Returns:
        Takes a place and whether a passage ends there; None where the two texts do not fit.
    """
    kept = _kept(text, masked)
    if kept is None:
        return None

    def place(at: int, is_end: bool) -> int:
        for begin, end, moved in kept:
            if begin < at <= end if is_end else begin <= at < end:
                return moved + at - begin
        if is_end:
            return min((moved for begin, _, moved in kept if begin >= at), default=len(masked))
        return max((moved + end - begin for begin, end, moved in kept if end <= at), default=0)

    return place


def _kept(text: str, masked: str) -> list[tuple[int, int, int]] | None:
    """Stretches that masking left as they are: begin and end in the text, begin in the masked one."""
    kept: list[tuple[int, int, int]] = []
    at = in_masked = 0
    parts = _STANDS_FOR.split(masked)
    for number, part in enumerate(parts):
        if number % 2 == 0:
            is_last = number == len(parts) - 1
            found = max(at, len(text) - len(part)) if is_last else text.find(part, at)
            if text[found : found + len(part)] != part or found < at or (number == 0 and found):
                return None
            kept.append((found, found + len(part), in_masked))
            at = found + len(part)
        in_masked += len(part)
    return kept
