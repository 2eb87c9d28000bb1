"""What asking an API takes, as planned: requests, tokens and money. What it cost counts whoever asks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sartor.core.base_model import BaseModel
from sartor.core.dataset import TaskFacts
from sartor.core.goal import Goal, OutputKind
from sartor.core.hashing import canonical_json
from sartor.decide.choosing import Choosing
from sartor.decide.entrant import Entrant

BYTES_OF_A_TOKEN = 4.0
"""Usual for the tokenizers of large models."""
MESSAGE_TOKENS = 6.0
"""Of a message besides its text, about."""
USD_MARGIN = 1.25
"""Planned money over the estimate: a plan that runs out of it has asked in vain."""
SECONDS_OF_A_REQUEST = 1.0
"""Planned; the plan is the same everywhere, so no clock is asked."""
SETTINGS_OF_API = 4
"""Settings of a method on an API: each is paid for."""
CHECKED_ROWS = 32
"""Rows by which a finalist shows that it answers."""


@dataclass(frozen=True)
class Asking:
    """What an entrant would ask of its API."""

    request_usd: float
    """One request, with a margin."""
    num_searched: int
    """Requests of one setting."""
    num_final: int
    """Requests of all its retrainings, the test rows among them."""

    def usd(self, num_settings: int) -> float:
        """All of it."""
        return self.request_usd * (num_settings * self.num_searched + self.num_final)


def asking_of(
    entrant: Entrant,
    facts: TaskFacts,
    choosing: Choosing,
    settings: Mapping[str, Any],
    *,
    num_held_out: int,
    seeds: int,
) -> Asking | None:
    """The requests that an entrant needs; None where it asks no API.

    Without examples in it a prompt is the same in every fold, and equal requests are paid once.

    Args:
        entrant: Who.
        facts: Of the task.
        choosing: Rows and folds.
        settings: The entrant's defaults.
        num_held_out: Rows of the test set, and texts of no class.
        seeds: Retrainings as a finalist.
    """
    base = entrant.base
    if base is None or base.endpoint is None:
        return None
    prices = base.endpoint.prices
    usd = prices.usd(*api_tokens(base, facts, settings)) if prices else 0.0
    if "shots" in settings:
        searched = sum(len(fold.score_rows) for fold in choosing.folds)
        final = seeds * (num_held_out + CHECKED_ROWS)
    else:
        searched, final = len(choosing.scored_rows), num_held_out
    return Asking(USD_MARGIN * usd, searched, final)


def asking_seconds(base: BaseModel, num_requests: int) -> float:
    """Planned seconds of some requests, as many at a time as the goal allows."""
    assert base.endpoint is not None
    return SECONDS_OF_A_REQUEST * math.ceil(num_requests / base.endpoint.concurrency)


def api_tokens(
    base: BaseModel, facts: TaskFacts, settings: Mapping[str, Any]
) -> tuple[float, float]:
    """Tokens that a request of mean length reads and writes, about."""
    num_shots, num_passages = settings.get("shots", 0), settings.get("passages", 0)
    told = [facts.instruction, *facts.labels, canonical_json(facts.schema) if facts.schema else ""]
    told_tokens = sum(len(text.encode("utf-8", "replace")) for text in told) / BYTES_OF_A_TOKEN
    is_label = facts.output_kind is OutputKind.SINGLE
    label_tokens = facts.label_tokens / max(1, len(facts.labels))
    answer_tokens = label_tokens if is_label else facts.mean_answer_tokens
    shown = facts.tokens_of_request(num_shots=num_shots, num_passages=num_passages)
    around = MESSAGE_TOKENS * (2 + 2 * num_shots) + (num_shots * label_tokens if is_label else 0)
    return told_tokens + around + shown - facts.mean_answer_tokens, answer_tokens


def too_dear(goal: Goal, asking: Asking) -> str | None:
    """Why an API is not asked at all where the goal names no money; None where it is."""
    if goal.budget.usd is None and asking.request_usd > 0:
        return "it costs money, and `budget: usd` allows none"
    return None


def does_not_fit(usd: float, goal: Goal) -> str:
    """Why an entrant is left out for the money."""
    return f"about {usd:.2g} USD do not fit the budget of {goal.budget.usd:g} USD"
