"""Which base would have been chosen? Replays measured fine-tuning curves: a side of `bench.choose`.

A run on so many examples costs as many times the parameters of the base (operations), or as many examples;
every subset is trained on anew, so that runs add up; or (`resumed`) a run goes on from the one before it.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from bench.document import SHARED
from sartor.decide.short_runs import BUDGET_SHARE, ShortRuns, choose_by_short_runs, subset_sizes
from sartor.decide.shortlist import BaseEvidence, static_order

FOLDER = SHARED / "data" / "finetune_curves"
NUM_SUBSETS = 200
NUM_BASES = 12
SMALLEST_RUN = 400
INSTRUCTED = ("LaMini",)
"""Families that were tuned to follow instructions."""
METHODS = (
    "short runs",
    "resumed",
    "halving",
    "straight lines",
    "static prior",
    "size",
    "zero-shot",
    "chance",
)


@dataclass(frozen=True)
class Ladder:
    """Measured curves of many bases on one task."""

    name: str
    bases: tuple[str, ...]
    parameters_M: np.ndarray
    families: tuple[str, ...]
    sizes_N: np.ndarray
    losses_MN: np.ndarray
    zero_shot_M: np.ndarray

    def some(self, places: Sequence[int]) -> Ladder:
        """A part of the bases."""
        rows = list(places)
        return Ladder(
            self.name,
            tuple(self.bases[m] for m in rows),
            self.parameters_M[rows],
            tuple(self.families[m] for m in rows),
            self.sizes_N,
            self.losses_MN[rows],
            self.zero_shot_M[rows],
        )

    @property
    def full(self) -> float:
        return float(self.sizes_N[-1])

    def loss(self, base: int, size: float) -> float:
        return float(self.losses_MN[base, int(np.argmin(abs(self.sizes_N - size)))])


@dataclass(frozen=True)
class Outcome:
    """What one method made of one subset of the bases."""

    relative_accuracy: float
    """(worst - picked) / (worst - best), by the loss with all examples."""
    saved_others: float
    """Share of the cost of training all others in full."""
    saved_all: float
    """The same with the winner's short runs and its full training, of training everybody in full."""


Pick = tuple[int, np.ndarray]
"""Place of the picked base, and what the short runs of each cost."""


