"""The licence of a base model, from sartor.yaml to decision.json."""

from __future__ import annotations

from pathlib import Path

import pytest

from sartor.core.decision import decision_from
from sartor.core.errors import BaseModelError, GoalError
from sartor.core.goal import Constraints, Goal
from sartor.core.licence import LicenceFinding, Permission
from sartor.delivery import _of_licences
from sartor.flow import plan
from small_runs import SMALL, Silent, decision_document, small_run, split_workspace


@pytest.fixture
def folder(tmp_path: Path, tiny_base_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Its base model has no licence."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return split_workspace(tmp_path / "inbox", base=tiny_base_folder)


@pytest.mark.parametrize("use", ["commercial", "internal", "research"])
def test_an_unknown_licence_stops_the_plan_for_every_use(folder: Path, use: str) -> None:
    with pytest.raises(BaseModelError) as refusal:
        plan(folder, settings=(*SMALL, f"constraints.licence={use}"), progress=Silent())
    assert refusal.value.where == "bases > tiny"
    assert "accept_licence: [tiny]" in refusal.value.fix


def test_an_accepted_licence_is_recorded_in_the_decision(folder: Path) -> None:
    settings = ("constraints={licence: internal, accept_licence: [tiny]}", "methods=[head]")
    result = small_run(folder, *settings, quick=True)
    (recorded,) = decision_document(result)["licences"]
    assert recorded["base"] == "tiny"
    assert (recorded["use"], recorded["verdict"]) == ("internal", "refused")
    assert recorded["is_accepted"] is True
    assert "nothing says here what it allows" in recorded["because"]
    page = result.report.read_text("utf-8")
    assert "took part because sartor.yaml accepts its licence" in page
    assert "changed nothing" not in page
    again = decision_from(decision_document(result))
    assert again.licences == result.decision.licences


def test_without_a_use_nothing_is_recorded(folder: Path) -> None:
    result = small_run(folder, "methods=[majority]", quick=True)
    assert decision_document(result)["licences"] == []


def test_duties_of_the_winners_licence_are_said(folder: Path) -> None:
    finding = LicenceFinding(
        *("tiny", ("gemma",), "commercial", Permission.DUTIES, "Gemma Terms of Use: allows use."),
        duties=("Keep to the policy.",),
    )
    from types import SimpleNamespace

    decision = SimpleNamespace(licences=(finding,), winner={"base": "tiny"})
    (line,) = _of_licences(decision, Constraints(licence="commercial"))
    assert line.endswith("commercial use is allowed with duties: Keep to the policy.")
    decision.winner = {"base": None}
    assert _of_licences(decision, Constraints(licence="commercial")) == []
    needless = Constraints(licence="commercial", accept_licence=("tiny",))
    (line,) = _of_licences(decision, needless)
    assert "`accept_licence: [tiny]` changed nothing" in line
    decision.licences = ()
    assert "no base model takes part" in _of_licences(decision, Constraints(licence="internal"))[0]


GOALS = {
    "constraints={accept_licence: [tiny]}": "without `licence` no licence is checked",
    "constraints={licence: internal, accept_licence: [tinny]}": "`tinny` is not among `bases`",
    "constraints={licence: internal, accept_licence: [tiny, tiny]}": "is named twice",
}


@pytest.mark.parametrize("setting", GOALS)
def test_an_acceptance_without_effect_is_an_error(folder: Path, setting: str) -> None:
    with pytest.raises(GoalError) as refusal:
        plan(folder, settings=(*SMALL, setting), progress=Silent())
    assert GOALS[setting] in str(refusal.value)


def test_the_default_bases_are_open_to_every_use(folder: Path) -> None:
    from sartor.base.catalogue import embedded_models
    from sartor.base.resolve import resolve
    from sartor.intake import licence_findings

    bases = [resolve(one.id, offline=True) for one in embedded_models() if one.place()]
    for use in ("commercial", "internal", "research"):
        goal = Goal(task="classify", data={}, constraints=Constraints(licence=use))
        found = licence_findings(goal, folder, bases)
        assert len(found) == len(bases)
        assert all(one.verdict is Permission.ALLOWED for one in found)
