"""Which base? Short fine-tunes on growing subsets, each base only as far as it may still win.

Every base is trained on the smallest subsets: none is left out on its zero-shot score. Its learning curve
then says what it would reach with all examples. The next run goes to whoever may still overtake the leader,
by the expected improvement (Jones et al. 1998) per cost; it ends when nobody may, or the budget is used.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sartor.core.errors import GoalError
from sartor.decide.learning_curve import (
    FEWEST_SIZES,
    LOSS,
    CurvePoint,
    ScoreScale,
    fit_learning_curve,
)

CLOSEST_TIMES = 4
"""The largest short run is a quarter of all examples."""
DOUBLINGS_NEAR = 3
"""So many steps below it are doublings; further down every fourth size tells as much for less."""
SMALLEST_RUN = 50
BUDGET_SHARE = 0.075
LEAST_GAIN = 0.001
"""Expected improvement over the leader, as a share of the loss, below which a base is clearly behind."""
SURE_SPREAD = 1e-4


@dataclass(frozen=True)
class ShortRuns:
    """What is allowed, and what it is for."""

    full_examples: float
    """The winner will be trained on so many."""
    sizes: tuple[float, ...]
    """Subsets that may be trained on, ascending, below `full_examples`."""
    budget_share: float = BUDGET_SHARE
    """Of what it would cost to train all but the leader in full; the leader's own runs are not counted."""
    budget: float = math.inf
    """Of all runs, the leader's too, in the unit of the costs."""
    first_sizes: int = FEWEST_SIZES
    """Everybody is trained on so many of the smallest subsets."""
    scale: ScoreScale = LOSS

    def __post_init__(self) -> None:
        if len(self.sizes) < FEWEST_SIZES or list(self.sizes) != sorted(set(self.sizes)):
            raise GoalError(
                where="short runs > sizes",
                problem=f"{list(self.sizes)} are not {FEWEST_SIZES} or more rising sizes.",
                fix="Give nested subset sizes from small to large, or use `subset_sizes`.",
            )
        if not (FEWEST_SIZES <= self.first_sizes <= len(self.sizes)):
            raise GoalError(
                where="short runs > first_sizes",
                problem=f"{self.first_sizes} of {len(self.sizes)} sizes cannot come first.",
                fix=f"Give {FEWEST_SIZES} to {len(self.sizes)}.",
            )


@dataclass(frozen=True)
class Standing:
    """What is known of one base at the end."""

    base: str
    scores: Mapping[float, float]
    """Size to the score measured there."""
    expected: float
    """With all examples, median."""
    low: float
    high: float
    """Between them lie two thirds of what is thought possible."""
    cost: float
    because: str
    """Why it was picked or left out, one sentence."""


@dataclass(frozen=True)
class Choice:
    """The pick, and the evidence for everybody."""

    base: str
    is_clear: bool
    """Nobody else may still overtake it by more than `LEAST_GAIN`; else the budget, or the sizes, ran out."""
    standings: tuple[Standing, ...]
    """Best first."""

    @property
    def cost(self) -> float:
        """Of all short runs."""
        return sum(standing.cost for standing in self.standings)

    @property
    def others_cost(self) -> float:
        """Of the short runs of those left out."""
        return sum(standing.cost for standing in self.standings if standing.base != self.base)


def subset_sizes(full_examples: float, *, smallest: float = SMALLEST_RUN) -> tuple[float, ...]:
    """Sizes of short runs: doublings up to a quarter of all, every fourth size further down.

    Raises:
        GoalError: Too few examples for three sizes.
    """
    found = [full_examples / CLOSEST_TIMES]
    while True:
        below = found[-1] / (2 if len(found) <= DOUBLINGS_NEAR else 4)
        if below < smallest:
            break
        found.append(below)
    if len(found) < FEWEST_SIZES:
        raise GoalError(
            where="short runs",
            problem=f"{full_examples:g} examples give no {FEWEST_SIZES} subsets from {smallest:g} on.",
            fix="Train every base on all of them; that is as cheap.",
        )
    return tuple(math.floor(size) for size in reversed(found))


def choose_by_short_runs(
    bases: Sequence[str],
    spec: ShortRuns,
    *,
    train: Callable[[str, float], float],
    cost: Callable[[str, float], float],
    step: Callable[[str, float], None] = lambda base, size: None,
) -> Choice:
    """Train some of the bases further and further, and pick one.

    Args:
        bases: Their ids; order breaks ties, so the more likely ones come first.
        spec: Sizes, budget, scale of the scores.
        train: Fine-tunes a base on a subset of the size and scores it; an expensive call.
        cost: Of that, known beforehand.
        step: Told before each run.

    Returns:
        The pick with the evidence; the first bases alone where there is only one.

    Raises:
        GoalError: No base, or one named twice.
    """
    if not bases or len(set(bases)) < len(bases):
        raise GoalError(
            where="bases",
            problem=f"{list(bases)} are not one or more different bases.",
            fix="Name each base once.",
        )
    race = _Race(bases, spec, train, cost, step)
    if len(bases) > 1:
        race.begin()
        while (runner := race.next_runner()) is not None:
            race.run(runner)
    return race.choice()


