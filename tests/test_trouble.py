"""Trouble is named and never takes the tournament with it: candidates that fail, clocks that run out."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sartor.core.candidate import Answers
from sartor.core.dataset import Split
from sartor.core.errors import GoalError, TrialError
from sartor.core.goal import Goal
from sartor.decide.standing import Standing
from sartor.delivery import _warnings
from sartor.flow import run
from sartor.tune.baseline import TfidfLinear
from sartor.tune.registry import METHODS
from small_runs import SMALL, Silent, messages, small_run, split_workspace, workspace


@pytest.fixture
def folder(tmp_path: Path, tiny_base_folder: Path) -> Path:
    return split_workspace(tmp_path / "inbox", base=tiny_base_folder)


class Troubled(TfidfLinear):
    """TF-IDF that gets into trouble; added as another package would add a method."""

    name = "troubled"
    trouble = "raises"

    def begin(self, job: Any, engine: Any) -> Any:
        return TroubledFit(super().begin(job, engine), self.trouble, job.rows)


class Unfinished(Troubled):
    """Fails only with all rows, that is, as a finalist."""

    name = "unfinished"
    trouble = "fails as a finalist"


class Numberless(Troubled):
    """Gives scores that are not numbers."""

    name = "numberless"
    trouble = "nan"


class Speechless(Troubled):
    """Knows nothing, and fails on texts that it has not learned from once it is a finalist."""

    name = "speechless"
    trouble = "fails on the test rows"


class TroubledFit:
    """Wraps a real fit."""

    def __init__(self, fit: Any, trouble: str, rows: Split) -> None:
        self.fit, self.trouble, self.num_rows = fit, trouble, len(rows)
        self.texts = set(rows.texts)

    def advance(self, epochs: int) -> None:
        if self.trouble == "raises":
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB")
        if self.trouble == "fails as a finalist" and self.num_rows > 200:
            raise ValueError("matrix is singular")
        self.fit.advance(epochs)

    def answers(self, texts: Any) -> Any:
        if self.trouble == "fails on the test rows":
            if self.num_rows > 200 and not self.texts.issuperset(texts):
                raise ValueError("a word is unknown")
            return Answers(self.fit.answers(texts).logits_NC * 0.0)
        factor = np.nan if self.trouble == "nan" else 1.0
        return Answers(self.fit.answers(texts).logits_NC * factor)

    def state(self) -> Any:
        return self.fit.state()

    def restore(self, state: Any) -> None:
        self.fit.restore(state)

    def fitted(self) -> Any:
        return self.fit.fitted()


@pytest.fixture
def troubled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The methods above, under their names, as entry points would bring them."""
    METHODS.names()
    for method in (Troubled, Unfinished, Numberless, Speechless):
        monkeypatch.setitem(METHODS._paths, method.name, f"{__name__}:{method.__name__}")


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("troubled", "failed: RuntimeError: CUDA out of memory"),
        ("numberless", "failed: gives scores that are not numbers"),
        ("unfinished", "failed in the final training: ValueError: matrix is singular"),
    ],
)
@pytest.mark.usefixtures("troubled")
def test_a_candidate_that_fails_is_named_and_the_tournament_ends_with_a_decision(
    folder: Path, method: str, said: str
) -> None:
    result = small_run(folder, f"methods=[majority,{method}]", quick=True)
    assert result.decision.winner is not None
    assert result.decision.winner["method"] == "majority"
    failed = [one for one in result.decision.candidates if one.method == method]
    because = [one.stopped_because for one in failed if one.state == "failed"]
    assert because
    assert all(b is not None and b.startswith(said) for b in because)
    assert failed[0].test is None
    assert not list((folder / ".sartor/artifacts").glob("state/*"))


