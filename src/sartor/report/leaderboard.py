"""The leaderboard of the report: what a reader compares, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sartor.core.decision import CandidateResult, Decision
from sartor.core.score import Comparison, Estimate
from sartor.report.intervals import Scale, interval_axis, interval_bars, zoomed_scale

FINAL_STATES = ("winner", "finalist")


@dataclass(frozen=True)
class Line:
    """One candidate, with what the metric that picked the winner says of it."""

    result: CandidateResult
    is_winner: bool
    test: Estimate | None
    valid: Estimate | None
    versus: Comparison | None
    """None for the winner itself."""
    seeds: tuple[float, ...]
    """The metric on test, seed by seed."""
    bars: Markup


@dataclass(frozen=True)
class Leaderboard:
    """Finalists in full, all others for those who look closer; one axis for all."""

    finalists: list[Line]
    others: list[Line]
    axis: Markup
    is_cut: bool
    """Whether a finalist is too weak to be on the axis and stands as an arrow."""


def is_final(result: CandidateResult) -> bool:
    """Whether a candidate was trained again and shown the test."""
    return result.state in FINAL_STATES


def is_winner(result: CandidateResult, decision: Decision) -> bool:
    """Whether the decision names this candidate."""
    return decision.winner is not None and result.candidate == decision.winner.get("candidate")


def winner_of(decision: Decision) -> CandidateResult | None:
    """The winner's line, or None where nothing won."""
    return next((r for r in decision.candidates if is_winner(r, decision)), None)


def leaderboard(decision: Decision) -> Leaderboard:
    """All lines, in the decision's order."""
    finalists = [result for result in decision.candidates if is_final(result)]
    others = [result for result in decision.candidates if not is_final(result)]
    scale = _scale(finalists or others, decision.metric)
    return Leaderboard(
        finalists=[_line(result, decision, scale) for result in finalists],
        others=[_line(result, decision, scale) for result in others],
        axis=interval_axis(scale, decision.metric) if scale else Markup(""),
        is_cut=scale is not None and (scale.is_low_cut or scale.is_high_cut),
    )


def _scale(results: Sequence[CandidateResult], metric: str) -> Scale | None:
    estimates = [e for result in results for e in _estimates(result, metric) if e is not None]
    return zoomed_scale(estimates, metric) if estimates else None


def _estimates(result: CandidateResult, metric: str) -> tuple[Estimate | None, Estimate | None]:
    """On the test and on the rows that choose."""
    return (result.test or {}).get(metric), result.valid.get(metric)


def _line(result: CandidateResult, decision: Decision, scale: Scale | None) -> Line:
    test, valid = _estimates(result, decision.metric)
    wins = is_winner(result, decision)
    bars = interval_bars(test, valid, scale=scale, is_winner=wins) if scale else Markup("")
    return Line(
        result=result,
        is_winner=wins,
        test=test,
        valid=valid,
        versus=None if wins else result.versus_winner,
        seeds=(result.test_seeds or {}).get(decision.metric, ()),
        bars=bars,
    )
