"""The tournament, step by step: plan, race, finals, choice, test, verdict.

The winner is written down before the test set is opened; what `test` says changes no choice (law 1).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Fitted
from sartor.core.dataset import Dataset, Split, TaskFacts
from sartor.core.errors import GoalError, SartorError, TrialError
from sartor.core.goal import CLASSIFIED, Goal
from sartor.core.hashing import derived_seed
from sartor.core.metric import DEFAULT_METRIC
from sartor.core.protocols import Artifacts, Engine, Method, Progress
from sartor.decide.choosing import Choosing, choosing_of
from sartor.decide.cost import usd_per_1k_requests
from sartor.decide.entrant import Entrant, entrants_of, without_part
from sartor.decide.finals import (
    Confidence,
    Finalist,
    Tested,
    confidence_of,
    finalist_seeds,
    retrain,
    show_test,
)
from sartor.decide.narrowing import fewest, narrowed
from sartor.decide.pace import REFERENCE_PACE, Pace
from sartor.decide.plan import Allowance, Purse, budget_seconds, make_plan
from sartor.decide.race import Race
from sartor.decide.rule import Choice, Rule, choose, ranked, rule_for
from sartor.decide.standing import Result, Standing
from sartor.decide.task_facts import facts_of
from sartor.decide.trials import Trials
from sartor.decide.watching import LeaderboardWatch
from sartor.evaluate.text_readers import TextReaders

LEAST_SEARCH_SHARE = 0.25
"""Share of the budget that the searches may take in any case."""
WriteDown = Callable[[str, Mapping[str, Any]], object]
"""Name and document: written into the run's folder at once."""


@dataclass(frozen=True)
class Draw:
    """Everything fixed before the first trial."""

    goal: Goal
    dataset: Dataset
    facts: TaskFacts
    choosing: Choosing
    plan: tuple[Allowance, ...]
    rule: Rule
    without_part: tuple[str, ...] = ()
    """What the goal names and nobody uses, a sentence each."""
    pace: Pace = REFERENCE_PACE
    """Of the machine that the plan is for."""


@dataclass
class Outcome:
    """What the tournament found; becomes a `Decision` once the package was measured."""

    draw: Draw
    trials: Trials
    standings: list[Standing]
    choice: Choice
    finalists: list[Finalist]
    failures: dict[str, str]
    confidence: Confidence
    test: Split | None
    tested: list[Tested]
    foreign_logits: np.ndarray | None
    """The shipped model's logits for out-of-scope test texts, (N, C)."""
    fitted: Fitted
    is_cut_short: bool
    seconds: float
    environment: dict[str, Any] = field(default_factory=dict)
    readers: TextReaders | None = None
    """Of written texts, for the metrics that they need; None: these are not measured."""

    @property
    def winner(self) -> Finalist:
        """The finalist that won."""
        return next(f for f in self.finalists if f.result is self.choice.winner)


def draw_up(
    goal: Goal,
    dataset: Dataset,
    methods: Sequence[Method],
    bases: Sequence[BaseModel],
    *,
    is_quick: bool,
    pace: Pace = REFERENCE_PACE,
    absent: Mapping[str, str] | None = None,
) -> Draw:
    """Fix folds, entrants, allowances and the rule. Trains nothing, needs no engine.

    Args:
        goal: What is wanted.
        dataset: Its rows.
        methods: Who may take part ...
        bases: ... and with which models.
        is_quick: One seed, few settings, short training.
        absent: Bases that cannot be had now, with the reasons.
    """
    held_out = [s for s in (dataset.test, dataset.out_of_scope_test) if s is not None]
    num_held_out = sum(sealed.num_examples for sealed in held_out)

    def plan_for(choosing: Choosing) -> tuple[TaskFacts, list[Allowance]]:
        facts = facts_of(goal, dataset, choosing)
        entrants = entrants_of(goal, facts, methods, bases)
        plan = make_plan(
            goal,
            entrants,
            facts,
            choosing,
            is_quick=is_quick,
            pace=pace,
            absent=absent,
            num_held_out=num_held_out,
        )
        return facts, plan

    choosing = choosing_of(dataset, seed=goal.seed)
    if is_quick and dataset.output_kind not in CLASSIFIED:
        choosing = fewest(choosing)
    choosing, (facts, plan) = narrowed(choosing, plan_for)
    entrants = [allowance.entrant for allowance in plan]
    metric = goal.targets[0].metric if goal.targets else DEFAULT_METRIC[dataset.output_kind]
    return Draw(
        goal,
        dataset,
        facts,
        choosing,
        tuple(plan),
        rule_for(goal, metric, choosing, is_quick=is_quick),
        without_part(goal, entrants, methods, bases),
        pace,
    )


