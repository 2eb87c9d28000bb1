"""The race: weak settings stop early, the best trains until it does not help, nobody is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contest import (
    RUNGS,
    Drill,
    DrillFit,
    allowance,
    dataset,
    entrant,
    luck,
    race,
    rows,
    trials,
)
from contest import facts as facts_for

from sartor.core.candidate import Dial, Job
from sartor.core.errors import OutOfTime
from sartor.core.goal import OutputKind
from sartor.core.protocols import Engine
from sartor.decide.choosing import choosing_of
from sartor.decide.race import PATIENCE_RUNGS, Race
from sartor.decide.standing import Standing, Watch


class Moody(Drill):
    """Four settings, of which one raises and one gives no numbers."""

    def dials(self, facts, base):  # type: ignore[no-untyped-def]
        return (
            Dial("skill", 0.7, "Share right.", choices=(0.7,)),
            Dial("slow", 2, "Epochs.", choices=(2, 4)),
            Dial("mood", "fine", "How it ends.", choices=("fine", "raises", "nan")),
        )


def ran(
    here: Race,
    method: Drill,
    *,
    num_settings: int = 6,
    first_rung: int = 2,
    watch: Watch | None = None,
) -> Standing:
    taking_part = entrant(method, of=facts_for(here.choosing))
    wanted = allowance(taking_part, num_settings=num_settings, first_rung=first_rung)
    return here.run(wanted, watch or Watch())


@pytest.mark.parametrize("rungs", [(0,), RUNGS])
def test_every_setting_is_the_best_or_stopped_with_a_reason_and_none_is_both(
    tmp_path: Path, rungs: tuple[int, ...]
) -> None:
    standing = ran(race(tmp_path), Drill(rungs=rungs), num_settings=4)
    assert standing.best is not None
    ids = [standing.best.candidate.id]
    ids += [
        stopped.allowance.entrant.candidate(stopped.settings).id for stopped in standing.stopped
    ]
    assert Counter(Counter(ids).values()) == {1: 4}
    assert all(stopped.because for stopped in standing.stopped)


@pytest.mark.parametrize("rungs", [(0,), RUNGS])
def test_the_best_setting_wins(tmp_path: Path, rungs: tuple[int, ...]) -> None:
    """The default is 0.7; the grid holds 0.9."""
    standing = ran(race(tmp_path), Drill(rungs=rungs), num_settings=4)
    assert standing.best is not None
    assert standing.best.settings["skill"] == 0.9
    assert standing.best.value == pytest.approx(0.9, abs=0.04)


def test_training_ends_when_more_does_not_help_and_the_best_rung_counts(tmp_path: Path) -> None:
    """After 2 epochs it can do no better; two more rungs are looked at, not all."""
    method = Drill()
    standing = ran(race(tmp_path), method, num_settings=1, first_rung=1)
    assert standing.best is not None
    assert standing.best.epochs == 2
    last_seen = RUNGS[RUNGS.index(2) + PATIENCE_RUNGS]
    assert method.epochs_learned == last_seen * 5
    assert standing.planned_seconds == last_seen * 2.0, "2 planned seconds an epoch, none twice"


def test_a_dip_in_the_first_epochs_does_not_end_the_training(tmp_path: Path) -> None:
    """It starts at its probe's 0.6, loses it for two rungs, and is at 0.9 after the fourth."""

    class Dips(DrillFit):
        def scores(self, texts: Sequence[str]) -> np.ndarray:
            skill = {1: 0.6, 2: 0.5, 3: 0.5}.get(self.done, 0.9)
            self.job = replace(self.job, settings={**self.job.settings, "skill": skill, "slow": 1})
            return super().scores(texts)

    class Dipping(Drill):
        def begin(self, job: Job, engine: Engine) -> DrillFit:
            return Dips(self, job)

    standing = ran(race(tmp_path), Dipping(), num_settings=1, first_rung=1)
    assert standing.best is not None
    assert standing.best.epochs == 4