class _Race:
    """Scores so far, and who is trained next."""

    def __init__(
        self,
        bases: Sequence[str],
        spec: ShortRuns,
        train: Callable[[str, float], float],
        cost: Callable[[str, float], float],
        step: Callable[[str, float], None],
    ) -> None:
        self.bases, self.spec = bases, spec
        self.train, self.cost, self.step = train, cost, step
        self.scores: dict[str, dict[float, float]] = {base: {} for base in bases}
        self.spent = dict.fromkeys(bases, 0.0)
        self.tried: list[str] = []

    def begin(self) -> None:
        """The first runs of everybody, in order; of whom the budget does not reach for, none."""
        for place, base in enumerate(self.bases):
            cost = sum(self.cost(base, size) for size in self.spec.sizes[: self.spec.first_sizes])
            if place > 0 and sum(self.spent.values()) + cost > self._most_first():
                continue
            for _ in range(self.spec.first_sizes):
                self.run(base)
        self.tried = [base for base in self.bases if self.scores[base]]

    def _most_first(self) -> float:
        """What the first runs may cost: nobody leads yet, so the dearest is the one not counted."""
        full = [self.cost(base, self.spec.full_examples) for base in self.bases]
        return min(self.spec.budget, self.spec.budget_share * (sum(full) - max(full)))

    def run(self, base: str) -> None:
        size = self._next_size(base)
        assert size is not None
        self.step(base, size)
        self.scores[base][size] = self.train(base, size)
        self.spent[base] += self.cost(base, size)

    def next_runner(self) -> str | None:
        """Who is trained next; None at the end."""
        gains = self._gains()
        leader = self.leader
        if not gains or max(gains.values()) <= LEAST_GAIN:
            return None
        gains = {base: gain for base, gain in gains.items() if gain > LEAST_GAIN}
        gains[leader] = max(gains.values())
        worth = {
            base: gain / max(self.cost(base, size), 1e-12)
            for base, gain in gains.items()
            if (size := self._next_size(base)) is not None and self._is_affordable(base, size)
        }
        return max(worth, key=lambda base: worth[base]) if worth else None

    @property
    def leader(self) -> str:
        return min(self.tried, key=lambda base: self.expected(base)[0])

    def expected(self, base: str) -> tuple[float, float]:
        """Median and spread of the log loss with all examples."""
        scores = tuple(sorted(self.scores[base].items()))
        return expected_loss(scores, self.spec.full_examples, self.spec.scale)

    def _gains(self) -> dict[str, float]:
        """What each of the others is expected to be better than the leader, where it is better."""
        leader = self.leader
        at, spread = self.expected(leader)
        found = {}
        for base in self.tried:
            if base != leader:
                other, other_spread = self.expected(base)
                found[base] = _expected_gain(at - other, math.hypot(spread, other_spread))
        return found

    def _next_size(self, base: str) -> float | None:
        done = len(self.scores[base])
        return self.spec.sizes[done] if done < len(self.spec.sizes) else None

    def _is_affordable(self, base: str, size: float) -> bool:
        """Whether one more run stays within both limits."""
        leader, cost = self.leader, self.cost(base, size)
        if sum(self.spent.values()) + cost > self.spec.budget:
            return False
        others = [other for other in self.bases if other != leader]
        full = sum(self.cost(other, self.spec.full_examples) for other in others)
        spent = sum(self.spent[other] for other in others) + (cost if base != leader else 0.0)
        return spent <= self.spec.budget_share * full

    def choice(self) -> Choice:
        if len(self.bases) == 1:
            return Choice(self.bases[0], True, (_untried(self.bases[0], "the only base"),))
        gains, leader = self._gains(), self.leader
        ranked = sorted(self.tried, key=lambda base: self.expected(base)[0])
        standings = [self._standing(base, gains, leader) for base in ranked]
        reason = (
            "not trained: the budget did not reach for its first runs, and others came before it"
        )
        untried = [_untried(base, reason) for base in self.bases if base not in self.tried]
        is_clear = not untried and max(gains.values(), default=0.0) <= LEAST_GAIN
        return Choice(leader, is_clear, (*standings, *untried))

    def _standing(self, base: str, gains: Mapping[str, float], leader: str) -> Standing:
        at, spread = self.expected(base)
        low, middle, high = (
            self.spec.scale.score(value) for value in (at - spread, at, at + spread)
        )
        most = max(self.scores[base])
        because = (
            f"trained on up to {most:,.0f} of {self.spec.full_examples:,.0f} examples it is expected "
            f"to score {middle:.3g} ({min(low, high):.3g} to {max(low, high):.3g}) with all of them"
        )
        if base == leader:
            because += "; nobody is expected to score better"
        elif gains[base] <= LEAST_GAIN:
            because += f"; it is unlikely to overtake {leader}"
        else:
            because += f"; it might overtake {leader}, but the budget or the sizes were used up"
        scores, cost = dict(self.scores[base]), self.spent[base]
        return Standing(base, scores, middle, min(low, high), max(low, high), cost, because)


def _untried(base: str, because: str) -> Standing:
    return Standing(base, {}, math.nan, math.nan, math.nan, 0.0, because)


@lru_cache(maxsize=65536)
def expected_loss(
    scores: tuple[tuple[float, float], ...], full_examples: float, scale: ScoreScale
) -> tuple[float, float]:
    """Median and spread of the log loss with all examples, from sizes and their scores."""
    points = [CurvePoint(size, (score,)) for size, score in scores]
    mixture = fit_learning_curve(points, scale=scale).loss_at([full_examples])[0]
    return mixture.quantile(0.5), max(mixture.spread(), SURE_SPREAD)


def _expected_gain(ahead: float, spread: float) -> float:
    """Mean of what is above 0 of a normal quantity (Jones et al. 1998, expected improvement)."""
    z = ahead / spread
    density = math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    return spread * density + ahead * 0.5 * math.erfc(-z / math.sqrt(2))
