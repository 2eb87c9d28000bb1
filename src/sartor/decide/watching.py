"""The race as a leaderboard: one line an entrant, with its interval, and the work that is left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sartor.core.hashing import derived_seed
from sartor.core.leaderboard import CandidateRow, CandidateState
from sartor.core.protocols import Progress
from sartor.core.words import counted
from sartor.decide.plan import Allowance, planned_seconds
from sartor.decide.standing import Result, Standing, Watch
from sartor.evaluate.intervals import estimate

if TYPE_CHECKING:
    from sartor.decide.tournament import Draw


LEAST_DONE_SHARE = 0.05
"""Share of the planned work after which the time that is left can be told."""


class LeaderboardWatch(Watch):
    """Turns standings into leaderboard lines.

    Args:
        draw: What was fixed beforehand.
        progress: Where lines go.
        started: `time.monotonic()` at the start of the run.
    """

    def __init__(self, draw: Draw, progress: Progress, *, started: float) -> None:
        self.draw = draw
        self.progress = progress
        self.started = started
        self.total_seconds = max(1e-9, planned_seconds(draw.plan))
        self.searched_seconds = 0.0
        self.done_seconds = 0.0
        self._retraining: Allowance | None = None
        self._since: dict[str, float] = {}
        self._spent: dict[str, float] = {}
        self._shown: dict[str, tuple[Result, CandidateRow]] = {}
        for allowance in draw.plan:
            if not allowance.left_out_because:
                self._show(Standing(allowance), CandidateState.WAITING, "")

    def begin(self, standing: Standing) -> None:
        self._since[standing.allowance.entrant.name] = time.monotonic()
        self._show(standing, CandidateState.TRAINING, "starting")

    def tried(self, standing: Standing, num_tried: int, num_settings: int) -> None:
        self._count_work(standing)
        self._show(standing, CandidateState.TRAINING, f"{num_tried} of {num_settings} settings")

    def trained(self, standing: Standing, epochs: float) -> None:
        self._count_work(standing)
        self._show(standing, CandidateState.TRAINING, f"epoch {epochs:g}")

    def end(self, standing: Standing) -> None:
        name = standing.allowance.entrant.name
        self._spent[name] = time.monotonic() - self._since[name]
        allowance = standing.allowance
        self.searched_seconds += allowance.planned_seconds - allowance.planned_final_seconds
        self.done_seconds = self.searched_seconds
        if standing.best is None:
            because = standing.stopped[-1].because if standing.stopped else "not begun: out of time"
            self._show(standing, CandidateState.FAILED, because)
            return
        epochs = standing.best.epochs
        tried = len({str(s.settings) for s in standing.stopped} | {str(standing.best.settings)})
        detail = counted(tried, "setting") + (f", {counted(epochs, 'epoch')}" if epochs else "")
        self._show(standing, CandidateState.SCORED, detail)

    def retraining(self, result: Result, index: int, num_seeds: int) -> None:
        """A finalist is being retrained."""
        allowance = result.allowance
        if index > 0 or self._retraining is not None:
            self.done_seconds += (self._retraining or allowance).planned_seed_seconds
        self._retraining = allowance
        standing = Standing(allowance, best=result)
        detail = f"final training, seed {index + 1} of {num_seeds}"
        self._show(standing, CandidateState.FINALIST, detail)

    def winner(self, result: Result) -> None:
        """The winner is written down."""
        self._show(Standing(result.allowance, best=result), CandidateState.WINNER, "")

    def _show(self, standing: Standing, state: CandidateState, detail: str) -> None:
        entrant = standing.allowance.entrant
        value = low = high = None
        if standing.best is not None:
            value, low, high = self._interval(entrant.name, standing.best)
        since = self._since.get(entrant.name)
        running = time.monotonic() - since if since is not None else 0.0
        row = CandidateRow(
            name=entrant.name,
            method=entrant.method.title,
            base=entrant.base.id if entrant.base else None,
            state=state,
            metric=self.draw.rule.metric.name,
            value=value,
            low=low,
            high=high,
            seconds_spent=self._spent.get(entrant.name, running),
            seconds_left=self._left(standing) if state is CandidateState.TRAINING else None,
            detail=detail,
        )
        if standing.best is not None:
            self._shown[entrant.name] = (standing.best, row)
        self.progress.candidate(row)
        self._tell_share()

    def _count_work(self, standing: Standing) -> None:
        """The work of an entrant that is still searching, never more than was planned for it."""
        allowance = standing.allowance
        search_seconds = allowance.planned_seconds - allowance.planned_final_seconds
        self.done_seconds = self.searched_seconds + min(standing.planned_seconds, search_seconds)

    def _interval(self, name: str, best: Result) -> tuple[float, float, float]:
        shown = self._shown.get(name)
        if shown is not None and shown[0] is best:
            row = shown[1]
            assert row.value is not None
            assert row.low is not None
            assert row.high is not None
            return row.value, row.low, row.high
        measured = estimate(
            self.draw.rule.metric.name,
            self.draw.choosing.targets,
            best.decided_RS,
            groups=self.draw.choosing.groups,
            num_labels=self.draw.facts.num_labels,
            seed=derived_seed(self.draw.goal.seed, "leaderboard"),
            texts=self.draw.choosing.texts,
        )
        return measured.value, measured.low, measured.high

    def _left(self, standing: Standing) -> float | None:
        """Seconds on the clock that an entrant's search still needs, at the pace so far."""
        pace = self._pace()
        allowance = standing.allowance
        search_seconds = allowance.planned_seconds - allowance.planned_final_seconds
        left = max(0.0, search_seconds - standing.planned_seconds)
        return left * pace if pace is not None else None

    def _pace(self) -> float | None:
        """Seconds on the clock for each planned one; None while too little is done to say."""
        if self.done_seconds < LEAST_DONE_SHARE * self.total_seconds:
            return None
        return (time.monotonic() - self.started) / self.done_seconds

    def _tell_share(self) -> None:
        pace = self._pace()
        left = max(0.0, self.total_seconds - self.done_seconds)
        share = min(1.0, self.done_seconds / self.total_seconds)
        self.progress.spent(share, left * pace if pace is not None else None)