def test_training_ends_where_the_budget_does_and_says_so(tmp_path: Path) -> None:
    """An epoch and its retraining are 5 planned seconds; the plan holds 8 epochs, the fund 3 more."""
    here = race(tmp_path, free_seconds=0)
    taking_part = entrant(Drill(), of=facts_for(here.choosing), slow=8)
    wanted = replace(
        allowance(taking_part, num_settings=1, first_rung=1), planned_epochs=3, max_epochs=8
    )
    standing = here.run(wanted, Watch())
    assert standing.best is not None
    assert standing.best.epochs == 3
    assert standing.curbed_after == 3
    assert here.purse.free_seconds == pytest.approx(0)
    richer = race(tmp_path, free_seconds=25).run(wanted, Watch())
    assert richer.best is not None
    assert richer.best.epochs == 8
    assert richer.curbed_after is None


def test_of_many_settings_a_quarter_goes_on_after_the_first_rung(tmp_path: Path) -> None:
    standing = ran(race(tmp_path), Drill(), num_settings=4, first_rung=1)
    behind = [s for s in standing.stopped if s.because == "behind after 1 epoch"]
    assert len(behind) == 3
    assert all(stopped.epochs == 1 for stopped in behind)


class Misjudged(Drill):
    """One setting is ahead after an epoch and stays there, or fails; the next one is better in the end."""

    def __init__(self, mood: str = "fine") -> None:
        super().__init__(rungs=RUNGS)
        self.of_the_first = mood
        self.learned: dict[float, int] = {}

    def begin(self, job: Job, engine: Engine) -> DrillFit:
        class Fit(DrillFit):
            def advance(self, epochs: int) -> None:
                skill = self.job.settings["skill"]
                self.method.learned[skill] = max(epochs, self.method.learned.get(skill, 0))
                mood = self.method.of_the_first if skill == 0.7 else "fine"
                self.job = replace(self.job, settings={**self.job.settings, "mood": mood})
                super().advance(epochs)

            def scores(self, texts: Sequence[str]) -> np.ndarray:
                first = {0.7: 0.7, 0.9: 0.6}.get(self.job.settings["skill"], 0.3)
                later = {0.7: 0.7, 0.9: 0.9}.get(self.job.settings["skill"], 0.3)
                skill = first if self.done == 1 else later
                self.job = replace(self.job, settings={**self.job.settings, "skill": skill})
                self.job.settings["slow"] = 1
                return super().scores(texts)

        return Fit(self, job)


@pytest.mark.parametrize("mood", ["fine", "raises"])
def test_where_training_on_brought_nothing_the_next_one_has_its_turn_and_nobody_else(
    tmp_path: Path, mood: str
) -> None:
    method = Misjudged(mood)
    standing = ran(race(tmp_path), method, num_settings=4, first_rung=1)
    assert standing.best is not None
    assert standing.best.settings["skill"] == 0.9
    assert standing.best.epochs == 2
    assert {skill: seen for skill, seen in method.learned.items() if skill < 0.7} == {
        0.5: 1,
        0.6: 1,
    }
    assert standing.best.value == pytest.approx(0.9, abs=0.04)
    stopped = {s.settings["skill"] for s in standing.stopped}
    assert stopped == {0.5, 0.6, 0.7}


def test_the_next_one_has_no_turn_that_the_budget_does_not_hold(tmp_path: Path) -> None:
    """Four settings for an epoch and one for three more are planned; the first takes them."""
    method = Misjudged()
    here = race(tmp_path, free_seconds=0)
    taking_part = entrant(method, of=facts_for(here.choosing))
    planned = allowance(taking_part, num_settings=4, first_rung=1)
    tight = replace(planned, planned_epochs=4, max_epochs=4, final_seconds=0.0)
    standing = here.run(tight, Watch())
    assert standing.best is not None
    assert standing.best.settings["skill"] == 0.7
    assert method.learned[0.9] == 1
    assert here.purse.free_seconds >= 0


