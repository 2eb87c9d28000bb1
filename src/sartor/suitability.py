"""Whether the base models of a plan suit its data: gates with their reasons, to be read before a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sartor.core.hashing import derived_seed
from sartor.pages import count_tokens, message_of

if TYPE_CHECKING:
    from sartor.core.base_model import BaseModel
    from sartor.core.dataset import Dataset
    from sartor.core.gate import Gate
    from sartor.core.goal import Goal

MOST_TEXTS = 300
"""Texts by whose lengths and languages bases are judged: a sample of train and valid."""


def unsuitable(goal: Goal, dataset: Dataset, bases: Sequence[BaseModel], folder: Path) -> list[str]:
    """What speaks against a base, a sentence each; empty where nothing does.

    Nobody is left out for it: an English encoder may well be the best there is for a few Swedish messages,
    and that is for the tournament to say.

    Args:
        goal: Its constraints.
        dataset: The rows.
        bases: Of the plan; models behind an API are not judged.
        folder: The workspace, whose `models.yaml` counts.
    """
    here = [base for base in bases if base.endpoint is None]
    if not here:
        return []
    from sartor.data.row_lengths import sample_rows

    rows = dataset.development
    seed = derived_seed(goal.seed, "suitability")
    drawn = sample_rows(len(rows), most=MOST_TEXTS, seed=seed)
    texts = [message_of(dataset, rows.texts[int(at)]) for at in drawn]
    shares = _language_shares(dataset, texts)
    return [
        f"{base.id}: {gate.reason}"
        for base in here
        for gate in _gates(goal, base, texts, shares, folder)
        if not gate.passed
    ]


def _gates(
    goal: Goal, base: BaseModel, texts: Sequence[str], shares: dict[str, float], folder: Path
) -> Iterator[Gate]:
    from sartor.base.catalogue import read_catalogue
    from sartor.base.gates import Asked, gates

    asked = Asked(
        constraints=goal.constraints,
        max_tokens=goal.max_tokens,
        row_tokens=count_tokens(base, texts).tolist(),
        language_shares=shares,
    )
    yield from gates(base, asked, read_catalogue(folder))


def _language_shares(dataset: Dataset, texts: Sequence[str]) -> dict[str, float]:
    """ISO 639-1 code to share; empty for a translation, whose languages the goal names."""
    from sartor.data.language import languages_of, main_languages

    if dataset.task == "translate":
        return {}
    return {one.code: one.share for one in main_languages(languages_of(texts))}
