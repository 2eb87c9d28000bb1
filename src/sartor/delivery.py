"""From the outcome of a tournament to what a user gets: package, decision, report.

The package is loaded anew and asked again before it counts; what was measured is what is shipped.
"""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sartor.core.words import counted
from sartor.results import RunResult

if TYPE_CHECKING:
    from sartor.core.protocols import Progress
    from sartor.decide.tournament import Outcome
    from sartor.store.run_folder import RunFolder
    from sartor.store.workspace import Workspace

PACKAGE = "package"
REPORT = "report.html"
DECISION = "decision.json"
LATENCY_TEXTS = 100


def deliver(
    workspace: Workspace,
    run_folder: RunFolder,
    outcome: Outcome,
    progress: Progress,
    *,
    started: float,
) -> RunResult:
    """Package, check through the path that users call, decide, report.

    Args:
        workspace: Counts the looks at the test set.
        run_folder: Where everything is written; the decision last, so that a run without one goes on.
        outcome: Of the tournament.
        progress: Who watches.
        started: `time.monotonic()` at the start of the run.
    """
    from sartor.data.personal import mask_personal_data
    from sartor.decide.conclude import conclude
    from sartor.decide.tournament import release
    from sartor.engines.packages.serve import load_package
    from sartor.goal import resolved_yaml
    from sartor.report.html import render_report

    progress.step("Packaging the winner and checking the package")
    package = _package(run_folder, outcome)
    served = load_package(package)
    latency_ms = served.measure_latency(
        list(islice(outcome.draw.choosing.rows.texts, LATENCY_TEXTS))
    )
    test = outcome.draw.dataset.test
    decision = conclude(
        outcome,
        run=run_folder.run_id,
        latency_ms=latency_ms,
        package_bytes=served.size_bytes,
        test_looks=workspace.test_looks(test.fingerprint) if test else 0,
        mask=mask_personal_data,
        seconds=time.monotonic() - started,
    )
    card = outcome.draw.dataset.card
    assert card is not None
    page = render_report(
        decision, card=card, goal_text=resolved_yaml(outcome.draw.goal), warnings=_warnings(outcome)
    )
    run_folder.write_text(REPORT, page)
    release(outcome)
    run_folder.write_json(DECISION, decision.as_dict())
    workspace.set_latest_run(run_folder.run_id)
    return finished(run_folder, is_reused=False)


def finished(run_folder: RunFolder, *, is_reused: bool) -> RunResult:
    """A run whose decision stands."""
    from sartor.core.decision import decision_from

    package = run_folder.path(PACKAGE)
    return RunResult(
        run=run_folder.run_id,
        folder=run_folder.folder,
        decision=decision_from(run_folder.read_json(DECISION)),
        report=run_folder.path(REPORT),
        package=package if package.is_dir() else None,
        is_reused=is_reused,
    )


def _package(run_folder: RunFolder, outcome: Outcome) -> Path:
    """What was measured is what is shipped: a difference between the two is an error (law 5)."""
    from sartor.engines.packages.check import check_package
    from sartor.engines.packages.write import write_package

    thresholds = outcome.choice.winner.thresholds
    facts = {
        **outcome.fitted.facts,
        "thresholds": None if thresholds is None else [float(t) for t in thresholds],
    }
    fitted = replace(outcome.fitted, facts=facts)
    card = _package_card(run_folder, outcome)
    package = run_folder.put_folder(PACKAGE, lambda aside: write_package(fitted, aside, card=card))
    if outcome.test is not None:
        winner = next(t for t in outcome.tested if t.finalist is outcome.winner)
        texts = list(outcome.test.texts)
        check_package(package, texts, winner.logits_RNC[0], 1e-3)
    return package


def _package_card(run_folder: RunFolder, outcome: Outcome) -> Any:
    from sartor.decide.conclude import measured_of_winner
    from sartor.engines.packages.card import PackageCard

    goal, winner = outcome.draw.goal, outcome.winner
    entrant = winner.result.allowance.entrant
    card = outcome.draw.dataset.card
    return PackageCard(
        name=run_folder.run_id,
        description=goal.description,
        method=entrant.method.name,
        method_title=entrant.method.title,
        settings={**winner.result.settings, "epochs": winner.result.epochs},
        dataset_hash=outcome.draw.dataset.hash,
        num_examples=card.num_examples if card else {},
        metrics=measured_of_winner(outcome),
        calibrator=outcome.confidence.calibrator.as_dict(),
        automation_threshold=outcome.confidence.threshold,
        scope_threshold=outcome.confidence.scope_threshold,
        seed=winner.seeds[0],
        versions=outcome.environment.get("versions", {}),
    )


def _warnings(outcome: Outcome) -> list[str]:
    """What a reader of the report must know besides the numbers."""
    warnings = [f"`{result}` failed {cause}" for result, cause in outcome.failures.items()]
    if outcome.is_cut_short:
        warnings.append("The time budget ended the run before the plan was done.")
    warnings += [
        f"The budget ended the training of {standing.allowance.entrant.name} after "
        f"{counted(standing.curbed_after, 'epoch')}; whether more would have helped was not seen."
        for standing in outcome.standings
        if standing.curbed_after is not None
    ]
    looks = outcome.draw.dataset.test
    if looks is None:
        warnings.append("There were too few rows to hold any back for a test.")
    goal = outcome.draw.goal
    if goal.budget.usd is not None:
        warnings.append("`budget: usd` changed nothing: no paid service takes part.")
    if goal.constraints.licence not in (None, "commercial"):
        use = goal.constraints.licence
        warnings.append(f"`licence: {use}` changed nothing: only commercial use is checked.")
    return warnings
