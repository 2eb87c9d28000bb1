"""Does a killed trial go on to the bit? Every method, `kill -9` at random steps, weights compared.

    python -m bench.resume [--kills 20] [--methods NAME ...] [--quick] [--json] [--keep]

Small rows and tiny models of two layers, for every method of the tournament in every form that it has: with
an encoder, with a decoder, with an encoder-decoder, without a model; for labels, texts, translations, spans
and records. A trial is trained as a finalist is. It is killed after an optimizer step that is drawn at
random; one that learns at once is killed at a random moment of its life. Then it is asked for again, in a
new process, and what it has learned (all arrays and facts) must have the hash of a trial that nobody
disturbed. How many steps the second process took shows that it went on, and did not begin anew.

--quick takes 3 kills and one form of each method. Whole runs that are killed: `python -m bench.kills`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.document import document, finish
from bench.kills import Nobody, load_libraries
from bench.resume_tasks import TASKS, write_bases, write_task
from bench.sides import equal, is_all_equal, table, told

NUM_KILLS, NUM_KILLS_QUICK = 20, 3
MOST_TRIES = 5
"""Trials started for each kill at the most: one that ends before its moment is not counted."""
EPOCHS, SEED = 2, 5
FINDINGS = "learned.json"


@dataclass
class Trial:
    """One method in one form, and what became of its kills."""

    name: str
    task: str
    is_repeated: bool
    fingerprint: str = ""
    steps: int = 0
    seconds: float = 0.0
    num_kills: int = 0
    num_different: int = 0
    steps_after: list[int] = field(default_factory=list)
    """Steps of each second process."""

    @property
    def began_anew(self) -> bool:
        """Whether no kill ever left anything to go on from, though it learns in steps."""
        return self.is_repeated and min(self.steps_after, default=self.steps) >= self.steps


def main() -> None:
    """Kill, go on, compare; exit code 1 where anything differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=NUM_KILLS, help="kills of each trial")
    parser.add_argument("--methods", nargs="*", default=(), help="only these methods")
    parser.add_argument("--tasks", nargs="*", default=(), choices=TASKS, help="only these tasks")
    parser.add_argument("--json", action="store_true", help="print the JSON document")
    parser.add_argument("--keep", action="store_true", help="keep it under bench/results")
    parser.add_argument("--quick", action="store_true", help="3 kills, one form of a method")
    arguments = parser.parse_args()
    num_kills = NUM_KILLS_QUICK if arguments.quick else arguments.kills
    started = time.monotonic()
    trials = killed_and_continued(
        num_kills,
        tasks=arguments.tasks or tuple(TASKS),
        methods=arguments.methods,
        is_quick=arguments.quick,
    )
    result = _document(trials, num_kills, time.monotonic() - started)
    finish(result, as_json=arguments.json, keep="resume" if arguments.keep else None)
    if not arguments.json:
        print(table(result))
    sys.exit(not is_all_equal(result))


def killed_and_continued(
    num_kills: int, *, tasks: Sequence[str], methods: Sequence[str], is_quick: bool
) -> list[Trial]:
    """All trials of all tasks."""
    load_libraries()
    rng, trials = random.Random(0), []
    known: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="sartor-resume-") as scratch:
        write_bases(Path(scratch) / "bases")
        for task in tasks:
            workspace = Path(scratch) / task
            write_task(task, workspace, Path(scratch) / "bases")
            for trial, form in entrants(task, workspace, methods):
                if is_quick and form in known:
                    continue
                known.add(form)
                kill_one(trial, workspace, num_kills, rng)
                trials.append(trial)
                told(f"{task}: {trial.name}: {trial.num_different} of {num_kills} differ")
    return trials


def entrants(task: str, workspace: Path, methods: Sequence[str]) -> list[tuple[Trial, str]]:
    """Who takes part in the tournament of a workspace, and the method and form of each."""
    draw = drawn_up(workspace)
    return [
        (
            Trial(allowance.entrant.name, task, allowance.entrant.is_repeated),
            f"{allowance.entrant.method.name} {allowance.entrant.form}",
        )
        for allowance in draw.plan
        if not methods or allowance.entrant.method.name in methods
    ]


def kill_one(trial: Trial, workspace: Path, num_kills: int, rng: random.Random) -> None:
    """A trial undisturbed, then as often killed and continued as asked."""
    reference = _copy(workspace, "undisturbed")
    started = time.monotonic()
    found = _finished(reference, trial)
    trial.seconds = time.monotonic() - started
    trial.fingerprint, trial.steps = found["fingerprint"], found["steps"]
    for _ in range(MOST_TRIES * num_kills):
        if trial.num_kills == num_kills:
            break
        victim = _copy(workspace, "victim")
        if _killed(victim, trial, rng):
            trial.num_kills += 1
            after = _finished(victim, trial)
            trial.num_different += after["fingerprint"] != trial.fingerprint
            trial.steps_after.append(after["steps"])
        shutil.rmtree(victim)
    shutil.rmtree(reference)


