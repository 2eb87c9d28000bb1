"""One thread, and one tiny base model of each family for all tests."""

from __future__ import annotations

from functools import cache

import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture
def in_fp32(monkeypatch):
    """Every product is made in fp32, as on a machine without instructions for bf16."""
    for room in ("adapt", "writing.lessons"):
        monkeypatch.setattr(f"sartor.engines.{room}.has_bf16_products", lambda device: False)


@pytest.fixture(scope="session")
def base_of(tmp_path_factory):
    """Gives the tiny base model of a family, made once, without dropout."""
    from tiny_models import tiny_base

    return cache(lambda family: tiny_base(family, tmp_path_factory.mktemp("base") / family))


@pytest.fixture(scope="session")
def writer_of(tmp_path_factory):
    """Gives the tiny base that writes of a family, made once, named as on a hub."""
    from writer_packages import named_writer

    return cache(lambda family: named_writer(family, tmp_path_factory.mktemp("base") / family))
