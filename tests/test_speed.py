"""The machine is measured once a workspace; whoever pins its speed gets the same plans everywhere."""

from __future__ import annotations

import pytest

from sartor import speed
from sartor.core.errors import GoalError
from sartor.core.speed import Speed
from sartor.decide.pace import Pace
from sartor.engines import speed as engine_speed
from sartor.store.artifacts import DiskArtifacts
from sartor.store.run_folder import RunFolder


@pytest.fixture
def measured(monkeypatch):
    """Without the pin of the tests; every measurement is noted."""
    monkeypatch.delenv(speed.VARIABLE, raising=False)
    monkeypatch.setattr(engine_speed, "SECONDS_EACH", 0.01)
    monkeypatch.setattr(engine_speed, "COPIED_BYTES", 2**20)
    done, measure = [], engine_speed.measured_speed
    monkeypatch.setattr(engine_speed, "measured_speed", lambda: done.append(measure()) or done[-1])
    return done


def test_a_workspace_keeps_what_was_measured_first(tmp_path, measured):
    artifacts = DiskArtifacts(tmp_path)
    first = speed.speed_here(artifacts)
    assert speed.speed_here(DiskArtifacts(tmp_path)) == first
    assert len(measured) == 1
    assert 1e8 < first.small_flops_per_second < 1e16
    assert 1e8 < first.large_flops_per_second < 1e16
    assert 1e8 < first.copied_bytes_per_second < 1e14


def test_another_number_of_threads_is_another_machine(tmp_path, measured, monkeypatch):
    artifacts = DiskArtifacts(tmp_path)
    speed.speed_here(artifacts)
    monkeypatch.setenv("OMP_NUM_THREADS", "77")
    speed.speed_here(artifacts)
    assert len(measured) == 2


def test_a_pinned_speed_measures_nothing(tmp_path, measured, monkeypatch):
    monkeypatch.setenv(speed.VARIABLE, "2.5")
    pace = speed.pace_here(DiskArtifacts(tmp_path))
    assert (pace.small_factor, pace.large_factor) == (2.5, 2.5)
    assert not measured


@pytest.mark.parametrize("given", ["fast", "0", "-1", "nan", "1e9"])
def test_a_pinned_speed_that_makes_no_sense_is_refused(tmp_path, monkeypatch, given):
    monkeypatch.setenv(speed.VARIABLE, given)
    with pytest.raises(GoalError, match="SARTOR_SPEED"):
        speed.pace_here(DiskArtifacts(tmp_path))


def test_measured_again_the_faster_time_counts(tmp_path, measured, monkeypatch):
    artifacts = DiskArtifacts(tmp_path)
    seen = iter((2e11, 8e11, 1e11))
    monkeypatch.setattr(speed, "speed_now", lambda: Speed("cpu", next(seen), 1e11, 1e10))
    assert speed.speed_here(artifacts).small_flops_per_second == 2e11
    assert speed.speed_here(artifacts, again=True).small_flops_per_second == 8e11
    assert speed.speed_here(artifacts, again=True).small_flops_per_second == 8e11
    assert speed.speed_here(artifacts).small_flops_per_second == 8e11


def test_a_run_that_was_begun_keeps_its_pace(tmp_path):
    folder = RunFolder("r1", tmp_path / "r1", tmp_path / "staging")
    assert speed.pace_of_run(folder) is None
    folder.write_json("rule.json", {"pace": {"small_factor": 4.0, "large_factor": 2.0}})
    assert speed.pace_of_run(folder) == Pace(4.0, 2.0)
    folder.write_json("rule.json", {"rule": "of an older version"})
    assert speed.pace_of_run(folder) is None
