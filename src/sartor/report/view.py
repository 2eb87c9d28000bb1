"""What the template shows, section by section: choices of content, no markup of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from sartor.core.dataset import DataCard
from sartor.core.decision import Automation, CandidateResult, Decision
from sartor.core.score import Cost, Estimate
from sartor.core.words import count, counted
from sartor.report.leaderboard import is_final, is_winner, winner_of
from sartor.report.plots import (
    HALF_PX,
    WIDE_PX,
    label_skyline,
    reliability,
    responsive,
    risk_coverage,
)
from sartor.report.quality_cost import Point, quality_against_cost
from sartor.report.words import (
    duration,
    interval,
    listed,
    measured,
    metric_name,
    milliseconds,
    money,
    of_hundred,
    percent,
    short_money,
    split_name,
)

MAX_NAME_CHARACTERS = 22
"""Longest name beside a point of a plot."""
MAX_BARS = 40
"""Up to so many labels get a bar with a name; more become a skyline."""

COST_AXES: tuple[tuple[Callable[[Cost], float | None], str, Callable[[float], str]], ...] = (
    (lambda cost: cost.usd_per_1k_requests, "US dollars per 1,000 requests, computed", short_money),
    (lambda cost: cost.latency_ms_p95, "latency of one message, p95, measured", milliseconds),
    (lambda cost: cost.train_seconds, "training time", duration),
)
"""What stands for cost on the plot: the first that at least two candidates have."""


@dataclass(frozen=True)
class KeyFigure:
    """A number large enough to read across a table."""

    value: str
    name: str
    note: str


def key_figures(decision: Decision, num_examples: Mapping[str, int]) -> list[KeyFigure]:
    """The handful of numbers a manager asks for; what was not measured is left out."""
    winner = winner_of(decision)
    figures = [
        _quality_figure(winner, decision.metric),
        _automation_figure(decision.automation),
        *_cost_figures(winner),
        _rows_figure(num_examples),
        KeyFigure(duration(decision.seconds), "from data to decision", ""),
    ]
    return [figure for figure in figures if figure is not None]


def _quality_figure(winner: CandidateResult | None, metric: str) -> KeyFigure | None:
    if winner is None:
        return None
    test = (winner.test or {}).get(metric)
    estimate, rows = (test, "test") if test else (winner.valid.get(metric), "choosing")
    if estimate is None:
        return None
    name = f"{metric_name(metric)} on {counted(estimate.num_examples, f'{rows} row')}"
    return KeyFigure(measured(estimate.value, metric), name, interval(estimate, metric))


def _automation_figure(automation: Automation | None) -> KeyFigure | None:
    if automation is None:
        return None
    rate = automation.rate
    name = f"answered alone, {percent(automation.precision_promised)} precision promised"
    return KeyFigure(percent(rate.value), name, f"{percent(rate.low)} to {percent(rate.high)}")


def _cost_figures(winner: CandidateResult | None) -> list[KeyFigure]:
    if winner is None:
        return []
    cost, figures = winner.cost, []
    if cost.usd_per_1k_requests is not None:
        dollars = money(cost.usd_per_1k_requests)
        figures.append(KeyFigure(dollars, "per 1,000 requests", "computed from operations"))
    if cost.latency_ms_p95 is not None:
        latency = milliseconds(cost.latency_ms_p95)
        figures.append(KeyFigure(latency, "latency, p95", "measured, one message at a time"))
    return figures


def _rows_figure(num_examples: Mapping[str, int]) -> KeyFigure | None:
    if not num_examples:
        return None
    parts = ", ".join(f"{count(rows)} {split_name(split)}" for split, rows in num_examples.items())
    return KeyFigure(count(sum(num_examples.values())), "rows of data", parts)


def automation_sentences(automation: Automation) -> list[str]:
    """The automation rate as one says it to a colleague."""
    promised = of_hundred(automation.precision_promised)
    if automation.threshold > 1 or automation.rate.value == 0:
        return [
            "It should answer nothing alone: at no confidence is it shown to be right in "
            f"{promised} of 100 cases. Every message goes to people, with its suggestion."
        ]
    rate, precision = automation.rate, automation.precision
    people = of_hundred(1 - rate.value)
    rest = f"the other {people} go to people" if rate.value < 1 else "none goes to people"
    return [
        f"{of_hundred(rate.value)} of 100 messages are answered alone; of these at least "
        f"{promised} of 100 should be right; {rest}.",
        f"On the test rows {of_hundred(precision.value)} of 100 messages answered alone were right "
        f"({percent(precision.low, 1)} to {percent(precision.high, 1)}), and the share answered "
        f"alone lies between {percent(rate.low, 1)} and {percent(rate.high, 1)}.",
    ]


def out_of_scope_sentences(facts: Mapping[str, Any]) -> list[str]:
    """What is known of texts that belong to no class; nothing is claimed that was not measured."""
    if not facts:
        return []
    sentences = []
    if facts.get("keep_share") is not None:
        sentences.append(
            "A text that resembles none of the examples is turned away. The threshold keeps "
            f"{percent(facts['keep_share'])} of the texts that do belong."
        )
    recall = _share_words(facts.get("recall"))
    sentences.append(
        f"Of the texts known to be out of scope, {recall} were recognised."
        if recall
        else "No text known to be out of scope was at hand, so how many it recognises is not known."
    )
    return sentences


def _share_words(value: Any) -> str:
    """A share that may come as a number, an estimate or an estimate's document."""
    if isinstance(value, Estimate):
        return f"{percent(value.value)} ({percent(value.low)} to {percent(value.high)})"
    if isinstance(value, Mapping):
        return f"{percent(value['value'])} ({percent(value['low'])} to {percent(value['high'])})"
    return "" if value is None else percent(float(value))


