"""What a user brings, read and checked: files, goal, rows and base models. Steps 1 to 4 of `flow`."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sartor.asking import api_bases
from sartor.core.address import scheme_of
from sartor.core.errors import GoalError
from sartor.store.workspace import Workspace

if TYPE_CHECKING:
    from sartor.core.base_model import BaseModel
    from sartor.core.dataset import Dataset
    from sartor.core.goal import Goal, OutputKind
    from sartor.core.licence import LicenceFinding
    from sartor.core.protocols import Progress
    from sartor.data.contamination import ReadBefore
    from sartor.data.peek import Guess
    from sartor.findings import Findings

EXAMPLE_DATA = {"classify": "messages.csv", "chat": "replies.jsonl"}
"""Task to the rows that the bundled example has for it."""


class Looks:
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


def bring_example(workspace: Workspace, example: str, task: str) -> list[str]:
    """Copy a bundled example into the workspace; the names of its files with rows."""
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


def named_from_folder(folder: Path, files: Sequence[str]) -> list[str]:
    """Files named from the working folder, as seen from the workspace."""
    if not files:
        raise GoalError(
            where="sartor init",
            problem="no data was named.",
            fix="Name files with --data FILE, or try --example hem.",
        )
    return [_from_folder(name, folder.absolute()) for name in files]


def _from_folder(name: str, here: Path) -> str:
    """One entry; of addresses only those of SQLite files start at a folder."""
    start, part = ("sqlite:///", name[10:]) if name.startswith("sqlite:///") else ("", name)
    if scheme_of(part):
        return part
    path, mark, rest = part.partition("#")
    if not start and Path(part).exists():
        path, mark, rest = part, "", ""
    is_rooted = bool(start) and path.startswith("/")
    moved = path if is_rooted else os.path.relpath(Path(path).absolute(), here)
    return f"{start}{moved}{mark}{rest}"


def named_intents(workspace: Workspace, guess: Guess) -> str | None:
    """The file with the names of intents, where the data are the messages that they were proposed for."""
    from sartor.data.intent_file import FILE, LABELLED_FILE

    is_there = (workspace.folder / FILE).is_file()
    return FILE if is_there and guess.data.get("all") == (LABELLED_FILE,) else None


def goal_text(
    task: str, guess: Guess, *, agents: Sequence[str] = (), intents: str | None = None
) -> str:
    """The commented `sartor.yaml` for data that was looked at."""
    from sartor.goal import render_template

    text = render_template(
        task=task,
        data=guess.data.get("all") or {k: list(v) for k, v in guess.data.items()},
        columns=guess.columns,
        output_kind=guess.output_kind,
        labels=list(guess.labels),
        num_examples=guess.num_rows,
        is_counted=guess.is_exact,
        notes=guess.notes,
        data_format=guess.format,
        languages=guess.languages,
        agents=agents,
        documents=guess.documents,
        guidelines=guess.guidelines,
        intents=intents,
    )
    if guess.out_of_scope:
        text += f"\nout_of_scope: {{label: {guess.out_of_scope}}}\n"
    return text


def read_goal(workspace: Workspace, settings: Sequence[str]) -> Goal:
    """Step 1: `sartor.yaml` and overrides, checked."""
    from sartor.goal import load_goal
    from sartor.tune.registry import METHODS

    return load_goal(workspace.goal_file, overrides=settings, methods=METHODS.names())


def prepared(
    workspace: Workspace, goal: Goal, looks: Looks, *, skip_bad: bool, progress: Progress
) -> Dataset:
    """Steps 2 and 3: the rows of the goal, and whether its targets are marks that they can be held to."""
    from sartor.data.prepare import prepare

    dataset = prepare(
        goal,
        workspace.folder,
        skip_bad=skip_bad,
        artifacts=workspace.artifacts,
        unseal_ledger=looks.record,
        tick=lambda rows: progress.note(f"{rows:,} rows read"),
        read_before=read_before(goal, workspace.folder),
    )
    for target in goal.targets:
        _check_metric(target.metric, dataset)
    return dataset


def read_before(goal: Goal, folder: Path) -> list[ReadBefore]:
    """What the bases of the goal read in pretraining, of those that tell; nothing is fetched."""
    from sartor.base.pretraining import filter_beside, is_in_pretraining
    from sartor.base.resolve import resolve, there_by_default
    from sartor.core.base_model import WRITERS
    from sartor.core.errors import BaseModelError
    from sartor.core.hashing import file_hash
    from sartor.data.contamination import ReadBefore

    readers: dict[Path, list[str]] = {}
    for name in goal.bases or (there_by_default(WRITERS) if goal.task != "classify" else ()):
        try:
            shipped = filter_beside(resolve(name, offline=True, relative_to=folder).folder)
        except BaseModelError:
            continue
        if shipped is not None:
            readers.setdefault(shipped, []).append(name)
    return [
        ReadBefore(tuple(names), file_hash(shipped), partial(is_in_pretraining, file=shipped))
        for shipped, names in readers.items()
    ]


def write_intents(workspace: Workspace, found: Findings) -> None:
    """Write proposed intents for people to edit, and the messages with their ids.

    Raises:
        DataError: A file with names is there that was written for other proposals.
    """
    from sartor.core.errors import DataError
    from sartor.data.intent_file import FILE, LABELLED_FILE, intents_yaml, is_written_from

    if found.proposals is None:
        return
    path = workspace.folder / FILE
    if not path.exists():
        workspace.write_text(FILE, intents_yaml(found.proposals.intents))
    elif not is_written_from(path.read_text("utf-8-sig"), found.proposals, where=FILE):
        raise DataError(
            where=FILE,
            problem="holds names for other proposals; they would be lost.",
            fix=f"Rename or delete {FILE}, then have intents proposed again.",
        )
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in found.messages)
    workspace.write_text(LABELLED_FILE, "".join(lines))


def earlier_dataset(workspace: Workspace, name: str, *, besides: str) -> Dataset:
    """A dataset that the workspace was prepared to before.

    Args:
        workspace: Where it is kept.
        name: The beginning of its hash, or `previous`: the newest that is another one.
        besides: The hash of the one it will be compared with.

    Raises:
        DataError: There is none, or several are meant.
    """
    from sartor.core.errors import DataError
    from sartor.data.dataset_file import dataset_hash, load_dataset

    folders = _dataset_folders(workspace)
    known = dict.fromkeys(dataset_hash(folder) for folder in folders)
    others = [found for found in known if found != besides]
    meant = others[:1] if name == "previous" else [one for one in known if one.startswith(name)]
    if len(meant) != 1:
        listed = ", ".join(others) or "none yet"
        problem = "means several datasets." if meant else "is no dataset of this workspace."
        raise DataError(
            where=f"--diff {name}", problem=problem, fix=f"Known, newest first: {listed}."
        )
    folder = next(folder for folder in folders if dataset_hash(folder) == meant[0])
    return load_dataset(folder, lambda fingerprint, reason: None)


def dataset_folder(workspace: Workspace, wanted: str) -> Path:
    """The folder of a dataset that the workspace was prepared to, by its hash."""
    from sartor.data.dataset_file import dataset_hash

    return next(folder for folder in _dataset_folders(workspace) if dataset_hash(folder) == wanted)


def _dataset_folders(workspace: Workspace) -> list[Path]:
    """Those of all prepared datasets, the newest first."""
    return [
        artifact.folder
        for key in workspace.artifacts.keys("dataset")
        if (artifact := workspace.artifacts.find("dataset", key)) is not None
    ]


def _check_metric(metric: str, dataset: Dataset) -> None:
    from sartor.core.metric import METRICS, picking_metrics

    if dataset.output_kind not in METRICS[metric].kinds:
        fitting = ", ".join(m.name for m in picking_metrics(dataset.output_kind))
        raise GoalError(
            where=f"sartor.yaml > targets > {metric}",
            problem=f"does not apply: the outputs are of kind `{dataset.output_kind}`.",
            fix=f"Choose one of {fitting}.",
        )


def base_models(goal: Goal, folder: Path, kind: OutputKind | None = None) -> list[BaseModel]:
    """Step 4: the base models allowed, looked up and checked, but not loaded; then the APIs.

    Args:
        goal: Bases and methods by name; without bases the embedded ones are meant.
        folder: From which relative folders are meant.
        kind: Of the outputs, as the rows have it; None: any that the task may have.
    """
    from sartor.base.resolve import can_be_installed, default_bases, resolve
    from sartor.base.terms import check_architecture, check_licence
    from sartor.core.base_model import API

    able = _able_architectures(goal, goal.methods, kind)
    architectures = {a for a in able if a is not None} - {API}
    apis = api_bases(goal, folder) if API in able else []
    if not architectures:
        return apis
    names = goal.bases or _embedded_for(architectures)
    if not names:
        if (None in able or apis) and not can_be_installed(architectures):
            return apis  # methods without a language model are left, and the verdict says so
        names = default_bases(architectures)
    found = [resolve(name, offline=goal.constraints.offline, relative_to=folder) for name in names]
    for base in found:
        check_architecture(base, architectures)
    for finding in licence_findings(goal, folder, found):
        check_licence(finding)
    return [*found, *apis]


def licence_findings(
    goal: Goal, folder: Path, bases: Sequence[BaseModel]
) -> tuple[LicenceFinding, ...]:
    """What the licences of the bases say to the use that the goal states; empty where it states none.

    Models behind an API have terms of service in place of a licence: those are between the user and the API.
    """
    from sartor.base.catalogue import read_catalogue
    from sartor.base.terms import judged

    if goal.constraints.licence is None:
        return ()
    catalogue = read_catalogue(folder)
    here = (base for base in bases if base.endpoint is None)
    found = (judged(base, goal.constraints, catalogue) for base in here)
    return tuple(finding for finding in found if finding is not None)


def _embedded_for(architectures: set[str]) -> tuple[str, ...]:
    """Encoders where they can do it: at this size they read better than what writes, and for less.

    One that an extra would bring is asked for; what writes does not take its place in silence.
    """
    from sartor.base.resolve import can_be_installed, default_bases, there_by_default
    from sartor.core.base_model import ENCODER

    encoders = architectures & {ENCODER}
    if there_by_default(encoders) or can_be_installed(encoders):
        return default_bases(encoders)
    return there_by_default(architectures)


def has_methods(goal: Goal) -> bool:
    """Whether any method answers what the task asks for."""
    return bool(_able_architectures(goal, (), None))


def not_built(goal: Goal) -> GoalError:
    """What to say of a task that no method is there for."""
    return GoalError(
        where="sartor.yaml > task",
        problem=f"`{goal.task}` is not built yet: no method for it is installed.",
        fix="Until then `sartor data` reads and checks its rows.",
    )


def _able_architectures(
    goal: Goal, methods: tuple[str, ...], kind: OutputKind | None
) -> set[str | None]:
    """Architectures of bases with which some method does the task; None: without a base."""
    from sartor.core.goal import TASK_KINDS
    from sartor.core.protocols import is_for
    from sartor.tune.registry import load_methods

    known = goal.output_kind or kind
    kinds = {known} if known else TASK_KINDS[goal.task]
    return {
        architecture
        for method in load_methods(methods)
        for architecture, able in method.does.items()
        if kinds & able and is_for(method, goal.task)
    }
