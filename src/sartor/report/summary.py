"""The verdict as a page of plain text, for terminals and mails."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator

from sartor.core.decision import Decision, TargetResult
from sartor.report.leaderboard import Line, leaderboard
from sartor.report.view import KeyFigure, automation_sentences, key_figures
from sartor.report.words import (
    VERDICT_WORDS,
    comparison_word,
    interval,
    measured,
    metric_name,
    one_line,
    probability,
)

NARROWEST, WIDEST = 32, 100
"""Columns: below, words no longer fit; above, lines are hard to read."""


def render_summary(decision: Decision, *, width: int | None = None) -> str:
    """The verdict, its reason, the marks, the figures, the ranking and the advice.

    Args:
        decision: What was decided.
        width: Columns; None means: as wide as the terminal (`COLUMNS` is honoured).

    Returns:
        Lines without colour codes or control characters, whatever the labels hold; no line is
        longer than the width, unless a single word is.
    """
    columns = shutil.get_terminal_size((80, 24)).columns if width is None else width
    columns = min(WIDEST, max(NARROWEST, columns))
    blocks = [
        [VERDICT_WORDS[decision.verdict].upper(), *_wrapped(decision.headline, columns)],
        _wrapped(decision.reason, columns),
        _cut_short(decision, columns),
        _titled("Marks", [_mark(target) for target in decision.targets], columns),
        _titled("Figures", _figures(decision), columns),
        _titled(_board_title(decision), list(_ranking(decision)), columns),
        _alone(decision, columns),
        _titled("What to do next", list(decision.advice), columns),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _wrapped(text: str, columns: int, *, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(
        one_line(text),
        columns,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
    )


def _titled(title: str, lines: list[str], columns: int) -> list[str]:
    """A title and its lines, each hanging from a dash; nothing where there are no lines."""
    if not lines:
        return []
    items = [part for line in lines for part in _wrapped(line, columns, first="- ", rest="  ")]
    return [*_wrapped(title, columns), *items]


def _cut_short(decision: Decision, columns: int) -> list[str]:
    if not decision.is_cut_short:
        return []
    return _wrapped("Cut short: the clock ended this run before its plan was done.", columns)


def _mark(target: TargetResult) -> str:
    bound = target.at_least if target.at_least is not None else target.at_most
    sense = "at least" if target.at_least is not None else "at most"
    name, value = metric_name(target.metric), measured(target.value, target.metric)
    ends = f"{measured(target.low, target.metric)} to {measured(target.high, target.metric)}"
    return (
        f"{'met' if target.met else 'not met'}: {name} {value} ({ends}), "
        f"mark {sense} {measured(bound, target.metric)}, "
        f"truly met with probability {probability(target.probability)}"
    )


def _figures(decision: Decision) -> list[str]:
    return [_figure(f) for f in key_figures(decision, decision.data.get("num_examples", {}))]


def _figure(figure: KeyFigure) -> str:
    note = f" ({figure.note})" if figure.note else ""
    return f"{figure.value} {figure.name}{note}"


def _board_title(decision: Decision) -> str:
    has_test = any(result.test for result in decision.candidates)
    rows = "the test" if has_test else "the rows that choose"
    return f"Finalists, {metric_name(decision.metric)} on {rows}"


def _ranking(decision: Decision) -> Iterator[str]:
    for line in leaderboard(decision).finalists:
        yield _ranked(line, decision.metric)


def _ranked(line: Line, metric: str) -> str:
    estimate = line.test or line.valid
    if estimate is None:
        return f"{line.result.title}: not measured"
    words = f"{line.result.title}: {measured(estimate.value, metric)}"
    words = f"{words} ({interval(estimate, metric)})"
    if line.is_winner:
        return f"{words}, the winner"
    return f"{words}, {comparison_word(line.versus, metric)}" if line.versus else words


def _alone(decision: Decision, columns: int) -> list[str]:
    if decision.automation is None:
        return []
    return _wrapped(automation_sentences(decision.automation)[0], columns)
