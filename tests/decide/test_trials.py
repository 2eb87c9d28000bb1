"""Trials: each piece of work done once, found again after a kill, and its trouble named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contest import Drill, dataset, entrant, facts, rows, trials

from sartor.core.errors import TrialError
from sartor.decide.choosing import Choosing, choosing_of
from sartor.decide.entrant import Entrant
from sartor.decide.trials import Trials

CHOOSING: Choosing = choosing_of(dataset(rows(450)), seed=0)
FACTS = facts(CHOOSING)


def drill(*, method: Drill | None = None, **pinned: Any) -> Entrant:
    return entrant(method or Drill(), of=FACTS, **pinned)


def states(folder: Path) -> list[str]:
    kept = folder / "state"
    return sorted(path.name for path in kept.iterdir()) if kept.is_dir() else []


def settings_of(taking_part: Entrant) -> dict[str, Any]:
    return {d.name: taking_part.pinned.get(d.name, d.default) for d in taking_part.dials}


def scored(running: Trials, *trial: Any, epochs: float) -> np.ndarray:
    """Logits of all folds, (R, S, C)."""
    parts = running.fold_scores(*trial, epochs=epochs)
    return running.choosing.together([part.logits_SC for part in parts])


def test_a_trial_that_was_done_is_found_and_not_done_again(tmp_path: Path) -> None:
    method = Drill()
    taking_part = drill(method=method)
    first = scored(trials(tmp_path, CHOOSING), taking_part, settings_of(taking_part), epochs=4)
    learned = method.epochs_learned
    again = scored(trials(tmp_path, CHOOSING), taking_part, settings_of(taking_part), epochs=4)
    assert method.epochs_learned == learned == 4 * 5
    assert (again == first).all()


def test_a_later_rung_goes_on_from_the_earlier_one(tmp_path: Path) -> None:
    method = Drill()
    taking_part = drill(method=method)
    scored(trials(tmp_path, CHOOSING), taking_part, settings_of(taking_part), epochs=4)
    later = scored(trials(tmp_path, CHOOSING), taking_part, settings_of(taking_part), epochs=8)
    assert method.epochs_learned == 8 * 5
    at_once = scored(
        trials(tmp_path / "other", CHOOSING), taking_part, settings_of(taking_part), epochs=8
    )
    assert (later == at_once).all()


def test_another_setting_seed_or_dataset_is_another_trial(tmp_path: Path) -> None:
    method = Drill()
    for skill in (0.5, 0.6):
        taking_part = drill(method=method, skill=skill)
        scored(trials(tmp_path, CHOOSING), taking_part, settings_of(taking_part), epochs=1)
    other = trials(tmp_path, CHOOSING)
    other.seed = 9
    scored(other, drill(method=method), settings_of(drill(skill=0.5)), epochs=1)
    other_rows = choosing_of(dataset(rows(450)), seed=1)
    scored(
        trials(tmp_path, other_rows), drill(method=method), settings_of(drill(skill=0.5)), epochs=1
    )
    assert method.epochs_learned == 4 * 5


def test_only_the_furthest_state_of_a_trial_takes_disk_and_forgetting_gives_it_back(
    tmp_path: Path,
) -> None:
    taking_part = drill()
    running = trials(tmp_path, CHOOSING)
    scored(running, taking_part, settings_of(taking_part), epochs=6)
    assert len(states(tmp_path)) == 5, "one a fold"
    assert all(name.endswith("-6") for name in states(tmp_path))
    running.forget(taking_part, settings_of(taking_part))
    assert states(tmp_path) == []
    found = scored(running, taking_part, settings_of(taking_part), epochs=6)
    assert found.shape == (1, 450, 3), "the scores stay"


@pytest.mark.parametrize(
    ("mood", "said"), [("raises", "RuntimeError: out of memory"), ("nan", "not numbers")]
)
def test_what_a_library_throws_at_a_candidate_stops_that_candidate_and_is_named(
    tmp_path: Path, mood: str, said: str
) -> None:
    taking_part = drill(mood=mood)
    with pytest.raises(TrialError, match=said) as caught:
        scored(trials(tmp_path, CHOOSING), taking_part, settings_of(taking_part), epochs=4)
    assert caught.value.where == "drill"
    assert caught.value.fix


def test_a_slip_of_ours_is_not_swallowed(tmp_path: Path) -> None:
    taking_part = drill(mood="slip")
    with pytest.raises(KeyError):
        scored(trials(tmp_path, CHOOSING), taking_part, settings_of(taking_part), epochs=1)


def test_a_candidate_that_fails_once_fails_again_on_resume(tmp_path: Path) -> None:
    """No score of a failed trial is kept, so nothing half done is taken for done."""
    taking_part = drill(mood="nan")
    for _ in range(2):
        with pytest.raises(TrialError):
            scored(trials(tmp_path, CHOOSING), taking_part, settings_of(taking_part), epochs=1)
    assert not (tmp_path / "scores").exists()


def test_a_finalist_learns_from_all_rows_and_answers_without_learning_again(tmp_path: Path) -> None:
    method = Drill()
    taking_part = drill(method=method)
    running = trials(tmp_path, CHOOSING)
    running.train(taking_part, settings_of(taking_part), epochs=4, seed=7)
    texts = ["is it late 1", "is it right 2"]
    asked = {"epochs": 4, "seed": 7, "texts": texts}
    first = running.logits_of(taking_part, settings_of(taking_part), **asked)
    later = trials(tmp_path, CHOOSING).logits_of(taking_part, settings_of(taking_part), **asked)
    assert method.epochs_learned == 4
    assert (first == later).all()
    assert first.shape == (2, 3)
    running.release(taking_part, settings_of(taking_part), seed=7)
    assert states(tmp_path) == []


def test_a_finalist_that_gives_no_numbers_fails_when_it_is_trained(tmp_path: Path) -> None:
    taking_part = drill(mood="nan")
    with pytest.raises(TrialError, match="not numbers"):
        trials(tmp_path, CHOOSING).train(taking_part, settings_of(taking_part), epochs=2, seed=7)


def test_logits_stand_in_the_order_of_the_rows(tmp_path: Path) -> None:
    """A drill that is always right says each row's label; folds must not shuffle them."""
    taking_part = drill(skill=1.0)
    found = scored(trials(tmp_path, CHOOSING), taking_part, settings_of(taking_part), epochs=8)
    assert (np.argmax(found[0], axis=1) == CHOOSING.targets).all()
