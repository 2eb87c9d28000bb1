"""Passages and records as the report shows them: what was asked for beside what was answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sartor.core.decision import Decision
from sartor.core.goal import OutputKind
from sartor.core.metric import METRICS
from sartor.core.words import count

LONGEST_GAP = 240
"""Characters between two passages that are shown whole."""
KEPT_OF_GAP = 100
"""Characters beside a passage that are shown of a longer gap."""
MOST_PASSAGES = 40
"""Passages of one text that are shown."""


@dataclass(frozen=True)
class Piece:
    """A stretch of a text, marked or not."""

    text: str
    label: str = ""
    """Of a marked passage; empty otherwise."""
    is_right: bool = True
    """Whether the other side has it too."""


@dataclass(frozen=True)
class Counted:
    """How the table of labels or fields is headed."""

    title: str
    name: str
    """What a line is."""
    unit: str
    """What is counted in it."""


COUNTED = {
    OutputKind.SPANS: Counted("Label by label", "Label", "Passages"),
    OutputKind.FIELDS: Counted("Field by field", "Field", "Values"),
}
OTHERWISE = Counted("Label by label", "Label", "Texts")


def counted_words(decision: Decision) -> Counted:
    """Headings by what the task's answers are."""
    metric = METRICS.get(decision.metric)
    kinds = [kind for kind in COUNTED if metric and kind in metric.kinds]
    return COUNTED[kinds[0]] if len(kinds) == 1 else OTHERWISE


def pieces(text: str, passages: Sequence[Mapping[str, Any]]) -> list[Piece]:
    """A text cut at its passages; long stretches without one are shortened, and what is left out counted.

    Args:
        text: Cleared of personal data.
        passages: With `start`, `end`, `label` and `is_right`, from left to right; one that begins
            inside another is left out.
    """
    found: list[Piece] = []
    at = 0
    shown = _apart(passages)
    for passage in shown[:MOST_PASSAGES]:
        found += _gap(text[at : passage["start"]], is_first=not found, is_last=False)
        words = text[passage["start"] : passage["end"]]
        found.append(Piece(words, str(passage["label"]), bool(passage["is_right"])))
        at = passage["end"]
    found += _gap(text[at:], is_first=not found, is_last=True)
    if len(shown) > MOST_PASSAGES:
        found.append(Piece(f" … ({count(len(shown) - MOST_PASSAGES)} more passages)"))
    return found


def _apart(passages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    kept: list[Mapping[str, Any]] = []
    for passage in passages:
        if not kept or passage["start"] >= kept[-1]["end"]:
            kept.append(passage)
    return kept


def _gap(text: str, *, is_first: bool, is_last: bool) -> Iterator[Piece]:
    """A stretch without passages; of a long one what stands beside them."""
    if not text:
        return
    if len(text) <= LONGEST_GAP:
        yield Piece(text)
        return
    before = "" if is_first and not is_last else text[:KEPT_OF_GAP]
    after = "" if is_last else text[-KEPT_OF_GAP:]
    left_out = len(text) - len(before) - len(after)
    yield Piece(f"{before}… ({count(left_out)} more characters) {'…' if after else ''}{after}")
