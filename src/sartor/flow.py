"""The seven steps, in order. Read this file first.

`run` is the whole journey: goal, data, base models, plan, tournament, decision, package, report. Command
line, Python API and web call the functions of this file and decide nothing themselves.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sartor.answering import answered, conversation_with, served_in
from sartor.asking import absent_apis, engine_of_run, ledger_of, notes_of_plan, run_parts
from sartor.core.hashing import content_hash
from sartor.core.words import counted
from sartor.delivery import DECISION, deliver, finished, latest_finished
from sartor.engines.threads import wait_without_spinning
from sartor.intake import (
    Looks,
    base_models,
    bring_example,
    goal_text,
    has_methods,
    named_from_folder,
    named_intents,
    not_built,
    prepared,
    read_goal,
)
from sartor.results import (
    Described,
    ExplainedModel,
    Initialised,
    InputRow,
    ModelList,
    Plan,
    PlanRow,
    RunResult,
    Seen,
)
from sartor.speed import pace_here, pace_of_run, speed_now
from sartor.store.workspace import Workspace
from sartor.suitability import unsuitable

if TYPE_CHECKING:
    from sartor.core.base_model import BaseModel
    from sartor.core.dataset import Count, Dataset, Split
    from sartor.core.goal import Goal
    from sartor.core.lesson import LessonsOfBase
    from sartor.core.prediction import Prediction
    from sartor.core.protocols import Progress
    from sartor.data.difference import Difference
    from sartor.decide.pace import Pace
    from sartor.decide.plan import Allowance
    from sartor.decide.tournament import Draw, Outcome
    from sartor.engines.api.engine import ApiEngine
    from sartor.findings import Findings
    from sartor.models import Wanted
    from sartor.serve.conversation import Conversation, OneByOne
    from sartor.store.run_folder import RunFolder

FLOW_VERSION = 14
"""Raised when the same inputs would lead to another decision."""


def init(
    folder: Path,
    *,
    task: str = "classify",
    files: Sequence[str] = (),
    example: str | None = None,
    agents: Sequence[str] = (),
    overwrite: bool = False,
) -> Initialised:
    """Look at the data and write a commented `sartor.yaml`.

    Args:
        folder: The workspace; made where it is absent.
        task: What has to be done.
        files: Examples, relative to the working folder.
        example: A bundled example instead: `hem`, to classify or to chat.
        agents: Who answers in mail and chats; empty: guessed.
        overwrite: Whether a `sartor.yaml` that is there may be replaced.
    """
    from sartor.data.peek import peek
    from sartor.goal import check_task

    check_task(task, where="--task")
    if overwrite and (folder / "sartor.yaml").exists():
        workspace = Workspace.open(folder)
    else:
        workspace = Workspace.create(folder)
    with workspace.lock("init"):
        names = (
            bring_example(workspace, example, task) if example else named_from_folder(folder, files)
        )
        guess = peek(names, folder, task=task, agents=agents, artifacts=workspace.artifacts)
        intents = named_intents(workspace, guess)
        workspace.write_text("sartor.yaml", goal_text(task, guess, agents=agents, intents=intents))
    return Initialised(
        goal_file=workspace.goal_file,
        notes=guess.notes,
        task=task,
        output_kind=str(guess.output_kind or "unknown"),
        columns=guess.columns,
        num_labels=len(guess.labels),
        num_examples=guess.num_rows,
        is_counted=guess.is_exact,
        format=str(guess.format) if guess.format else None,
        languages=guess.languages,
    )


def gather(
    folder: Path, *, settings: Sequence[str] = (), skip_bad: bool = False, progress: Progress
) -> Dataset:
    """Steps 2 and 3: the user's files become an immutable dataset with a card."""
    workspace = Workspace.open(folder)
    goal = read_goal(workspace, settings)
    with workspace.lock("data"):
        return prepared(workspace, goal, Looks(workspace), skip_bad=skip_bad, progress=progress)


