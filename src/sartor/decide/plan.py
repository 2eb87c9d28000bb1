"""The plan: what will be tried, how deep, and what of it the budget does not allow.

Work is counted in planned seconds, operations over a fixed rate, never in clocks: equal runs make equal
plans. What a run really took stands beside it afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sartor.core.dataset import TaskFacts
from sartor.core.goal import Goal
from sartor.decide.choosing import Choosing
from sartor.decide.entrant import Entrant
from sartor.decide.search import default_settings, num_combinations

FLOPS_PER_SECOND = 8e10
"""Operations that two CPU cores do in a second on short texts, as planned."""
SETTINGS_AT_ONCE = {"tfidf": 5, "head": 12, "mlp_head": 4}
"""Settings of methods that learn in one go; others try every combination up to the limit below."""
SETTINGS_GRID = 18
SETTINGS_REPEATED = 4
"""Settings of methods that learn in epochs; all but the best stop early."""
TYPICAL_EPOCHS = 5
STEPS_BEFORE_FIRST_SCORE = 100
"""A trial is first judged after about this many steps: a shorter look misjudges slow starters."""
MAX_EPOCHS = 64
QUICK_MAX_EPOCHS = 2
BUDGET_USED_SHARE = 0.9
"""Share of the budget that is planned; the rest is for packaging and the report."""


@dataclass(frozen=True)
class Allowance:
    """What one entrant may spend."""

    entrant: Entrant
    num_settings: int
    """Most settings to try."""
    first_rung: int
    """Epochs after which settings are first compared; 0 where nothing is repeated."""
    max_epochs: int
    """Most epochs of the best setting; 0 where nothing is repeated."""
    seeds: int
    """Retrainings as a finalist."""
    epoch_seconds: float
    """Planned seconds of one epoch, or of one whole fit, over all folds."""
    final_seconds: float
    """The same for one finalist, which learns from all rows."""
    left_out_because: str | None = None

    @property
    def planned_seconds(self) -> float:
        """Search and finalists together."""
        if self.left_out_because:
            return 0.0
        if not self.entrant.is_repeated:
            return self.num_settings * self.epoch_seconds + self.planned_final_seconds
        others = (self.num_settings - 1) * min(self.first_rung, self.max_epochs)
        return (others + self._typical_epochs) * self.epoch_seconds + self.planned_final_seconds

    @property
    def planned_final_seconds(self) -> float:
        """All retrainings as a finalist."""
        return self.seeds * self.planned_seed_seconds

    @property
    def planned_seed_seconds(self) -> float:
        """One retraining as a finalist."""
        return self.final_seconds * (self._typical_epochs if self.entrant.is_repeated else 1)

    @property
    def _typical_epochs(self) -> int:
        """Epochs after which the best setting is expected to have stopped."""
        return min(max(TYPICAL_EPOCHS, 2 * self.first_rung), self.max_epochs)


def make_plan(
    goal: Goal,
    entrants: Sequence[Entrant],
    facts: TaskFacts,
    choosing: Choosing,
    *,
    is_quick: bool,
) -> list[Allowance]:
    """What every entrant may spend, cut to the budget: fewer settings first, then the deepest methods.

    Args:
        goal: Budget and seeds.
        entrants: In order of depth.
        facts: Of the task.
        choosing: Rows and folds.
        is_quick: One seed, few settings, short training.
    """
    wished = [_wished(goal, entrant, facts, choosing, is_quick=is_quick) for entrant in entrants]
    plan = wished
    budget_seconds = goal.budget.hours * 3600 * BUDGET_USED_SHARE
    while planned_seconds(plan) > budget_seconds:
        cut = _cut_once(plan, wished)
        if cut is None:
            break
        plan = cut
    return plan


def planned_seconds(plan: Sequence[Allowance]) -> float:
    """All of it."""
    return sum(allowance.planned_seconds for allowance in plan)


def _wished(
    goal: Goal, entrant: Entrant, facts: TaskFacts, choosing: Choosing, *, is_quick: bool
) -> Allowance:
    settings = default_settings(entrant.dials, entrant.pinned)
    one_fold = entrant.method.train_flops(settings, facts, entrant.base) / FLOPS_PER_SECOND
    all_rows = facts.with_(num_fit=len(choosing.rows))
    final = entrant.method.train_flops(settings, all_rows, entrant.base) / FLOPS_PER_SECOND
    max_epochs = (QUICK_MAX_EPOCHS if is_quick else MAX_EPOCHS) if entrant.is_repeated else 0
    first_rung = _first_rung(entrant, facts, settings.get("batch_size", 32), is_quick=is_quick)
    return Allowance(
        entrant=entrant,
        num_settings=_num_settings(entrant, is_quick=is_quick),
        first_rung=first_rung,
        max_epochs=max(max_epochs, first_rung),
        seeds=1 if is_quick or not entrant.method.uses_seed else goal.seeds,
        epoch_seconds=one_fold * len(choosing.folds),
        final_seconds=final,
    )


def _num_settings(entrant: Entrant, *, is_quick: bool) -> int:
    if entrant.is_repeated:
        wanted = 1 if is_quick else SETTINGS_REPEATED
    else:
        wanted = SETTINGS_AT_ONCE.get(entrant.method.name, SETTINGS_GRID)
        wanted = max(1, wanted // 2) if is_quick else wanted
    return min(wanted, num_combinations(entrant.dials, entrant.pinned, at_most=wanted))


def _first_rung(entrant: Entrant, facts: TaskFacts, batch_size: int, *, is_quick: bool) -> int:
    if not entrant.is_repeated:
        return 0
    steps_per_epoch = max(1, math.ceil(facts.num_fit / batch_size))
    enough = STEPS_BEFORE_FIRST_SCORE / steps_per_epoch
    return next((rung for rung in entrant.rungs if rung >= enough), entrant.rungs[-1])


def _cut_once(plan: list[Allowance], wished: list[Allowance]) -> list[Allowance] | None:
    """One step down: a setting less for the dearest search, else the dearest entrant left out.

    What an entrant that is left out would have taken, the others may search with again.
    """
    searching = [a for a in plan if a.num_settings > 1 and not a.left_out_because]
    costly = [a for a in searching if a.epoch_seconds * max(1, a.first_rung) > 1.0]
    if costly:
        dearest = max(costly, key=lambda a: a.epoch_seconds * max(1, a.first_rung))
        return [_one_setting_less(a) if a is dearest else a for a in plan]
    taking_part = [a for a in plan if not a.left_out_because]
    if len(taking_part) <= 1:
        return [_one_setting_less(a) if a in searching else a for a in plan] if searching else None
    dearest = max(taking_part, key=lambda a: a.planned_seconds)
    reason = f"{dearest.planned_seconds / 60:.0f} planned minutes do not fit the budget"
    return [
        replace(a, left_out_because=reason)
        if a is dearest
        else a
        if a.left_out_because
        else replace(a, num_settings=w.num_settings)
        for a, w in zip(plan, wished, strict=True)
    ]


def _one_setting_less(allowance: Allowance) -> Allowance:
    return replace(allowance, num_settings=allowance.num_settings - 1)
