"""The whole pass: settings take effect, numbers are what `predict` does, runs do not disturb each other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sartor.core.errors import GoalError, WorkspaceError
from sartor.core.goal import OutputKind
from sartor.core.protocols import is_for
from sartor.flow import plan, predict, report, run
from sartor.results import RunResult
from sartor.store.workspace import Workspace
from sartor.tune.registry import load_methods
from small_runs import (
    SMALL,
    WORDS,
    Silent,
    decision_document,
    link_base,
    messages,
    small_run,
    split_workspace,
    workspace,
    write_jsonl,
)


def methods_for(kind: OutputKind) -> list[str]:
    """Names of those that classify so with an encoder, or without any base model."""
    able = [
        method.name
        for method in load_methods()
        if is_for(method, "classify")
        and any(kind in method.does.get(place, ()) for place in (None, "encoder"))
    ]
    return list(dict.fromkeys(able))


LABELLING = methods_for(OutputKind.SINGLE)
ALL_METHODS = "methods=[" + ",".join(LABELLING) + "]"

THREE = (*SMALL, "methods=[tfidf,few_shot,head]")


@pytest.fixture
def folder(tmp_path: Path, tiny_base_folder: Path) -> Path:
    return split_workspace(tmp_path / "inbox", base=tiny_base_folder)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, tiny_base_folder: Path) -> Path:
    """A workspace in which every method has taken part."""
    made = split_workspace(tmp_path_factory.mktemp("finished") / "inbox", base=tiny_base_folder)
    small_run(made, ALL_METHODS, "seeds=2", "targets={accuracy: 0.5}", quick=True)
    return made


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def only_file(place: Path, pattern: str) -> Any:
    (path,) = place.glob(pattern)
    return json.loads(path.read_text())


def test_the_accuracy_in_the_decision_is_that_of_predict_on_the_test_rows(finished: Path) -> None:
    """The winner's first seed is shipped; `predict` goes the users' way: package, onnxruntime."""
    decision = report(finished).decision
    rows = rows_of(finished / "test.jsonl")
    found = list(predict(finished, [row["text"] for row in rows]))
    right = np.mean([f.labels == (row["label"],) for f, row in zip(found, rows, strict=True)])
    (winner,) = [one for one in decision.candidates if one.state == "winner"]
    assert winner.test_seeds is not None
    assert winner.test is not None
    assert winner.test_seeds["accuracy"][0] == pytest.approx(right, abs=1e-12)
    assert winner.test["accuracy"].value == pytest.approx(np.mean(winner.test_seeds["accuracy"]))
    assert winner.test["accuracy"].num_examples == len(rows) == 120
    assert decision.targets[0].value == winner.test["accuracy"].value


def test_what_is_answered_alone_is_what_the_decision_says(finished: Path) -> None:
    automation = report(finished).decision.automation
    assert automation is not None
    rows = rows_of(finished / "test.jsonl")
    found = list(predict(finished, [row["text"] for row in rows]))
    alone = [f.confidence >= automation.threshold for f in found if f.confidence is not None]
    assert automation.rate.value == pytest.approx(np.mean(alone), abs=1e-9)


def test_every_candidate_stands_in_the_decision_once(finished: Path) -> None:
    decision = report(finished).decision
    ids = Counter(one.candidate for one in decision.candidates)
    assert set(ids.values()) == {1}
    assert {one.method for one in decision.candidates} == set(LABELLING)
    states = Counter(one.state for one in decision.candidates)
    assert states["winner"] == 1
    assert states["finalist"] == 2, "a quick run has one finalist a family"
    assert "failed" not in states
    assert sum(one.share_of_budget for one in decision.candidates) == pytest.approx(1.0)


def test_finalists_are_ranked_by_the_rows_that_choose_and_compared_with_the_winner(
    finished: Path,
) -> None:
    decision = report(finished).decision
    finalists = [one for one in decision.candidates if one.test is not None]
    values = [one.valid["accuracy"].value for one in finalists]
    assert values == sorted(values, reverse=True)
    assert decision.winner is not None
    for one in finalists:
        is_winner = one.candidate == decision.winner["candidate"]
        assert (one.versus_winner is None) is is_winner
        for estimates in (one.valid, one.test or {}):
            assert all(e.low <= e.value <= e.high for e in estimates.values())


def test_the_plan_names_everyone_and_its_shares_add_up(finished: Path) -> None:
    found = plan(finished, settings=(*SMALL, ALL_METHODS), quick=True, progress=Silent())
    assert [row.method for row in found.rows] == LABELLING
    assert sum(row.share for row in found.rows) == pytest.approx(1.0)
    assert "test opened, once" in found.rule


def test_a_second_run_finds_everything_in_a_moment_and_imports_no_torch(finished: Path) -> None:
    """A new process: what this one has loaded would prove nothing."""
    settings = (*SMALL, ALL_METHODS, "seeds=2", "targets={accuracy: 0.5}")
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from sartor.flow import run\n"
        "class Nobody:\n"
        "    def __getattr__(self, name): return lambda *given: None\n"
        f"found = run(Path({str(finished)!r}), settings={settings!r}, quick=True, progress=Nobody())\n"
        "print(found.is_reused, 'torch' in sys.modules, 'transformers' in sys.modules)\n"
    )
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split() == ["True", "False", "False"], done.stderr
    assert time.monotonic() - started < 8


def test_another_goal_on_the_same_data_repeats_no_training(folder: Path) -> None:
    """Only the statistics are new; every trial is found."""
    small_run(folder, quick=True)
    scores = folder / ".sartor/artifacts/scores"
    before = {path.name: path.stat().st_mtime_ns for path in scores.iterdir()}
    again = small_run(folder, "tolerance=0.05", quick=True)
    assert not again.is_reused
    assert {path.name: path.stat().st_mtime_ns for path in scores.iterdir()} == before


def test_of_two_runs_at_once_the_second_is_told_who_holds_the_workspace(folder: Path) -> None:
    held = Workspace.open(folder)
    with held.lock("run"), pytest.raises(WorkspaceError) as caught:
        small_run(folder, quick=True)
    assert str(os.getpid()) in str(caught.value)
    assert not small_run(folder, quick=True).is_reused, "afterwards it is free"


def test_a_refused_run_does_not_hide_the_last_finished_one(folder: Path) -> None:
    first = small_run(folder, "methods=[tfidf]", quick=True)
    with pytest.raises(GoalError):
        small_run(folder, "methods=[tfidf]", "settings={tfidf: {C: -1}}", quick=True)
    assert report(folder).run == first.run


def several_labels(num_rows: int, seed: int) -> list[dict[str, Any]]:
    """Each text is two texts, and has the labels of both; some are about nothing."""
    singles = messages(num_rows, signal=0.6, seed=seed)
    rng = np.random.default_rng(seed)
    rows = []
    for one, other in zip(singles[::2], singles[1::2], strict=False):
        labels = sorted({one["label"], other["label"]})
        rows.append({"text": f"{one['text']} {other['text']}", "labels": labels})
    words = [" ".join(rng.choice(["the", "a", "it", "is", "on"], 6)) for _ in range(6)]
    return [*rows, *({"text": f"{text} {n}", "labels": []} for n, text in enumerate(words))]


def scores(num_rows: int, seed: int) -> list[dict[str, Any]]:
    """The score is the number of telling words."""
    found = []
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        rows = messages(num_rows // 5, labels=("refund",), signal=share, seed=seed)
        telling = set(WORDS["refund"].split())
        found += [
            {"text": row["text"], "score": 1.0 * sum(w in telling for w in row["text"].split())}
            for row in rows
        ]
    return found


KINDS: dict[str, tuple[Callable[[int, int], list[dict[str, Any]]], str]] = {
    "multi": (several_labels, "micro_f1"),
    "score": (scores, "mae"),
}


def kind_workspace(folder: Path, kind: str, base: Path) -> Path:
    folder.mkdir()
    make, _ = KINDS[kind]
    for number, (name, size) in enumerate({"train": 150, "valid": 430, "test": 120}.items()):
        write_jsonl(folder / f"{name}.jsonl", make(size, number))
    lines = [f"  {name}: [{name}.jsonl]" for name in ("train", "valid", "test")]
    (folder / "sartor.yaml").write_text("\n".join(["task: classify", "data:", *lines]) + "\n")
    link_base(folder, base)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_method_that_supports_a_kind_takes_part_and_predictions_make_sense(
    tmp_path: Path, tiny_base_folder: Path, kind: str
) -> None:
    made = kind_workspace(tmp_path / "inbox", kind, tiny_base_folder)
    result = small_run(made, ALL_METHODS, quick=True)
    supporting = set(methods_for(OutputKind(kind)))
    scored = {one.method for one in result.decision.candidates if one.valid}
    assert scored == supporting
    assert not [one for one in result.decision.candidates if one.state == "failed"]
    assert result.decision.metric == KINDS[kind][1]
    rows = rows_of(made / "test.jsonl")
    found = list(predict(made, [row["text"] for row in rows]))
    (winner,) = [one for one in result.decision.candidates if one.state == "winner"]
    assert winner.test_seeds is not None
    if kind == "multi":
        right = np.mean(
            [set(f.labels) == set(r["labels"]) for f, r in zip(found, rows, strict=True)]
        )
        assert winner.test_seeds["exact_match"][0] == pytest.approx(right, abs=1e-12)
        assert right > 0.3
        assert all(f.score is None and f.confidence is not None for f in found)
    else:
        errors = [abs(float(f.score or 0) - r["score"]) for f, r in zip(found, rows, strict=True)]
        assert winner.test_seeds["mae"][0] == pytest.approx(np.mean(errors), abs=1e-4)
        assert np.mean(errors) < 1.5
        held = [
            f.interval[0] <= r["score"] <= f.interval[1]
            for f, r in zip(found, rows, strict=True)
            if f.interval
        ]
        assert np.mean(held) > 0.75
        assert all(f.labels == () and not f.hand_over for f in found)


def chosen_by(result: RunResult) -> str:
    return json.dumps(json.loads((result.folder / "rule.json").read_text()))


def outcome(result: RunResult) -> dict[str, Any]:
    return decision_document(result)


EFFECTS: dict[str, tuple[str, Callable[[RunResult], Any]]] = {
    "tolerance": ("tolerance=0.3", lambda r: outcome(r)["tolerance"]),
    "seeds": (
        "seeds=2",
        lambda r: max(
            len(c["test_seeds"]["accuracy"]) for c in outcome(r)["candidates"] if c["test_seeds"]
        ),
    ),
    "seed": ("seed=5", lambda r: json.loads((r.folder / "winner.json").read_text())["seeds"]),
    "targets": (
        "targets={macro_f1: 0.99999}",
        lambda r: (outcome(r)["metric"], outcome(r)["targets"]),
    ),
    "max_examples": ("max_examples=100", lambda r: outcome(r)["data"]["num_examples"]),
    "max_tokens": ("max_tokens=8", lambda r: outcome(r)["data"]["hash"]),
    "memory": (
        "constraints.memory_gb=0.01",
        lambda r: (outcome(r)["verdict"], outcome(r)["headline"]),
    ),
    "latency": ("constraints.latency_ms_p95=0.0001", lambda r: outcome(r)["verdict"]),
    "precision": ("automation.precision=0.6", lambda r: outcome(r)["automation"]["threshold"]),
    "keep_share": (
        "out_of_scope.keep_share=0.5",
        lambda r: outcome(r)["automation"]["out_of_scope"]["kept_share"],
    ),
    "methods": (
        "methods=[tfidf,few_shot,head,majority]",
        lambda r: len({c["method"] for c in outcome(r)["candidates"]}),
    ),
    "pins": (
        "settings={head: {inverse_regularisation: 3.0}}",
        lambda r: {c["settings"].get("inverse_regularisation") for c in outcome(r)["candidates"]},
    ),
    "description": (
        "description=Which queue",
        lambda r: (r.folder / "package/README.md").read_text(),
    ),
    "budget": ("budget.hours=0.00001", lambda r: chosen_by(r)),
}


@pytest.fixture(scope="module")
def plain(
    tmp_path_factory: pytest.TempPathFactory, tiny_base_folder: Path
) -> tuple[Path, RunResult]:
    made = split_workspace(
        tmp_path_factory.mktemp("plain") / "inbox", base=tiny_base_folder, signal=0.15
    )
    return made, run(made, settings=THREE, progress=Silent())


@pytest.mark.slow
@pytest.mark.parametrize("name", EFFECTS)
def test_every_setting_changes_what_it_says(plain: tuple[Path, RunResult], name: str) -> None:
    """A setting silently ignored is the most repeated complaint about tools of this kind."""
    made, before = plain
    setting, looked_at = EFFECTS[name]
    if name == "budget":
        wide, narrow = (
            plan(made, settings=(*SMALL, ALL_METHODS, *more), progress=Silent())
            for more in ((), (setting,))
        )
        assert not any(row.left_out_because for row in wide.rows)
        assert any(row.left_out_because for row in narrow.rows)
        return
    after = run(made, settings=(*THREE, setting), progress=Silent())
    assert looked_at(after) != looked_at(before)


def test_settings_that_are_shown_have_their_origin(finished: Path) -> None:
    for one in report(finished).decision.candidates:
        if one.state in ("winner", "finalist"):
            assert set(one.origins) == set(one.settings), asdict(one)
            assert set(one.origins.values()) <= {"given", "searched", "default"}


def test_groups_of_the_user_never_straddle_train_and_test(
    tmp_path: Path, tiny_base_folder: Path
) -> None:
    rows = [{**row, "customer_id": number % 40} for number, row in enumerate(messages(60))]
    made = workspace(tmp_path / "inbox", rows, base=tiny_base_folder)
    settings = ("methods=[tfidf]", "columns={group: customer_id}")
    small_run(made, *settings, quick=True)
    document = only_file(made, ".sartor/artifacts/dataset/*/card.json")
    assert document["card"]["columns"]["group"] == "customer_id"


def test_a_setting_that_changes_nothing_is_said_in_the_report(folder: Path) -> None:
    result = small_run(
        folder, "methods=[tfidf]", "budget.usd=5", "constraints.licence=internal", quick=True
    )
    page = result.report.read_text("utf-8")
    assert "no `apis` are named" in page or "no <code>apis</code> are named" in page
    assert "no base model takes part" in page
