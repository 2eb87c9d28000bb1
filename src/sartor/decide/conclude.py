"""From the tournament's outcome to the `Decision`: every number with its interval, and the verdict."""

from __future__ import annotations

from typing import Any

from sartor.core.decision import Automation, Decision, TargetResult
from sartor.core.score import Estimate
from sartor.decide.candidate_results import candidate_results
from sartor.decide.cost import served_bytes
from sartor.decide.finals import Finalist, Tested
from sartor.decide.measured import measured_of, tested_of
from sartor.decide.shown_details import Mask, shown_details
from sartor.decide.tournament import Outcome, seed_for
from sartor.decide.verdict import Answer, answer, broken_constraints, held_against
from sartor.evaluate.automation import automation
from sartor.evaluate.metrics import is_right
from sartor.evaluate.out_of_scope import auroc, recall, scope_score


def conclude(
    outcome: Outcome,
    *,
    run: str,
    latency_ms: tuple[float, float] | None,
    test_looks: int,
    mask: Mask,
    seconds: float,
) -> Decision:
    """Put the decision together.

    Args:
        outcome: Of the tournament.
        run: Its id.
        latency_ms: Median and 95th percentile of the packaged winner, measured.
        test_looks: How often this test set has been looked at.
        mask: For texts that the report shows.
        seconds: The whole run took.
    """
    draw = outcome.draw
    automated = _automation(outcome)
    targets = _targets(outcome)
    said = _said(outcome, targets, automated, latency_ms)
    return Decision(
        run=run,
        verdict=said.verdict,
        headline=said.headline,
        reason=said.reason,
        rule=draw.rule.text(),
        metric=draw.rule.metric.name,
        winner=_winner(outcome.winner),
        candidates=candidate_results(outcome, latency_ms=latency_ms),
        targets=targets,
        data={"hash": draw.dataset.hash, "num_examples": _num_examples(outcome)},
        advice=said.advice,
        automation=automated,
        details=shown_details(outcome, mask),
        environment=outcome.environment,
        test_looks=test_looks,
        seconds=seconds,
        is_cut_short=outcome.is_cut_short,
        tolerance=draw.rule.tolerance,
    )


def _said(
    outcome: Outcome,
    targets: tuple[TargetResult, ...],
    automated: Automation | None,
    latency_ms: tuple[float, float] | None,
) -> Answer:
    """The verdict in words."""
    draw, entrant = outcome.draw, outcome.winner.result.allowance.entrant
    return answer(
        draw.dataset,
        family=entrant.method.family,
        title=entrant.method.title,
        metric=draw.rule.metric.name,
        measured=measured_of(outcome, outcome.winner),
        best_baseline=_best_baseline(outcome),
        targets=targets,
        automation=automated,
        broken=broken_constraints(
            draw.goal.constraints,
            latency_ms_p95=latency_ms[1] if latency_ms else None,
            memory_bytes=served_bytes(entrant.base),
        ),
        has_test=outcome.test is not None,
        has_model=bool(draw.goal.methods) or any(a.entrant.base for a in draw.plan),
    )


def _best_baseline(outcome: Outcome) -> Estimate | None:
    """The best candidate without a language model, on the same rows as the winner."""
    baselines = [
        f for f in outcome.finalists if f.result.allowance.entrant.method.family == "baseline"
    ]
    if not baselines:
        return None
    metric = outcome.draw.rule.metric
    values = [measured_of(outcome, f)[metric.name] for f in baselines]
    return (max if metric.is_higher_better else min)(values, key=lambda e: e.value)


def _targets(outcome: Outcome) -> tuple[TargetResult, ...]:
    draw = outcome.draw
    tested = tested_of(outcome, outcome.winner)
    has_test = tested is not None and outcome.test is not None
    rows = outcome.test if outcome.test is not None and has_test else None
    return held_against(
        draw.goal.targets,
        measured_of(outcome, outcome.winner),
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
    tested = tested_of(outcome, outcome.winner)
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


def _num_examples(outcome: Outcome) -> dict[str, int]:
    dataset = outcome.draw.dataset
    counts = {"train": len(dataset.train)}
    if dataset.valid is not None:
        counts["valid"] = len(dataset.valid)
    if dataset.test is not None:
        counts["test"] = dataset.test.num_examples
    return counts