def fine_tuning(name: str) -> Ladder:
    """`flan` or `wmt19`, 30 bases (Lin et al. 2024)."""
    with (FOLDER / f"ftscaling_{name}.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    sizes = sorted(int(key) for key in rows[0] if key.isdigit() and int(key) > 0)
    return Ladder(
        name,
        tuple(row["config name"] for row in rows),
        np.array([float(row["size"]) for row in rows]),
        tuple(row["family"] for row in rows),
        np.array(sizes, dtype=np.float64),
        np.array([[float(row[str(size)]) for size in sizes] for row in rows]),
        np.array([float(row["0"]) for row in rows]),
    )


def synthetic(seed: int, *, num_bases: int = 30) -> Ladder:
    """Rectified laws with drawn constants, and noise: bases that cross each other."""
    rng = np.random.default_rng(seed)
    sizes_N = 200.0 * 2 ** np.arange(14)
    task_floor = rng.uniform(0.5, 1.5)
    parameters_M = 10 ** rng.uniform(7.8, 10, num_bases)
    exponents = rng.uniform(0.08, 0.6, (num_bases, 1))
    floors = task_floor + rng.exponential(0.15, (num_bases, 1))
    knees = 10 ** rng.uniform(2, 5.5, (num_bases, 1))
    start = rng.uniform(1.5, 4, (num_bases, 1)) - 0.4 * np.log10(parameters_M[:, None] / 1e8)
    fallen = (knees**exponents + 200**exponents) / (knees**exponents + sizes_N[None] ** exponents)
    losses_MN = floors + np.maximum(start, 0.4) * fallen
    losses_MN = losses_MN * np.exp(rng.normal(0, 0.005, losses_MN.shape))
    zero_shot_M = losses_MN[:, 0] * rng.uniform(1.05, 1.6, num_bases)
    names = tuple(f"base {place}" for place in range(num_bases))
    return Ladder(
        f"synthetic {seed}", names, parameters_M, ("",) * num_bases, sizes_N, losses_MN, zero_shot_M
    )


def replayed(
    ladder: Ladder,
    *,
    methods: Iterable[str] = METHODS,
    by_parameters: bool,
    seed: int = 0,
    num_subsets: int = NUM_SUBSETS,
    num_bases: int = NUM_BASES,
) -> dict[str, list[Outcome]]:
    """Every method on the same random subsets of the bases."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[Outcome]] = {method: [] for method in methods}
    for _ in range(num_subsets):
        part = ladder.some(rng.choice(len(ladder.bases), num_bases, replace=False))
        costs_M = part.parameters_M if by_parameters else np.ones(num_bases)
        chance = int(rng.integers(num_bases))
        for method, outcomes in found.items():
            pick = PICKS[method](part, costs_M, chance)
            outcomes.append(outcome(part, costs_M, pick))
    return found


def outcome(ladder: Ladder, costs_M: np.ndarray, pick: Pick) -> Outcome:
    """How good, how dear."""
    picked, spent_M = pick
    final_M, full_M = ladder.losses_MN[:, -1], costs_M * ladder.full
    others = np.arange(len(full_M)) != picked
    return Outcome(
        float((final_M.max() - final_M[picked]) / (final_M.max() - final_M.min())),
        float(1 - spent_M[others].sum() / full_M[others].sum()),
        float(1 - (spent_M.sum() + full_M[picked]) / full_M.sum()),
    )


def short_runs(
    ladder: Ladder, costs_M: np.ndarray, chance: int, *, is_resumed: bool = False
) -> Pick:
    """Sartor's choice."""
    names = [str(place) for place in range(len(ladder.bases))]
    sizes = subset_sizes(ladder.full, smallest=SMALLEST_RUN)
    before = dict(zip(sizes, (0.0, *sizes), strict=False)) if is_resumed else {}
    choice = choose_by_short_runs(
        names,
        ShortRuns(ladder.full, sizes),
        train=lambda base, size: ladder.loss(int(base), size),
        cost=lambda base, size: float(costs_M[int(base)]) * (size - before.get(size, 0.0)),
    )
    spent = {standing.base: standing.cost for standing in choice.standings}
    return int(choice.base), np.array([spent[name] for name in names])


def halving(ladder: Ladder, costs_M: np.ndarray, chance: int) -> Pick:
    """Plain successive halving: the better half goes on with twice the examples, within the budget."""
    best: Pick | None = None
    for first in range(len(ladder.sizes_N) - 1):
        pick = _halved(ladder, costs_M, first)
        if _is_within(ladder, costs_M, pick):
            best = pick
    assert best is not None
    return best


def _is_within(ladder: Ladder, costs_M: np.ndarray, pick: Pick) -> bool:
    return outcome(ladder, costs_M, pick).saved_others >= 1 - BUDGET_SHARE


def _halved(ladder: Ladder, costs_M: np.ndarray, first: int) -> Pick:
    alive, spent_M, place = list(range(len(costs_M))), np.zeros(len(costs_M)), first
    while True:
        size = ladder.sizes_N[min(place, len(ladder.sizes_N) - 2)]
        spent_M[alive] += costs_M[alive] * size
        alive.sort(key=lambda base: ladder.loss(base, size))
        alive = alive[: (len(alive) + 1) // 2]
        if len(alive) == 1:
            return alive[0], spent_M
        place += 1


def straight_lines(ladder: Ladder, costs_M: np.ndarray, chance: int) -> Pick:
    """Everybody to the same size; a straight log-log line through the last three (cf. Lin et al. 2024)."""
    sizes_N, losses_MN = ladder.sizes_N, ladder.losses_MN
    best: Pick | None = None
    for last in range(3, len(sizes_N)):
        logs, rows = np.log(sizes_N[last - 3 : last]), np.log(losses_MN[:, last - 3 : last])
        slopes_M, starts_M = np.polyfit(logs, rows.T, 1)
        picked = int(np.argmin(starts_M + slopes_M * np.log(ladder.full)))
        spent_M = costs_M * sizes_N[last - 3 : last].sum()
        if _is_within(ladder, costs_M, (picked, spent_M)):
            best = picked, spent_M
    assert best is not None
    return best


def static_prior(ladder: Ladder, costs_M: np.ndarray, chance: int) -> Pick:
    """Size and instruction tuning, nothing measured."""
    evidence = [
        BaseEvidence(
            str(m), {"size": float(np.log10(size)), "instruction tuning": family in INSTRUCTED}
        )
        for m, (size, family) in enumerate(zip(ladder.parameters_M, ladder.families, strict=True))
    ]
    return int(static_order(evidence)[0]), np.zeros(len(costs_M))


def _untrained(key: Callable[[Ladder, int], int]) -> Callable[..., Pick]:
    return lambda ladder, costs_M, chance: (key(ladder, chance), np.zeros(len(costs_M)))


PICKS: dict[str, Callable[[Ladder, np.ndarray, int], Pick]] = {
    "short runs": short_runs,
    "resumed": partial(short_runs, is_resumed=True),
    "halving": halving,
    "straight lines": straight_lines,
    "static prior": static_prior,
    "size": _untrained(lambda ladder, chance: int(np.argmax(ladder.parameters_M))),
    "zero-shot": _untrained(lambda ladder, chance: int(np.argmin(ladder.zero_shot_M))),
    "chance": _untrained(lambda ladder, chance: chance),
}


def summary(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Mean and percentiles of the relative accuracy, mean savings."""
    accuracies = np.array([o.relative_accuracy for o in outcomes])
    return {
        "relative accuracy": float(accuracies.mean()),
        "5th percentile": float(np.quantile(accuracies, 0.05)),
        "95th percentile": float(np.quantile(accuracies, 0.95)),
        "saved apart from the winner's own": float(np.mean([o.saved_others for o in outcomes])),
        "saved inclusive": float(np.mean([o.saved_all for o in outcomes])),
    }
