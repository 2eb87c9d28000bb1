"""The race: every entrant searches its settings, weak settings stop early, the best trains on.

Successive halving (Jamieson & Talwalkar 2016, arXiv 1502.07943) with one cut: all settings to the first rung,
the best quarter onwards until more training does not help; where it has not helped at all, the next one. What
learns at once and is cross-validated races fold by fold (Birattari et al. 2002, "A racing algorithm for
configuring metaheuristics"): who is behind the best after some folds is not scored on the others.

Shape letters: S scored rows, C labels, R replicates.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from sartor.core.candidate import Dial
from sartor.core.decoding import MAX_NEW_TOKENS, decoding_of
from sartor.core.endpoint import Asked
from sartor.core.errors import OutOfMoney, OutOfTime, TrialError
from sartor.core.goal import OutputKind
from sartor.core.hashing import derived_seed
from sartor.core.metric import METRICS
from sartor.core.words import counted
from sartor.decide.choosing import Choosing
from sartor.decide.plan import Allowance, Purse
from sartor.decide.search import Search
from sartor.decide.standing import Result, Standing, Stopped, Watch, stopped
from sartor.decide.trials import FoldAnswers, Trials
from sartor.evaluate.decisions import decide, decide_crosswise, tune_thresholds
from sartor.evaluate.metrics import metric_value
from sartor.evaluate.paired import compare

KEPT_SHARE = 0.25
"""Share of settings that goes on after the first rung."""
PATIENCE_RUNGS = 2
"""Rungs without a gain after which more training is taken not to help ..."""
PATIENCE_EPOCHS = 4
"""... but not before so many epochs: the output layer starts from a probe, and what the trunk learns in its
first epochs may undo that start before it pays (BANKING77, LoRA: 0.916, 0.917, 0.935 after 0.5, 1, 2)."""
LEAST_GAIN = 0.0005
"""Gain that counts, as a share of the metric's size."""
DECODING_P_VALUE = 0.05
"""Another way to write answers is taken up only where it is better with a p-value below this, divided by the
number of ways tried."""
NOT_SHOWN = "written another way, answers were not shown to be better"
BEHIND_P_VALUE = 0.3
"""A setting that is worse on the folds seen, with a p-value below this, stops there. A loose bound: what may
be lost is one setting among many, and what is spared most of its cost."""


@dataclass(frozen=True)
class Course:
    """A setting that was trained on from where all were compared."""

    first_rung: float
    best: Result
    epochs: float
    """It was trained this far, beyond its best where that came earlier."""
    curbed_after: float | None
    """As in `Standing`."""
    has_failed: bool

    @property
    def has_stalled(self) -> bool:
        """Whether training on was tried, and brought nothing."""
        return self.best.epochs == self.first_rung and (
            self.has_failed or self.epochs > self.first_rung
        )