def play(
    draw: Draw,
    *,
    engine: Engine,
    artifacts: Artifacts,
    progress: Progress,
    write_down: WriteDown,
    open_test: Callable[[], Split | None],
    started: float,
    is_apart: bool = False,
) -> Outcome:
    """Race, finals, choice, test.

    Args:
        draw: What was fixed beforehand.
        engine: Trains and scores.
        artifacts: Finished work.
        progress: Who watches.
        write_down: Stores the rule before the first trial and the winner before the test.
        open_test: Opens the test set; called once, after the winner is written down.
        started: `time.monotonic()` at the start of the run.
        is_apart: Whether trials run in a process of their own, which ends with this function.
    """
    document = {"rule": draw.rule.text(), "pace": draw.pace.as_dict(), "plan": _plan_document(draw)}
    write_down("rule.json", document)
    with closing(_trials_of(draw, engine, artifacts, is_apart=is_apart)) as trials:
        return _played(draw, trials, progress, write_down, open_test, started=started)


def _played(
    draw: Draw,
    trials: Trials,
    progress: Progress,
    write_down: WriteDown,
    open_test: Callable[[], Split | None],
    *,
    started: float,
) -> Outcome:
    watch = LeaderboardWatch(draw, progress, started=started)
    standings, is_cut_short = _race(draw, trials, watch, progress, started=started)
    progress.step(f"Retraining the best of each {draw.rule.finalists_of} on all rows")
    finalists, failures = _finals(draw, trials, watch, standings, is_cut_short=is_cut_short)
    test: Split | None = None
    while True:
        choice = _choice(draw, finalists)
        winner = next(f for f in finalists if f.result is choice.winner)
        try:
            confidence = confidence_of(draw.goal, draw.dataset, draw.choosing, winner, trials)
            write_down("winner.json", _winner_document(choice, confidence, winner))
            watch.winner(choice.winner)
            if test is None:
                progress.step("Opening the test set, once")
                test = open_test()
            tested, failed_late = _tested(trials, finalists, test, winner)
            foreign = _foreign(draw.dataset, trials, winner) if test is not None else None
            break
        except TrialError as error:
            finalists = _without_gone(finalists, winner, error)
            failures[winner.result.candidate.id] = f"after it was chosen: {error.problem}"
            progress.note(
                f"{winner.result.candidate.id} is gone: {error.problem} The next is chosen."
            )
    if test is not None:
        finalists = [t.finalist for t in tested]
    failures |= failed_late
    return Outcome(
        draw=draw,
        trials=trials,
        standings=standings,
        choice=choice,
        finalists=finalists,
        failures=failures,
        confidence=confidence,
        test=test,
        tested=tested,
        foreign_logits=foreign,
        fitted=_shipped(trials, winner),
        is_cut_short=is_cut_short,
        seconds=time.monotonic() - started,
    )


def _tested(
    trials: Trials, finalists: Sequence[Finalist], test: Split | None, winner: Finalist
) -> tuple[list[Tested], dict[str, str]]:
    return ([], {}) if test is None else show_test(trials, finalists, test, winner=winner)


def _without_gone(
    finalists: Sequence[Finalist], winner: Finalist, error: TrialError
) -> list[Finalist]:
    """The finalists without a winner whose API gives no answers any more; others end the run by it.

    Whoever is chosen then is chosen by the same rule on the same rows: what `test` says plays no part.
    """
    base = winner.result.allowance.entrant.base
    if base is None or base.endpoint is None or len(finalists) == 1:
        raise error
    return [finalist for finalist in finalists if finalist is not winner]


def _trials_of(draw: Draw, engine: Engine, artifacts: Artifacts, *, is_apart: bool) -> Trials:
    return Trials(
        facts=draw.facts,
        choosing=draw.choosing,
        engine=engine,
        artifacts=artifacts,
        data_hash=draw.dataset.hash,
        seed=draw.goal.seed,
        is_apart=is_apart,
    )


def _race(
    draw: Draw, trials: Trials, watch: LeaderboardWatch, progress: Progress, *, started: float
) -> tuple[list[Standing], bool]:
    """Every entrant's search, those without a base first, and whether the clock cut it short."""
    race = Race(
        trials,
        draw.choosing,
        metric=draw.rule.metric.name,
        seed=draw.goal.seed,
        purse=Purse(draw.plan, budget_seconds(draw.goal)),
        deadline=started + search_seconds(draw),
    )
    taking_part = [a for a in draw.plan if not a.left_out_because]
    standings = [race.run(a, watch) for a in taking_part if a.entrant.base is None]
    share_trunks(draw, trials, progress)
    standings += [race.run(a, watch) for a in taking_part if a.entrant.base is not None]
    return standings, race.is_cut_short


def search_seconds(draw: Draw) -> float:
    """Seconds on the clock that the searches may take: the budget without what the finals need."""
    budget = draw.goal.budget.hours * 3600
    finals = sum(a.planned_final_seconds for a in draw.plan if not a.left_out_because)
    return max(LEAST_SEARCH_SHARE * budget, budget - finals)


def _finals(
    draw: Draw,
    trials: Trials,
    watch: LeaderboardWatch,
    standings: Sequence[Standing],
    *,
    is_cut_short: bool,
) -> tuple[list[Finalist], dict[str, str]]:
    """The finalists retrained, and those that failed with their causes."""
    contenders = best_of_each_entrant(standings, draw.rule)
    if not contenders:
        raise _nobody_scored(draw.goal, standings, is_cut_short=is_cut_short)
    finalists, failures = retrain(
        trials, contenders, rule=draw.rule, seed=draw.goal.seed, tell=watch.retraining
    )
    if not finalists:
        raise _all_failed(failures)
    return finalists, failures


