"""From the outcome of a tournament to what a user gets: package, decision, report.

The package is loaded anew and asked again before it counts; what was measured is what is shipped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sartor.asking import access_of_run, details_of_run, warnings_of_run
from sartor.asking import latency_ms as latency_of_api
from sartor.core.candidate import Answers
from sartor.core.errors import WorkspaceError
from sartor.core.goal import CLASSIFIED, Constraints, Goal, OutOfScope, OutputKind
from sartor.core.words import counted
from sartor.intake import licence_findings
from sartor.lessons import with_memory
from sartor.results import RunResult

if TYPE_CHECKING:
    from sartor.core.decision import Decision
    from sartor.core.lesson import LessonsOfBase
    from sartor.core.licence import LicenceFinding
    from sartor.core.protocols import Progress
    from sartor.decide.tournament import Outcome
    from sartor.engines.api.engine import ApiEngine
    from sartor.engines.packages.check_written import WrittenCheck
    from sartor.engines.packages.serve import ServedModel
    from sartor.engines.packages.serve_tagger import ServedTagger
    from sartor.engines.packages.serve_writer import ServedWriter
    from sartor.evaluate.text_readers import Embed, TextReaders
    from sartor.serve.api_access import ApiAccess
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
    api: ApiEngine | None = None,
    lessons: Sequence[LessonsOfBase] = (),
    started: float,
) -> RunResult:
    """Package, check through the path that users call, decide, report.

    Args:
        workspace: Counts the looks at the test set.
        run_folder: Where everything is written; the decision last, so that a run without one goes on.
        outcome: Of the tournament.
        progress: Who watches.
        api: Has asked the APIs of the run; None where there are none.
        lessons: What the rows teach each base that is trained to write.
        started: `time.monotonic()` at the start of the run.
    """
    from sartor.data.personal import mask_personal_data
    from sartor.decide.conclude import conclude
    from sartor.decide.tournament import release
    from sartor.goal import resolved_yaml
    from sartor.report.html import render_report

    outcome.readers = _readers(outcome)
    progress.step("Packaging the winner and checking the package")
    access = access_of_run(outcome.draw.goal, api)
    package, checked = _package(workspace, run_folder, outcome, access)
    latency_ms = latency_of_api(outcome) or _latency_ms(package, workspace, outcome)
    test = outcome.draw.dataset.test
    decision = conclude(
        outcome,
        run=run_folder.run_id,
        latency_ms=latency_ms,
        test_looks=workspace.test_looks(test.fingerprint) if test else 0,
        mask=mask_personal_data,
        seconds=time.monotonic() - started,
    )
    details = dict(decision.details)
    if checked is not None:
        details["package_check"] = checked.as_dict()
    if api is not None:
        details["apis"] = details_of_run(outcome, api.spending)
    decision = replace(decision, details=details, licences=_licences(workspace, outcome))
    card = outcome.draw.dataset.card
    assert card is not None
    talks = outcome.draw.facts.is_conversation
    lessons = with_memory(lessons, _base_folders(outcome), outcome.test, is_conversation=talks)
    page = render_report(
        decision,
        card=card,
        goal_text=resolved_yaml(outcome.draw.goal),
        warnings=[
            *_warnings(outcome, checked),
            *_of_licences(decision, outcome.draw.goal.constraints),
            *(warnings_of_run(outcome, api.spending) if api is not None else ()),
            *_of_lessons(lessons),
        ],
        lessons=lessons,
    )
    run_folder.write_text(REPORT, page)
    release(outcome)
    run_folder.write_json(DECISION, decision.as_dict())
    workspace.set_latest_run(run_folder.run_id)
    return finished(run_folder, is_reused=False)


def _latency_ms(package: Path, workspace: Workspace, outcome: Outcome) -> tuple[float, float]:
    """Of the package, asked as users will."""
    bases = outcome.draw.goal.bases
    served = load(package, workspace=workspace.folder, bases=lambda: bases)
    return served.measure_latency(list(islice(outcome.draw.choosing.rows.texts, LATENCY_TEXTS)))


def _base_folders(outcome: Outcome) -> dict[str, Path]:
    bases = [allowance.entrant.base for allowance in outcome.draw.plan]
    return {base.id: base.folder for base in bases if base is not None}


def _readers(outcome: Outcome) -> TextReaders | None:
    """What reads written texts on the test set; None where there are none."""
    from sartor.evaluate.text_readers import TextReaders

    if outcome.draw.dataset.output_kind is not OutputKind.TEXT or outcome.test is None:
        return None
    known = [references[0] for references in outcome.draw.choosing.rows.targets]
    return TextReaders(known, embed=_embedder(outcome), seed=outcome.draw.goal.seed)


def _embedder(outcome: Outcome) -> Embed | None:
    """The embedded sentence encoder, its passes kept; None where it is not installed."""
    from sartor.base.resolve import default_bases, resolve
    from sartor.core.errors import BaseModelError

    try:
        base = resolve(default_bases()[0], offline=True)
    except BaseModelError:
        return None
    return partial(outcome.trials.engine.features, base, pooling=base.pooling)


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


def latest_finished(folder: Path) -> RunResult:
    """The latest run of a workspace that came to its decision.

    Raises:
        WorkspaceError: There is none.
    """
    from sartor.store.workspace import Workspace

    latest = Workspace.open(folder).latest_run()
    if latest is None or not latest.path(DECISION).is_file():
        raise WorkspaceError(
            where=str(folder / "runs"),
            problem="holds no finished run.",
            fix=f"Run `sartor run {folder}`; it continues where it stopped.",
        )
    return finished(latest, is_reused=True)


def load(
    package: Path,
    *,
    workspace: Path,
    bases: Callable[[], Sequence[str]],
    api: ApiAccess | None = None,
) -> ServedModel | ServedTagger | ServedWriter:
    """A package, ready to answer.

    Args:
        package: Its folder.
        workspace: From where relative folders of base models are meant.
        bases: Gives the goal's base models, among which a prompt finds its own again.
        api: Asks the API that a prompt may be for.
    """
    from sartor.engines.packages.serve import load_package
    from sartor.serve.recall import recall

    again = partial(recall, bases=bases, relative_to=workspace, api=api)
    return load_package(package, recall=again)


def _package(
    workspace: Workspace, run_folder: RunFolder, outcome: Outcome, api: ApiAccess | None
) -> tuple[Path, WrittenCheck | None]:
    """What was measured is what is shipped: a difference between the two is an error (law 5)."""
    from sartor.engines.packages.write import write_package

    thresholds = outcome.choice.winner.thresholds
    facts = {
        **outcome.fitted.facts,
        "thresholds": None if thresholds is None else [float(t) for t in thresholds],
    }
    fitted = replace(outcome.fitted, facts=facts)
    card = _package_card(run_folder, outcome)
    package = run_folder.put_folder(PACKAGE, lambda aside: write_package(fitted, aside, card=card))
    return package, _checked(package, outcome, workspace.folder, api)


def _checked(
    package: Path, outcome: Outcome, workspace: Path, api: ApiAccess | None
) -> WrittenCheck | None:
    """Ask the package the test texts again, the way users will; None where there are none or labels."""
    from sartor.engines.packages.check import check_package
    from sartor.engines.packages.check_written import check_written_package
    from sartor.serve.recall import recall

    if outcome.test is None:
        return None
    winner = next(t for t in outcome.tested if t.finalist is outcome.winner)
    texts = list(outcome.test.texts)
    expected = Answers(winner.logits_RNC[0], winner.decided_RN[0])
    bases = outcome.draw.goal.bases
    again = partial(recall, bases=lambda: bases, relative_to=workspace, api=api)
    if outcome.draw.dataset.output_kind in CLASSIFIED:
        check_package(package, texts, winner.logits_RNC[0], 1e-3, recall=again)
        return None
    return check_written_package(package, texts, expected, recall=again)


def _package_card(run_folder: RunFolder, outcome: Outcome) -> Any:
    from sartor.data.treatment import reading_of
    from sartor.decide.measured import measured_of_winner
    from sartor.engines.packages.card import PackageCard

    goal, winner = outcome.draw.goal, outcome.winner
    entrant = winner.result.allowance.entrant
    card, calibrator = outcome.draw.dataset.card, outcome.confidence.calibrator
    return PackageCard(
        name=run_folder.run_id,
        description=goal.description,
        method=entrant.method.name,
        method_title=entrant.method.title,
        settings={**winner.result.settings, "epochs": winner.result.epochs},
        dataset_hash=outcome.draw.dataset.hash,
        num_examples=card.num_examples if card else {},
        metrics={} if outcome.test is None else measured_of_winner(outcome),
        calibrator=calibrator.as_dict() if calibrator else None,
        automation_threshold=outcome.confidence.threshold,
        scope_threshold=outcome.confidence.scope_threshold,
        reading=reading_of(goal),
        seed=winner.seeds[0],
        versions=outcome.environment.get("versions", {}),
    )


def _warnings(outcome: Outcome, checked: WrittenCheck | None) -> list[str]:
    """What a reader of the report must know besides the numbers."""
    warnings = [f"`{result}` failed {cause}" for result, cause in outcome.failures.items()]
    if checked is not None and outcome.test is not None:
        warnings += _remarks(checked, len(outcome.test.texts))
    if outcome.readers is not None and outcome.readers.embed is None:
        warnings.append(
            "Relevance was not measured: no embedded encoder is installed "
            '(`pip install "sartor[embedded]"`).'
        )
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
    if goal.budget.usd is not None and not goal.apis:
        warnings.append("`budget: usd` changed nothing: no `apis` are named.")
    asking = {a.entrant.method.name for a in outcome.draw.plan if not a.left_out_because}
    if goal.documents and "retrieval" not in asking:
        warnings.append("`documents` changed nothing: `retrieval`, which reads them, took no part.")
    if _sets_shares(goal) and outcome.draw.dataset.output_kind is OutputKind.SCORE:
        warnings.append("`automation` and `out_of_scope` changed nothing: scores have no labels.")
    return [*warnings, *outcome.draw.without_part]


def _licences(workspace: Workspace, outcome: Outcome) -> tuple[LicenceFinding, ...]:
    bases = {a.entrant.base.id: a.entrant.base for a in outcome.draw.plan if a.entrant.base}
    return licence_findings(outcome.draw.goal, workspace.folder, list(bases.values()))


def _of_licences(decision: Decision, constraints: Constraints) -> list[str]:
    """Licences that were overruled, what the winner's asks of its users, and settings without effect."""
    warnings = [
        f"`{one.base}` took part because sartor.yaml accepts its licence: it does not allow "
        f"{one.use} use. {one.because}"
        for one in decision.licences
        if one.is_accepted
    ]
    base = (decision.winner or {}).get("base")
    for one in decision.licences:
        if one.base == base and one.duties:
            asks = " ".join(one.duties)
            warnings.append(f"Licence of `{base}`, {one.use} use is allowed with duties: {asks}")
    if constraints.licence and not decision.licences:
        use = constraints.licence
        warnings.append(f"`licence: {use}` changed nothing: no base model takes part.")
    needed = {one.base for one in decision.licences if one.is_accepted}
    warnings += [
        f"`accept_licence: [{name}]` changed nothing: nothing had to be accepted."
        for name in constraints.accept_licence
        if name not in needed
    ]
    return warnings


def _sets_shares(goal: Goal) -> bool:
    """Whether shares are set that only labels heed."""
    return (goal.automation_precision, goal.out_of_scope) != (
        Goal.automation_precision,
        OutOfScope(),
    )


def _of_lessons(lessons: Sequence[LessonsOfBase]) -> list[str]:
    return [f"{of_base.base}: {words}" for of_base in lessons for words in of_base.wrong]


def _remarks(checked: WrittenCheck, num_texts: int) -> list[str]:
    """Where the check of a package that writes was less than all and equal."""
    remarks = []
    if checked.num_texts < num_texts:
        remarks.append(
            f"The package was asked {checked.num_texts} of {num_texts} test inputs again; the others "
            "were not repeated."
        )
    if checked.num_different:
        remarks.append(
            f"To {checked.num_different} of {checked.num_texts} test inputs the package answers "
            "otherwise than was measured: rounding turned a near tie."
        )
    return remarks
