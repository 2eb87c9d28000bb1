"""The tiny base model, made once for all tests that run whole tournaments."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("SARTOR_SPEED", "1")
"""Plans of tests are those of the reference machine, wherever they run."""


@pytest.fixture(scope="session")
def tiny_base_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base model folder that whole runs can load in a moment."""
    from small_runs import one_thread, write_tiny_base

    one_thread()
    return write_tiny_base(tmp_path_factory.mktemp("base") / "tiny")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole runs first, then other files with slow tests: the longest file shall not be left for the end."""
    slow_files = {item.path for item in items if item.get_closest_marker("slow")}
    here = Path(__file__).parent
    items.sort(key=lambda item: (item.path not in slow_files, item.path.parent != here))