def review(
    folder: Path,
    dataset: Dataset,
    *,
    settings: Sequence[str] = (),
    proposes_intents: bool = False,
    progress: Progress,
) -> Findings:
    """What an encoder sees in the rows; doubtful ones are written into `review.csv` for people to decide.

    Args:
        folder: The workspace.
        dataset: Its rows.
        settings: Overrides, `KEY=VALUE`.
        proposes_intents: Whether intents are proposed too, in `intents.yaml`.
        progress: Where lines go.

    Raises:
        BaseModelError: No encoder is at hand.
    """
    from sartor.data.decisions import write_review
    from sartor.engines.on_use import EngineOnUse
    from sartor.findings import find, listed_once
    from sartor.intake import write_intents

    workspace = Workspace.open(folder)
    goal = read_goal(workspace, settings)
    with workspace.lock("data"):
        progress.note("Looking at the rows with an encoder")
        engine = EngineOnUse(workspace.artifacts, max_tokens=goal.max_tokens)
        found = find(goal, dataset, engine, folder=folder, proposes_intents=proposes_intents)
        write_review(workspace.folder, listed_once(found.review))
        write_intents(workspace, found)
    return found


def propose_intents(
    folder: Path, *, settings: Sequence[str] = (), progress: Progress
) -> Findings | None:
    """Intents for messages without labels, in `intents.yaml` and `intents.jsonl`.

    Args:
        folder: The workspace.
        settings: Overrides, `KEY=VALUE`.
        progress: Where lines go.

    Returns:
        None where the rows have labels or answers: `review` proposes theirs.

    Raises:
        BaseModelError: No encoder is at hand.
        DataError: There are too few messages, or an edited `intents.yaml` would be written over.
    """
    from sartor.data.unlabelled import unlabelled_messages
    from sartor.engines.on_use import EngineOnUse
    from sartor.findings import propose
    from sartor.intake import write_intents

    workspace = Workspace.open(folder)
    goal = read_goal(workspace, settings)
    with workspace.lock("data"):
        messages = unlabelled_messages(
            goal,
            folder,
            artifacts=workspace.artifacts,
            tick=lambda rows: progress.note(f"{rows:,} rows read"),
        )
        if messages is None:
            return None
        progress.note(f"Looking at {counted(len(messages.texts), 'message')} with an encoder")
        engine = EngineOnUse(workspace.artifacts, max_tokens=goal.max_tokens)
        found = propose(goal, messages, engine, folder=folder)
        write_intents(workspace, found)
    return found


def describe(
    folder: Path,
    dataset: Dataset,
    *,
    settings: Sequence[str] = (),
    lessons: Sequence[LessonsOfBase] = (),
    seen: Sequence[Count] = (),
) -> Described:
    """Whether the data is ready to learn from, and `data.html`: its card as a page. Fetches nothing.

    Args:
        folder: The workspace.
        dataset: Its rows.
        settings: Overrides, `KEY=VALUE`.
        lessons: What the rows teach each base that writes.
        seen: What an encoder saw in the rows, where one looked.
    """
    from sartor.pages import DATA_PAGE, facts_of_data
    from sartor.report.data_page import render_data_page

    workspace = Workspace.open(folder)
    goal = read_goal(workspace, settings)
    assert dataset.card is not None
    facts = facts_of_data(goal, dataset, folder)
    text = render_data_page(
        dataset.hash, card=dataset.card, facts=facts, lessons=lessons, seen=seen
    )
    with workspace.lock("data"):
        return Described(facts.readiness, workspace.write_text(DATA_PAGE, text))


def insight(
    folder: Path, dataset: Dataset, *, settings: Sequence[str] = (), progress: Progress
) -> Seen:
    """What the messages are about over time, and `insight.html`, which says it. Fetches nothing."""
    from sartor.engines.on_use import EngineOnUse
    from sartor.pages import INSIGHT_PAGE, insight_of
    from sartor.report.insight_page import render_insight_page

    workspace = Workspace.open(folder)
    goal = read_goal(workspace, settings)
    with workspace.lock("data"):
        progress.note("Looking at what the messages are about")
        engine = EngineOnUse(workspace.artifacts, max_tokens=goal.max_tokens)
        found = insight_of(goal, dataset, engine, workspace)
        page = workspace.write_text(INSIGHT_PAGE, render_insight_page(dataset.hash, found))
    return Seen(found, page)


