"""What a candidate costs to run, computed from operations and bytes: the same every time (law 3)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from sartor.core.base_model import WRITERS, BaseModel
from sartor.core.dataset import TaskFacts
from sartor.core.endpoint import Asked
from sartor.core.goal import CLASSIFIED
from sartor.core.output_form import LABELS, OUTPUT
from sartor.decide.asking import api_tokens

SAME_COST_SHARE = 0.02
"""Costs that differ by less than this share of the larger count as equal."""
RUNTIME_BYTES = 150 * 2**20
"""What the serving process takes besides the model."""
BASELINE_FLOPS = 1e6
BASELINE_BYTES = 20 * 2**20


@dataclass(frozen=True)
class Prices:
    """Dated prices, from `prices.json`."""

    date: str
    note: str
    cpu_core_hour_usd: float
    cpu_core_flops_per_second: float
    """Operations that one core of a rented machine really does in a second."""
    memory_gib_hour_usd: float
    requests_per_hour: float
    """Load over which the memory of a standing service is shared."""


@lru_cache(maxsize=1)
def prices() -> Prices:
    """The prices in force."""
    return Prices(**json.loads(files("sartor.decide").joinpath("prices.json").read_text("utf-8")))


def request_flops(
    base: BaseModel | None, facts: TaskFacts, settings: Mapping[str, Any] | None = None
) -> float:
    """Operations of a request of mean length: 2 per weight and token, of the output layer per token written.

    To rate labels is to write each of them, behind a prompt that is read once.

    Args:
        base: None where no model takes part.
        facts: Of the task.
        settings: Of the candidate: a writer reads the examples and passages in its prompt too.
    """
    if base is None:
        return BASELINE_FLOPS
    shown = dict(settings or {}) if base.architecture in WRITERS else {}
    read_tokens = facts.tokens_of_request(
        num_shots=shown.get("shots", 0), num_passages=shown.get("passages", 0)
    )
    rated_tokens = facts.label_tokens if shown.get(OUTPUT) == LABELS else 0
    written_tokens = rated_tokens if facts.output_kind in CLASSIFIED else facts.mean_answer_tokens
    trunk = base.trunk_parameters * (min(read_tokens, facts.max_tokens) + rated_tokens)
    return 2.0 * (trunk + base.output_parameters * written_tokens)


def served_bytes(base: BaseModel | None) -> float:
    """Memory of a serving process with this model in fp32."""
    model_bytes = BASELINE_BYTES if base is None else 4.0 * base.num_parameters
    return RUNTIME_BYTES + model_bytes


def usd_per_1k_requests(
    base: BaseModel | None,
    facts: TaskFacts,
    settings: Mapping[str, Any] | None = None,
    asked: Asked | None = None,
) -> float:
    """Compute and memory of 1,000 requests, in US dollars; of an API its tokens.

    Args:
        base: As of `request_flops`.
        facts: The same.
        settings: The same.
        asked: What requests to an API took; None: as it is planned.
    """
    if base is not None and base.endpoint is not None:
        tokens = asked.tokens_of_request if asked else api_tokens(base, facts, settings or {})
        return 1000 * (base.endpoint.prices.usd(*tokens) if base.endpoint.prices else 0.0)
    now = prices()
    core_hours = request_flops(base, facts, settings) / now.cpu_core_flops_per_second / 3600
    memory_hours = served_bytes(base) / 2**30 / now.requests_per_hour
    return 1000 * (core_hours * now.cpu_core_hour_usd + memory_hours * now.memory_gib_hour_usd)


def costs_the_same(a_usd: float, b_usd: float) -> bool:
    """Whether a difference in cost is too small to decide by."""
    return abs(a_usd - b_usd) <= SAME_COST_SHARE * max(a_usd, b_usd)
