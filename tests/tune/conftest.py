"""The engines' tiny base models serve the methods too."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "engines"))


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    """A tiny BERT, without dropout."""
    import torch
    from tiny_models import tiny_base

    torch.set_num_threads(1)
    return tiny_base("bert", tmp_path_factory.mktemp("base") / "bert")


@pytest.fixture
def engine():
    """An engine that has computed nothing yet."""
    from tiny_models import MAX_TOKENS, Memory

    from sartor.engines.torch_engine import TorchEngine

    return TorchEngine(Memory(), max_tokens=MAX_TOKENS)
