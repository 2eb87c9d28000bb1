"""The rule that picks the winner: written down before the first trial, applied once (laws 1 and 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sartor.core.goal import Goal, Target
from sartor.core.hashing import derived_seed
from sartor.core.metric import METRICS, Metric
from sartor.decide.choosing import Choosing
from sartor.decide.cost import SAME_COST_SHARE, costs_the_same, served_bytes
from sartor.decide.standing import Result
from sartor.evaluate.paired import NonInferiority, non_inferiority

CERTAINTY = 0.95


@dataclass(frozen=True)
class Rule:
    """Everything the choice of the winner depends on."""

    metric: Metric
    tolerance: float
    """In units of the metric."""
    choosing_name: str
    targets: tuple[Target, ...]
    seeds: int
    seed: int
    finalists_of: str
    """`method`: the best of each method is retrained; `family`: of each family only (a quick run)."""
    memory_gb: float | None = None
    """Memory that the served winner may take, in GiB; None where the goal says nothing."""

    def text(self) -> str:
        """The rule in words, as it is stored, shown and reported."""
        better = "highest" if self.metric.is_higher_better else "lowest"
        marks = ", ".join(_mark(target) for target in self.targets) or "no marks were set"
        each = (
            "method" if self.finalists_of == "method" else "family (baseline, off the shelf, tuned)"
        )
        return (
            f"Candidates are ranked by {self.metric.name} on {self.choosing_name}; the {better} is the "
            f"best{self._among()}. A candidate is good enough if it is shown to be no worse than the best "
            f"by more than {self.tolerance:g} (one-sided paired bootstrap, {CERTAINTY:.0%} certainty). Of "
            f"those, the one that costs least to run wins; among equal costs (within "
            f"{SAME_COST_SHARE:.0%}) one without training before a trained one, then the better "
            f"{self.metric.name}. Where nothing "
            f"else is shown to be good enough, the best itself wins. The best of each {each} is "
            f"retrained on all these rows with {self.seeds} seed{'s' if self.seeds > 1 else ''}, the first "
            f"of which is shipped. Only then is test opened, once, to report and to hold the winner "
            f"against the marks: {marks}."
        )

    def _among(self) -> str:
        if self.memory_gb is None:
            return ""
        return f", among those that are served in {self.memory_gb:g} GiB if there are any"


def rule_for(goal: Goal, metric: str, choosing: Choosing, *, is_quick: bool) -> Rule:
    """The rule of a run; a quick one retrains less: one seed, the best of each family only."""
    return Rule(
        metric=METRICS[metric],
        tolerance=goal.tolerance,
        choosing_name=choosing.name,
        targets=goal.targets,
        seeds=1 if is_quick else goal.seeds,
        seed=goal.seed,
        finalists_of="family" if is_quick else "method",
        memory_gb=goal.constraints.memory_gb,
    )


@dataclass(frozen=True)
class Choice:
    """The winner and why it is one."""

    winner: Result
    best: Result
    evidence: dict[str, NonInferiority]
    """Candidate id to its comparison with the best."""


def choose(
    rule: Rule,
    finalists: Sequence[Result],
    costs_usd: Sequence[float],
    *,
    choosing: Choosing,
    num_labels: int,
) -> Choice:
    """Apply the rule to the finalists' answers on the rows that choose.

    Args:
        rule: As written down.
        finalists: The best setting of each method.
        costs_usd: What 1,000 requests cost, one per finalist.
        choosing: Targets and groups of the rows.
        num_labels: C.
    """
    sign = -1.0 if rule.metric.is_higher_better else 1.0
    allowed = _allowed(rule, finalists)
    best = min(allowed, key=lambda r: (sign * r.value, r.candidate.id))
    evidence = {
        result.candidate.id: non_inferiority(
            rule.metric.name,
            choosing.targets,
            result.decided_RS,
            best.decided_RS,
            tolerance=rule.tolerance,
            groups=choosing.groups,
            num_labels=num_labels,
            seed=derived_seed(rule.seed, "rule"),
            texts=choosing.texts,
            level=CERTAINTY,
        )
        for result in finalists
    }
    good_enough = [
        (result, usd)
        for result, usd in zip(finalists, costs_usd, strict=True)
        if any(result is one for one in allowed)
        and (result is best or evidence[result.candidate.id].is_no_worse)
    ]
    cheapest_usd = min(usd for _, usd in good_enough)
    equally_cheap = [r for r, usd in good_enough if costs_the_same(usd, cheapest_usd)]
    winner = min(equally_cheap, key=lambda r: (_is_trained(r), sign * r.value, r.candidate.id))
    return Choice(winner, best, evidence)


def _allowed(rule: Rule, finalists: Sequence[Result]) -> list[Result]:
    """Those that fit the memory that the goal allows; all where none does, and the verdict says so."""
    if rule.memory_gb is None:
        return list(finalists)
    most_bytes = rule.memory_gb * 2**30
    fitting = [r for r in finalists if served_bytes(r.allowance.entrant.base) <= most_bytes]
    return fitting or list(finalists)


def _is_trained(result: Result) -> bool:
    return result.allowance.entrant.method.family == "tuned"


def _mark(target: Target) -> str:
    bound = (
        f"at least {target.at_least:g}"
        if target.at_least is not None
        else f"at most {target.at_most:g}"
    )
    return f"{target.metric} {bound}"


def ranked(results: Sequence[Result], metric: Metric) -> list[Result]:
    """Best first; equal values by name, so that the order is always the same."""
    sign = -1.0 if metric.is_higher_better else 1.0
    order = sorted(
        range(len(results)), key=lambda i: (sign * results[i].value, results[i].candidate.id)
    )
    return [results[int(i)] for i in np.asarray(order, dtype=int)]