def insight_of_unlabelled(
    folder: Path, *, settings: Sequence[str] = (), progress: Progress
) -> Seen | None:
    """The same for messages that nobody has labelled; None where the rows have labels or answers.

    Raises:
        BaseModelError: No encoder is at hand.
        DataError: There are too few messages.
    """
    from sartor.core.hashing import content_hash
    from sartor.data.unlabelled import unlabelled_messages
    from sartor.engines.on_use import EngineOnUse
    from sartor.pages import INSIGHT_PAGE, insight_of_messages
    from sartor.report.insight_page import render_insight_page

    workspace = Workspace.open(folder)
    goal = read_goal(workspace, settings)
    with workspace.lock("data"):
        messages = unlabelled_messages(
            goal,
            folder,
            artifacts=workspace.artifacts,
            tick=lambda rows: progress.note(f"{rows:,} rows read"),
        )
        if messages is None:
            return None
        progress.note("Looking at what the messages are about")
        engine = EngineOnUse(workspace.artifacts, max_tokens=goal.max_tokens)
        found = insight_of_messages(goal, messages, engine, workspace)
        page = render_insight_page(content_hash(messages.texts), found)
        return Seen(found, workspace.write_text(INSIGHT_PAGE, page))


def compare(folder: Path, dataset: Dataset, old: str) -> Difference:
    """What changed from an earlier dataset of the workspace to this one.

    Args:
        folder: The workspace.
        dataset: The new one.
        old: The beginning of the other's hash, or `previous`.

    Raises:
        DataError: The workspace has no such dataset.
    """
    from sartor.data.difference import difference
    from sartor.intake import earlier_dataset

    workspace = Workspace.open(folder)
    return difference(earlier_dataset(workspace, old, besides=dataset.hash), dataset)


def lessons(
    folder: Path, dataset: Dataset, *, settings: Sequence[str] = ()
) -> tuple[LessonsOfBase, ...]:
    """Which tokens of the rows each base model would learn, with checks. Fetches and trains nothing."""
    from sartor.lessons import lessons_of_data

    return lessons_of_data(read_goal(Workspace.open(folder), settings), dataset, folder)


def plan(
    folder: Path,
    *,
    settings: Sequence[str] = (),
    quick: bool = False,
    skip_bad: bool = False,
    progress: Progress,
) -> Plan:
    """What a run would try, and what of it the budget leaves out. Trains nothing."""
    workspace = Workspace.open(folder)
    goal = read_goal(workspace, settings)
    with workspace.lock("plan"):
        dataset = prepared(workspace, goal, Looks(workspace), skip_bad=skip_bad, progress=progress)
    if not has_methods(goal):
        return _empty_plan(goal, dataset)
    pace = pace_here(workspace.artifacts)
    draw = _draw(workspace, goal, dataset, pace, is_quick=quick)
    bases = {a.entrant.base.id: a.entrant.base for a in draw.plan if a.entrant.base is not None}
    against = unsuitable(goal, dataset, list(bases.values()), folder)
    return _plan_of(draw, against)


def run(
    folder: Path,
    *,
    settings: Sequence[str] = (),
    quick: bool = False,
    skip_bad: bool = False,
    apart: bool = False,
    progress: Progress,
) -> RunResult:
    """The whole pass. To resume is to run again: finished work is found by its hash.

    Args:
        folder: The workspace.
        settings: Changes to the goal, `key=value`.
        quick: One seed, few settings, short training.
        skip_bad: Whether bad rows are left out; else they end the run.
        apart: Whether trials run in a process of their own, where the system can do it: what ends it (a
            full memory, a fault in a library) then costs a trial and not the run.
        progress: Who watches.
    """
    started = time.monotonic()
    wait_without_spinning()
    workspace = Workspace.open(folder)
    goal = read_goal(workspace, settings)
    if not has_methods(goal):
        raise not_built(goal)
    with workspace.lock("run"):
        looks = Looks(workspace)
        progress.step("Reading and checking the data")
        dataset = prepared(workspace, goal, looks, skip_bad=skip_bad, progress=progress)
        bases = base_models(goal, folder, dataset.output_kind)
        run_id = _run_id(goal, dataset, bases, is_quick=quick)
        looks.run_id = run_id
        run_folder = workspace.run_folder(run_id)
        if run_folder.path(DECISION).is_file():
            workspace.set_latest_run(run_id)
            return finished(run_folder, is_reused=True)
        pace = pace_of_run(run_folder) or pace_here(workspace.artifacts, again=True)
        draw = _draw(workspace, goal, dataset, pace, is_quick=quick)
        progress.note(f"run {run_id}; the rule is in {run_folder.path('rule.json')}")
        _note_plan(draw, progress)
        shown = _show_lessons(run_folder, draw, bases, progress)
        spending = ledger_of(run_folder, goal)
        api = engine_of_run(workspace, goal, spending, started=started)
        outcome = _tournament(
            workspace, run_folder, draw, progress, api=api, started=started, apart=apart
        )
        return deliver(
            workspace, run_folder, outcome, progress, api=api, lessons=shown, started=started
        )


