"""The seven steps, in order. Read this file first.

`run` is the whole journey: goal, data, base models, plan, tournament, decision, package, report. Command
line, Python API and web call the functions of this file and decide nothing themselves.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sartor.core.errors import GoalError, WorkspaceError
from sartor.core.goal import CLASSIFIED, OutputKind
from sartor.core.hashing import content_hash
from sartor.core.words import counted
from sartor.delivery import DECISION, deliver, finished, load
from sartor.engines.threads import wait_without_spinning
from sartor.results import Initialised, InputRow, Plan, PlanRow, RunResult
from sartor.store.workspace import Workspace

if TYPE_CHECKING:
    from sartor.core.base_model import BaseModel
    from sartor.core.dataset import Dataset, Split
    from sartor.core.goal import Goal
    from sartor.core.lesson import LessonsOfBase
    from sartor.core.prediction import Prediction
    from sartor.core.protocols import Progress
    from sartor.decide.tournament import Draw, Outcome
    from sartor.engines.packages.serve import ServedModel
    from sartor.engines.packages.serve_tagger import ServedTagger
    from sartor.engines.packages.serve_writer import ServedWriter
    from sartor.serve.conversation import Conversation, OneByOne
    from sartor.store.run_folder import RunFolder

FLOW_VERSION = 8
"""Raised when the same inputs would lead to another decision."""
EXAMPLE_DATA = {"classify": "messages.csv", "chat": "replies.jsonl"}
"""Task to the rows that the bundled example has for it."""
PREDICTED_AT_ONCE = 256
WRITTEN_AT_ONCE = 32


def init(
    folder: Path,
    *,
    task: str = "classify",
    files: Sequence[str] = (),
    example: str | None = None,
    overwrite: bool = False,
) -> Initialised:
    """Look at the data and write a commented `sartor.yaml`.

    Args:
        folder: The workspace; made where it is absent.
        task: What has to be done.
        files: Examples, relative to the working folder.
        example: A bundled example instead: `hem`, to classify or to chat.
        overwrite: Whether a `sartor.yaml` that is there may be replaced.
    """
    from sartor.data.peek import peek
    from sartor.goal import check_task, render_template

    check_task(task, where="--task")
    if overwrite and (folder / "sartor.yaml").exists():
        workspace = Workspace.open(folder)
    else:
        workspace = Workspace.create(folder)
    with workspace.lock("init"):
        names = _bring_example(workspace, example, task) if example else _from_folder(folder, files)
        guess = peek(names, folder, task=task)
        data = guess.data.get("all") or {k: list(v) for k, v in guess.data.items()}
        text = render_template(
            task=task,
            data=data,
            columns=guess.columns,
            output_kind=guess.output_kind,
            labels=list(guess.labels),
            num_examples=guess.num_rows,
            notes=guess.notes,
            data_format=guess.format,
            languages=guess.languages,
        )
        if guess.out_of_scope:
            text += f"\nout_of_scope: {{label: {guess.out_of_scope}}}\n"
        workspace.write_text("sartor.yaml", text)
    return Initialised(
        goal_file=workspace.goal_file,
        notes=guess.notes,
        task=task,
        output_kind=str(guess.output_kind or "unknown"),
        columns=guess.columns,
        num_labels=len(guess.labels),
        num_examples=guess.num_rows,
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
        return _prepared(workspace, goal, _Looks(workspace), skip_bad=skip_bad, progress=progress)


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
        dataset = _prepared(
            workspace, goal, _Looks(workspace), skip_bad=skip_bad, progress=progress
        )
    if not _has_methods(goal):
        return _empty_plan(goal, dataset)
    draw = _draw(workspace, goal, dataset, is_quick=quick)
    return _plan_of(draw)


def run(
    folder: Path,
    *,
    settings: Sequence[str] = (),
    quick: bool = False,
    skip_bad: bool = False,
    progress: Progress,
) -> RunResult:
    """The whole pass. To resume is to run again: finished work is found by its hash."""
    started = time.monotonic()
    wait_without_spinning()
    workspace = Workspace.open(folder)
    goal = read_goal(workspace, settings)
    if not _has_methods(goal):
        raise _not_built(goal)
    with workspace.lock("run"):
        looks = _Looks(workspace)
        progress.step("Reading and checking the data")
        dataset = _prepared(workspace, goal, looks, skip_bad=skip_bad, progress=progress)
        bases = base_models(goal, folder)
        run_id = _run_id(goal, dataset, bases, is_quick=quick)
        looks.run_id = run_id
        run_folder = workspace.run_folder(run_id)
        if run_folder.path(DECISION).is_file():
            workspace.set_latest_run(run_id)
            return finished(run_folder, is_reused=True)
        draw = _draw(workspace, goal, dataset, is_quick=quick)
        progress.note(f"run {run_id}; the rule is in {run_folder.path('rule.json')}")
        _note_plan(draw, progress)
        shown = _show_lessons(run_folder, draw, bases, progress)
        outcome = _tournament(workspace, run_folder, draw, progress, started=started)
        return deliver(workspace, run_folder, outcome, progress, lessons=shown, started=started)


def report(folder: Path) -> RunResult:
    """The latest finished run."""
    workspace = Workspace.open(folder)
    latest = workspace.latest_run()
    if latest is None or not latest.path(DECISION).is_file():
        raise WorkspaceError(
            where=str(folder / "runs"),
            problem="holds no finished run.",
            fix=f"Run `sartor run {folder}`; it continues where it stopped.",
        )
    return finished(latest, is_reused=True)


def predict(folder: Path, texts: Iterable[str]) -> Iterator[Prediction]:
    """The champion's answers, in order, a few hundred texts at a time."""
    package, bases = _package_in(folder)
    yield from _answered(load(package, workspace=folder, bases=bases), iter(texts))


