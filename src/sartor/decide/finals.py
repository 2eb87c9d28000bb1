"""The finals: the best of each method retrained on all rows, and shown the test set once.

Shape letters: N test rows, S scored rows, C labels, R seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sartor.core.dataset import Dataset, Split
from sartor.core.errors import TrialError
from sartor.core.goal import CLASSIFIED, Goal, OutputKind
from sartor.core.hashing import derived_seed
from sartor.core.metric import metrics_for
from sartor.core.score import Comparison, Estimate
from sartor.decide.choosing import Choosing
from sartor.decide.rule import Rule
from sartor.decide.standing import Result
from sartor.decide.trials import Trials
from sartor.evaluate.automation import choose_threshold, estimate_threshold
from sartor.evaluate.calibration import Calibrator, fit_calibrator
from sartor.evaluate.decisions import decide
from sartor.evaluate.intervals import estimate
from sartor.evaluate.metrics import is_right, metric_value
from sartor.evaluate.out_of_scope import choose_scope_threshold, scope_score
from sartor.evaluate.paired import compare, holm


@dataclass(frozen=True)
class Finalist:
    """The best setting of a method, retrained."""

    result: Result
    seeds: tuple[int, ...]
    """Seeds of the retrainings; the first is the one that would be shipped."""
    train_seconds: float
    """Of one retraining, mean."""


@dataclass(frozen=True)
class Tested:
    """A finalist's answers on the test set."""

    finalist: Finalist
    logits_RNC: np.ndarray
    decided_RN: np.ndarray


@dataclass(frozen=True)
class Confidence:
    """When the winner may answer alone, fixed on the rows that choose."""

    calibrator: Calibrator | None
    """None where answers are written: whether one is right is no yes or no."""
    threshold: float | None
    """Least calibrated confidence; above 1: never; None for a score."""
    scope_threshold: float | None
    """Least scope score of a text that belongs to a class; None for a score."""
    basis: str = "shown"
    """What the threshold rests on: `shown` by a test, or `expected` by the calibration."""


def retrain(
    trials: Trials, ranked_results: Sequence[Result], *, rule: Rule, seed: int, tell: Any
) -> tuple[list[Finalist], dict[str, str]]:
    """The best of each method (or family) on all rows, with each seed; where it fails, the next best.

    Of a method with two ways to give labels, the best of each.

    Returns:
        The finalists, best first, and for those that failed their candidate id with place and cause.
    """
    finalists, failures = [], {}
    settled: set[tuple[str, str]] = set()
    for result in ranked_results:
        entrant, epochs = result.allowance.entrant, result.epochs
        place = (entrant.method.name, entrant.form)
        if rule.finalists_of == "family":
            place = (entrant.method.family, "")
        if place in settled:
            continue
        seeds = finalist_seeds(result, rule.seeds, seed=seed)
        try:
            seconds = []
            for index, one in enumerate(seeds):
                tell(result, index, len(seeds))
                seconds.append(trials.train(entrant, result.settings, epochs=epochs, seed=one))
        except TrialError as error:
            failures[result.candidate.id] = f"in the final training: {error.problem}"
            continue
        settled.add(place)
        finalists.append(Finalist(result, seeds, float(np.mean(seconds))))
    return finalists, failures


def finalist_seeds(result: Result, num_seeds: int, *, seed: int) -> tuple[int, ...]:
    """One for each retraining; one only where another would change nothing."""
    needed = num_seeds if result.allowance.entrant.method.uses_seed else 1
    return tuple(derived_seed(seed, "finalist", index) for index in range(needed))


def show_test(
    trials: Trials, finalists: Sequence[Finalist], test: Split, *, winner: Finalist
) -> tuple[list[Tested], dict[str, str]]:
    """The finalists' answers to the test texts: the only place where they are made.

    Returns:
        The answers, and the candidate ids of losers that failed here with place and cause.

    Raises:
        TrialError: The winner failed: there is nothing to ship.
    """
    tested, failures = [], {}
    for finalist in finalists:
        try:
            tested.append(_answers(trials, finalist, test))
        except TrialError as error:
            if finalist is winner:
                raise
            failures[finalist.result.candidate.id] = f"on the test rows: {error.problem}"
    return tested, failures


