"""The leaderboard during a race: who stands where, and how long it still takes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from contest import Drill, allowance, dataset, entrant, facts, rows

from sartor.core.leaderboard import CandidateRow, CandidateState
from sartor.decide import watching
from sartor.decide.choosing import choosing_of
from sartor.decide.standing import Standing
from sartor.decide.watching import LEAST_DONE_SHARE, LeaderboardWatch


class Seen:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.rows: list[CandidateRow] = []
        self.shares: list[tuple[float, float | None]] = []

    def step(self, title: str) -> None: ...

    def note(self, line: str) -> None: ...

    def candidate(self, row: CandidateRow) -> None:
        self.rows.append(row)

    def spent(self, share: float, seconds_left: float | None) -> None:
        self.shares.append((share, seconds_left))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that a test sets."""
    now = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(watching.time, "monotonic", lambda: now.seconds)
    return now


def contest() -> tuple[LeaderboardWatch, Seen, list[Standing]]:
    """Two drills: 4 settings to epoch 1, one of them to epoch 8, at 2 planned seconds an epoch."""
    choosing = choosing_of(dataset(rows(450)), seed=0)
    of = facts(choosing)
    plan = [allowance(entrant(Drill(name), of=of), first_rung=1) for name in ("one", "two")]
    draw: Any = SimpleNamespace(plan=plan, rule=SimpleNamespace(metric=SimpleNamespace(name="f")))
    seen = Seen()
    return LeaderboardWatch(draw, seen, started=0.0), seen, [Standing(a) for a in plan]


def test_before_anything_is_known_nothing_is_promised(clock: SimpleNamespace) -> None:
    watch, seen, (first, _) = contest()
    watch.begin(first)
    assert [row.state for row in seen.rows] == [CandidateState.WAITING] * 2 + [
        CandidateState.TRAINING
    ]
    assert seen.rows[-1].seconds_left is None
    assert seen.shares[-1] == (0.0, None)


def test_what_is_left_follows_from_the_pace_so_far(clock: SimpleNamespace) -> None:
    """Half of 22 planned seconds of search took 33 on the clock, so the other half takes as long."""
    watch, seen, (first, _) = contest()
    search_seconds = first.allowance.planned_seconds - first.allowance.planned_final_seconds
    assert search_seconds == 22
    watch.begin(first)
    first.planned_seconds, clock.seconds = 11.0, 33.0
    watch.tried(first, 2, 4)
    assert seen.rows[-1].seconds_left == pytest.approx(33.0)
    share, left = seen.shares[-1]
    assert share == pytest.approx(11 / watch.total_seconds)
    assert left == pytest.approx(3 * (watch.total_seconds - 11))


def test_too_little_work_tells_nothing_of_the_pace(clock: SimpleNamespace) -> None:
    watch, seen, (first, _) = contest()
    watch.begin(first)
    first.planned_seconds, clock.seconds = LEAST_DONE_SHARE * watch.total_seconds * 0.9, 33.0
    watch.tried(first, 1, 4)
    assert seen.rows[-1].seconds_left is None
    assert seen.shares[-1][1] is None


def test_who_needs_more_than_was_planned_has_none_left(clock: SimpleNamespace) -> None:
    watch, seen, (first, _) = contest()
    watch.begin(first)
    first.planned_seconds, clock.seconds = 1000.0, 1000.0
    watch.tried(first, 4, 4)
    assert seen.rows[-1].seconds_left == 0
    assert seen.shares[-1][0] <= 1
