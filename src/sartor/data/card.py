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
from sartor.core.readiness import GroupTable, GroupValue
from sartor.core.score import Estimate
from sartor.data.byte_stream import DataFile
from sartor.data.check import ProblemTable
from sartor.data.layout import Layout
from sartor.data.look import Look
from sartor.data.personal import excerpt
from sartor.data.references import num_answers
from sartor.data.rows import PART_NAMES, TRAIN, VALID, Rows
from sartor.data.split import Parts


def make_card(
    rows: Rows,
    parts: Parts,
    *,
    files: Sequence[DataFile],
    look: Look,
    counts: Sequence[Count],
    num_read: int,
    groups: tuple[GroupTable, ...] = (),
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
        length_words=_quantiles(rows.num_words_N[is_known_N]),
        counts=(*counts, *parts.counts),
        split_rule=parts.rule,
        languages=dict(look.reading.languages) if isinstance(look.reading, Layout) else {},
        num_read=num_read,
        groups=groups,
        **_answer_facts(rows, parts.part_N, parts.merged_into),
    )


def reading_counts(look: Look, table: ProblemTable, passed_over: Sequence[str]) -> list[Count]:
    """What happened while the files were read."""
    counts = []
    if isinstance(look.reading, Layout):
        counts += _layout_counts(look.reading, look.num_rows)
    elif not look.reading.is_given:
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


def _layout_counts(layout: Layout, num_rows: int) -> list[Count]:
    """The guesses about the format, and what was read out of the columns beside the rows."""
    counts = []
    if not layout.is_given:
        counts.append(Count("format", num_rows, layout.note))
    counts += [Count(remark.what, 0, remark.note) for remark in layout.remarks]
    if layout.instruction:
        note = f"Equal in all rows; texts are told it first and do not hold it: {excerpt(layout.instruction)}"
        counts.append(Count("system turn", num_rows, note))
    return counts


def long_texts(rows: Rows, part_N: np.ndarray, goal: Goal) -> list[Count]:
    """Texts with more words than a model will see tokens: they are cut for certain."""
    num_words_N = rows.num_words_N + rows.answer_words_N if rows.is_written else rows.num_words_N
    is_long_N = (num_words_N > goal.max_tokens) & np.isin(part_N, (TRAIN, VALID))
    if not is_long_N.any():
        return []
    longest = int(num_words_N[is_long_N].max())
    what, seen = ("They have", "models see their beginning only.")
    if rows.is_written:
        what, seen = ("Input and answer have", "models do not see all of them.")
    note = (
        f"{what} more words than `max_tokens` ({goal.max_tokens}), the longest {longest:,}; {seen}"
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
    groups = tuple(_group_table(table) for table in stored.get("groups", ()))
    again = {"files": tuple(stored["files"]), "counts": counts, "groups": groups}
    return DataCard(**{**stored, **again})


def _group_table(stored: dict[str, Any]) -> GroupTable:
    values = tuple(
        GroupValue(**{**value, "share": Estimate(**value["share"])}) for value in stored["values"]
    )
    return GroupTable(**{**stored, "values": values})


def _label_counts(rows: Rows, part_N: np.ndarray) -> dict[str, dict[str, int]]:
    if rows.kind is OutputKind.SCORE or not rows.label_names:
        return {}
    is_known_L = rows.label_counts(np.isin(part_N, (TRAIN, VALID))) > 0
    return {
        PART_NAMES[part]: {
            label: count
            for label, count, is_known in zip(
                rows.label_names,
                rows.label_counts(part_N == part).tolist(),
                is_known_L,
                strict=True,
            )
            if is_known or not rows.is_written
        }
        for part in (TRAIN, VALID)
        if (part_N == part).any()
    }


def _answer_facts(
    rows: Rows, part_N: np.ndarray, merged_into: dict[int, np.ndarray]
) -> dict[str, dict[str, float]]:
    """Lengths of answers, turns of conversations, answers of an input; train and valid only."""
    if rows.kind is not OutputKind.TEXT:
        return {}
    known_N = part_N.copy()
    for row, others in merged_into.items():
        known_N[others] = part_N[row]
    is_known_N = np.isin(known_N, (TRAIN, VALID))
    num_turns_R = rows.num_turns_N[is_known_N]
    return {
        "answer_words": _quantiles(rows.answer_words_N[is_known_N]),
        "num_turns": _quantiles(num_turns_R) if (num_turns_R > 1).any() else {},
        "num_answers": _quantiles(num_answers(rows, known_N)),
    }


def _quantiles(values_R: np.ndarray) -> dict[str, float]:
    return {
        "p50": float(np.quantile(values_R, 0.5)),
        "p95": float(np.quantile(values_R, 0.95)),
        "max": float(values_R.max()),
    }
