"""One thread, and one tiny base model of each family for all tests."""

from __future__ import annotations

import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def base_of(tmp_path_factory):
    """Gives the tiny base model of a family, made once, without dropout."""
    from tiny_models import tiny_base

    made = {}

    def base(family):
        if family not in made:
            made[family] = tiny_base(family, tmp_path_factory.mktemp("base") / family)
        return made[family]

    return base