def chat(folder: Path, *, system: str = "") -> Conversation | OneByOne:
    """A conversation with the champion, or with the package that lies in the folder itself.

    Args:
        folder: A workspace or a package.
        system: What the conversation begins with.
    """
    from sartor.engines.packages.serve_writer import ServedWriter
    from sartor.serve.conversation import About, Conversation, OneByOne

    package, bases = _package_in(folder)
    served = load(package, workspace=folder, bases=bases)
    card, manifest = served.card, served.manifest
    about = About(card.name, card.method_title, manifest.is_conversation)
    if system and not about.keeps_turns:
        raise GoalError(
            where="--system",
            problem="has no effect: this package answers every message by itself.",
            fix="Leave it out.",
        )
    if isinstance(served, ServedWriter) and served.output_kind is OutputKind.TEXT:
        return Conversation(served, about, system=system)
    return OneByOne(lambda message: next(_answered(served, iter([message]))), about)


def _package_in(folder: Path) -> tuple[Path, Callable[[], Sequence[str]]]:
    """The package of a workspace's latest run, or the folder where it is one; and where bases are named."""
    if (folder / "sartor.json").is_file() and not (folder / "sartor.yaml").exists():
        return folder, tuple
    package = report(folder).package
    if package is None:
        raise WorkspaceError(
            where=str(folder / "runs"),
            problem="the latest run has no package.",
            fix=f"Run `sartor run {folder}` again; finished work is kept.",
        )
    return package, partial(_bases_named, folder)


def _bases_named(folder: Path) -> tuple[str, ...]:
    return read_goal(Workspace.open(folder), ()).bases


def _answered(
    served: ServedModel | ServedTagger | ServedWriter, texts: Iterator[str]
) -> Iterator[Prediction]:
    from sartor.engines.packages.serve import ServedModel
    from sartor.engines.packages.serve_writer import ServedWriter

    if isinstance(served, ServedModel | ServedWriter) and served.output_kind in CLASSIFIED:
        return _decided(served, texts)
    assert not isinstance(served, ServedModel), "a model with logits decides"
    return _written_to(served, texts)


def _decided(served: ServedModel | ServedWriter, texts: Iterator[str]) -> Iterator[Prediction]:
    """Labels or scores."""
    from sartor.serve.answer import answers

    rules = _rules_of(served)
    while chunk := list(islice(texts, PREDICTED_AT_ONCE)):
        logits_NC = served.logits(chunk)
        yield from answers(rules, logits_NC, served.is_truncated)


def _written_to(served: ServedTagger | ServedWriter, texts: Iterator[str]) -> Iterator[Prediction]:
    """Texts, spans or records: fewer at a time, for each takes its time."""
    from sartor.serve.answer import written_answers

    while chunk := list(islice(texts, WRITTEN_AT_ONCE)):
        said = served.answers(chunk)
        yield from written_answers(
            served.output_kind,
            chunk,
            said,
            served.is_truncated,
            has_probability=served.has_probability,
        )


def read_inputs(folder: Path, file: Path) -> Iterator[InputRow]:
    """Messages from a file of any known format, or plain text with one message a line."""
    from sartor.data.inputs import input_rows

    goal = read_goal(Workspace.open(folder), ())
    for place, text, fields in input_rows(file, goal):
        yield InputRow(place, text, fields)


