"""How far is the task from what the base was made for, and so how deep the tuning is expected to go.

A rule of thumb in words, said before the run so that the run can show how right it was; it decides nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sartor.core.errors import GoalError


class Depth(StrEnum):
    """From the surface of a base to all of it."""

    PROMPT = "prompt"
    HEAD = "head"
    LAST_LAYERS = "last layers"
    LORA = "LoRA"
    FULL = "full"


ORDER: Sequence[Depth] = tuple(Depth)
NEAR_SHARE, FAR_SHARE = 0.1, 0.5
"""What a head leaves of the way from chance to the mark: up to the first, the last layers may close it;
beyond the second, low-rank changes may not."""
FOREIGN_TIMES = 1.5
"""Bits per byte on the user's text over those on general text from which the language itself is foreign."""
FEW_EXAMPLES = 200
"""With fewer, whatever learns many weights mostly learns the rows by heart."""


@dataclass(frozen=True)
class TaskDistance:
    """What one forward pass over a sample showed; None where it was not, or cannot be, measured."""

    mark: float
    """Score to be reached, higher is better."""
    chance: float
    """Score without any knowledge, below the mark."""
    off_the_shelf: float | None = None
    """Best zero- or few-shot score."""
    head: float | None = None
    """Held-out score of a linear layer on the frozen features."""
    bits_per_byte: float | None = None
    general_bits_per_byte: float | None = None
    num_examples: int | None = None


@dataclass(frozen=True)
class ExpectedDepth:
    """The depth, and the sentences that led there."""

    depth: Depth
    because: tuple[str, ...]


def expected_depth(distance: TaskDistance) -> ExpectedDepth:
    """The shallowest depth that is expected to be enough.

    Raises:
        GoalError: The mark is not above chance, or a figure is no number.
    """
    _check(distance)
    depth, reason = _by_scores(distance)
    because = [reason]
    if depth is not Depth.PROMPT and (times := _foreignness(distance)) is not None:
        is_foreign = times >= FOREIGN_TIMES
        because.append(
            f"its text costs the base {times:.2f} times the bits of general text, "
            + (
                "so the language itself is to be learned"
                if is_foreign
                else "so the language is known to it"
            )
        )
        depth = _deeper(depth) if is_foreign else depth
    num, cap = distance.num_examples, ORDER.index(Depth.LORA)
    if num is not None and num < FEW_EXAMPLES and ORDER.index(depth) > cap:
        because.append(f"{num} examples are too few to change all weights")
        depth = Depth.LORA
    return ExpectedDepth(depth, tuple(because))


def _by_scores(distance: TaskDistance) -> tuple[Depth, str]:
    mark, off_the_shelf, head = distance.mark, distance.off_the_shelf, distance.head
    if off_the_shelf is not None and off_the_shelf >= mark:
        return Depth.PROMPT, f"off the shelf it scores {off_the_shelf:.3g}, and {mark:.3g} is asked"
    if head is not None:
        return _by_head(distance, head)
    if off_the_shelf is None:
        return (
            Depth.LORA,
            "nothing was scored yet; low-rank changes of all layers are the usual middle",
        )
    gap = _left(distance, off_the_shelf)
    said = f"off the shelf it leaves {gap:.0%} of the way from chance to {mark:.3g}"
    return Depth.LORA, f"{said}, and no head on frozen features was scored"


def _by_head(distance: TaskDistance, head: float) -> tuple[Depth, str]:
    if head >= distance.mark:
        said = f"a linear layer on its frozen features scores {head:.3g}, and {distance.mark:.3g} is asked"
        return Depth.HEAD, said
    left = _left(distance, head)
    said = f"a linear layer on its frozen features leaves {left:.0%} of the way from chance to the mark"
    if left <= NEAR_SHARE:
        return Depth.LAST_LAYERS, f"{said}, little enough for the last layers"
    if left <= FAR_SHARE:
        return Depth.LORA, f"{said}: the features are near but not right"
    return Depth.FULL, f"{said}: the features hardly separate what is asked"


def _left(distance: TaskDistance, score: float) -> float:
    """Share of the way from chance to the mark that a score leaves, 0 to 1."""
    return min(max((distance.mark - score) / (distance.mark - distance.chance), 0.0), 1.0)


def _foreignness(distance: TaskDistance) -> float | None:
    if distance.bits_per_byte is None or not distance.general_bits_per_byte:
        return None
    return distance.bits_per_byte / distance.general_bits_per_byte


def _deeper(depth: Depth) -> Depth:
    return ORDER[min(ORDER.index(depth) + 1, len(ORDER) - 1)]


def _check(distance: TaskDistance) -> None:
    for name, value in vars(distance).items():
        if value is not None and not math.isfinite(value):
            raise GoalError(
                where=f"distance of the task > {name}",
                problem=f"{value} is no finite number.",
                fix="Leave out what was not measured.",
            )
    if distance.mark <= distance.chance:
        raise GoalError(
            where="distance of the task > mark",
            problem=f"{distance.mark:g} is not above chance, {distance.chance:g}.",
            fix="Give a mark above what guessing scores.",
        )