def _choice(draw: Draw, finalists: Sequence[Finalist]) -> Choice:
    results = [finalist.result for finalist in finalists]
    costs = [
        usd_per_1k_requests(r.allowance.entrant.base, draw.facts, r.settings, r.asked)
        for r in results
    ]
    return choose(
        draw.rule, results, costs, choosing=draw.choosing, num_labels=draw.facts.num_labels
    )


def _shipped(trials: Trials, winner: Finalist) -> Fitted:
    """The winner of the first seed: which one is shipped was fixed before any was scored."""
    result = winner.result
    return trials.fitted(
        result.allowance.entrant, result.settings, epochs=result.epochs, seed=winner.seeds[0]
    )


def share_trunks(draw: Draw, trials: Trials, progress: Progress) -> None:
    """One pass over each base for all rows that choosing may use, before anyone asks for some of them.

    Every head, every few-shot and every probe then looks its rows up, and what they see does not depend
    on who asked first: a resumed run repeats to the bit.
    """
    taking_part = [a.entrant for a in draw.plan if not a.left_out_because]
    needed = {
        e.base.fingerprint: e for e in taking_part if e.base is not None and _reads_features(e)
    }
    for entrant in needed.values():
        assert entrant.base is not None
        progress.step(f"One pass over {entrant.base.id} for every frozen-trunk candidate")
        try:
            trials.read_once(entrant)
        except TrialError as error:
            progress.note(f"{error} Everybody who needs it asks again.")


def _reads_features(entrant: Entrant) -> bool:
    """Whether an entrant learns from what the frozen base makes of texts, or starts from it."""
    assert entrant.base is not None
    if entrant.base.is_writer:
        return any(dial.name == "pooling" for dial in entrant.dials)
    return not entrant.is_repeated or entrant.base.is_sentence_encoder


def release(outcome: Outcome) -> None:
    """Give back the disk that the finalists took, failed ones too, once the package stands."""
    for result in best_of_each_entrant(outcome.standings, outcome.draw.rule):
        for seed in finalist_seeds(result, outcome.draw.rule.seeds, seed=outcome.draw.goal.seed):
            outcome.trials.release(result.allowance.entrant, result.settings, seed=seed)


def best_of_each_entrant(standings: Sequence[Standing], rule: Rule) -> list[Result]:
    """The best setting of each method on each base model, best first."""
    results = [standing.best for standing in standings if standing.best is not None]
    return ranked(results, rule.metric)


def _nobody_scored(goal: Goal, standings: Sequence[Standing], *, is_cut_short: bool) -> SartorError:
    """Why there is no candidate at all: no time, or every one of them failed."""
    causes = {s.allowance.entrant.name: s.stopped[-1].because for s in standings if s.stopped}
    if is_cut_short and not causes:
        return GoalError(
            where="sartor.yaml > budget > hours",
            problem=f"{goal.budget.hours:g} hours ended before the first candidate was scored.",
            fix="Give it more time, or fewer `methods`.",
        )
    return _all_failed(causes)


def _all_failed(causes: Mapping[str, str]) -> TrialError:
    listed = "; ".join(f"{name}: {because}" for name, because in causes.items())
    return TrialError(
        where="tournament",
        problem=f"every candidate failed ({listed}).",
        fix="`methods: [tfidf]` shows whether the data is at fault.",
    )


def _foreign(dataset: Dataset, trials: Trials, winner: Finalist) -> np.ndarray | None:
    sealed = dataset.out_of_scope_test
    if sealed is None or sealed.num_examples == 0:
        return None
    result = winner.result
    return trials.answers_of(
        result.allowance.entrant,
        result.settings,
        epochs=result.epochs,
        seed=winner.seeds[0],
        texts=sealed.open("out-of-scope recall").texts,
    ).logits_NC


def _plan_document(draw: Draw) -> list[dict[str, Any]]:
    return [
        {
            "entrant": allowance.entrant.name,
            "num_settings": allowance.num_settings,
            "planned_epochs": allowance.planned_epochs,
            "max_epochs": allowance.max_epochs,
            "planned_seconds": round(allowance.planned_seconds, 1),
            "left_out_because": allowance.left_out_because,
        }
        for allowance in draw.plan
    ]


def _winner_document(choice: Choice, confidence: Confidence, winner: Finalist) -> dict[str, Any]:
    return {
        "candidate": choice.winner.candidate.id,
        "settings": dict(choice.winner.settings),
        "epochs": choice.winner.epochs,
        "best": choice.best.candidate.id,
        "seeds": list(winner.seeds),
        "automation_threshold": confidence.threshold,
        "scope_threshold": confidence.scope_threshold,
        "calibrator": confidence.calibrator.as_dict() if confidence.calibrator else None,
    }


def seed_for(goal: Goal, what: str) -> int:
    """The seed of the statistics' draws."""
    return derived_seed(goal.seed, "statistics", what)
