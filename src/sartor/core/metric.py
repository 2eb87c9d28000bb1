"""The metrics by name: what they are for and which way is better. Computed in `evaluate`."""

from __future__ import annotations

from dataclasses import dataclass

from sartor.core.goal import OutputKind

SINGLE, MULTI, SCORE = OutputKind.SINGLE, OutputKind.MULTI, OutputKind.SCORE


@dataclass(frozen=True)
class Metric:
    """What a metric is, without how it is computed."""

    name: str
    kinds: frozenset[OutputKind]
    is_higher_better: bool
    is_share: bool
    """Whether its values lie in 0 to 1."""
    doc: str
    """One sentence for people."""

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
}
"""Names for people, where they differ from the name in files."""


def _metric(
    name: str, kinds: set[OutputKind], doc: str, *, less: bool = False, share: bool = True
) -> Metric:
    return Metric(name, frozenset(kinds), is_higher_better=not less, is_share=share, doc=doc)


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        _metric("accuracy", {SINGLE}, "Share of texts with the right label."),
        _metric(
            "macro_f1", {SINGLE, MULTI}, "F1 of each label, averaged: rare labels count as much."
        ),
        _metric(
            "weighted_f1", {SINGLE, MULTI}, "F1 of each label, averaged by how often it occurs."
        ),
        _metric("balanced_accuracy", {SINGLE}, "Recall of each label, averaged."),
        _metric("micro_f1", {MULTI}, "F1 over all labels of all texts together."),
        _metric("exact_match", {MULTI}, "Share of texts whose whole set of labels is right."),
        _metric(
            "mae", {SCORE}, "Mean absolute error, in units of the score.", less=True, share=False
        ),
        _metric("rmse", {SCORE}, "Root of the mean squared error.", less=True, share=False),
        _metric(
            "r2",
            {SCORE},
            "Share of the variance explained; below 0: worse than the mean.",
            share=False,
        ),
        _metric("spearman", {SCORE}, "Rank correlation.", share=False),
    )
}

DEFAULT_METRIC = {SINGLE: "accuracy", MULTI: "micro_f1", SCORE: "mae"}
"""The metric that picks the winner where the goal names no target."""


def metrics_for(kind: OutputKind) -> list[Metric]:
    """All metrics of a output kind, the default one first."""
    fitting = [metric for metric in METRICS.values() if kind in metric.kinds]
    return sorted(fitting, key=lambda metric: metric.name != DEFAULT_METRIC[kind])