class Race:
    """Runs the search of one entrant after the other.

    Args:
        trials: Train and score.
        choosing: Rows that choose.
        metric: Picks the best.
        seed: Of the searches.
        purse: What of the budget is free.
        deadline: `time.monotonic()` after which no new trial begins.
    """

    def __init__(
        self,
        trials: Trials,
        choosing: Choosing,
        *,
        metric: str,
        seed: int,
        purse: Purse,
        deadline: float,
    ) -> None:
        self.trials = trials
        self.choosing = choosing
        self.metric = METRICS[metric]
        self.seed = seed
        self.purse = purse
        self.deadline = deadline
        self.is_cut_short = False
        self._has_scored = False
        """Whether anybody has: the first trial of all is not ended by the clock."""

    def run(self, allowance: Allowance, watch: Watch) -> Standing:
        """Search the settings of one entrant."""
        standing = Standing(allowance)
        watch.begin(standing)
        if allowance.entrant.is_repeated:
            self._search_epochs(standing, watch)
        else:
            self._search_at_once(standing, watch)
        self.purse.settle(
            allowance,
            searched_seconds=standing.planned_seconds,
            epochs=standing.best.epochs if standing.best is not None else 0,
        )
        watch.end(standing)
        return standing

    def _search_at_once(self, standing: Standing, watch: Watch) -> None:
        search = self._search(standing.allowance)
        while (settings := search.ask()) is not None and not self._is_late():
            outcome = self._try(standing, settings, epochs=0, leader=standing.best)
            search.tell(settings, outcome.value)
            if isinstance(outcome, Result):
                self._keep_better(standing, outcome)
            watch.tried(standing, len(search.asked), search.num_settings)
        if standing.best is not None:
            standing.best = self._written_best(standing, standing.best)

    def _search_epochs(self, standing: Standing, watch: Watch) -> None:
        """All settings to the first rung, the best of them onwards to the end."""
        allowance = standing.allowance
        search = self._search(allowance)
        results = []
        while (settings := search.ask()) is not None and not self._is_late():
            outcome = self._try(standing, settings, epochs=allowance.first_rung)
            search.tell(settings, outcome.value)
            if isinstance(outcome, Result):
                results.append(outcome)
                self._show_best(standing, results)
            watch.tried(standing, len(search.asked), search.num_settings)
        courses = self._courses(standing, results, watch)
        if not courses:
            return
        best = min(courses, key=lambda course: self._loss(course.best.value))
        for course in courses:
            if course is not best:
                standing.stopped.append(stopped(course.best, "another setting scored better"))
        standing.trained_epochs, standing.curbed_after = best.epochs, best.curbed_after
        standing.best = self._written_best(standing, best.best)
        for course in courses:
            self.trials.forget(allowance.entrant, course.best.settings)

    def _courses(self, standing: Standing, results: list[Result], watch: Watch) -> list[Course]:
        """The best quarter, at least one, trained on; the others stop here.

        Where more training helped none of them, the first look may have misjudged them (with a small batch
        one is ahead after an epoch, and may stay where it is): then the next one has its turn too.
        """
        ranked = sorted(results, key=lambda r: self._loss(r.value))
        num_kept = math.ceil(KEPT_SHARE * len(ranked))
        courses: list[Course] = []
        for result in ranked[:num_kept]:
            courses.append(self._train_on(standing, result, courses, watch))
        for result in ranked[num_kept : num_kept + 1]:
            if all(c.has_stalled for c in courses):
                courses.append(self._train_on(standing, result, courses, watch))
        for result in ranked[len(courses) :]:
            because = f"behind after {counted(result.epochs, 'epoch')}"
            standing.stopped.append(stopped(result, because))
            self.trials.forget(result.allowance.entrant, result.settings)
        return courses

    def _written_best(self, standing: Standing, result: Result) -> Result:
        """How its answers are best written, one dial after the other; what stands stays unless shown worse.

        All ways are compared with what was learned last, which is still at hand.
        """
        allowance, at = standing.allowance, standing.trained_epochs
        if not allowance.num_decodings:
            return result
        stood: Result | Stopped = result
        if at != result.epochs:
            stood = self._try(standing, result.settings, epochs=at, only_answers=True)
        if isinstance(stood, Stopped):
            return result
        for dial in allowance.entrant.answer_dials:
            for choice in dial.choices:
                if not self._is_late():
                    stood = self._better_written(standing, stood, dial, choice)
        if stood.epochs == result.epochs:
            return stood
        is_same = stood.settings == result.settings
        return result if is_same else self._at_best_epoch(standing, result, stood)

    def _at_best_epoch(self, standing: Standing, result: Result, stood: Result) -> Result:
        """What was found with the weights trained last, if it is better with those of the best epoch too."""
        final = self._try(standing, stood.settings, epochs=result.epochs)
        if isinstance(final, Result):
            if self._loss(final.value) < self._loss(result.value):
                return final
            standing.stopped.append(stopped(final, NOT_SHOWN))
        standing.stopped = [s for s in standing.stopped if s.settings != result.settings]
        return result

    def _better_written(self, standing: Standing, stood: Result, dial: Dial, choice: Any) -> Result:
        """What stood, or the same with another choice where that is shown to be better."""
        settings = {**stood.settings, dial.name: choice}
        if _writing_of(settings) == _writing_of(stood.settings):
            return stood
        other = self._try(standing, settings, epochs=stood.epochs, only_answers=True)
        if isinstance(other, Stopped):
            return stood
        if not self._is_shown_better(other, stood, tries=standing.allowance.num_decodings):
            standing.stopped.append(stopped(other, NOT_SHOWN))
            return stood
        standing.stopped.append(stopped(stood, "written another way, answers scored better"))
        return other

    def _is_shown_better(self, other: Result, stood: Result, *, tries: int) -> bool:
        choosing = self.choosing
        comparison = compare(
            self.metric.name,
            choosing.targets,
            other.decided_RS,
            stood.decided_RS,
            groups=choosing.groups,
            num_labels=self.trials.facts.num_labels,
            seed=self.seed,
            texts=choosing.texts,
        )
        is_better = self._loss(comparison.difference) < 0
        return is_better and comparison.p_value < DECODING_P_VALUE / tries

    def _train_on(
        self, standing: Standing, result: Result, before: list[Course], watch: Watch
    ) -> Course:
        """From rung to rung until more training does not help; the best rung counts."""
        best, since, done = result, 0, result.epochs
        others = [course.best for course in before]
        self._show_best(standing, [*others, best])
        curbed_after, has_failed = None, False
        allowance, beside = standing.allowance, _epochs_beyond(before)
        for rung in (
            r for r in allowance.entrant.rungs if result.epochs < r <= allowance.max_epochs
        ):
            if since >= PATIENCE_RUNGS and done >= PATIENCE_EPOCHS:
                break
            if self._is_late() or not self.purse.allows(allowance, rung, beside=beside):
                curbed_after = done
                break
            later = self._try(standing, result.settings, epochs=rung, done=done)
            if isinstance(later, Stopped):
                has_failed = later.has_failed
                curbed_after = None if has_failed else done
                break
            done = rung
            least = LEAST_GAIN * max(abs(best.value), 1e-9)
            is_better = self._loss(later.value) < self._loss(best.value) - least
            best, since = (later, 0) if is_better else (best, since + 1)
            self._show_best(standing, [*others, best])
            watch.trained(standing, rung)
        return Course(result.epochs, best, done, curbed_after, has_failed)

    def _try(
        self,
        standing: Standing,
        settings: Mapping[str, Any],
        *,
        epochs: float,
        done: float = 0,
        leader: Result | None = None,
        only_answers: bool = False,
    ) -> Result | Stopped:
        """One trial, from the `done` epochs behind it, unless it fails or falls behind the leader.

        With `only_answers` nothing is learned: what is known answers in another way.
        """
        allowance = standing.allowance
        try:
            parts, distance = self._scored(allowance, settings, epochs=epochs, leader=leader)
        except TrialError as error:
            self.trials.forget(allowance.entrant, settings)
            is_late = isinstance(error, OutOfTime) and self._is_late()
            is_over = is_late or isinstance(error, OutOfMoney)
            because = error.problem if is_over else f"failed: {error.problem}"
            ended = Stopped(allowance, settings, because, None, epochs, 0.0, not is_over)
            standing.stopped.append(ended)
            return ended
        self._has_scored = True
        num_folds = len(self.choosing.folds)
        work = allowance.epoch_seconds * ((epochs - done) or 1)
        planned_seconds = allowance.answer_seconds if only_answers else work
        standing.planned_seconds += len(parts) / num_folds * planned_seconds
        if leader is not None and distance is not None:
            because = f"behind after {len(parts)} of {num_folds} folds"
            value, seconds = leader.value + distance, sum(part.seconds for part in parts)
            behind = Stopped(allowance, settings, because, value, epochs, seconds)
            standing.stopped.append(behind)
            return behind
        return self._result(allowance, settings, epochs, parts)

    def _scored(
        self,
        allowance: Allowance,
        settings: Mapping[str, Any],
        *,
        epochs: float,
        leader: Result | None,
    ) -> tuple[list[FoldAnswers], float | None]:
        """Answers fold by fold, and the distance to the leader where it ended the trial; None: it did not."""
        parts: list[FoldAnswers] = []
        deadline = self.deadline if self._has_scored else math.inf
        for part in self.trials.fold_answers(
            allowance.entrant, settings, epochs=epochs, deadline=deadline
        ):
            parts.append(part)
            if leader is not None and len(parts) < len(self.choosing.folds):
                distance = self._distance_behind(leader, parts)
                if distance is not None:
                    return parts, distance
        return parts, None

    def _result(
        self,
        allowance: Allowance,
        settings: Mapping[str, Any],
        epochs: float,
        parts: list[FoldAnswers],
    ) -> Result:
        """The answers of all folds together, decided and measured."""
        logits_RSC = self.choosing.together([part.answers.logits_NC for part in parts])
        written_RS = None
        if parts[0].answers.written_N is not None:
            written_RS = self.choosing.together([_written(part) for part in parts])
        is_multi = self.trials.facts.output_kind is OutputKind.MULTI
        targets = self.choosing.targets
        thresholds = tune_thresholds(logits_RSC.mean(axis=0), targets) if is_multi else None
        decided_RS = self._decided(logits_RSC, written_RS, np.arange(len(targets)))
        return Result(
            allowance,
            settings,
            epochs,
            logits_RSC,
            decided_RS,
            thresholds,
            value=self._value(decided_RS),
            seconds=sum(part.seconds for part in parts),
            asked=_asked(parts),
        )

    def _decided(
        self, logits_RSC: np.ndarray, written_RS: np.ndarray | None, rows: np.ndarray
    ) -> np.ndarray:
        """Decisions (R, S) or (R, S, C) on some of the scored rows, none by thresholds of its own."""
        kind, choosing = self.trials.facts.output_kind, self.choosing
        if kind is OutputKind.MULTI:
            return decide_crosswise(logits_RSC, choosing.targets[rows], choosing.groups[rows])
        return decide(kind, logits_RSC, written=written_RS)

    def _distance_behind(self, leader: Result, parts: list[FoldAnswers]) -> float | None:
        """The metric's difference to the leader on the folds seen; None where it may go on.

        Looks until every row was scored once.
        """
        choosing = self.choosing
        if len(parts) * choosing.num_replicates > len(choosing.folds):
            return None
        rows = choosing.first_rows(len(parts))
        texts = choosing.texts
        comparison = compare(
            self.metric.name,
            choosing.targets[rows],
            self._decided_by_folds(parts, rows),
            self._decided(leader.logits_RSC[:1, rows], leader.decided_RS[:1, rows], rows),
            groups=choosing.groups[rows],
            num_labels=self.trials.facts.num_labels,
            seed=self.seed,
            texts=[texts[row] for row in rows],
        )
        is_behind = self._loss(comparison.difference) > 0 and comparison.p_value < BEHIND_P_VALUE
        return comparison.difference if is_behind else None

    def _decided_by_folds(self, parts: list[FoldAnswers], rows: np.ndarray) -> np.ndarray:
        """Decisions on the folds seen, fold by fold, (1, S) or (1, S, C)."""
        logits_SC = np.concatenate([part.answers.logits_NC for part in parts])
        written_S = None
        if parts[0].answers.written_N is not None:
            written_S = np.concatenate([_written(part) for part in parts])[None]
        return self._decided(logits_SC[None], written_S, rows)

    def _value(self, decided_RS: np.ndarray) -> float:
        """The metric, mean over replicates."""
        num_labels, texts = self.trials.facts.num_labels, self.choosing.texts
        targets = self.choosing.targets
        values = [
            metric_value(self.metric.name, targets, decided_S, num_labels, texts=texts)
            for decided_S in decided_RS
        ]
        return float(np.mean(values))

    def _keep_better(self, standing: Standing, result: Result) -> None:
        if standing.best is None or self._loss(result.value) < self._loss(standing.best.value):
            if standing.best is not None:
                standing.stopped.append(stopped(standing.best, "another setting scored better"))
            standing.best = result
        else:
            standing.stopped.append(stopped(result, "another setting scored better"))

    def _show_best(self, standing: Standing, results: list[Result]) -> None:
        standing.best = min(results, key=lambda r: self._loss(r.value))

    def _search(self, allowance: Allowance) -> Search:
        entrant = allowance.entrant
        return Search(
            entrant.dials,
            entrant.pinned,
            num_settings=allowance.num_settings,
            seed=derived_seed(self.seed, "search", entrant.name),
            is_higher_better=self.metric.is_higher_better,
        )

    def _loss(self, value: float) -> float:
        return -value if self.metric.is_higher_better else value

    def _is_late(self) -> bool:
        self.is_cut_short = self.is_cut_short or time.monotonic() > self.deadline
        return self.is_cut_short


def _epochs_beyond(courses: list[Course]) -> float:
    """Epochs after the comparison, of all."""
    return sum(course.epochs - course.first_rung for course in courses)


def _asked(parts: list[FoldAnswers]) -> Asked | None:
    """What the folds took together; None where no API was asked."""
    found = [part.answers.asked for part in parts if part.answers.asked is not None]
    return reduce(Asked.plus, found) if found else None


def _writing_of(settings: Mapping[str, Any]) -> tuple[Any, ...]:
    """All that the answers depend on besides what was learned: a share of tokens means nothing undrawn."""
    return decoding_of(settings), settings.get(MAX_NEW_TOKENS)


def _written(part: FoldAnswers) -> np.ndarray:
    assert part.answers.written_N is not None
    return part.answers.written_N
