"""How answers are written, as settings of a candidate: the likeliest token each time, unless they differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAX_NEW_TOKENS = "max_new_tokens"
"""The setting that bounds an answer."""
WRITING_SLOWNESS = 8.0
"""How much longer an operation takes in writing than in learning: measured on a CPU 6 for short answers, 10
for long ones; for the plan only."""
TURN_TOKENS = 16
"""What a chat template writes around a message and its answer, about; for the plan only."""


def decoding_of(settings: Mapping[str, Any]) -> dict[str, float]:
    """What departs from the likeliest token each time, by the names of transformers; else empty."""
    found: dict[str, float] = {}
    if settings.get("temperature", 0.0) > 0:
        found = {name: float(settings[name]) for name in ("temperature", "top_p")}
    if settings.get("repetition_penalty", 1.0) != 1:
        found["repetition_penalty"] = float(settings["repetition_penalty"])
    return found


def generation_keys(decoding: Mapping[str, float]) -> dict[str, Any]:
    """The same as keys of a `generation_config.json`, whose own defaults would cut what is drawn from."""
    is_drawn = "temperature" in decoding
    return {"do_sample": is_drawn, **({"top_k": 0} if is_drawn else {}), **decoding}
