"""The data card: what the data is, and everything that was done to it.

What the test split holds is kept out, but for its number of rows, until it is opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from sartor.core.dataset import Count, DataCard
from sartor.core.goal import Goal, OutputKind
from sartor.data.byte_stream import DataFile
from sartor.data.check import ProblemTable
from sartor.data.look import Look
from sartor.data.rows import PART_NAMES, TRAIN, VALID, Rows
from sartor.data.split import Parts


def make_card(
    rows: Rows,
    parts: Parts,
    *,
    files: Sequence[DataFile],
    look: Look,
    counts: Sequence[Count],
) -> DataCard:
    """Describe the finished parts."""
    is_known_N = np.isin(parts.part_N, (TRAIN, VALID))
    return DataCard(
        files=tuple(file.name for file in files),
        columns=dict(look.columns.names),
        origins=dict(look.columns.origins),
        num_examples={
            name: int((parts.part_N == part).sum())
            for part, name in enumerate(PART_NAMES)
            if (parts.part_N == part).any()
        },
        label_counts=_label_counts(rows, parts.part_N),
        length_words=_length_words(rows.num_words_N[is_known_N]),
        counts=(*counts, *parts.counts),
        split_rule=parts.rule,
    )


def reading_counts(look: Look, table: ProblemTable, passed_over: Sequence[str]) -> list[Count]:
    """What happened while the files were read."""
    counts = []
    if not look.reading.is_given:
        note = f"Recognised as `{look.reading.kind}` from the first rows: {look.reading.note}"
        counts.append(Count("output kind", look.num_rows, note))
    if passed_over:
        names = tuple(passed_over[:3])
        note = f"{len(passed_over)} files in the folders are no data and were not read."
        counts.append(Count("other files", 0, note, names))
    if table.num_bad_rows:
        rules = ", ".join(f"{count:,} {rule}" for rule, count in table.by_rule.most_common())
        note = f"Set aside in quarantine.jsonl as `--skip-bad` allows: {rules}."
        places = tuple(dict.fromkeys(problem.place for problem in table.problems))[:3]
        counts.append(Count("bad rows", table.num_bad_rows, note, places))
    return counts


def long_texts(rows: Rows, part_N: np.ndarray, goal: Goal) -> list[Count]:
    """Texts with more words than a model will see tokens: they are cut for certain."""
    is_long_N = (rows.num_words_N > goal.max_tokens) & np.isin(part_N, (TRAIN, VALID))
    if not is_long_N.any():
        return []
    longest = int(rows.num_words_N[is_long_N].max())
    note = (
        f"They have more words than `max_tokens` ({goal.max_tokens}), the longest {longest:,}; "
        "models see their beginning only."
    )
    long_rows = np.flatnonzero(is_long_N)
    return [Count("long texts", long_rows.size, note, rows.places(long_rows))]


def card_as_dict(card: DataCard) -> dict[str, Any]:
    """The card as JSON holds it."""
    return asdict(card)


def card_from_dict(stored: dict[str, Any]) -> DataCard:
    """The card from its JSON."""
    counts = tuple(
        Count(**{**count, "examples": tuple(count["examples"])}) for count in stored["counts"]
    )
    return DataCard(**{**stored, "files": tuple(stored["files"]), "counts": counts})


def _label_counts(rows: Rows, part_N: np.ndarray) -> dict[str, dict[str, int]]:
    if rows.kind is OutputKind.SCORE:
        return {}
    return {
        PART_NAMES[part]: dict(
            zip(rows.label_names, rows.label_counts(part_N == part).tolist(), strict=True)
        )
        for part in (TRAIN, VALID)
        if (part_N == part).any()
    }


def _length_words(num_words_R: np.ndarray) -> dict[str, float]:
    return {
        "p50": float(np.quantile(num_words_R, 0.5)),
        "p95": float(np.quantile(num_words_R, 0.95)),
        "max": float(num_words_R.max()),
    }
