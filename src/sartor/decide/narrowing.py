"""How many folds choose, where the budget does not hold all of them for everybody.

An answer that is written scores a share, not right or wrong, so fewer rows tell candidates apart; and each
fold costs a training and all its answers. So folds are given up before candidates are, and before training
is cut to what no writer learns anything in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sartor.core.dataset import TaskFacts
from sartor.core.goal import CLASSIFIED
from sartor.decide.choosing import Choosing
from sartor.decide.plan import EPOCHS_KEPT, Allowance

FEWER_FOLDS = (3, 2, 1)
LEAST_SCORED = 60
"""Rows under which no further fold is given up."""
Plan = tuple[TaskFacts, list[Allowance]]


def narrowed(choosing: Choosing, plan_for: Callable[[Choosing], Plan]) -> tuple[Choosing, Plan]:
    """The most folds with which most candidates take part and learn long enough.

    Args:
        choosing: All folds.
        plan_for: Facts of the task, and a plan cut to the budget, for some folds.
    """
    found = [(choosing, plan_for(choosing))]
    facts, plan = found[0][1]
    if facts.output_kind not in CLASSIFIED and not _is_whole(plan):
        found += [(fewer, plan_for(fewer)) for fewer in _fewer(choosing)]
    return max(found, key=lambda way: _worth(way[1][1]))  # the first of equals: the most folds


def fewest(choosing: Choosing) -> Choosing:
    """As few folds as still score `LEAST_SCORED` rows: what a quick run chooses written answers by."""
    return [choosing, *_fewer(choosing)][-1]


def _fewer(choosing: Choosing) -> Iterator[Choosing]:
    """One repeat in place of several, then fewer folds of it."""
    num_folds = len(choosing.folds) // choosing.num_replicates
    wanted = [num_folds] if choosing.num_replicates > 1 else []
    for num in (*wanted, *(n for n in FEWER_FOLDS if n < num_folds)):
        fewer = choosing.first_folds(num)
        if len(fewer.scored_rows) >= LEAST_SCORED:
            yield fewer


def _is_whole(plan: Sequence[Allowance]) -> bool:
    return all(_takes_part(a) and _epochs(a) >= _epochs_enough(a) for a in plan)


def _worth(plan: Sequence[Allowance]) -> tuple[int, float]:
    """Who takes part, and how long they learn, as far as that matters."""
    part = [allowance for allowance in plan if _takes_part(allowance)]
    return len(part), sum(map(_epochs, part))


def _takes_part(allowance: Allowance) -> bool:
    return allowance.left_out_because is None


def _epochs(allowance: Allowance) -> float:
    return min(allowance.planned_epochs, _epochs_enough(allowance))


def _epochs_enough(allowance: Allowance) -> float:
    return min(EPOCHS_KEPT, allowance.max_epochs)
