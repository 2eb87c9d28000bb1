"""Whether data is ready to learn from: rows, thin labels, and what a test of its size can tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sartor.core.dataset import DataCard
from sartor.core.lesson import GOOD, LOOK, WRONG, Finding
from sartor.core.readiness import LanguageMix, Readiness, TokenLengths
from sartor.core.score import Estimate
from sartor.core.words import count, counted
from sartor.data.language import MAIN_SHARE
from sartor.data.over_time import wilson
from sartor.data.personal import excerpt

THIN_ROWS = 5
"""Rows of a label below which some part of it lacks it: cross-validation has five."""
EXPECTED_SHARE = 0.9
"""The share whose interval is told; near it many targets lie."""
WIDE_POINTS, VERY_WIDE_POINTS = 10.0, 20.0
"""Widths of that interval, in percentage points, from which it is called wide and very wide."""
NUM_NAMED = 8
"""Thin labels that are named in a sentence."""
PLURALS = {
    "intent": "intents",
    "category": "categories",
    "class": "classes",
    "label": "labels",
    "topic": "topics",
    "queue": "queues",
    "tag": "tags",
}
"""What labels are called where their column is; others are called labels."""
_RANK = {WRONG: 0, LOOK: 1, GOOD: 2}


def readiness(
    card: DataCard,
    *,
    tokens: Sequence[TokenLengths] = (),
    languages: LanguageMix | None = None,
) -> Readiness:
    """Judge prepared data by its card and what was counted in its rows; the test's stay sealed.

    Args:
        card: Of the data.
        tokens: Lengths in the tokens of base models.
        languages: What the rows are written in.
    """
    rows_of_label = _rows_of_labels(card)
    thin = {label: rows for label, rows in rows_of_label.items() if rows < THIN_ROWS}
    num_test, test = card.num_examples.get("test", 0), None
    if num_test:
        test = share_estimate(EXPECTED_SHARE * num_test, num_test)
    found = [
        *(Finding(WRONG, f"{c.what.capitalize()}: {c.note}") for c in card.counts if c.is_warning),
        *_label_findings(rows_of_label, thin, noun_of(card)),
        _test_finding(test),
        _rows_finding(card),
        *_token_findings(tokens),
        *_language_findings(languages),
    ]
    findings = sorted(found, key=lambda one: _RANK[one.state])
    return Readiness(
        state=findings[0].state,
        headline=_headline(card, rows_of_label, thin, test),
        findings=tuple(findings),
        num_known=_num_known(card),
        num_test=num_test,
        num_labels=len(rows_of_label),
        nouns=PLURALS[noun_of(card)],
        thin_labels=thin,
        near_ninety=test,
    )


def noun_of(card: DataCard) -> str:
    """What one label is called: as its column, where that is a usual name for labels."""
    column = card.columns.get("output", "").lower()
    return next((one for one, many in PLURALS.items() if column in (one, many)), "label")


def share_estimate(num_with: float, num_rows: int) -> Estimate:
    """A share of rows with its interval (Wilson 1927), rounded."""
    low, high = wilson(np.array(num_with), np.array(num_rows))
    value = num_with / num_rows if num_rows else 0.0
    return Estimate(
        round(value, 6), round(float(low), 6), round(float(high), 6), num_rows, "Wilson"
    )


def _num_known(card: DataCard) -> int:
    return card.num_examples.get("train", 0) + card.num_examples.get("valid", 0)


def _rows_of_labels(card: DataCard) -> dict[str, int]:
    """Rows of train and valid by label, the rarest first."""
    totals: dict[str, int] = {}
    for labels in card.label_counts.values():
        for label, rows in labels.items():
            totals[label] = totals.get(label, 0) + rows
    return dict(sorted(totals.items(), key=lambda item: (item[1], item[0])))


def _headline(
    card: DataCard, rows_of_label: dict[str, int], thin: dict[str, int], test: Estimate | None
) -> str:
    noun, num_rows = noun_of(card), _num_known(card) + card.num_examples.get("test", 0)
    rows = counted(num_rows, "example")
    if rows_of_label:
        rows += f" in {counted(len(rows_of_label), noun, PLURALS[noun])}"
    clauses = []
    if num_warnings := sum(line.is_warning for line in card.counts):
        clauses.append(f"{counted(num_warnings, 'warning')} to settle first")
    if thin:
        nouns = counted(len(thin), noun, PLURALS[noun])
        clauses.append(f"{nouns} {'has' if len(thin) == 1 else 'have'} under {THIN_ROWS}")
    if test is None:
        clauses.append("too few to hold any back for a test")
    elif (points := _points(test)) >= WIDE_POINTS:
        clauses.append(f"expect {'very ' * (points >= VERY_WIDE_POINTS)}wide intervals")
    if clauses:
        return f"{rows}: {'; '.join(clauses)}."
    if not rows_of_label:
        return f"{rows}: nothing stands in the way."
    return f"{rows}, each with {count(min(rows_of_label.values()))} or more to learn from and choose by."


def _points(test: Estimate) -> float:
    """Width of an interval in percentage points."""
    return round(100 * (test.high - test.low), 1)


def _label_findings(
    rows_of_label: dict[str, int], thin: dict[str, int], noun: str
) -> Iterator[Finding]:
    if not rows_of_label:
        return
    nouns = PLURALS[noun]
    if not thin:
        rarest, rows = next(iter(rows_of_label.items()))
        words = f"Every {noun} has {THIN_ROWS} rows or more; the rarest, `{excerpt(rarest)}`, {count(rows)}."
        yield Finding(GOOD, words)
        return
    named = ", ".join(
        f"`{excerpt(label)}` {rows}" for label, rows in list(thin.items())[:NUM_NAMED]
    )
    more = f" and {len(thin) - NUM_NAMED} more" if len(thin) > NUM_NAMED else ""
    what = f"{counted(len(thin), noun, nouns)} of {len(rows_of_label)}"
    yield Finding(
        LOOK,
        f"{what} {'has' if len(thin) == 1 else 'have'} fewer than {THIN_ROWS} rows to learn from and to "
        f"choose by: {named}{more}. Gather more, or merge them with `prepare: {{label_names: ...}}`.",
    )


def _test_finding(test: Estimate | None) -> Finding:
    if test is None:
        words = (
            "No rows are held back for a test: figures come from the rows that choose, and flatter."
        )
        return Finding(LOOK, words)
    rows = counted(test.num_examples, "row")
    return Finding(
        LOOK if _points(test) >= WIDE_POINTS else GOOD,
        f"With {rows} held back for the test, a share of 0.9 gets a 95 % interval of {test.low:.3f} to "
        f"{test.high:.3f} at best; rows that belong together make it wider.",
    )


def _rows_finding(card: DataCard) -> Finding:
    num_train, num_valid = card.num_examples.get("train", 0), card.num_examples.get("valid", 0)
    rows = counted(num_train, "row") + " to learn from"
    if num_valid:
        return Finding(GOOD, f"{rows}, and {count(num_valid)} to choose by.")
    return Finding(GOOD, f"{rows}, which choose as well, by cross-validation.")


def _token_findings(tokens: Sequence[TokenLengths]) -> Iterator[Finding]:
    for one in tokens:
        if one.num_over:
            rows = f"{count(one.num_over)} of {counted(one.num_rows, 'row')}"
            words = (
                f"{rows} {'has' if one.num_over == 1 else 'have'} more than {count(one.most_tokens)} "
                f"tokens of {one.base}: it does not read all of them."
            )
            yield Finding(LOOK, words)


def _language_findings(languages: LanguageMix | None) -> Iterator[Finding]:
    known = [row for row in languages.rows if row.name] if languages else []
    if len(known) < 2:
        return
    named = ", ".join(f"{row.name} {100 * row.share.value:.0f} %" for row in known)
    is_mixed = known[1].share.value >= MAIN_SHARE
    more = " Choose base models that read them all." if is_mixed else ""
    yield Finding(LOOK if is_mixed else GOOD, f"The rows are in several languages: {named}.{more}")
