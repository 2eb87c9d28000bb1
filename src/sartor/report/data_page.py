"""The data card as a page, to be read before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from sartor.core.dataset import Count, DataCard
from sartor.core.lesson import GOOD, LOOK, WRONG, LessonsOfBase
from sartor.core.readiness import DataFacts, Histogram
from sartor.core.words import count, counted
from sartor.report.answers import length_rows
from sartor.report.columns import length_histogram
from sartor.report.page import environment, source
from sartor.report.plots import HALF_PX, WIDE_PX, label_skyline, responsive
from sartor.report.view import KeyFigure
from sartor.report.words import percent, split_name

STATE_WORDS = {
    GOOD: "Ready to train",
    LOOK: "Look at this first",
    WRONG: "Settle this first",
}
BADGES = {GOOD: "ship", LOOK: "look", WRONG: "not_yet"}
MOST_LABELS = 30
"""Labels that are shown at once; the others are folded away."""
SPLIT_ORDER = ("train", "valid", "test")


@dataclass(frozen=True)
class LabelRow:
    """A label and its rows."""

    name: str
    total: int
    rows: tuple[int, ...]
    """By split."""
    is_thin: bool


@dataclass(frozen=True)
class Labels:
    """How often labels occur, the most frequent first."""

    splits: tuple[str, ...]
    shown: tuple[LabelRow, ...]
    more: tuple[LabelRow, ...]
    largest: int
    skyline: Markup | None
    """Of all labels, where not all are shown at once."""


def render_data_page(
    data_hash: str,
    *,
    card: DataCard,
    facts: DataFacts,
    lessons: Sequence[LessonsOfBase] = (),
    seen: Sequence[Count] = (),
) -> str:
    """Set prepared data in type. Equal input gives equal bytes.

    Args:
        data_hash: Of the dataset.
        card: What was done to it.
        facts: What was counted in its rows of train and valid.
        lessons: What the rows teach each base that is trained to write, personal data replaced.
        seen: What an encoder saw in the rows, where one looked.

    Returns:
        A whole HTML document without any reference outside itself, and without a script.
    """
    labels = _labels(card, facts)
    sections = _sections(card, facts, labels, has_lessons=bool(lessons))
    return (
        environment()
        .get_template("sheet.html.jinja")
        .render(
            title=f"The data – Sartor, {data_hash[:10]}",
            footing=f"Prepared by Sartor. Data {data_hash[:10]}.",
            parts=["ready.html.jinja", *(f"data_{anchor}.html.jinja" for anchor, _ in sections)],
            sections=sections,
            number={anchor: at for at, (anchor, _) in enumerate(sections)},
            style=source("style.css") + source("pages.css"),
            data_hash=data_hash,
            card=card,
            facts=facts,
            ready=facts.readiness,
            state_words=STATE_WORDS[facts.readiness.state],
            badge=BADGES[facts.readiness.state],
            key_figures=_key_figures(card, facts),
            split_shares=_split_shares(card),
            counts=sorted(card.counts, key=lambda line: not line.is_warning),
            seen=seen,
            labels=labels,
            lengths=length_rows(card),
            histograms=_histograms(facts.histograms),
            lessons=lessons,
        )
    )


def _sections(
    card: DataCard, facts: DataFacts, labels: Labels | None, *, has_lessons: bool
) -> list[tuple[str, str]]:
    """Anchor and title of what there is to show."""
    found = [
        ("rows", "What came in, what was kept", True),
        ("labels", f"The {facts.readiness.nouns}", labels is not None),
        ("lengths", "Lengths", bool(facts.histograms or facts.tokens)),
        ("languages", "Languages", facts.languages is not None),
        ("groups", "Whom the rows stand for", bool(card.groups)),
        ("lessons", "What base models would learn", has_lessons),
        ("record", "The record", True),
    ]
    return [(anchor, title) for anchor, title, is_there in found if is_there]


def _key_figures(card: DataCard, facts: DataFacts) -> list[KeyFigure]:
    ready, figures = facts.readiness, []
    if card.num_read:
        files = counted(len(card.files), "file")
        figures.append(KeyFigure(count(card.num_read), "rows came in", f"from {files}"))
    parts = ", ".join(
        f"{count(rows)} {split_name(name)}" for name, rows in card.num_examples.items()
    )
    figures.append(KeyFigure(count(sum(card.num_examples.values())), "examples kept", parts))
    if ready.num_labels:
        note = f"{count(len(ready.thin_labels))} with under 5 rows" if ready.thin_labels else ""
        figures.append(KeyFigure(count(ready.num_labels), ready.nouns, note))
    if ready.near_ninety:
        half = 50 * (ready.near_ninety.high - ready.near_ninety.low)
        note = f"{ready.near_ninety.low:.3f} to {ready.near_ninety.high:.3f} at best"
        figures.append(KeyFigure(f"±{half:.1f}", "points around 0.9 on the test", note))
    if facts.languages:
        named = [row for row in facts.languages.rows if row.name]
        note = ", ".join(f"{row.name} {percent(row.share.value)}" for row in named[:3])
        figures.append(
            KeyFigure(count(len(named)), "languages" if len(named) != 1 else "language", note)
        )
    return figures


def _split_shares(card: DataCard) -> list[tuple[str, int, float, str]]:
    """Split, rows, share of all rows in percent, and the class of its colour."""
    total = sum(card.num_examples.values()) or 1
    return [
        (
            split_name(split),
            rows,
            round(100 * rows / total, 2),
            split if split in SPLIT_ORDER else "other",
        )
        for split, rows in card.num_examples.items()
    ]


def _labels(card: DataCard, facts: DataFacts) -> Labels | None:
    splits = tuple(split for split, counts in card.label_counts.items() if counts)
    if not splits:
        return None
    totals = _totals(card.label_counts)
    ranked = sorted(totals, key=lambda name: (-totals[name], name))
    rows = tuple(
        LabelRow(
            name=name,
            total=totals[name],
            rows=tuple(card.label_counts[split].get(name, 0) for split in splits),
            is_thin=name in facts.readiness.thin_labels,
        )
        for name in ranked
    )
    columns = [(row.name, row.total) for row in rows]
    has_more = len(rows) > MOST_LABELS
    return Labels(
        splits=splits,
        shown=rows[:MOST_LABELS],
        more=rows[MOST_LABELS:],
        largest=max(1, *totals.values()),
        skyline=responsive(lambda width: label_skyline(columns, width=width, title="rows"), WIDE_PX)
        if has_more
        else None,
    )


def _totals(label_counts: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for counts in label_counts.values():
        for name, rows in counts.items():
            totals[name] = totals.get(name, 0) + rows
    return totals


def _histograms(found: Sequence[Histogram]) -> list[tuple[Histogram, Markup]]:
    """Side by side; a single one has the whole width."""
    wide_px = WIDE_PX if len(found) == 1 else HALF_PX
    return [(one, responsive(partial(_drawn, one), wide_px)) for one in found]


def _drawn(found: Histogram, width: int) -> Markup:
    return length_histogram(found, width=width)
