"""Messages and leaderboard rows for the tests of the command line."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from sartor.core.leaderboard import CandidateRow, CandidateState

Sartor = Callable[..., subprocess.CompletedProcess[str]]
"""Runs the command line in another process."""

MESSAGES = {
    "parcel": [
        "my parcel is late",
        "where is the parcel",
        "the delivery is late",
        "when will it arrive",
        "parcel lost in the post",
        "track my delivery",
    ],
    "refund": [
        "i want my money back",
        "refund please",
        "pay me back for the order",
        "refund not received",
        "money for the returned suit",
        "give me a refund",
    ],
}


def row(
    method: str,
    value: float | None = None,
    *,
    state: CandidateState = CandidateState.SCORED,
    base: str | None = "minilm-l6",
    metric: str = "accuracy",
    detail: str = "3 of 8 settings",
    half: float = 0.02,
    left: float | None = None,
) -> CandidateRow:
    """A row whose interval reaches `half` to both sides."""
    return CandidateRow(
        name=f"{method} · {base}" if base else method,
        method=method,
        base=base,
        state=state,
        metric=metric,
        value=value,
        low=None if value is None else value - half,
        high=None if value is None else value + half,
        seconds_spent=80,
        seconds_left=left,
        detail=detail,
    )


TOURNAMENT = (
    row("majority", 0.05, base=None, detail=""),
    row("tfidf", 0.84, base=None),
    row("zero_shot", 0.61),
    row("head", 0.90, state=CandidateState.FINALIST),
    row("mlp_head", 0.89, state=CandidateState.STOPPED, detail="weaker than the best " * 5),
    row("lora", state=CandidateState.FAILED, detail="ran out of memory at 16 tokens x 512 rows"),
    row("last_layers", 0.91, state=CandidateState.TRAINING, left=75),
    row("full", 0.93, state=CandidateState.WINNER),
    row("few_shot", state=CandidateState.WAITING, detail=""),
)
