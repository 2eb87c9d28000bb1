"""Who is worth a short run? What is known before training: static facts, then one forward pass per base.

Bases of any kind are ranked within each kind of evidence that they have, and places are averaged: scores of
different kinds share no scale, and an encoder has no zero-shot score. Zero-shot alone leaves nobody out (it
loses points on real choices, and says nothing of what a base learns).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sartor.core.errors import GoalError, did_you_mean
from sartor.core.words import counted

STATIC_KINDS = {"size": 1.0, "family": 1.0, "instruction tuning": 0.5, "published score": 1.0}
"""Stage 0, known without a pass; kind to how much its place counts. Higher values are better."""
SEEN_KINDS = {"LogME": 2.0, "H-score": 1.0, "bits per byte": 1.0, "zero-shot": 1.0, "few-shot": 1.5}
"""Stage 1, from one forward pass over a sample. These weights, as those above, are set by judgement."""
KINDS = STATIC_KINDS | SEEN_KINDS
LOWER_IS_BETTER = {"bits per byte"}
OFF_THE_SHELF = {"zero-shot", "few-shot"}
FEWEST_KINDS = 2
"""So many kinds besides the scores off the shelf must be known of a base before it is left out."""
UNKNOWN_WEIGHT = 1.0
"""What is not known counts as a middle place of this weight: one good figure alone makes no favourite."""
MIDDLE = 0.5


@dataclass(frozen=True)
class BaseEvidence:
    """What is known of one base; keys of `KINDS`, what is missing stays out."""

    base: str
    values: Mapping[str, float]
    """`size` as a logarithm or a count (only its order counts); `instruction tuning` 1 or 0; `family` and
    `published score` as numbers of the caller."""


@dataclass(frozen=True)
class Listed:
    """One base and where it stands."""

    base: str
    place: float
    """Mean place, 1 is best in everything, 0 last in everything."""
    is_kept: bool
    because: str


def static_order(evidence: Sequence[BaseEvidence]) -> list[str]:
    """Bases by stage 0 alone, best first; equal ones stay in their order."""
    places = mean_places(evidence, STATIC_KINDS)
    return sorted(places, key=lambda base: -places[base])


def shortlist(evidence: Sequence[BaseEvidence], *, most: int) -> list[Listed]:
    """Who goes on to short runs, best first, and why the others do not.

    A base is left out only if it is beyond the `most` best, at least two kinds of evidence besides zero- and
    few-shot scores are known of it, and by these alone it is in the lower half. More than `most` may stay.

    Raises:
        GoalError: `most` below 1, a base twice, or an unknown kind of evidence.
    """
    _check(evidence, most)
    places = mean_places(evidence, KINDS)
    other_kinds = {kind: w for kind, w in KINDS.items() if kind not in OFF_THE_SHELF}
    other_places = mean_places(evidence, other_kinds)
    ranked = sorted(evidence, key=lambda e: -places[e.base])
    found = []
    for rank, one in enumerate(ranked):
        num_kinds = sum(kind in other_kinds for kind in one.values)
        is_weak = num_kinds >= FEWEST_KINDS and other_places[one.base] < MIDDLE
        is_kept = rank < most or not is_weak
        found.append(
            Listed(
                one.base, places[one.base], is_kept, _because(one, evidence, rank, is_kept, most)
            )
        )
    return found


def mean_places(evidence: Sequence[BaseEvidence], weights: Mapping[str, float]) -> dict[str, float]:
    """Base to its mean place over the kinds it has, 0 to 1; the unknown pulls towards the middle."""
    found = {}
    for one in evidence:
        kinds = [kind for kind in weights if kind in one.values]
        total = UNKNOWN_WEIGHT + sum(weights[kind] for kind in kinds)
        pulled = sum(weights[kind] * _place(one, evidence, kind) for kind in kinds)
        found[one.base] = (UNKNOWN_WEIGHT * MIDDLE + pulled) / total
    return found


def _place(one: BaseEvidence, evidence: Sequence[BaseEvidence], kind: str) -> float:
    """Share of the others that it is ahead of, half of those it equals; the middle where it is alone."""
    others = [e.values[kind] for e in evidence if kind in e.values and e.base != one.base]
    if not others:
        return MIDDLE
    value = one.values[kind]
    ahead = sum(value < other if kind in LOWER_IS_BETTER else value > other for other in others)
    return (ahead + sum(value == other for other in others) / 2) / len(others)


def _because(
    one: BaseEvidence, evidence: Sequence[BaseEvidence], rank: int, is_kept: bool, most: int
) -> str:
    ranks = ", ".join(_rank(one, evidence, kind) for kind in KINDS if kind in one.values)
    ranks = ranks or "nothing is known of it"
    if rank < most:
        return f"among the first {most}: {ranks}"
    if is_kept:
        return f"kept, as nothing but zero- or few-shot scores speaks against it: {ranks}"
    return f"left out, {counted(rank, 'base')} before it: {ranks}"


def _rank(one: BaseEvidence, evidence: Sequence[BaseEvidence], kind: str) -> str:
    known = [e.values[kind] for e in evidence if kind in e.values]
    value = one.values[kind]
    better = sum(other < value if kind in LOWER_IS_BETTER else other > value for other in known)
    return f"{kind} {value:.4g} (rank {better + 1} of {len(known)})"


def _check(evidence: Sequence[BaseEvidence], most: int) -> None:
    if most < 1:
        raise GoalError(
            where="shortlist > most", problem=f"{most} bases cannot be kept.", fix="Keep 1 or more."
        )
    names = [one.base for one in evidence]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise GoalError(
            where="shortlist", problem=f"`{twice[0]}` is named twice.", fix="Name each base once."
        )
    for one in evidence:
        for kind in one.values:
            if kind not in KINDS:
                raise GoalError(
                    where=f"shortlist > {one.base}",
                    problem=f"`{kind}` is no kind of evidence.",
                    fix=did_you_mean(kind, KINDS),
                )
