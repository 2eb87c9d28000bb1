"""Is anything lost when a run is killed? `kill -9` at random moments, resume, compare the decisions.

    python -m bench.kills [--quick] [--json] [--keep NAME]

Runs over the bundled messages with a tiny base model are killed, 25 of them (5 with `--quick`), each at a
moment of its own drawn from a fixed seed, and resumed by running again. Every one must end in the same
decision as a run that nobody disturbed, ship the same bytes, and leave nothing unfinished behind.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.document import document, finish

NUM_KILLS, NUM_KILLS_QUICK = 25, 5
MOST_TRIES = 3
"""Runs started for each kill at the most: one that ends before its moment is not counted."""
SETTINGS = (
    "methods=[tfidf,head,full]",
    "bases=[tiny]",
    "max_tokens=24",
    "max_examples=520",
    "seeds=2",
    "settings={full: {learning_rate: 1e-3, batch_size: 16, pooling: native}}",
)
TRAINED = ("safetensors", "onnx", "json")
"""Endings of the package's files that must be equal to the byte."""
HISTORY = ("sartor.json",)
"""Files of the package that hold measured times."""


class Nobody:
    """Watches and says nothing."""

    def step(self, title: str) -> None: ...

    def note(self, line: str) -> None: ...

    def candidate(self, row: Any) -> None: ...

    def spent(self, share: float, seconds_left: float | None) -> None: ...


@dataclass
class Findings:
    """What became of the runs."""

    undisturbed_seconds: float = 0.0
    num_kills: int = 0
    num_interrupts: int = 0
    num_finished: int = 0
    different_decisions: int = 0
    different_files: int = 0
    left_behind: list[str] = field(default_factory=list)
    resumed_seconds: list[float] = field(default_factory=list)


def main() -> None:
    """Kill, resume, compare, report; exit code 1 where anything was lost."""
    parser = argparse.ArgumentParser(prog="bench.kills", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="5 kills instead of 25")
    parser.add_argument("--json", action="store_true", help="the document on standard output")
    parser.add_argument("--keep", help="name under bench/results")
    given = parser.parse_args()
    findings = kill_and_resume(NUM_KILLS_QUICK if given.quick else NUM_KILLS)
    result = _document(findings)
    finish(result, as_json=given.json, keep=given.keep)
    print(f"{findings}", file=sys.stderr)
    sys.exit(any(line["max_difference"] > line["allowed"] for line in result["equal"].values()))


def kill_and_resume(num_kills: int, *, seed: int = 0) -> Findings:
    """Run, kill at a random moment, run again, compare.

    Args:
        num_kills: How many runs are killed while they work, each once.
        seed: Of the moments.
    """
    load_libraries()
    rng, findings = random.Random(seed), Findings()
    with tempfile.TemporaryDirectory(prefix="sartor-kills-") as folder:
        reference = _workspace(Path(folder) / "undisturbed")
        findings.undisturbed_seconds = _finish_run(reference)
        interrupted = _workspace(Path(folder) / "interrupted")
        findings.num_interrupts += _stopped(
            interrupted, 0.4 * findings.undisturbed_seconds, signal.SIGINT
        )
        _finish_and_compare(interrupted, reference, findings)
        for number in range(MOST_TRIES * num_kills):
            if findings.num_kills == num_kills:
                break
            victim = _workspace(Path(folder) / f"killed {number}")
            moment = rng.uniform(0.0, findings.undisturbed_seconds)
            if _stopped(victim, moment, signal.SIGKILL):
                findings.num_kills += 1
                _finish_and_compare(victim, reference, findings)
            shutil.rmtree(victim)
    return findings


def _stopped(workspace: Path, after_seconds: float, how: signal.Signals) -> bool:
    """Whether a run was still at work when the signal came."""
    child = _forked_run(workspace)
    time.sleep(after_seconds)
    if os.waitpid(child, os.WNOHANG)[0]:
        return False
    os.kill(child, how)
    _, status = os.waitpid(child, 0)
    if how is signal.SIGINT:
        assert os.waitstatus_to_exitcode(status) == 130, "Ctrl-C must end as KeyboardInterrupt"
        return True
    return os.WIFSIGNALED(status)


