"""The lines of the decision: what each candidate reached and cost, or why it was left behind."""

from __future__ import annotations

from sartor.core.dataset import Split
from sartor.core.decision import CandidateResult
from sartor.core.score import Comparison, Cost
from sartor.decide.choosing import Choosing
from sartor.decide.cost import usd_per_1k_requests
from sartor.decide.entrant import Entrant
from sartor.decide.finals import Finalist, Tested, compare_with_winner, per_seed
from sartor.decide.measured import measured_of, on_choosing_rows, tested_of
from sartor.decide.search import origins_of
from sartor.decide.standing import Result, Stopped
from sartor.decide.tournament import Outcome, seed_for


def candidate_results(
    outcome: Outcome, *, latency_ms: tuple[float, float] | None
) -> tuple[CandidateResult, ...]:
    """Finalists by rank, then what was left behind.

    Args:
        outcome: Of the tournament.
        latency_ms: Median and 95th percentile of the packaged winner; None where it was not measured.
    """
    comparisons = _comparisons(outcome)
    finalists = [_finalist_result(outcome, f, comparisons, latency_ms) for f in outcome.finalists]
    behind = [
        _other_best(outcome, standing.best)
        for standing in outcome.standings
        if standing.best is not None
        and standing.best.candidate.id not in {f.result.candidate.id for f in outcome.finalists}
    ]
    stopped = [_stopped_result(s) for standing in outcome.standings for s in standing.stopped]
    left_out = [
        _left_out(a.entrant, a.left_out_because) for a in outcome.draw.plan if a.left_out_because
    ]
    not_begun = [
        _left_out(s.allowance.entrant, "the time budget ended before it was scored")
        for s in outcome.standings
        if s.best is None and not s.stopped
    ]
    return (*finalists, *behind, *stopped, *left_out, *not_begun)


def _comparisons(outcome: Outcome) -> dict[str, Comparison]:
    draw = outcome.draw
    if outcome.test is not None:
        decided = {t.finalist.result.candidate.id: t.decided_RN for t in outcome.tested}
        rows: Split | Choosing = outcome.test
    else:
        decided = {f.result.candidate.id: f.result.decided_RS for f in outcome.finalists}
        rows = draw.choosing
    return compare_with_winner(
        draw.rule.metric.name,
        rows.targets,
        decided,
        outcome.winner.result.candidate.id,
        groups=rows.groups,
        num_labels=draw.facts.num_labels,
        seed=seed_for(draw.goal, "comparison"),
        texts=rows.texts,
    )


def _finalist_result(
    outcome: Outcome,
    finalist: Finalist,
    comparisons: dict[str, Comparison],
    latency_ms: tuple[float, float] | None,
) -> CandidateResult:
    result = finalist.result
    tested = tested_of(outcome, finalist)
    is_winner = finalist is outcome.winner
    entrant = result.allowance.entrant
    planned_usd = usd_per_1k_requests(entrant.base, outcome.draw.facts, result.settings)
    usd = usd_per_1k_requests(entrant.base, outcome.draw.facts, result.settings, result.asked)
    latency_ms_p50, latency_ms_p95 = latency_ms if is_winner and latency_ms else (None, None)
    return CandidateResult(
        candidate=result.candidate.id,
        base=result.candidate.base,
        method=result.candidate.method,
        title=entrant.method.title,
        settings={**result.settings, **({"epochs": result.epochs} if result.epochs else {})},
        origins={
            **origins_of(entrant.dials, entrant.pinned),
            **({"epochs": "searched"} if result.epochs else {}),
        },
        state="winner" if is_winner else "finalist",
        stopped_because=None,
        valid=on_choosing_rows(outcome, result),
        test=measured_of(outcome, finalist) if tested is not None else None,
        test_seeds=_values_of_seeds(outcome, tested),
        cost=Cost(
            train_seconds=round(finalist.train_seconds, 3),
            usd_per_1k_requests=usd,
            latency_ms_p50=latency_ms_p50,
            latency_ms_p95=latency_ms_p95,
        ),
        predicted_cost=Cost(
            train_seconds=round(result.allowance.final_seconds * (result.epochs or 1), 3),
            usd_per_1k_requests=planned_usd,
        ),
        versus_winner=comparisons.get(result.candidate.id),
        is_no_worse=outcome.choice.evidence[result.candidate.id].is_no_worse,
        share_of_budget=_share(outcome, entrant.name),
    )


def _values_of_seeds(
    outcome: Outcome, tested: Tested | None
) -> dict[str, tuple[float, ...]] | None:
    """Metric to its value with each seed, on `test`; None where there is none."""
    if tested is None or outcome.test is None:
        return None
    test = outcome.test
    values = per_seed(
        outcome.draw.dataset.output_kind,
        test.targets,
        tested.decided_RN,
        num_labels=outcome.draw.facts.num_labels,
        texts=test.texts,
    )
    if outcome.readers is not None:
        values |= outcome.readers.per_seed(test.targets, tested.decided_RN)
    return values


def _share(outcome: Outcome, name: str) -> float:
    """Planned work of one entrant, search and finals, over that of all."""
    finals = {
        f.result.allowance.entrant.name: len(f.seeds)
        * f.result.allowance.final_seconds
        * (f.result.epochs or 1)
        for f in outcome.finalists
    }
    spent = {
        s.allowance.entrant.name: s.planned_seconds + finals.get(s.allowance.entrant.name, 0.0)
        for s in outcome.standings
    }
    return spent[name] / max(1e-9, sum(spent.values()))


def _other_best(outcome: Outcome, result: Result) -> CandidateResult:
    """The best setting of an entrant that is no finalist: another one is better, or it failed."""
    failure = outcome.failures.get(result.candidate.id)
    because = f"failed {failure}" if failure else "not a finalist"
    entrant = result.allowance.entrant
    return CandidateResult(
        candidate=result.candidate.id,
        base=result.candidate.base,
        method=result.candidate.method,
        title=entrant.method.title,
        settings=dict(result.settings),
        origins=origins_of(entrant.dials, entrant.pinned),
        state="failed" if failure else "stopped",
        stopped_because=because,
        valid=on_choosing_rows(outcome, result),
        test=None,
        test_seeds=None,
        cost=Cost(train_seconds=round(result.seconds, 3)),
        predicted_cost=Cost(),
        versus_winner=None,
        share_of_budget=_share(outcome, entrant.name),
    )


def _stopped_result(stopped: Stopped) -> CandidateResult:
    entrant = stopped.allowance.entrant
    candidate = entrant.candidate(stopped.settings)
    return CandidateResult(
        candidate=candidate.id,
        base=candidate.base,
        method=candidate.method,
        title=entrant.method.title,
        settings=dict(stopped.settings),
        origins=origins_of(entrant.dials, entrant.pinned),
        state="failed" if stopped.has_failed else "stopped",
        stopped_because=stopped.because,
        valid={},
        test=None,
        test_seeds=None,
        cost=Cost(train_seconds=round(stopped.seconds, 3)),
        predicted_cost=Cost(),
        versus_winner=None,
    )


def _left_out(entrant: Entrant, because: str) -> CandidateResult:
    return CandidateResult(
        candidate=entrant.name,
        base=entrant.base.id if entrant.base else None,
        method=entrant.method.name,
        title=entrant.method.title,
        settings={},
        origins={},
        state="stopped",
        stopped_because=f"left out: {because}",
        valid={},
        test=None,
        test_seeds=None,
        cost=Cost(),
        predicted_cost=Cost(),
        versus_winner=None,
    )
