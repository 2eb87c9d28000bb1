"""What this machine is: for reports, and to send along with a question. Imports no torch."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

LIBRARIES = (
    "sartor",
    "torch",
    "transformers",
    "peft",
    "scikit-learn",
    "optuna",
    "onnxruntime",
    "numpy",
)


def describe_machine() -> dict[str, Any]:
    """Versions, system, cores, memory and free disk."""
    return {
        "versions": {"python": platform.python_version(), **_versions()},
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "cores": _num_cores(),
            "memory_gib": _memory_gib(),
            "free_disk_gib": round(shutil.disk_usage(Path.cwd()).free / 2**30, 1),
        },
    }


def _num_cores() -> int | None:
    """Cores that this process may use, which may be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def _versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _memory_gib() -> float | None:
    if not hasattr(os, "sysconf"):
        return None
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