def _finish_and_compare(workspace: Path, reference: Path, findings: Findings) -> None:
    findings.resumed_seconds.append(_finish_run(workspace))
    findings.num_finished += 1
    findings.different_decisions += _decision(workspace) != _decision(reference)
    findings.different_files += num_different_files(workspace, reference)
    findings.left_behind += left_behind(workspace)


def _finish_run(workspace: Path) -> float:
    started = time.monotonic()
    child = _forked_run(workspace)
    status = os.waitpid(child, 0)[1]
    assert os.waitstatus_to_exitcode(status) == 0, "a run that nobody disturbs must succeed"
    return time.monotonic() - started


def _forked_run(workspace: Path) -> int:
    """A run in a child that has every library loaded already; its process id."""
    child = os.fork()
    if child:
        return child
    code = 1
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell runs us behind
    try:
        from sartor.flow import run

        run(workspace, settings=SETTINGS, quick=True, progress=Nobody())
        code = 0
    except KeyboardInterrupt:
        code = 130
    finally:
        os._exit(code)


def left_behind(workspace: Path) -> list[str]:
    """Unfinished pieces that a finished run must not leave: staged files, states of trials."""
    artifacts = workspace / ".sartor" / "artifacts"
    pieces = [*(artifacts / ".staging").glob("*"), *(artifacts / "state").glob("*")]
    return [str(piece.relative_to(workspace)) for piece in pieces]


def num_different_files(workspace: Path, other: Path) -> int:
    """Files of the packages that are not equal to the byte."""
    one, two = (package_bytes(folder) for folder in (workspace, other))
    return sum(one.get(name) != two.get(name) for name in one.keys() | two.keys())


def package_bytes(workspace: Path) -> dict[str, bytes]:
    """The package's files by name, without those that hold times."""
    package = _run_folder(workspace) / "package"
    return {
        str(path.relative_to(package)): path.read_bytes()
        for path in sorted(package.rglob("*"))
        if path.suffix[1:] in TRAINED and path.name not in HISTORY
    }


def _decision(workspace: Path) -> Any:
    from sartor.core.decision import without_clocks

    document = json.loads((_run_folder(workspace) / "decision.json").read_text("utf-8"))
    return without_clocks(document)


def _run_folder(workspace: Path) -> Path:
    latest = json.loads((workspace / "runs" / "latest.json").read_text("utf-8"))
    return workspace / "runs" / str(latest["run"])


def _workspace(folder: Path) -> Path:
    from tests.small_runs import link_base, write_tiny_base

    from sartor.flow import init

    init(folder, example="hem")
    base = folder.parent / "tiny"
    link_base(folder, base if base.exists() else write_tiny_base(base))
    return folder


def load_libraries() -> None:
    """Once, before the first fork: a child then starts in milliseconds. One thread: forks are safe."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    import onnxruntime  # noqa: F401
    import optuna  # noqa: F401
    import sklearn.model_selection
    import sklearn.svm  # noqa: F401
    import torch
    import transformers  # noqa: F401

    import sartor.engines.encoder_engine
    import sartor.engines.packages.write  # noqa: F401

    torch.set_num_threads(1)


def _document(findings: Findings) -> dict[str, Any]:
    def figure(value: float, unit: str) -> dict[str, Any]:
        return {"value": value, "low": None, "high": None, "unit": unit}

    def none_allowed(value: int) -> dict[str, int]:
        return {"max_difference": value, "allowed": 0}

    return document(
        "kills",
        figures={
            "kills": figure(findings.num_kills, "processes"),
            "interrupts": figure(findings.num_interrupts, "processes"),
            "finished_runs": figure(findings.num_finished, "runs"),
            "undisturbed": figure(round(findings.undisturbed_seconds, 2), "seconds"),
        },
        equal={
            "decisions": none_allowed(findings.different_decisions),
            "package_files": none_allowed(findings.different_files),
            "pieces_left_behind": none_allowed(len(findings.left_behind)),
        },
    )


if __name__ == "__main__":
    main()