def test_settings_far_behind_in_the_first_fold_are_not_scored_on_the_others(tmp_path: Path) -> None:
    """0.7 leads, 0.5 and 0.6 fall behind; 0.9 goes through all five folds, whenever it comes."""
    method = Drill(rungs=(0,))
    standing = ran(race(tmp_path, num_rows=900), method, num_settings=4)
    assert standing.best is not None
    assert standing.best.settings["skill"] == 0.9
    because = {stopped.settings["skill"]: stopped.because for stopped in standing.stopped}
    assert because[0.5] == "behind after 1 of 5 folds"
    assert because[0.7] == "another setting scored better"
    assert method.fits_begun < 4 * 5
    assert standing.planned_seconds == pytest.approx(2.0 * method.fits_begun / 5)


def test_a_setting_that_stopped_after_a_fold_is_valued_below_the_best(tmp_path: Path) -> None:
    standing = ran(race(tmp_path, num_rows=900), Drill(rungs=(0,)), num_settings=4)
    [behind] = [s for s in standing.stopped if s.settings["skill"] == 0.5]
    assert behind.value == pytest.approx(0.5, abs=0.08)


class Off(Drill):
    """Predicts a text's number, off by the setting."""

    def dials(self, facts, base):  # type: ignore[no-untyped-def]
        return (
            Dial("error", 0.5, "How far off.", choices=(0.5, 2.0, 0.1)),
            Dial("mood", "fine", "How it ends.", choices=("fine",)),
        )

    def begin(self, job: Job, engine: Engine) -> DrillFit:
        class OffFit(DrillFit):
            def scores(self, texts: Sequence[str]) -> np.ndarray:
                numbers = [float(text.split()[1]) / 100 for text in texts]
                signs = [1 if luck(text) < 0.5 else -1 for text in texts]
                error = self.job.settings["error"]
                predicted = np.array(numbers) + error * np.array(signs)
                return predicted[:, None].astype(np.float32)

        return OffFit(self, job)


def test_where_less_is_better_the_larger_error_falls_behind(tmp_path: Path) -> None:
    targets = np.arange(900) / 100
    choosing = choosing_of(dataset(rows(900, targets=targets), kind=OutputKind.SCORE), seed=0)
    here = race(tmp_path, metric="mae")
    here.choosing = choosing
    here.trials = trials(tmp_path, choosing)
    here.trials.facts = here.trials.facts.with_(output_kind=OutputKind.SCORE, labels=())
    standing = here.run(allowance(entrant(Off(rungs=(0,)), of=here.trials.facts)), Watch())
    assert standing.best is not None
    assert standing.best.settings["error"] == 0.1
    because = {s.settings["error"]: (s.because, s.value) for s in standing.stopped}
    assert because[2.0][0] == "behind after 1 of 5 folds"
    assert because[2.0][1] == pytest.approx(2.0, abs=1e-3)


def test_settings_that_fail_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    standing = ran(race(tmp_path), Moody("moody"), num_settings=6)
    failed = [s for s in standing.stopped if s.has_failed]
    assert standing.best is not None
    assert Counter(s.settings["mood"] for s in failed) == {"raises": 2, "nan": 2}
    assert {s.because for s in failed} == {
        "failed: RuntimeError: out of memory: 16 GiB asked for",
        "failed: gives scores that are not numbers.",
    }


def test_a_race_leaves_no_state_on_the_disk(tmp_path: Path) -> None:
    """Neither of settings left behind, nor of those that failed, nor of the best."""
    ran(race(tmp_path), Moody("moody"), num_settings=6)
    assert not list((tmp_path / "state").iterdir())
    assert not list((tmp_path / ".staging").iterdir())


def test_after_the_deadline_no_trial_begins_and_it_is_said(tmp_path: Path) -> None:
    method = Drill()
    here = race(tmp_path, seconds=-1)
    standing = ran(here, method)
    assert here.is_cut_short
    assert standing.best is None
    assert method.fits_begun == 0