def _answers(trials: Trials, finalist: Finalist, test: Split) -> Tested:
    result = finalist.result
    answers = [
        trials.answers_of(
            result.allowance.entrant,
            result.settings,
            epochs=result.epochs,
            seed=seed,
            texts=test.texts,
        )
        for seed in finalist.seeds
    ]
    logits_RNC = np.stack([said.logits_NC for said in answers])
    written = [said.written_N for said in answers if said.written_N is not None]
    written_RN = np.stack(written) if written else None
    kind = trials.facts.output_kind
    decided = decide(kind, logits_RNC, result.thresholds, written=written_RN)
    return Tested(finalist, logits_RNC, decided)


def all_metrics(
    kind: OutputKind,
    targets: np.ndarray,
    decided_R: np.ndarray,
    *,
    groups: np.ndarray,
    num_labels: int,
    seed: int,
    texts: Sequence[str],
) -> dict[str, Estimate]:
    """Every metric of the kind, with intervals."""
    return {
        metric.name: estimate(
            metric.name,
            targets,
            decided_R,
            groups=groups,
            num_labels=num_labels,
            seed=seed,
            texts=texts,
        )
        for metric in metrics_for(kind)
    }


def per_seed(
    kind: OutputKind,
    targets: np.ndarray,
    decided_RN: np.ndarray,
    *,
    num_labels: int,
    texts: Sequence[str],
) -> dict[str, tuple[float, ...]]:
    """Every metric, one value a seed."""
    return {
        metric.name: tuple(
            metric_value(metric.name, targets, decided_N, num_labels, texts=texts)
            for decided_N in decided_RN
        )
        for metric in metrics_for(kind)
    }


def compare_with_winner(
    metric: str,
    targets: np.ndarray,
    decided: dict[str, np.ndarray],
    winner: str,
    *,
    groups: np.ndarray,
    num_labels: int,
    seed: int,
    texts: Sequence[str],
) -> dict[str, Comparison]:
    """Every candidate minus the winner, p-values Holm-corrected over the candidates."""
    others = [name for name in decided if name != winner]
    raw = [
        compare(
            metric,
            targets,
            decided[name],
            decided[winner],
            groups=groups,
            num_labels=num_labels,
            seed=seed,
            texts=texts,
        )
        for name in others
    ]
    corrected = holm([comparison.p_value for comparison in raw])
    return {
        name: Comparison(c.difference, c.low, c.high, p_value, c.test)
        for name, c, p_value in zip(others, raw, corrected, strict=True)
    }


def confidence_of(
    goal: Goal, dataset: Dataset, choosing: Choosing, winner: Finalist, trials: Trials
) -> Confidence:
    """Calibration and thresholds of the winner, from rows it has not learned from.

    Texts of no class that the user has are scored by the shipped model, which has never seen them.
    """
    result, kind = winner.result, dataset.output_kind
    if kind not in CLASSIFIED:
        return Confidence(None, None, None)
    seed = derived_seed(goal.seed, "confidence")
    calibrator = fit_calibrator(
        kind,
        result.logits_RSC,
        choosing.targets,
        groups=choosing.groups,
        thresholds_C=result.thresholds,
        seed=seed,
    )
    if kind is OutputKind.SCORE:
        return Confidence(calibrator, None, None)
    confidence = np.concatenate([calibrator.confidence(logits) for logits in result.logits_RSC])
    right = np.concatenate([is_right(choosing.targets, decided) for decided in result.decided_RS])
    threshold = choose_threshold(
        confidence,
        right,
        promise=goal.automation_precision,
        groups=np.tile(choosing.groups, choosing.num_replicates),
    )
    basis = "shown"
    if threshold > 1:
        basis = "expected"
        threshold = estimate_threshold(
            result.logits_RSC,
            choosing.targets,
            calibrator=calibrator,
            promise=goal.automation_precision,
            groups=choosing.groups,
            seed=seed,
        )
    return Confidence(calibrator, threshold, _scope(goal, dataset, winner, trials), basis)


def _scope(goal: Goal, dataset: Dataset, winner: Finalist, trials: Trials) -> float:
    result, kind = winner.result, dataset.output_kind
    foreign = dataset.out_of_scope.get("valid")
    scores_out = None
    if foreign is not None and len(foreign):
        answers = trials.answers_of(
            result.allowance.entrant,
            result.settings,
            epochs=result.epochs,
            seed=winner.seeds[0],
            texts=foreign.texts,
        )
        scores_out = scope_score(kind, answers.logits_NC)
    scores_in = scope_score(kind, result.logits_RSC).ravel()
    return choose_scope_threshold(
        scores_in, keep_share=goal.out_of_scope.keep_share, scores_out=scores_out
    )