def automation_plots(automation: Automation) -> list[Markup]:
    """Risk against coverage, and reliability."""
    return [
        responsive(lambda width: risk_coverage(automation, width=width), HALF_PX),
        responsive(lambda width: reliability(automation, width=width), HALF_PX),
    ]


def cost_plot(decision: Decision) -> Markup | None:
    """Quality against the first cost that was measured; None where fewer than two have one."""
    for cost_of, title, words in COST_AXES:
        points = _points(decision, cost_of)
        if sum(bool(point.label) for point in points) >= 2:
            return _cost_plot(decision, points, title, words)
    return None


def _cost_plot(
    decision: Decision, points: Sequence[Point], title: str, words: Callable[[float], str]
) -> Markup:
    def draw(width: int) -> Markup:
        return quality_against_cost(
            points,
            metric=decision.metric,
            tolerance=decision.tolerance,
            cost_title=title,
            cost_words=words,
            width=width,
        )

    return responsive(draw, WIDE_PX)


def _points(decision: Decision, cost_of: Callable[[Cost], float | None]) -> list[Point]:
    bases = {result.base for result in decision.candidates if result.base}
    points = []
    for result in decision.candidates:
        cost, chosen_by = cost_of(result.cost), result.valid.get(decision.metric)
        if cost is None or chosen_by is None:
            continue
        value = measured(chosen_by.value, decision.metric)
        points.append(
            Point(
                label=_short_name(result, len(bases) > 1) if is_final(result) else "",
                title=f"{result.title}, {result.candidate}: {value}",
                cost=cost,
                chosen_by=chosen_by,
                is_winner=is_winner(result, decision),
            )
        )
    return points


def _short_name(result: CandidateResult, has_base: bool) -> str:
    base = result.base.split("/")[-1] if result.base and has_base else ""
    name = f"{result.method} · {base}" if base else result.method
    return name if len(name) <= MAX_NAME_CHARACTERS else f"{name[: MAX_NAME_CHARACTERS - 1]}…"


@dataclass(frozen=True)
class Balance:
    """How many rows each label has, the most frequent first."""

    rows: list[tuple[str, dict[str, int]]]
    splits: list[str]
    largest: int
    smallest: int
    skyline: Markup | None
    """For many labels; None where each gets a bar of its own."""


def label_balance(card: DataCard) -> Balance | None:
    """None for scores, which have no labels."""
    splits = [split for split, counts in card.label_counts.items() if counts]
    if not splits:
        return None
    first = card.label_counts[splits[0]]
    names = dict.fromkeys(name for split in splits for name in card.label_counts[split])
    ranked = sorted(names, key=lambda name: (-first.get(name, 0), name))
    columns = [(name, first.get(name, 0)) for name in ranked]
    skyline = responsive(lambda width: label_skyline(columns, width=width), WIDE_PX)
    return Balance(
        rows=[(n, {s: card.label_counts[s].get(n, 0) for s in splits}) for n in ranked],
        splits=splits,
        largest=max(1, *(rows for _, rows in columns)),
        smallest=min(rows for _, rows in columns),
        skyline=skyline if len(ranked) > MAX_BARS else None,
    )


def environment_rows(environment: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Versions, machine and seeds as name and value; nested names are joined by a dot."""
    rows: list[tuple[str, str]] = []
    for name, value in environment.items():
        if isinstance(value, Mapping):
            rows += [(f"{name} · {inner}", words) for inner, words in environment_rows(value)]
        else:
            rows.append((name, listed(value)))
    return rows


def looks_sentence(test_looks: int) -> str:
    """How used up the test set is."""
    if test_looks == 0:
        return "No test set was looked at."
    times = {1: "once", 2: "twice"}.get(test_looks, f"{test_looks} times")
    sentence = f"This test set has been looked at {times} in this workspace, this run included."
    if test_looks == 1:
        return sentence
    return f"{sentence} Each further look makes its figures a little more flattering."
