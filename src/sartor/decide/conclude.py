"""From the tournament's outcome to the `Decision`: every number with its interval, and the verdict.

Shape letters: N test rows, C labels, R seeds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sartor.core.dataset import Split
from sartor.core.decision import Automation, CandidateResult, Decision, TargetResult
from sartor.core.goal import CLASSIFIED, OutputKind
from sartor.core.score import Comparison, Cost, Estimate
from sartor.decide.choosing import Choosing
from sartor.decide.cost import served_bytes, usd_per_1k_requests
from sartor.decide.entrant import Entrant
from sartor.decide.extracted_errors import extracted_details
from sartor.decide.finals import Finalist, Tested, all_metrics, compare_with_winner, per_seed
from sartor.decide.race import Result, Stopped
from sartor.decide.search import origins_of
from sartor.decide.side_by_side import side_by_side, what_retrieval_changed
from sartor.decide.tournament import Outcome, seed_for
from sartor.decide.verdict import answer, broken_constraints, held_against
from sartor.decide.worst_answers import worst_answers
from sartor.evaluate.automation import automation
from sartor.evaluate.details import confusions, instructive_errors, label_table
from sartor.evaluate.intervals import estimate
from sartor.evaluate.metrics import is_right
from sartor.evaluate.out_of_scope import auroc, recall, scope_score
from sartor.evaluate.text_metrics import signature

Mask = Callable[[str], str]
"""Replaces personal data in a text that is shown."""


def conclude(
    outcome: Outcome,
    *,
    run: str,
    latency_ms: tuple[float, float] | None,
    package_bytes: int | None,
    test_looks: int,
    mask: Mask,
    seconds: float,
) -> Decision:
    """Put the decision together.

    Args:
        outcome: Of the tournament.
        run: Its id.
        latency_ms: Median and 95th percentile of the packaged winner, measured.
        package_bytes: Its size on disk.
        test_looks: How often this test set has been looked at.
        mask: For texts that the report shows.
        seconds: The whole run took.
    """
    draw, winner = outcome.draw, outcome.winner
    automated = _automation(outcome)
    targets = _targets(outcome)
    measured = _measured(outcome, winner)
    memory_bytes = served_bytes(winner.result.allowance.entrant.base)
    method = winner.result.allowance.entrant.method
    said = answer(
        draw.dataset,
        family=method.family,
        title=method.title,
        metric=draw.rule.metric.name,
        measured=measured,
        best_baseline=_best_baseline(outcome),
        targets=targets,
        automation=automated,
        broken=broken_constraints(
            draw.goal.constraints,
            latency_ms_p95=latency_ms[1] if latency_ms else None,
            memory_bytes=memory_bytes,
        ),
        has_test=outcome.test is not None,
        has_model=bool(draw.goal.methods) or any(a.entrant.base for a in draw.plan),
    )
    return Decision(
        run=run,
        verdict=said.verdict,
        headline=said.headline,
        reason=said.reason,
        rule=draw.rule.text(),
        metric=draw.rule.metric.name,
        winner=_winner(winner),
        candidates=_candidates(outcome, latency_ms, package_bytes),
        targets=targets,
        data={"hash": draw.dataset.hash, "num_examples": _num_examples(outcome)},
        advice=said.advice,
        automation=automated,
        details=_details(outcome, mask),
        environment=outcome.environment,
        test_looks=test_looks,
        seconds=seconds,
        is_cut_short=outcome.is_cut_short,
        tolerance=draw.rule.tolerance,
    )


def measured_of_winner(outcome: Outcome) -> dict[str, Estimate]:
    """The winner's metrics, on `test` where there is one."""
    return _measured(outcome, outcome.winner)


def _measured(outcome: Outcome, finalist: Finalist) -> dict[str, Estimate]:
    """A finalist's metrics on `test`, or where there is none on the rows that choose."""
    tested = _tested(outcome, finalist)
    if tested is None or outcome.test is None:
        return _on_choosing_rows(outcome, finalist.result)
    test, seed = outcome.test, seed_for(outcome.draw.goal, "test")
    measured = all_metrics(
        outcome.draw.dataset.output_kind,
        test.targets,
        tested.decided_RN,
        groups=test.groups,
        num_labels=outcome.draw.facts.num_labels,
        seed=seed,
        texts=test.texts,
    )
    if outcome.readers is None:
        return measured
    read = outcome.readers.estimates(test.targets, tested.decided_RN, groups=test.groups, seed=seed)
    return {**measured, **read}


def _on_choosing_rows(outcome: Outcome, result: Result) -> dict[str, Estimate]:
    draw = outcome.draw
    return all_metrics(
        draw.dataset.output_kind,
        draw.choosing.targets,
        result.decided_RS,
        groups=draw.choosing.groups,
        num_labels=draw.facts.num_labels,
        seed=seed_for(draw.goal, "choosing"),
        texts=draw.choosing.texts,
    )


def _tested(outcome: Outcome, finalist: Finalist) -> Tested | None:
    return next((t for t in outcome.tested if t.finalist is finalist), None)