@pytest.mark.slow
@pytest.mark.usefixtures("troubled")
def test_a_loser_that_fails_on_the_test_rows_changes_no_choice(folder: Path) -> None:
    alone = small_run(folder, "methods=[tfidf]").decision
    decision = small_run(folder, "methods=[tfidf,speechless]").decision
    assert decision.winner is not None
    assert decision.winner["method"] == "tfidf"
    (failed,) = [one for one in decision.candidates if one.state == "failed"]
    assert failed.method == "speechless"
    assert failed.stopped_because == "failed on the test rows: ValueError: a word is unknown"
    assert failed.test is None
    winners = [one for d in (alone, decision) for one in d.candidates if one.state == "winner"]
    assert winners[0].test == winners[1].test


@pytest.mark.usefixtures("troubled")
def test_a_winner_that_fails_on_the_test_rows_is_not_shipped(folder: Path) -> None:
    with pytest.raises(TrialError, match="a word is unknown"):
        small_run(folder, "methods=[speechless]", quick=True)
    assert list(folder.glob("runs/*/winner.json")), "it was written down before"
    assert not list(folder.glob("runs/*/decision.json"))


@pytest.mark.parametrize("method", ["troubled", "numberless", "unfinished"])
@pytest.mark.usefixtures("troubled")
def test_where_every_candidate_fails_the_error_gives_the_causes(folder: Path, method: str) -> None:
    with pytest.raises(TrialError, match="every candidate failed") as caught:
        small_run(folder, f"methods=[{method}]", quick=True)
    assert any(w in caught.value.problem for w in ("out of memory", "not numbers", "singular"))
    assert not list(folder.glob("runs/*/winner.json"))


class SlowMachine(Silent):
    """Lets the clock run out once the first entrant is done."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def candidate(self, row: Any) -> None:
        super().candidate(row)
        if row.state == "scored":
            time.sleep(self.seconds)


@pytest.mark.slow
def test_a_run_that_the_clock_cuts_short_says_so_and_names_who_was_not_begun(folder: Path) -> None:
    result = run(
        folder,
        settings=(*SMALL, "methods=[majority,tfidf,head]", "budget.hours=0.0008"),
        quick=True,
        progress=SlowMachine(3.0),
    )
    assert result.decision.is_cut_short
    late = [one for one in result.decision.candidates if one.stopped_because]
    assert "left out: the time budget ended before it was scored" in {
        one.stopped_because for one in late
    }
    assert "The clock ended this run before its plan was done" in result.report.read_text("utf-8")


def test_no_time_at_all_is_an_error_about_the_budget(folder: Path) -> None:
    with pytest.raises(GoalError, match=r"budget > hours: .* before the first candidate"):
        small_run(folder, "budget.hours=1e-9", quick=True)


def test_where_the_budget_ended_a_training_the_report_says_after_how_many_epochs() -> None:
    allowance: Any = SimpleNamespace(entrant=SimpleNamespace(name="full · minilm-l6"))
    curbed, free = Standing(allowance, curbed_after=3), Standing(allowance)
    draw = SimpleNamespace(
        plan=(),
        without_part=(),
        dataset=SimpleNamespace(test=object()),
        goal=Goal(task="classify", data={"all": ("rows.jsonl",)}),
    )
    outcome: Any = SimpleNamespace(
        failures={}, is_cut_short=False, standings=[curbed, free], readers=None
    )
    outcome.draw = draw
    (warning,) = _warnings(outcome, None)
    assert "ended the training of full · minilm-l6 after 3 epochs" in warning


def test_a_package_claims_no_test_set_where_there_was_none(tmp_path: Path) -> None:
    """Two rows a label: none can be held back, and what chose it is no test."""
    folder = workspace(tmp_path / "few", messages(2))
    result = small_run(folder, "methods=[majority]", quick=True)
    assert [one.test for one in result.decision.candidates] == [None]
    assert result.decision.candidates[0].valid
    assert result.package is not None
    page = (result.package / "README.md").read_text("utf-8")
    assert "Not measured on a test set" in page
    assert "held-out" not in page
    assert "metric_value" not in page
    assert json.loads((result.package / "sartor.json").read_text("utf-8"))["metrics"] == {}
