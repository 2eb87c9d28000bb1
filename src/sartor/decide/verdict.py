"""From measured numbers to the answer a person can act on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sartor.core.dataset import Dataset
from sartor.core.decision import Automation, TargetResult, Verdict
from sartor.core.goal import CLASSIFIED, Constraints, OutputKind, Target
from sartor.core.metric import METRICS
from sartor.core.score import Estimate
from sartor.core.words import counted, probability
from sartor.evaluate.intervals import probability_at_least

FEW_TEST_ROWS = 300
THIN_LABEL_ROWS = 10
NO_MODEL = "No base model was at hand, so no language model took part."
NAME_BASE = "Name a base model under `bases`: a local folder or a hub id."
VERDICT_OF_FAMILY = {
    "baseline": Verdict.NO_MODEL_NEEDED,
    "off_the_shelf": Verdict.STAY_OFF_THE_SHELF,
    "tuned": Verdict.SHIP,
}

PLAINEST = (
    ("accuracy", "accuracy", ""),
    ("exact_match", "micro_f1", " in all their labels"),
    ("exact_record", "field_f1", " in every field"),
)
"""Shares of messages that are right, the metric that tells whose they are, and what is right about them.
A text has none: it may be good without being the reference, word for word."""


LOOK_AT = {
    OutputKind.SINGLE: "Look at the most confused labels: merge them, or label more of them.",
    OutputKind.TEXT: "Read the answers furthest off in the report: they show what the inputs do not "
    "say, which references are wrong, and of what more rows are needed.",
    OutputKind.SPANS: "Look at the labels with a low F1 and at what was missed: mark more texts with "
    "such passages.",
    OutputKind.FIELDS: "Look at the fields with a low F1: add rows that hold them, or bound their "
    "values in the `schema`.",
}
"""Where to look for what stands between the winner and its mark, by kind of output."""
READ_SOME = (
    "Have people read a sample of the answers before anything goes out alone: the figures tell how close "
    "the wording is to your references, not whether an answer is right."
)


@dataclass(frozen=True)
class Answer:
    """The verdict in words."""

    verdict: Verdict
    headline: str
    reason: str
    advice: tuple[str, ...]


def held_against(
    targets: Sequence[Target],
    estimates: dict[str, Estimate],
    *,
    rows: np.ndarray,
    decided_R: np.ndarray,
    groups: np.ndarray,
    num_labels: int,
    seed: int,
    texts: Sequence[str] | None = None,
) -> tuple[TargetResult, ...]:
    """Each mark beside the winner's value on `test`.

    Args:
        targets: The marks.
        estimates: Metric to the winner's estimate.
        rows: Targets of the test rows.
        decided_R: The winner's decisions on them, one replicate a seed.
        groups: Groups of the rows.
        num_labels: C.
        seed: Of the draws.
        texts: Inputs of the rows; for metrics that read them.
    """
    results = []
    for target in targets:
        measured = estimates[target.metric]
        mark = target.at_least if target.at_least is not None else target.at_most
        assert mark is not None
        above = probability_at_least(
            target.metric,
            rows,
            decided_R,
            mark=mark,
            groups=groups,
            num_labels=num_labels,
            seed=seed,
            texts=texts,
        )
        is_upper_mark_of_good = METRICS[target.metric].is_higher_better == (target.at_least is None)
        results.append(
            TargetResult(
                metric=target.metric,
                at_least=target.at_least,
                at_most=target.at_most,
                value=measured.value,
                low=measured.low,
                high=measured.high,
                met=target.is_met_by(measured.value),
                probability=1 - above if is_upper_mark_of_good else above,
            )
        )
    return tuple(results)


def broken_constraints(
    constraints: Constraints, *, latency_ms_p95: float | None, memory_bytes: float
) -> list[str]:
    """What the winner breaks, a sentence each."""
    broken = []
    limit_ms = constraints.latency_ms_p95
    if limit_ms is not None and latency_ms_p95 is not None and latency_ms_p95 > limit_ms:
        broken.append(
            f"It answers within {latency_ms_p95:.0f} ms (95th percentile), not {limit_ms:g} ms."
        )
    limit_gb = constraints.memory_gb
    if limit_gb is not None and memory_bytes > limit_gb * 2**30:
        broken.append(f"It takes {memory_bytes / 2**30:.2f} GiB of memory, not {limit_gb:g} GiB.")
    return broken


def answer(
    dataset: Dataset,
    *,
    family: str,
    title: str,
    metric: str,
    measured: dict[str, Estimate],
    best_baseline: Estimate | None,
    targets: Sequence[TargetResult],
    automation: Automation | None,
    broken: Sequence[str],
    has_test: bool,
    has_model: bool = True,
) -> Answer:
    """The verdict, its headline, its reason, and what to do next.

    Where no language model was at hand, a baseline is enough only if marks say so.
    """
    missed = [target for target in targets if not target.met]
    chief, kind = measured[metric], dataset.output_kind
    name = METRICS[metric].title
    figure = f"{name} {chief.value:.3f} ({chief.low:.3f} to {chief.high:.3f})"
    where = "on the test set" if has_test else "on the rows that chose it"
    alone = "" if has_model else f" {NO_MODEL}"
    if missed or broken or not has_test or not (has_model or targets):
        return Answer(
            Verdict.NOT_YET,
            _not_yet_headline(missed, broken, has_test),
            f"The best of what was tried, {title}, reaches {figure} {where}.{alone}",
            (
                *_missing(dataset, missed, broken, has_test, has_model=has_model),
                *_warnings(dataset),
            ),
        )
    verdict = VERDICT_OF_FAMILY[family]
    headline = {
        Verdict.SHIP: f"Ship it: {title} {_share(measured, metric)}{_alone(automation)}.",
        Verdict.STAY_OFF_THE_SHELF: f"Stay off the shelf: {title} {_share(measured, metric)}"
        f"{_alone(automation)}, and no training was shown to be worth it.",
        Verdict.NO_MODEL_NEEDED: f"No language model is needed: {title} "
        f"{_share(measured, metric)}{_alone(automation)}.",
    }[verdict]
    reason = f"{title[0].upper()}{title[1:]} reaches {figure} {where}"
    if best_baseline is not None and family != "baseline":
        without = "counting words" if kind in CLASSIFIED else "the best without a language model"
        reason += f"; {without} reaches {best_baseline.value:.3f}"
    marks = "Every mark is met." if targets else "No marks were set."
    return Answer(
        verdict,
        headline,
        f"{reason}.{alone} {marks}",
        (*_next(dataset, targets, automation), *_warnings(dataset)),
    )


def _share(measured: dict[str, Estimate], metric: str) -> str:
    """How good it is, in the plainest number at hand."""
    for plainest, beside, of_what in PLAINEST:
        if plainest in measured and beside in measured:
            return f"gets {100 * measured[plainest].value:.0f} of 100 messages right{of_what}"
    return f"reaches {METRICS[metric].title} {measured[metric].value:.3g}"


def _alone(automation: Automation | None) -> str:
    if automation is None or automation.threshold > 1:
        return ""
    promise = 100 * automation.precision_promised
    return (
        f", and answers {100 * automation.rate.value:.0f} of 100 alone at {promise:.0f} % precision"
    )


def _not_yet_headline(missed: Sequence[TargetResult], broken: Sequence[str], has_test: bool) -> str:
    if missed:
        first = missed[0]
        wanted = (
            f"at least {first.at_least:g}"
            if first.at_least is not None
            else f"at most {first.at_most:g}"
        )
        return f"Not yet: {METRICS[first.metric].title} is {first.value:.3f}, and {wanted} was asked for."
    if broken:
        return f"Not yet: {broken[0][0].lower()}{broken[0][1:]}"
    if not has_test:
        return "Not yet: there are too few rows to hold any back for a test."
    return "Not yet: no language model took part, and no mark says that none is needed."


def _missing(
    dataset: Dataset,
    missed: Sequence[TargetResult],
    broken: Sequence[str],
    has_test: bool,
    *,
    has_model: bool,
) -> list[str]:
    """What stands between this and a yes."""
    missing = [
        f"Missing: {abs(t.value - _mark(t)):.3f} of {METRICS[t.metric].title}; the probability that the mark "
        f"is truly met is {probability(t.probability)}."
        for t in missed
    ]
    missing += [*broken]
    if not has_test:
        more = "Label more rows" if dataset.output_kind in CLASSIFIED else "Add rows with answers"
        missing.append(f"Missing: a test set. {more}; some 300 give a usable interval.")
    if missed:
        missing += _thin_labels(dataset)
        missing.append(LOOK_AT.get(dataset.output_kind, LOOK_AT[OutputKind.SINGLE]))
    if not has_model:
        missing.append(NAME_BASE)
    return missing


def _next(
    dataset: Dataset, targets: Sequence[TargetResult], automation: Automation | None
) -> list[str]:
    """What would make the answer surer."""
    steps = [
        f"{METRICS[t.metric].title}: the mark is met, but it is truly met with a probability of "
        f"{probability(t.probability)} only; more test rows would settle it."
        for t in targets
        if t.probability < 0.9
    ]
    if not targets:
        steps.append("Set a mark under `targets:`; without one nothing says what is good enough.")
    if dataset.test is not None and dataset.test.num_examples < FEW_TEST_ROWS:
        steps.append(
            f"The test set has {dataset.test.num_examples} rows; intervals stay wide under "
            f"{FEW_TEST_ROWS}."
        )
    if dataset.output_kind is OutputKind.TEXT:
        steps.append(READ_SOME)
    if automation is not None and automation.basis == "expected" and automation.threshold <= 1:
        promise = 100 * automation.precision_promised
        steps.append(
            f"That {promise:.0f} % of the messages answered alone are right is what the calibration "
            "expects; the rows that choose are too few to show it. Check a sample of them."
        )
    return steps + _thin_labels(dataset)


def _warnings(dataset: Dataset) -> list[str]:
    """What of the data keeps results from being trusted."""
    counts = dataset.card.counts if dataset.card else ()
    return [count.note for count in counts if count.is_warning]


def _thin_labels(dataset: Dataset) -> list[str]:
    """Labels with few rows, named."""
    if not dataset.labels or dataset.card is None:
        return []
    counts: dict[str, int] = {}
    for split_counts in dataset.card.label_counts.values():
        for label, num in split_counts.items():
            counts[label] = counts.get(label, 0) + num
    thin = sorted(label for label in dataset.labels if counts.get(label, 0) < THIN_LABEL_ROWS)
    if not thin:
        return []
    named = ", ".join(f"`{label}`" for label in thin[:5]) + (" ..." if len(thin) > 5 else "")
    have = f"{counted(len(thin), 'label')} {'has' if len(thin) == 1 else 'have'}"
    return [f"{have} under {THIN_LABEL_ROWS} rows to learn from: {named}."]


def _mark(target: TargetResult) -> float:
    mark = target.at_least if target.at_least is not None else target.at_most
    assert mark is not None
    return mark