def _best_baseline(outcome: Outcome) -> Estimate | None:
    """The best candidate without a language model, on the same rows as the winner."""
    baselines = [
        f for f in outcome.finalists if f.result.allowance.entrant.method.family == "baseline"
    ]
    if not baselines:
        return None
    metric = outcome.draw.rule.metric
    values = [_measured(outcome, f)[metric.name] for f in baselines]
    return (max if metric.is_higher_better else min)(values, key=lambda e: e.value)


def _targets(outcome: Outcome) -> tuple[TargetResult, ...]:
    draw = outcome.draw
    tested = _tested(outcome, outcome.winner)
    has_test = tested is not None and outcome.test is not None
    rows = outcome.test if outcome.test is not None and has_test else None
    return held_against(
        draw.goal.targets,
        _measured(outcome, outcome.winner),
        rows=rows.targets if rows else draw.choosing.targets,
        decided_R=tested.decided_RN if tested else outcome.winner.result.decided_RS,
        groups=rows.groups if rows else draw.choosing.groups,
        num_labels=draw.facts.num_labels,
        seed=seed_for(draw.goal, "targets"),
        texts=rows.texts if rows else draw.choosing.texts,
    )


def _automation(outcome: Outcome) -> Automation | None:
    """What the shipped model may answer alone: its own answers, not the mean of the seeds."""
    confidence = outcome.confidence
    tested = _tested(outcome, outcome.winner)
    calibrator, threshold = confidence.calibrator, confidence.threshold
    if calibrator is None or threshold is None or tested is None or outcome.test is None:
        return None
    return automation(
        calibrator.confidence(tested.logits_RNC[0]),
        is_right(outcome.test.targets, tested.decided_RN[0]),
        threshold=threshold,
        promise=outcome.draw.goal.automation_precision,
        basis=confidence.basis,
        seed=seed_for(outcome.draw.goal, "automation"),
        groups=outcome.test.groups,
        out_of_scope=_out_of_scope(outcome, tested),
    )


def _out_of_scope(outcome: Outcome, tested: Tested) -> dict[str, Any]:
    threshold = outcome.confidence.scope_threshold
    assert threshold is not None
    kind = outcome.draw.dataset.output_kind
    scores_in = scope_score(kind, tested.logits_RNC[0])
    facts: dict[str, Any] = {
        "threshold": threshold,
        "keep_share": outcome.draw.goal.out_of_scope.keep_share,
        "kept_share": float((scores_in >= threshold).mean()),
    }
    if outcome.foreign_logits is not None:
        scores_out = scope_score(kind, outcome.foreign_logits)
        facts["recall"] = recall(scores_out, threshold).as_dict()
        facts["auroc"] = auroc(scores_in, scores_out).as_dict()
    return facts


def _winner(winner: Finalist) -> dict[str, Any]:
    candidate = winner.result.candidate
    return {
        "candidate": candidate.id,
        "base": candidate.base,
        "method": candidate.method,
        "settings": {**candidate.settings, "epochs": winner.result.epochs}
        if winner.result.epochs
        else dict(candidate.settings),
    }


def _candidates(
    outcome: Outcome, latency_ms: tuple[float, float] | None, package_bytes: int | None
) -> tuple[CandidateResult, ...]:
    """Finalists by rank, then what was left behind."""
    comparisons = _comparisons(outcome)
    finalists = [
        _finalist_result(outcome, f, comparisons, latency_ms, package_bytes)
        for f in outcome.finalists
    ]
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
    package_bytes: int | None,
) -> CandidateResult:
    result = finalist.result
    tested = _tested(outcome, finalist)
    is_winner = finalist is outcome.winner
    seeds = None
    if tested is not None and outcome.test is not None:
        seeds = per_seed(
            outcome.draw.dataset.output_kind,
            outcome.test.targets,
            tested.decided_RN,
            num_labels=outcome.draw.facts.num_labels,
            texts=outcome.test.texts,
        )
        if outcome.readers is not None:
            seeds |= outcome.readers.per_seed(outcome.test.targets, tested.decided_RN)
    entrant = result.allowance.entrant
    usd = usd_per_1k_requests(entrant.base, outcome.draw.facts, result.settings)
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
        valid=_on_choosing_rows(outcome, result),
        test=_measured(outcome, finalist) if tested is not None else None,
        test_seeds=seeds,
        cost=Cost(
            train_seconds=round(finalist.train_seconds, 3),
            usd_per_1k_requests=usd,
            latency_ms_p50=latency_ms[0] if is_winner and latency_ms else None,
            latency_ms_p95=latency_ms[1] if is_winner and latency_ms else None,
            peak_memory_bytes=None,
        ),
        predicted_cost=Cost(
            train_seconds=round(result.allowance.final_seconds * (result.epochs or 1), 3),
            usd_per_1k_requests=usd,
        ),
        versus_winner=comparisons.get(result.candidate.id),
        is_no_worse=outcome.choice.evidence[result.candidate.id].is_no_worse,
        share_of_budget=_share(outcome, entrant.name),
    )


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
        valid=_on_choosing_rows(outcome, result),
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