def report(folder: Path) -> RunResult:
    """The latest finished run."""
    return latest_finished(folder)


def predict(folder: Path, texts: Iterable[str]) -> Iterator[Prediction]:
    """The champion's answers, in order, a few hundred texts at a time."""
    yield from answered(served_in(folder), iter(texts))


def chat(folder: Path, *, system: str = "") -> Conversation | OneByOne:
    """A conversation with the champion, or with the package that lies in the folder itself.

    Args:
        folder: A workspace or a package.
        system: What the conversation begins with.
    """
    return conversation_with(served_in(folder), system=system)


def read_inputs(folder: Path, file: Path) -> Iterator[InputRow]:
    """Messages from a file of any known format, or plain text with one message a line."""
    from sartor.data.inputs import input_rows

    goal = read_goal(Workspace.open(folder), ())
    for place, text, fields in input_rows(file, goal):
        yield InputRow(place, text, fields)


def models(wanted: Wanted, *, workspace: Path | None = None) -> ModelList:
    """Base models that are known or at hand and pass some filters. Fetches nothing."""
    from sartor.models import listed_models

    return listed_models(wanted, workspace=workspace)


def explain_model(name: str, *, workspace: Path | None = None) -> ExplainedModel:
    """All that is known of one base model. Fetches nothing."""
    from sartor.models import explained_model

    return explained_model(name, workspace=workspace)


def doctor(folder: Path | None) -> dict[str, Any]:
    """Versions, cores, memory, devices and models: what to send along with a question."""
    from sartor.base.resolve import available_bases
    from sartor.engines.machine import describe_machine

    findings: dict[str, Any] = {
        **describe_machine(),
        "speed": speed_now().as_dict(),
        "base_models": list(available_bases()),
    }
    if folder is not None:
        workspace = Workspace.open(folder)
        latest = workspace.latest_run()
        findings["workspace"] = {
            "goal": str(workspace.goal_file),
            "latest_run": latest.run_id if latest else None,
        }
    return findings


def _run_id(goal: Goal, dataset: Dataset, bases: Sequence[BaseModel], *, is_quick: bool) -> str:
    """The same goal on the same data with the same bases is the same run."""
    unheard = ("origins", "data") if goal.apis else ("origins", "data", "apis")
    wanted = {k: v for k, v in asdict(goal).items() if k not in unheard}
    fingerprints = [base.fingerprint for base in bases if base.endpoint is None]
    fingerprints += run_parts(bases, absent_apis(goal, bases))
    return content_hash(FLOW_VERSION, _plain(wanted), dataset.hash, fingerprints, is_quick)[:10]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


def _draw(
    workspace: Workspace, goal: Goal, dataset: Dataset, pace: Pace, *, is_quick: bool
) -> Draw:
    from sartor.decide.tournament import draw_up
    from sartor.tune.registry import load_methods

    bases = base_models(goal, workspace.folder, dataset.output_kind)
    methods, absent = load_methods(goal.methods), absent_apis(goal, bases)
    return draw_up(goal, dataset, methods, bases, is_quick=is_quick, pace=pace, absent=absent)


def _empty_plan(goal: Goal, dataset: Dataset) -> Plan:
    """The data of a task that no method is there for."""
    notes = (not_built(goal).problem, *_data_notes(dataset))
    return Plan(rows=(), rule="", seconds=0.0, data=_data_facts(dataset), notes=notes)


