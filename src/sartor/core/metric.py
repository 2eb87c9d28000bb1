"""The metrics by name: what they are for and which way is better. Computed in `evaluate`.

Shares are 0 to 1 throughout; so BLEU and chrF, which are usually printed as 0 to 100, are divided by 100.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sartor.core.goal import OutputKind

SINGLE, MULTI, SCORE = OutputKind.SINGLE, OutputKind.MULTI, OutputKind.SCORE
TEXT, SPANS, FIELDS = OutputKind.TEXT, OutputKind.SPANS, OutputKind.FIELDS


class Better(StrEnum):
    """Which values of a metric are good."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"
    """The value describes; too much is as bad as too little."""


@dataclass(frozen=True)
class Metric:
    """What a metric is, without how it is computed."""

    name: str
    kinds: frozenset[OutputKind]
    better: Better
    is_share: bool
    """Whether its values lie in 0 to 1."""
    picks: bool
    """Whether it may pick the winner and be a mark. The others are reported only: a model can be
    good in them and say nothing right."""
    doc: str
    """One sentence for people."""
    needs_reader: bool = False
    """Whether a model of its own reads the answers, which is done on test alone."""

    @property
    def is_higher_better(self) -> bool:
        """Which way candidates are ranked by it; asking it of a metric that ranks nothing is a slip."""
        assert self.better is not Better.NEITHER, f"{self.name} has no better side"
        return self.better is Better.HIGHER

    @property
    def title(self) -> str:
        """Its name for people: `macro-F1`."""
        return TITLES.get(self.name, self.name.replace("_", " "))


TITLES = {
    "macro_f1": "macro-F1",
    "weighted_f1": "weighted F1",
    "micro_f1": "micro-F1",
    "mae": "mean absolute error",
    "rmse": "root mean squared error",
    "r2": "R²",
    "spearman": "rank correlation",
    "chrf": "chrF",
    "bleu": "BLEU",
    "rouge_l": "ROUGE-L",
    "token_f1": "word F1",
    "bits_per_byte": "bits per byte",
    "well_formed": "well-formed answers",
    "span_f1": "span F1",
    "surface_f1": "surface-form F1",
    "field_f1": "field F1",
    "exact_record": "exact records",
    "parses": "readable records",
}
"""Names for people, where they differ from the name in files."""


def _metric(
    name: str,
    kinds: set[OutputKind],
    doc: str,
    *,
    better: Better = Better.HIGHER,
    share: bool = True,
    picks: bool = True,
    reader: bool = False,
) -> Metric:
    return Metric(name, frozenset(kinds), better, share, picks, doc, needs_reader=reader)


_OF_LABELS = (
    _metric("accuracy", {SINGLE}, "Share of texts with the right label."),
    _metric("macro_f1", {SINGLE, MULTI}, "F1 of each label, averaged: rare labels count as much."),
    _metric("weighted_f1", {SINGLE, MULTI}, "F1 of each label, averaged by how often it occurs."),
    _metric("balanced_accuracy", {SINGLE}, "Recall of each label, averaged."),
    _metric("micro_f1", {MULTI}, "F1 over all labels of all texts together."),
    _metric(
        "exact_match",
        {MULTI, TEXT},
        "Share of texts answered right as a whole: every label, or every word of a reference answer.",
    ),
)
_OF_SCORES = (
    _metric(
        "mae",
        {SCORE},
        "Mean absolute error, in units of the score.",
        better=Better.LOWER,
        share=False,
    ),
    _metric("rmse", {SCORE}, "Root of the mean squared error.", better=Better.LOWER, share=False),
    _metric(
        "r2", {SCORE}, "Share of the variance explained; below 0: worse than the mean.", share=False
    ),
    _metric("spearman", {SCORE}, "Rank correlation.", share=False),
)
_OF_TEXTS = (
    _metric(
        "chrf",
        {TEXT},
        "How closely answers follow the wording of the reference, letter by letter; 1 is the same text.",
    ),
    _metric(
        "bleu",
        {TEXT},
        "How many words, and runs of up to four words, also stand in the reference; short answers lose.",
    ),
    _metric(
        "rouge_l",
        {TEXT},
        "How many words answer and reference share in the same order, for the length of both.",
    ),
    _metric(
        "token_f1",
        {TEXT},
        "How many words answer and reference share in any order, for the length of both.",
    ),
    _metric(
        "length_ratio",
        {TEXT},
        "Length of the answers over that of the references: at 2 they are twice as long.",
        better=Better.NEITHER,
        share=False,
        picks=False,
    ),
    _metric(
        "repetition",
        {TEXT},
        "Share of an answer's four-word runs that it has said before: high where it goes in circles.",
        better=Better.LOWER,
        picks=False,
    ),
    _metric(
        "well_formed",
        {TEXT},
        "Share of answers that look finished: not empty, ended, brackets and quotes closed, no "
        "broken characters.",
        picks=False,
    ),
    _metric(
        "relevance",
        {TEXT},
        "How alike in meaning answer and reference are to a small sentence encoder, 1 at most; it has "
        "learned English, and of other languages it knows little.",
        picks=False,
        reader=True,
    ),
    _metric(
        "bits_per_byte",
        {TEXT},
        "How surprising the spelling of answers is to a model that has counted the letters of the known "
        "answers. Natural is what the references have: more is odd, less is stock phrases.",
        better=Better.NEITHER,
        share=False,
        picks=False,
        reader=True,
    ),
)
_OF_SPANS = (
    _metric(
        "span_f1",
        {SPANS},
        "F1 over the marked passages; one is right only with its exact beginning, end and label.",
    ),
    _metric(
        "span_precision", {SPANS}, "Of the passages that were marked, the share exactly right."
    ),
    _metric(
        "span_recall", {SPANS}, "Of the passages that should be marked, the share exactly found."
    ),
    _metric(
        "surface_f1",
        {SPANS},
        "F1 over the different names found: one that comes up a hundred times counts once.",
    ),
)
_OF_FIELDS = (
    _metric("field_f1", {FIELDS}, "F1 over the values of all fields: right, missed and invented."),
    _metric("field_precision", {FIELDS}, "Of the values that were filled in, the share right."),
    _metric("field_recall", {FIELDS}, "Of the values that should be filled in, the share right."),
    _metric("exact_record", {FIELDS}, "Share of texts whose whole record is right, every field."),
    _metric("parses", {FIELDS}, "Share of outputs that can be read as a record at all."),
)

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (*_OF_LABELS, *_OF_SCORES, *_OF_TEXTS, *_OF_SPANS, *_OF_FIELDS)
}

DEFAULT_METRIC = {
    SINGLE: "accuracy",
    MULTI: "micro_f1",
    SCORE: "mae",
    TEXT: "chrf",
    SPANS: "span_f1",
    FIELDS: "field_f1",
}
"""The metric that picks the winner where the goal names no target."""


def metrics_for(kind: OutputKind) -> list[Metric]:
    """All metrics of an output kind that answers and references give, the default one first."""
    fitting = [m for m in METRICS.values() if kind in m.kinds and not m.needs_reader]
    return sorted(fitting, key=lambda metric: metric.name != DEFAULT_METRIC[kind])


def picking_metrics(kind: OutputKind) -> list[Metric]:
    """Those of a kind that may pick the winner and be a mark, the default one first."""
    return [metric for metric in metrics_for(kind) if metric.picks]