def _num_examples(outcome: Outcome) -> dict[str, int]:
    dataset = outcome.draw.dataset
    counts = {"train": len(dataset.train)}
    if dataset.valid is not None:
        counts["valid"] = len(dataset.valid)
    if dataset.test is not None:
        counts["test"] = dataset.test.num_examples
    return counts


def _details(outcome: Outcome, mask: Mask) -> dict[str, Any]:
    """What the shipped model does on `test`, label by label and row by row."""
    tested = _tested(outcome, outcome.winner)
    kind = outcome.draw.dataset.output_kind
    if tested is None or outcome.test is None:
        return {}
    if kind is OutputKind.SCORE:
        return {"errors": _worst_scores(outcome.test, tested.decided_RN[0], mask)}
    decided_N, facts = tested.decided_RN[0], outcome.draw.facts
    if kind in (OutputKind.SPANS, OutputKind.FIELDS):
        return extracted_details(outcome.test, decided_N, facts=facts, mask=mask)
    if kind not in CLASSIFIED:
        errors = worst_answers(outcome.test, decided_N, facts=facts, mask=mask)
        return {"errors": errors, **_of_texts(outcome, mask)}
    targets, decided = outcome.test.targets, tested.decided_RN[0]
    labels = outcome.draw.dataset.labels
    assert outcome.confidence.calibrator is not None
    confidence = outcome.confidence.calibrator.confidence(tested.logits_RNC[0])
    return {
        "labels": label_table(targets, decided, labels),
        "confusions": [
            {**line, "example": mask(outcome.test.texts[line["example"]])}
            for line in confusions(targets, decided, labels)
        ],
        "errors": [
            {
                "text": mask(outcome.test.texts[line["row"]]),
                "source": outcome.test.sources[line["row"]],
                **{key: line[key] for key in ("true", "predicted", "confidence")},
            }
            for line in instructive_errors(targets, decided, labels, confidence=confidence)
        ],
    }


def _of_texts(outcome: Outcome, mask: Mask) -> dict[str, Any]:
    """What is shown of texts: answers side by side, the references' own figures, what retrieval did."""
    assert outcome.test is not None
    shipped = {t.finalist.result.candidate.id: t.decided_RN[0] for t in outcome.tested}
    seed = seed_for(outcome.draw.goal, "side by side")
    retrieval = _retrieval(outcome)
    examples = side_by_side(
        outcome.test,
        shipped,
        facts=outcome.draw.facts,
        mask=mask,
        seed=seed,
        retrieval=retrieval,
    )
    found = {
        "side_by_side": examples,
        "references": _references(outcome),
        "signatures": {name: signature(name, outcome.test.targets) for name in ("bleu", "chrf")},
    }
    return {**found, **({"retrieval": retrieval} if retrieval else {})}


def _references(outcome: Outcome) -> dict[str, Any]:
    """What metrics that read the answer alone say of the references: how people wrote."""
    test = outcome.test
    assert test is not None
    first_RN = np.empty((1, len(test)), dtype=object)
    first_RN[0, :] = [references[0] for references in test.targets]
    seed = seed_for(outcome.draw.goal, "test")
    found = {
        "repetition": estimate(
            "repetition", test.targets, first_RN, groups=test.groups, num_labels=1, seed=seed
        )
    }
    if outcome.readers is not None:
        found |= outcome.readers.estimates(test.targets, first_RN, groups=test.groups, seed=seed)
        found.pop("relevance", None)
    return {name: one.as_dict() for name, one in found.items()}


def _retrieval(outcome: Outcome) -> dict[str, Any] | None:
    """Retrieval beside zero-shot on the same base; None where one of them is no finalist."""
    assert outcome.test is not None
    by_method = {t.finalist.result.candidate.method: t for t in outcome.tested}
    told, untold = by_method.get("retrieval"), by_method.get("zero_shot")
    if told is None or untold is None:
        return None
    told_by, untold_by = told.finalist.result.candidate, untold.finalist.result.candidate
    if told_by.base != untold_by.base:
        return None
    changed = what_retrieval_changed(
        outcome.draw.rule.metric.name,
        outcome.test,
        with_RN=told.decided_RN,
        without_RN=untold.decided_RN,
        facts=outcome.draw.facts,
        seed=seed_for(outcome.draw.goal, "comparison"),
    )
    return {"with": told_by.id, "without": untold_by.id, **changed}


def _worst_scores(test: Split, decided_N: np.ndarray, mask: Mask) -> list[dict[str, Any]]:
    worst = np.argsort(-np.abs(decided_N - test.targets), kind="stable")[:12]
    return [
        {
            "text": mask(test.texts[int(row)]),
            "source": test.sources[int(row)],
            "true": float(test.targets[row]),
            "predicted": float(decided_N[row]),
            "confidence": None,
        }
        for row in worst
    ]