def models() -> list[BaseModel]:
    """Base models that can be had without a download."""
    from sartor.base.resolve import available_bases, resolve

    return [resolve(name, offline=True) for name in available_bases()]


def doctor(folder: Path | None) -> dict[str, Any]:
    """Versions, cores, memory, devices and models: what to send along with a question."""
    from sartor.base.resolve import available_bases
    from sartor.engines.machine import describe_machine

    findings: dict[str, Any] = {
        **describe_machine(),
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


def read_goal(workspace: Workspace, settings: Sequence[str]) -> Goal:
    """Step 1: `sartor.yaml` and overrides, checked."""
    from sartor.goal import load_goal
    from sartor.tune.registry import METHODS

    return load_goal(workspace.goal_file, overrides=settings, methods=METHODS.names())


def base_models(goal: Goal, folder: Path) -> list[BaseModel]:
    """Step 4: the base models allowed, looked up and checked, but not loaded."""
    from sartor.base.resolve import can_be_installed, default_bases, resolve, there_by_default
    from sartor.base.terms import check_architecture, check_licence

    able = _able_architectures(goal, goal.methods)
    architectures = {a for a in able if a is not None}
    if not architectures:
        return []
    names = goal.bases or there_by_default(architectures)
    if not names:
        if None in able and not can_be_installed(architectures):
            return []  # methods without a language model are left, and the verdict says so
        names = default_bases(architectures)
    found = [resolve(name, offline=goal.constraints.offline, relative_to=folder) for name in names]
    for base in found:
        check_architecture(base, architectures)
        check_licence(base, goal.constraints.licence)
    return found


class _Looks:
    """Counts looks at the test set, for the run that is under way."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.run_id = ""
        self.count = 0

    def record(self, fingerprint: str, reason: str) -> None:
        """Written before the rows are handed out."""
        assert self.run_id, "nothing may open the test set outside a run"
        looks = self.workspace.record_test_look(fingerprint, reason, self.run_id)
        self.count = max(self.count, looks)


def _prepared(
    workspace: Workspace, goal: Goal, looks: _Looks, *, skip_bad: bool, progress: Progress
) -> Dataset:
    from sartor.data.prepare import prepare

    dataset = prepare(
        goal,
        workspace.folder,
        skip_bad=skip_bad,
        artifacts=workspace.artifacts,
        unseal_ledger=looks.record,
        tick=lambda rows: progress.note(f"{rows:,} rows read"),
    )
    for target in goal.targets:
        _check_metric(target.metric, dataset)
    return dataset


def _check_metric(metric: str, dataset: Dataset) -> None:
    from sartor.core.metric import METRICS, picking_metrics

    if dataset.output_kind not in METRICS[metric].kinds:
        fitting = ", ".join(m.name for m in picking_metrics(dataset.output_kind))
        raise GoalError(
            where=f"sartor.yaml > targets > {metric}",
            problem=f"does not apply: the outputs are of kind `{dataset.output_kind}`.",
            fix=f"Choose one of {fitting}.",
        )


def _draw(workspace: Workspace, goal: Goal, dataset: Dataset, *, is_quick: bool) -> Draw:
    from sartor.decide.tournament import draw_up
    from sartor.tune.registry import load_methods

    bases = base_models(goal, workspace.folder)
    return draw_up(goal, dataset, load_methods(goal.methods), bases, is_quick=is_quick)


def _has_methods(goal: Goal) -> bool:
    """Whether any method answers what the task asks for."""
    return bool(_able_architectures(goal, ()))


def _able_architectures(goal: Goal, methods: tuple[str, ...]) -> set[str | None]:
    """Architectures of bases with which some method does the task; None: without a base."""
    from sartor.core.goal import TASK_KINDS
    from sartor.core.protocols import is_for
    from sartor.tune.registry import load_methods

    kinds = {goal.output_kind} if goal.output_kind else TASK_KINDS[goal.task]
    return {
        architecture
        for method in load_methods(methods)
        for architecture, able in method.does.items()
        if kinds & able and is_for(method, goal.task)
    }


def _not_built(goal: Goal) -> GoalError:
    return GoalError(
        where="sartor.yaml > task",
        problem=f"`{goal.task}` is not built yet: no method for it is installed.",
        fix="Until then `sartor data` reads and checks its rows.",
    )


def _empty_plan(goal: Goal, dataset: Dataset) -> Plan:
    """The data of a task that no method is there for."""
    error, card = _not_built(goal), dataset.card
    notes = tuple(f"{c.num_rows} rows: {c.what}. {c.note}" for c in card.counts) if card else ()
    data = {"hash": dataset.hash, "num_examples": card.num_examples if card else {}}
    return Plan(rows=(), rule="", seconds=0.0, data=data, notes=(error.problem, *notes))


def _plan_of(draw: Draw) -> Plan:
    from sartor.decide.plan import planned_seconds

    total = planned_seconds(draw.plan)
    rows = tuple(
        PlanRow(
            method=a.entrant.method.name,
            title=a.entrant.method.title,
            base=a.entrant.base.id if a.entrant.base else None,
            num_settings=a.num_settings,
            epochs=a.planned_epochs,
            planned_seconds=a.planned_seconds,
            share=a.planned_seconds / max(total, 1e-9),
            left_out_because=a.left_out_because,
        )
        for a in draw.plan
    )
    card = draw.dataset.card
    counted_rows = [f"{c.num_rows} rows: {c.what}. {c.note}" for c in card.counts] if card else []
    return Plan(
        rows=rows,
        rule=draw.rule.text(),
        seconds=total,
        data={"hash": draw.dataset.hash, "num_examples": card.num_examples if card else {}},
        notes=(*draw.without_part, *counted_rows),
    )


def _note_plan(draw: Draw, progress: Progress) -> None:
    if all(allowance.entrant.base is None for allowance in draw.plan):
        progress.note("no base model takes part: methods without a language model compete alone")
    for allowance in draw.plan:
        if allowance.left_out_because:
            progress.note(f"left out: {allowance.entrant.name}: {allowance.left_out_because}")
    for sentence in draw.without_part:
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
    started: float,
) -> Outcome:
    from sartor.decide.tournament import play
    from sartor.engines.machine import describe_machine
    from sartor.engines.on_use import EngineOnUse
    from sartor.goal import resolved_yaml

    run_folder.write_text("goal.yaml", resolved_yaml(draw.goal))
    engine = EngineOnUse(workspace.artifacts, max_tokens=draw.goal.max_tokens)
    outcome = play(
        draw,
        engine=engine,
        artifacts=workspace.artifacts,
        progress=progress,
        write_down=run_folder.write_json,
        open_test=lambda: _open_test(draw.dataset, run_folder.run_id),
        started=started,
    )
    outcome.environment = {**describe_machine(), "seeds": list(outcome.winner.seeds)}
    return outcome


def _open_test(dataset: Dataset, run_id: str) -> Split | None:
    if dataset.test is None or dataset.test.num_examples == 0:
        return None
    return dataset.test.open(f"report of run {run_id}")


def _run_id(goal: Goal, dataset: Dataset, bases: Sequence[BaseModel], *, is_quick: bool) -> str:
    """The same goal on the same data with the same bases is the same run."""
    wanted = {k: v for k, v in asdict(goal).items() if k not in ("origins", "data")}
    fingerprints = [base.fingerprint for base in bases]
    return content_hash(FLOW_VERSION, _plain(wanted), dataset.hash, fingerprints, is_quick)[:10]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


def _rules_of(served: ServedModel | ServedWriter) -> Any:
    from sartor.evaluate.calibration import Calibrator
    from sartor.serve.answer import Rules

    card = served.card
    assert card.calibrator is not None
    return Rules(
        kind=served.output_kind,
        labels=served.labels,
        calibrator=Calibrator.from_dict(dict(card.calibrator)),
        automation_threshold=card.automation_threshold,
        scope_threshold=card.scope_threshold,
    )


def _bring_example(workspace: Workspace, example: str, task: str) -> list[str]:
    from importlib.resources import files

    folder = files("sartor").joinpath("examples", example)
    if not folder.is_dir():
        raise GoalError(where="--example", problem=f"`{example}` is unknown.", fix="Known: hem.")
    if task not in EXAMPLE_DATA:
        raise GoalError(
            where=f"--example {example} --task {task}",
            problem=f"`{example}` holds no rows for it.",
            fix=f"Choose --task {' or --task '.join(EXAMPLE_DATA)}.",
        )
    data = EXAMPLE_DATA[task]
    for name in (data, "faq.md", "guidelines.md"):
        workspace.write_text(name, folder.joinpath(name).read_text("utf-8"))
    return [data]


def _from_folder(folder: Path, files: Sequence[str]) -> list[str]:
    """Files named from the working folder, as seen from the workspace."""
    if not files:
        raise GoalError(
            where="sartor init",
            problem="no data was named.",
            fix="Name files with --data FILE, or try --example hem.",
        )
    here = folder.absolute()
    return [os.path.relpath(Path(name).absolute(), here) for name in files]