def test_a_deadline_that_passes_once_all_is_done_cuts_nothing(tmp_path: Path) -> None:
    class Late(Watch):
        """Lets the time run out after the last setting."""

        def tried(self, standing: Standing, num_tried: int, num_settings: int) -> None:
            if num_tried == 4:
                here.deadline = 0.0

    here = race(tmp_path)
    standing = ran(here, Drill(rungs=(0,)), num_settings=4, watch=Late())
    assert standing.best is not None
    assert not here.is_cut_short


def test_where_the_time_runs_out_in_between_the_best_so_far_stands(tmp_path: Path) -> None:
    class Late(Watch):
        """Lets the time run out after the second setting."""

        def tried(self, standing: Standing, num_tried: int, num_settings: int) -> None:
            if num_tried == 2:
                here.deadline = 0.0

    here = race(tmp_path)
    standing = ran(here, Drill(), num_settings=4, watch=Late())
    assert here.is_cut_short
    assert standing.best is not None
    assert len(standing.stopped) == 1


def test_a_second_race_repeats_the_first_and_learns_nothing(tmp_path: Path) -> None:
    first = ran(race(tmp_path), Drill(), num_settings=4)
    method = Drill()
    again = ran(race(tmp_path), method, num_settings=4)
    assert method.epochs_learned == 0
    assert first.best is not None
    assert again.best is not None
    assert first.best.candidate == again.best.candidate
    assert [s.settings for s in first.stopped] == [s.settings for s in again.stopped]


class Clockwork(Drill):
    """Every epoch takes an hour."""

    def __init__(self, clock: list[float], **more: Any) -> None:
        super().__init__(**more)
        self.clock = clock

    def begin(self, job: Job, engine: Engine) -> DrillFit:
        class Fit(DrillFit):
            def advance(self, epochs: int) -> None:
                method.clock[0] += 3600 * max(1, epochs - self.done)
                super().advance(epochs)

        method = self
        self.fits_begun += 1
        return Fit(self, job)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Hours that only training moves."""
    hands = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: hands[0])
    return hands


def test_a_trial_is_ended_between_folds_and_rungs_and_what_was_scored_stands(
    tmp_path: Path, clock: list[float]
) -> None:
    here = race(
        tmp_path, seconds=14.5 * 3600
    )  # two epochs of five folds, then of two folds the third
    standing = ran(here, Clockwork(clock, rungs=(2, 4, 8)), num_settings=1)
    assert here.is_cut_short
    assert clock[0] <= 1000 + (14.5 + 2) * 3600
    assert standing.best is not None
    assert standing.best.epochs == 2
    assert standing.curbed_after == 2
    assert [(s.because, s.has_failed) for s in standing.stopped] == [
        ("the time of the budget was over.", False)
    ]


def test_the_first_trial_of_all_goes_on_to_its_end_and_the_next_does_not(
    tmp_path: Path, clock: list[float]
) -> None:
    here = race(tmp_path, seconds=3600)
    first = ran(here, Clockwork(clock, rungs=(2,)), num_settings=2)
    assert clock[0] == 1000 + 10 * 3600
    assert first.best is not None
    second = ran(here, Clockwork(clock, name="second", rungs=(2,)), num_settings=2)
    assert second.best is None
    assert clock[0] == 1000 + 10 * 3600


def test_what_was_scored_before_is_found_after_the_deadline_too(
    tmp_path: Path, clock: list[float]
) -> None:
    whole = race(tmp_path)
    before = ran(whole, Clockwork(clock, rungs=(2,)), num_settings=1)
    taking_part = entrant(Clockwork(clock, rungs=(2,)), of=facts_for(whole.choosing))
    again = list(
        whole.trials.fold_answers(taking_part, before.best.settings, epochs=2, deadline=0.0)
    )
    assert len(again) == 5
    with pytest.raises(OutOfTime, match="time of the budget"):
        list(
            whole.trials.fold_answers(
                taking_part, {**before.best.settings, "skill": 0.5}, epochs=2, deadline=0.0
            )
        )
