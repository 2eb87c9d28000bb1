"""The tiny base model, made once for all tests that run whole tournaments."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tiny_base_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base model folder that whole runs can load in a moment."""
    from small_runs import one_thread, write_tiny_base

    one_thread()
    return write_tiny_base(tmp_path_factory.mktemp("base") / "tiny")
