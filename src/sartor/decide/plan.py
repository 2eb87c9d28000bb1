"""The plan: what will be tried, how deep, and what of it the budget does not allow.

Work is counted in planned seconds, operations over the pace of the machine, never in clocks: equal runs make
equal plans. What a run really took stands beside it afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sartor.core.dataset import TaskFacts
from sartor.core.decoding import WRITING_SLOWNESS
from sartor.core.goal import Goal
from sartor.decide.asking import (
    SETTINGS_OF_API,
    Asking,
    asking_of,
    asking_seconds,
    does_not_fit,
    too_dear,
)
from sartor.decide.choosing import Choosing
from sartor.decide.entrant import Entrant
from sartor.decide.pace import REFERENCE_PACE, Pace
from sartor.decide.search import default_settings, num_combinations

SETTINGS_AT_ONCE = {"tfidf": 5, "crf": 6, "head": 12, "mlp_head": 4}
"""Settings of methods that learn in one go; others try every combination up to the limit below."""
SETTINGS_GRID = 18
SETTINGS_REPEATED = 4
"""Settings of methods that learn in epochs; all but the best stop early."""
TYPICAL_EPOCHS = 5
"""Epochs after which the best setting has usually stopped."""
SETTINGS_KEPT = 2
"""Settings of a search that are given up only after epochs were."""
EPOCHS_KEPT = 4
"""Epochs that are given up only after the last but one setting was."""
WORTH_SHARE = 0.002
"""Share of the budget that giving up a setting must spare."""
LEAST_EPOCHS = 2
"""Fewer than these, and the method is left out."""
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
    first_rung: float
    """Epochs after which settings are first compared; 0 where nothing is repeated."""
    planned_epochs: float
    """Epochs that the budget holds for the best setting and for each retraining; 0 likewise."""
    max_epochs: float
    """Most epochs, where others leave something over; 0 likewise."""
    seeds: int
    """Retrainings as a finalist."""
    epoch_seconds: float
    """Planned seconds of one epoch, or of one whole fit, over all folds."""
    final_seconds: float
    """The same for one finalist, which learns from all rows."""
    num_decodings: int = 0
    """Other ways to write its answers that are tried with the best setting."""
    answer_seconds: float = 0.0
    """Planned seconds of one of them, over all folds."""
    left_out_because: str | None = None
    asking: Asking | None = None
    """What it asks of its API; None where it has none."""

    @property
    def planned_usd(self) -> float:
        """Money for its API, search and finalists together, with a margin."""
        if self.asking is None or self.left_out_because:
            return 0.0
        return self.asking.usd(self.num_settings)

    @property
    def planned_seconds(self) -> float:
        """Search and finalists together."""
        return 0.0 if self.left_out_because else self.seconds_at(self.planned_epochs)

    @property
    def least_epochs(self) -> float:
        """Epochs that training may be cut to: settings must be told apart, one alone need not be."""
        return self.first_rung if self.num_settings > 1 else 0

    @property
    def planned_final_seconds(self) -> float:
        """All retrainings as a finalist."""
        return self.seeds * self.planned_seed_seconds

    @property
    def planned_seed_seconds(self) -> float:
        """One retraining as a finalist."""
        return self.final_seconds * (self.planned_epochs or 1)

    def seconds_at(self, epochs: float) -> float:
        """Search and finalists together, should the best setting need this many epochs."""
        after = self.num_decodings * self.answer_seconds + self.finals_seconds_at(epochs)
        if not self.entrant.is_repeated:
            return self.num_settings * self.epoch_seconds + after
        others = (self.num_settings - 1) * min(self.first_rung, self.max_epochs)
        return (others + epochs) * self.epoch_seconds + after

    def finals_seconds_at(self, epochs: float) -> float:
        """Retrainings alone."""
        return self.seeds * self.final_seconds * (epochs or 1)


def make_plan(
    goal: Goal,
    entrants: Sequence[Entrant],
    facts: TaskFacts,
    choosing: Choosing,
    *,
    is_quick: bool,
    pace: Pace = REFERENCE_PACE,
    absent: Mapping[str, str] | None = None,
    num_held_out: int = 0,
) -> list[Allowance]:
    """What every entrant may spend, cut to the budget: settings first, then epochs, then the dearest methods.

    First to the money, then to the time.

    Args:
        goal: Budget and seeds.
        entrants: In order of depth.
        facts: Of the task.
        choosing: Rows and folds.
        is_quick: One seed, few settings, short training.
        pace: Of the machine that will do it.
        absent: Bases that cannot be had now, with the reasons.
        num_held_out: Rows of the test set, and texts of no class: what finalists are asked besides.
    """
    wished = [
        _wished(goal, entrant, facts, choosing, pace, is_quick=is_quick) for entrant in entrants
    ]
    wished = [_with_asking(goal, a, facts, choosing, num_held_out=num_held_out) for a in wished]
    wished = _cut_to_money(goal, [_present(allowance, absent or {}) for allowance in wished])
    plan = wished
    while planned_seconds(plan) > budget_seconds(goal):
        cut = _cut_once(plan, wished, worth_seconds=WORTH_SHARE * budget_seconds(goal))
        if cut is None:
            break
        plan = cut
    return plan


def budget_seconds(goal: Goal) -> float:
    """Seconds of the budget that are planned."""
    return goal.budget.hours * 3600 * BUDGET_USED_SHARE


def planned_seconds(plan: Sequence[Allowance]) -> float:
    """All of it."""
    return sum(allowance.planned_seconds for allowance in plan)


def _wished(
    goal: Goal,
    entrant: Entrant,
    facts: TaskFacts,
    choosing: Choosing,
    pace: Pace,
    *,
    is_quick: bool,
) -> Allowance:
    settings = default_settings(entrant.dials, entrant.pinned)
    flops_per_second = pace.flops_per_second(entrant.base)
    one_fold = entrant.method.train_flops(settings, facts, entrant.base) / flops_per_second
    all_rows = facts.with_(num_fit=len(choosing.rows))
    final = entrant.method.train_flops(settings, all_rows, entrant.base) / flops_per_second
    first_rung = _first_rung(entrant, facts, settings.get("batch_size", 32), is_quick=is_quick)
    most = (QUICK_MAX_EPOCHS if is_quick else MAX_EPOCHS) if entrant.is_repeated else 0
    max_epochs = max(most, first_rung)
    return Allowance(
        entrant=entrant,
        num_settings=_num_settings(entrant, is_quick=is_quick),
        first_rung=first_rung,
        planned_epochs=min(max(TYPICAL_EPOCHS, 2 * first_rung), max_epochs),
        max_epochs=max_epochs,
        seeds=1 if is_quick or not entrant.method.uses_seed else goal.seeds,
        epoch_seconds=one_fold * len(choosing.folds),
        final_seconds=final,
        num_decodings=0 if is_quick else num_decodings(entrant),
        answer_seconds=_answer_seconds(entrant, facts, one_fold, pace) * len(choosing.folds),
        left_out_because=_too_many_rows(goal, entrant, facts),
    )


def _with_asking(
    goal: Goal, allowance: Allowance, facts: TaskFacts, choosing: Choosing, *, num_held_out: int
) -> Allowance:
    """The same with the requests that it needs; what is not computed here takes the time of asking."""
    entrant = allowance.entrant
    settings = default_settings(entrant.dials, entrant.pinned)
    asking = asking_of(
        entrant, facts, choosing, settings, num_held_out=num_held_out, seeds=allowance.seeds
    )
    if asking is None:
        return allowance
    assert entrant.base is not None
    return replace(
        allowance,
        asking=asking,
        epoch_seconds=asking_seconds(entrant.base, asking.num_searched),
        final_seconds=asking_seconds(entrant.base, asking.num_final) / allowance.seeds,
        left_out_because=allowance.left_out_because or too_dear(goal, asking),
    )


def _present(allowance: Allowance, absent: Mapping[str, str]) -> Allowance:
    base = allowance.entrant.base
    if base is None or base.id not in absent:
        return allowance
    return replace(allowance, left_out_because=absent[base.id])


def _cut_to_money(goal: Goal, plan: list[Allowance]) -> list[Allowance]:
    """A setting less of the dearest, until the money is enough; where only one is left, it is left out."""
    limit_usd = math.inf if goal.budget.usd is None else goal.budget.usd
    while sum(allowance.planned_usd for allowance in plan) > limit_usd:
        giving = [a for a in plan if a.planned_usd > 0]
        several = [a for a in giving if a.num_settings > 1]
        dearest = max(several or giving, key=lambda a: a.planned_usd)
        cut = (
            _one_setting_less(dearest)
            if several
            else replace(dearest, left_out_because=does_not_fit(dearest.planned_usd, goal))
        )
        plan = [cut if a is dearest else a for a in plan]
    return plan


def _too_many_rows(goal: Goal, entrant: Entrant, facts: TaskFacts) -> str | None:
    """Why a method for few examples does not take part; whoever asks for it by name gets it."""
    most = getattr(entrant.method, "most_rows", math.inf)
    if facts.num_fit <= most or entrant.method.name in goal.methods:
        return None
    return f"{facts.num_fit:,} examples to learn from, and it is for up to {most:,}"


def num_decodings(entrant: Entrant) -> int:
    """Other ways to write answers, tried one dial after the other."""
    return sum(len(dial.choices) - 1 for dial in entrant.answer_dials)


def _answer_seconds(entrant: Entrant, facts: TaskFacts, one_fold: float, pace: Pace) -> float:
    """Of writing the answers that choose, once; without training a fit is nothing else."""
    if not entrant.is_repeated or entrant.base is None:
        return one_fold
    multiplied = entrant.base.trunk_parameters + entrant.base.output_parameters
    answered = facts.num_scored * facts.mean_answer_tokens
    return 2.0 * multiplied * answered * WRITING_SLOWNESS / pace.flops_per_second(entrant.base)


def _num_settings(entrant: Entrant, *, is_quick: bool) -> int:
    if entrant.is_repeated:
        wanted = 1 if is_quick else SETTINGS_REPEATED
    elif entrant.base is not None and entrant.base.endpoint is not None:
        wanted = 1 if is_quick else SETTINGS_OF_API
    else:
        wanted = SETTINGS_AT_ONCE.get(entrant.method.name, SETTINGS_GRID)
        wanted = max(1, wanted // 2) if is_quick else wanted
    return min(wanted, num_combinations(entrant.dials, entrant.pinned, at_most=wanted))


def _first_rung(entrant: Entrant, facts: TaskFacts, batch_size: int, *, is_quick: bool) -> float:
    if not entrant.is_repeated:
        return 0
    steps_per_epoch = max(1, math.ceil(facts.num_fit / batch_size))
    least = getattr(entrant.method, "steps_before_score", STEPS_BEFORE_FIRST_SCORE)
    enough = least / steps_per_epoch
    return next((rung for rung in entrant.rungs if rung >= enough), entrant.rungs[-1])


def _cut_once(
    plan: list[Allowance], wished: list[Allowance], *, worth_seconds: float
) -> list[Allowance] | None:
    """One step down: of the dearest, its ways to write, a setting or an epoch less; else it is left out.

    A setting that spares less than `worth_seconds` is not given up for it.

    What an entrant that is left out would have taken, the others may search with again.
    """

    def is_dear(a: Allowance) -> bool:
        return a.epoch_seconds * (a.first_rung or 1) > worth_seconds

    taking_part = [a for a in plan if not a.left_out_because]
    steps: tuple[tuple[Callable[[Allowance], bool], Callable[[Allowance], Allowance]], ...] = (
        (lambda a: a.num_decodings * a.answer_seconds > worth_seconds, _one_decoding),
        (lambda a: a.num_settings > SETTINGS_KEPT and is_dear(a), _one_setting_less),
        (lambda a: a.planned_epochs > max(EPOCHS_KEPT, a.least_epochs), _one_epoch_less),
        (lambda a: a.num_settings > 1 and is_dear(a), _one_setting_less),
        (lambda a: a.planned_epochs > max(LEAST_EPOCHS, a.least_epochs), _one_epoch_less),
    )
    for may_give, less in steps:
        giving = [a for a in taking_part if may_give(a)]
        if giving:
            dearest = max(giving, key=lambda a: a.planned_seconds)
            return [less(a) if a is dearest else a for a in plan]
    if len(taking_part) <= 1:
        last = [a for a in taking_part if a.num_settings > 1]
        return [_one_setting_less(a) if a in last else a for a in plan] if last else None
    dearest = max(taking_part, key=lambda a: a.planned_seconds)
    reason = f"{dearest.planned_seconds / 60:.0f} planned minutes do not fit the budget"
    return [
        replace(a, left_out_because=reason) if a is dearest else a if a.left_out_because else w
        for a, w in zip(plan, wished, strict=True)
    ]


def _one_decoding(allowance: Allowance) -> Allowance:
    return replace(allowance, num_decodings=0)


def _one_setting_less(allowance: Allowance) -> Allowance:
    return replace(allowance, num_settings=allowance.num_settings - 1)


def _one_epoch_less(allowance: Allowance) -> Allowance:
    """The same, trained to the rung before."""
    rungs = [r for r in allowance.entrant.rungs if r < allowance.planned_epochs]
    planned = max(rungs[-1], allowance.least_epochs)
    first_rung = min(allowance.first_rung, planned)
    return replace(allowance, planned_epochs=planned, first_rung=first_rung)


class Purse:
    """What of the budget is planned for nobody: what those leave over who stop early goes to the next.

    Counted in planned seconds, so that a run that is resumed decides as it would have.

    Args:
        plan: Everybody's allowance.
        budget_seconds: Planned seconds in all.
    """

    def __init__(self, plan: Sequence[Allowance], budget_seconds: float) -> None:
        self.free_seconds = budget_seconds - planned_seconds(plan)

    def allows(self, allowance: Allowance, epochs: float, *, beside: float = 0.0) -> bool:
        """Whether a setting of an entrant may be trained this far, its retrainings included.

        Args:
            allowance: Of the entrant.
            epochs: Wanted.
            beside: Epochs that others of its settings were trained beyond the first rung.
        """
        wanted = allowance.seconds_at(epochs) - allowance.planned_seconds
        wanted += beside * allowance.epoch_seconds
        return wanted <= max(0.0, self.free_seconds)

    def settle(self, allowance: Allowance, *, searched_seconds: float, epochs: float) -> None:
        """An entrant is done: what it has not used is free, what it used beyond its own is gone."""
        used = searched_seconds + allowance.finals_seconds_at(epochs)
        self.free_seconds += allowance.planned_seconds - used
