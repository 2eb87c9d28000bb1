"""How fast the machine at hand learns: measured once a workspace, or pinned by whoever wants equal plans."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path

from sartor.core.candidate import State
from sartor.core.errors import GoalError
from sartor.core.hashing import content_hash
from sartor.core.protocols import Artifacts
from sartor.core.speed import Speed
from sartor.decide.pace import LEAST_FACTOR, MOST_FACTOR, Pace, pace_of
from sartor.engines.threads import wait_without_spinning
from sartor.store.run_folder import RunFolder

VARIABLE = "SARTOR_SPEED"
"""How fast plans take the machine to be, in place of measuring: 1 is two plain CPU cores."""
RULE = "rule.json"
"""In a run's folder: its rule, its pace, its plan."""
MEASUREMENT = 1
"""Raised when speed is measured in another way."""
GPU_SIGNS = ("/dev/nvidia0", "/dev/kfd")
CPU_FILE = Path("/proc/cpuinfo")


def pace_here(artifacts: Artifacts, *, again: bool = False) -> Pace:
    """What plans count on here.

    Args:
        artifacts: Of the workspace; they keep what was measured.
        again: Whether to measure once more; the faster time counts, as the machine may have been busy.

    Raises:
        GoalError: `SARTOR_SPEED` is no number that makes sense.
    """
    given = os.environ.get(VARIABLE)
    if given:
        factor = _pinned(given)
        return Pace(factor, factor)
    return pace_of(speed_here(artifacts, again=again))


def pace_of_run(folder: RunFolder) -> Pace | None:
    """What a run that was begun counts on: resumed, it keeps its plan. None for a new one."""
    rule = folder.path(RULE)
    if not rule.is_file():
        return None
    try:
        return Pace(**json.loads(rule.read_bytes())["pace"])
    except (ValueError, KeyError, TypeError):
        return None


def speed_here(artifacts: Artifacts, *, again: bool = False) -> Speed:
    """What this machine was measured to do; measured now, in some seconds, where it was not yet."""
    key = _machine_key()
    found = artifacts.find("speed", key)
    if found is not None and not again:
        return Speed(**found.facts)
    measured = [speed_now(), *([Speed(**found.facts)] if found is not None else [])]
    fastest = max(measured, key=lambda speed: speed.small_flops_per_second)
    artifacts.drop("speed", key)
    artifacts.put("speed", key, State({}, fastest.as_dict()))
    return fastest


def speed_now() -> Speed:
    """Measured in some seconds, with threads that wait as those of a run do."""
    wait_without_spinning()
    from sartor.engines.speed import measured_speed

    return measured_speed()


def _pinned(given: str) -> float:
    try:
        factor = float(given)
    except ValueError:
        factor = 0.0
    if LEAST_FACTOR <= factor <= MOST_FACTOR:
        return factor
    raise GoalError(
        where=VARIABLE,
        problem=f"`{given}` is no speed.",
        fix=f"Give a number from {LEAST_FACTOR:g} to {MOST_FACTOR:g}, where 1 is two CPU cores, or unset it.",
    )


def _machine_key() -> str:
    """Another one on other hardware or with another torch; nothing heavy is imported for it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    gpus = [sign for sign in GPU_SIGNS if Path(sign).exists()]
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    threads = os.environ.get("OMP_NUM_THREADS", "")
    about = (platform.machine(), _cpu_model(), cores, gpus, visible, threads, version("torch"))
    return content_hash(MEASUREMENT, *about)


def _cpu_model() -> str:
    try:
        lines = CPU_FILE.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith("model name")), "")
