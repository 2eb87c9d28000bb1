"""What an encoder sees in prepared rows: wrong labels, rows that do not belong, near leaks, intents.

Nothing is dropped. People decide, in `review.csv` and `intents.yaml` beside `sartor.yaml`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sartor.core.dataset import Count, Dataset, Split
from sartor.core.errors import BaseModelError
from sartor.core.goal import Goal, OutputKind
from sartor.core.hashing import derived_seed
from sartor.core.protocols import Engine

if TYPE_CHECKING:
    from sartor.core.base_model import BaseModel
    from sartor.data.intents import Proposals
    from sartor.data.unlabelled import Messages

MOST_ROWS = 20_000
"""Of more rows a seeded sample is looked at."""
LISTED_DOUBTS = 1.5
"""So many times the labels that are expected to be wrong are listed."""
FOREIGN_SPREADS = 4.0
"""Spreads from what is usual, from which on a row is listed as one that may not belong."""
MOST_LISTED = 500
_POOLING = "mean"


@dataclass(frozen=True)
class Findings:
    """What was seen."""

    base: str
    """The encoder that looked."""
    num_rows: int
    num_looked_at: int
    counts: tuple[Count, ...]
    """As the data card counts."""
    review: tuple[dict[str, Any], ...]
    """Rows for `review.csv`, without decisions."""
    proposals: Proposals | None = None
    """Intents of messages; None where they were not asked for."""
    messages: tuple[dict[str, Any], ...] = ()
    """The messages that have an intent, each with its id, for `intents.jsonl`."""


@dataclass(frozen=True)
class _Looked:
    """The rows that are looked at."""

    rows: Split
    texts: tuple[str, ...]
    """As people read them."""
    is_valid_N: np.ndarray
    features_ND: np.ndarray


def find(
    goal: Goal, dataset: Dataset, engine: Engine, *, folder: Path, proposes_intents: bool = False
) -> Findings:
    """Look at the rows of train and valid; those of test stay sealed.

    Args:
        goal: Names bases, and the seed of the sample.
        dataset: The rows.
        engine: For features, which a later run on the same rows finds again.
        folder: The workspace.
        proposes_intents: Whether to cluster the messages into intents.

    Raises:
        BaseModelError: No encoder is at hand.
    """
    base = encoder_of(goal, folder)
    looked = _look(goal, dataset, engine, base)
    counts: list[Count] = []
    review: list[dict[str, Any]] = []
    for counted, listed in (
        _label_doubts(goal, dataset, looked),
        _irrelevant(goal, dataset, looked),
        _near_leaks(goal, dataset, looked),
    ):
        counts += counted
        review += listed
    proposals = None
    if proposes_intents:
        from sartor.data.intents import propose_intents

        proposals = propose_intents(looked.texts, looked.features_ND, seed=goal.seed)
        counts += proposals.counts()
    return Findings(
        base=base.id,
        num_rows=len(dataset.development),
        num_looked_at=len(looked.rows),
        counts=tuple(counts),
        review=tuple(review),
        proposals=proposals,
        messages=_with_intents(proposals, looked.texts, looked.rows.sources) if proposals else (),
    )


def propose(goal: Goal, messages: Messages, engine: Engine, *, folder: Path) -> Findings:
    """Intents for messages that nobody has labelled.

    Args:
        goal: Names bases, and the seed.
        messages: All of them get an intent.
        engine: For features, which a later run on the same messages finds again.
        folder: The workspace.

    Raises:
        BaseModelError: No encoder is at hand.
        DataError: The messages are too few.
    """
    from sartor.data.intents import propose_intents

    base = encoder_of(goal, folder)
    features_ND = engine.features(base, messages.texts, _POOLING)
    proposals = propose_intents(messages.texts, features_ND, seed=goal.seed)
    return Findings(
        base=base.id,
        num_rows=len(messages.texts),
        num_looked_at=len(messages.texts),
        counts=(*messages.counts, *proposals.counts()),
        review=(),
        proposals=proposals,
        messages=_with_intents(proposals, messages.texts, messages.places, messages.beside),
    )


def _with_intents(
    proposals: Proposals,
    texts: Sequence[str],
    places: Sequence[str],
    beside: Sequence[dict[str, Any]] = (),
) -> tuple[dict[str, Any], ...]:
    """A row for each message: its text, the id of its intent, where it stood, and what else is known."""
    more = beside or [{}] * len(texts)
    intent_of = [proposals.intents[at].id if at >= 0 else "" for at in proposals.intent_N.tolist()]
    return tuple(
        {"text": text, "intent": intent, "source": place, **known}
        for text, intent, place, known in zip(texts, intent_of, places, more, strict=True)
        if intent
    )


def encoder_of(goal: Goal, folder: Path) -> BaseModel:
    """The first encoder of the goal that is at hand, else the embedded one; nothing is fetched.

    Raises:
        BaseModelError: There is none.
    """
    from sartor.base.resolve import default_bases, resolve
    from sartor.core.base_model import ENCODER

    for name in goal.bases:
        try:
            base = resolve(name, offline=True, relative_to=folder)
        except BaseModelError:
            continue
        if base.architecture == ENCODER:
            return base
    return resolve(default_bases((ENCODER,))[0], offline=True, relative_to=folder)


def _look(goal: Goal, dataset: Dataset, engine: Engine, base: BaseModel) -> _Looked:
    from sartor.core.conversation import readable

    rows = dataset.development
    order = np.arange(len(rows))
    if len(rows) > MOST_ROWS:
        draw = np.random.default_rng(derived_seed(goal.seed, "findings"))
        order = np.sort(draw.permutation(len(rows))[:MOST_ROWS])
    taken = rows.take(order)
    is_chat = dataset.task == "chat"
    texts = tuple(readable(text) if is_chat else text for text in taken.texts)
    features_ND = engine.features(base, texts, _POOLING)
    return _Looked(taken, texts, order >= len(dataset.train), features_ND)


def _label_doubts(
    goal: Goal, dataset: Dataset, looked: _Looked
) -> tuple[list[Count], list[dict[str, Any]]]:
    labels = _labels(dataset, looked.rows)
    if labels is None:
        return [], []
    from sartor.data.label_doubts import label_doubts

    found = label_doubts(looked.features_ND, labels, groups_N=looked.rows.groups, seed=goal.seed)
    most = min(MOST_LISTED, round(LISTED_DOUBTS * found.num_expected))
    listed = [
        _row(looked, one.row, dataset)
        | {
            "what": "label doubt",
            "score": one.score,
            "suggested": "|".join(one.suggested),
            "reason": "Rows of similar meaning have another label.",
        }
        for one in found.doubts[:most]
    ]
    return found.counts(looked.texts, looked.rows.sources), listed


def _labels(dataset: Dataset, rows: Split) -> list[str] | list[tuple[str, ...]] | None:
    """Labels of rows; None where there are none to doubt."""
    if dataset.output_kind is OutputKind.SINGLE:
        return [dataset.labels[label] for label in rows.targets.tolist()]
    if dataset.output_kind is OutputKind.MULTI:
        return [tuple(dataset.labels[at] for at in np.flatnonzero(has)) for has in rows.targets]
    return None


def _irrelevant(
    goal: Goal, dataset: Dataset, looked: _Looked
) -> tuple[list[Count], list[dict[str, Any]]]:
    from sartor.data.irrelevant import drop_irrelevant, irrelevant_rows

    found = irrelevant_rows(looked.texts, looked.features_ND, seed=goal.seed)
    _, counts = drop_irrelevant(found, looked.texts, looked.rows.sources)
    foreign = [one for one in found if one.score >= FOREIGN_SPREADS][:MOST_LISTED]
    listed = [
        _row(looked, one.row, dataset)
        | {"what": one.what, "score": round(one.score, 2), "reason": one.reason}
        for one in foreign
    ]
    return counts, listed


def _near_leaks(
    goal: Goal, dataset: Dataset, looked: _Looked
) -> tuple[list[Count], list[dict[str, Any]]]:
    from sartor.data.nearest_leaks import nearest_leaks
    from sartor.data.rows import TRAIN, VALID

    part_N = np.where(looked.is_valid_N, VALID, TRAIN)
    counts = []
    for leaks in nearest_leaks(looked.features_ND, part_N, seed=goal.seed):
        if (count := leaks.count(looked.texts, looked.rows.sources)) is not None:
            counts.append(count)
    return counts, []


def _row(looked: _Looked, row: int, dataset: Dataset) -> dict[str, Any]:
    """What names a row in `review.csv`."""
    from sartor.data.decisions import spelled_key
    from sartor.data.keys import exact_key
    from sartor.data.personal import excerpt

    rows, target = looked.rows, looked.rows.targets[row]
    is_text = dataset.output_kind is OutputKind.TEXT
    keyed = (rows.texts[row], str(target[0])) if is_text else (rows.texts[row],)
    return {
        "place": rows.sources[row],
        "text": excerpt(looked.texts[row]),
        "label": excerpt(target[0]) if is_text else _label(dataset, target),
        "key": spelled_key(exact_key(*keyed)),
    }


def _label(dataset: Dataset, target: Any) -> str:
    """What a row is labelled, as a decision spells it; empty for spans and records."""
    if dataset.output_kind is OutputKind.SINGLE:
        return dataset.labels[int(target)]
    if dataset.output_kind is OutputKind.MULTI:
        return "|".join(dataset.labels[at] for at in np.flatnonzero(target))
    return f"{float(target):g}" if dataset.output_kind is OutputKind.SCORE else ""


def listed_once(review: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each row once, with the first thing that was found about it; the surest first within a kind."""
    first: dict[str, dict[str, Any]] = {}
    for row in review:
        first.setdefault(row["key"], row)
    return list(first.values())