def _killed(victim: Path, trial: Trial, rng: random.Random) -> bool:
    """Whether the trial was still at work when it was killed."""
    kill_after = rng.randint(1, trial.steps) if trial.steps else 0
    child = _forked(lambda: learn(victim, trial.name, kill_after=kill_after))
    if not kill_after:
        time.sleep(rng.uniform(0.0, trial.seconds))
        if os.waitpid(child, os.WNOHANG)[0]:
            return False
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def learn(workspace: Path, name: str, *, kill_after: int) -> None:
    """Train one entrant as a finalist is trained, and write down what it has learned.

    Args:
        workspace: Prepared.
        name: Of the entrant.
        kill_after: Optimizer steps after which this process kills itself; 0: never.
    """
    from sartor.decide.search import default_settings
    from sartor.decide.tournament import share_trunks
    from sartor.decide.trials import Trials
    from sartor.engines.on_use import EngineOnUse
    from sartor.store.workspace import Workspace

    steps = _counted_steps(kill_after)
    artifacts = Workspace.open(workspace).artifacts
    draw = drawn_up(workspace)
    [entrant] = [a.entrant for a in draw.plan if a.entrant.name == name]
    engine = EngineOnUse(artifacts, max_tokens=draw.goal.max_tokens)
    share_trunks(draw, engine, Nobody())
    trials = Trials(
        facts=draw.facts,
        choosing=draw.choosing,
        engine=engine,
        artifacts=artifacts,
        data_hash=draw.dataset.hash,
        seed=draw.goal.seed,
    )
    settings = default_settings(entrant.dials, entrant.pinned)
    epochs = EPOCHS if entrant.is_repeated else 0
    trials.train(entrant, settings, epochs=epochs, seed=SEED)
    fitted = trials.fitted(entrant, settings, epochs=epochs, seed=SEED)
    findings = {"fingerprint": fingerprint(fitted), "steps": steps[0]}
    (workspace / FINDINGS).write_text(json.dumps(findings), "utf-8")


def _counted_steps(kill_after: int) -> list[int]:
    """Count this process's optimizer steps, and end it after one of them."""
    from sartor.engines.training import TuneFit

    steps, step = [0], TuneFit._step

    def counted(fit: TuneFit, rows: Any) -> None:
        step(fit, rows)
        steps[0] += 1
        if steps[0] == kill_after:
            os.kill(os.getpid(), signal.SIGKILL)

    TuneFit._step = counted  # type: ignore[method-assign]
    return steps


def fingerprint(fitted: Any) -> str:
    """Hash of all that was learned, to the bit."""
    from sartor.core.hashing import content_hash

    assert all(array.dtype != object for array in fitted.arrays.values())
    arrays = [part for name in sorted(fitted.arrays) for part in (name, fitted.arrays[name])]
    return content_hash(fitted.kind, list(fitted.labels), fitted.facts, *arrays)


def drawn_up(workspace: Path) -> Any:
    """The tournament of a workspace, as `flow.run` draws it up."""
    from sartor import flow
    from sartor.decide.tournament import draw_up
    from sartor.intake import base_models, read_goal
    from sartor.store.workspace import Workspace
    from sartor.tune.registry import load_methods

    goal = read_goal(Workspace.open(workspace), ())
    dataset = flow.gather(workspace, progress=Nobody())
    bases = base_models(goal, workspace, dataset.output_kind)
    return draw_up(goal, dataset, load_methods(goal.methods), bases, is_quick=False)


def _forked(work: Callable[[], None]) -> int:
    """A child that has every library loaded already; its process id."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        work()
        code = 0
    except BaseException:  # a child must never go on as its parent
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def _finished(workspace: Path, trial: Trial) -> dict[str, Any]:
    """What a trial that nobody disturbs finds."""
    child = _forked(lambda: learn(workspace, trial.name, kill_after=0))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, "a trial that nobody disturbs must succeed"
    return dict(json.loads((workspace / FINDINGS).read_text("utf-8")))


def _copy(workspace: Path, name: str) -> Path:
    place = workspace.with_name(f"{workspace.name} {name}")
    shutil.copytree(workspace, place, symlinks=True)
    return place


def _document(trials: Sequence[Trial], num_kills: int, seconds: float) -> dict[str, Any]:
    def plain(value: float, unit: str) -> dict[str, Any]:
        return {"value": value, "low": None, "high": None, "unit": unit}

    return document(
        "resume",
        figures={
            "trials": plain(len(trials), "methods in their forms"),
            "kills": plain(sum(trial.num_kills for trial in trials), "processes"),
            "seconds": plain(round(seconds, 1), "s"),
        },
        equal={
            "models that differ after a kill": equal(sum(t.num_different for t in trials), 0),
            "kills that never met a trial at work": equal(
                sum(num_kills - trial.num_kills for trial in trials), 0
            ),
            "trials that always began anew": equal(sum(t.began_anew for t in trials), 0),
        },
        trials=[
            {
                "trial": trial.name,
                "task": trial.task,
                "steps": trial.steps,
                "kills": trial.num_kills,
                "different": trial.num_different,
                "steps_after_the_kill": statistics.median(trial.steps_after or [0]),
            }
            for trial in trials
        ],
    )


if __name__ == "__main__":
    main()