def _plan_of(draw: Draw, against: Sequence[str]) -> Plan:
    from sartor.decide.plan import planned_seconds

    total = planned_seconds(draw.plan)
    return Plan(
        rows=tuple(_plan_row(allowance, total) for allowance in draw.plan),
        rule=draw.rule.text(),
        seconds=total,
        data=_data_facts(draw.dataset),
        notes=(
            *_pace_notes(draw),
            *against,
            *notes_of_plan(draw),
            *draw.without_part,
            *_data_notes(draw.dataset),
        ),
        usd=sum(allowance.planned_usd for allowance in draw.plan),
    )


def _pace_notes(draw: Draw) -> tuple[str, ...]:
    """What machine the plan is for, where it is not like the reference."""
    factors = sorted(draw.pace.as_dict().values())
    if factors == [1.0, 1.0] or not any(a.entrant.base for a in draw.plan):
        return ()
    shown = dict.fromkeys(f"{factor:.2g}" for factor in factors)
    return (
        f"Planned for a machine that learns {' to '.join(shown)} times as fast as two CPU cores.",
    )


def _plan_row(allowance: Allowance, total_seconds: float) -> PlanRow:
    entrant = allowance.entrant
    return PlanRow(
        method=entrant.method.name,
        title=entrant.method.title,
        base=entrant.base.id if entrant.base else None,
        num_settings=allowance.num_settings,
        epochs=allowance.planned_epochs,
        planned_seconds=allowance.planned_seconds,
        share=allowance.planned_seconds / max(total_seconds, 1e-9),
        left_out_because=allowance.left_out_because,
        planned_usd=allowance.planned_usd,
    )


def _data_facts(dataset: Dataset) -> dict[str, Any]:
    card = dataset.card
    return {"hash": dataset.hash, "num_examples": card.num_examples if card else {}}


def _data_notes(dataset: Dataset) -> tuple[str, ...]:
    """Rows that were dropped or changed, in words."""
    counts = dataset.card.counts if dataset.card else ()
    return tuple(f"{c.num_rows} rows: {c.what}. {c.note}" for c in counts)


def _note_plan(draw: Draw, progress: Progress) -> None:
    if all(allowance.entrant.base is None for allowance in draw.plan):
        progress.note("no base model takes part: methods without a language model compete alone")
    for allowance in draw.plan:
        if allowance.left_out_because:
            progress.note(f"left out: {allowance.entrant.name}: {allowance.left_out_because}")
    for sentence in (*notes_of_plan(draw), *draw.without_part):
        progress.note(sentence)
    entrants = counted(len(draw.plan), "entrant")
    progress.step(f"Tournament of {entrants}, chosen by {draw.choosing.name}")


def _show_lessons(
    run_folder: RunFolder, draw: Draw, bases: Sequence[BaseModel], progress: Progress
) -> tuple[LessonsOfBase, ...]:
    """What would be learned, written down before it is; what is wrong with it is said."""
    from sartor.lessons import LESSONS, lessons_of_run

    found = lessons_of_run(draw.goal, draw.dataset, draw.facts, bases)
    if found:
        run_folder.write_json(LESSONS, {"bases": [of_base.as_dict() for of_base in found]})
    for of_base in found:
        for words in of_base.wrong:
            progress.note(f"{of_base.base}: {words}")
    return found


def _tournament(
    workspace: Workspace,
    run_folder: RunFolder,
    draw: Draw,
    progress: Progress,
    *,
    api: ApiEngine | None,
    started: float,
    apart: bool,
) -> Outcome:
    from sartor.decide.tournament import play
    from sartor.decide.worker import can_fork
    from sartor.engines.machine import describe_machine
    from sartor.engines.on_use import EngineOnUse
    from sartor.goal import resolved_yaml

    run_folder.write_text("goal.yaml", resolved_yaml(draw.goal))
    engine = EngineOnUse(workspace.artifacts, max_tokens=draw.goal.max_tokens, api=api)
    outcome = play(
        draw,
        engine=engine,
        artifacts=workspace.artifacts,
        progress=progress,
        write_down=run_folder.write_json,
        open_test=lambda: _open_test(draw.dataset, run_folder.run_id),
        started=started,
        is_apart=apart and can_fork(),
    )
    outcome.environment = {**describe_machine(), "seeds": list(outcome.winner.seeds)}
    return outcome


def _open_test(dataset: Dataset, run_id: str) -> Split | None:
    if dataset.test is None or dataset.test.num_examples == 0:
        return None
    return dataset.test.open(f"report of run {run_id}")
