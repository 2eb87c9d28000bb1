"""What was measured of a finalist: every metric with its interval, on `test` or on the rows that choose."""

from __future__ import annotations

from sartor.core.score import Estimate
from sartor.decide.finals import Finalist, Tested, all_metrics
from sartor.decide.standing import Result
from sartor.decide.tournament import Outcome, seed_for


def measured_of_winner(outcome: Outcome) -> dict[str, Estimate]:
    """The winner's metrics, on `test` where there is one."""
    return measured_of(outcome, outcome.winner)


def measured_of(outcome: Outcome, finalist: Finalist) -> dict[str, Estimate]:
    """A finalist's metrics on `test`, or where there is none on the rows that choose."""
    tested = tested_of(outcome, finalist)
    if tested is None or outcome.test is None:
        return on_choosing_rows(outcome, finalist.result)
    test, seed = outcome.test, seed_for(outcome.draw.goal, "test")
    measured = all_metrics(
        outcome.draw.dataset.output_kind,
        test.targets,
        tested.decided_RN,
        groups=test.groups,
        num_labels=outcome.draw.facts.num_labels,
        seed=seed,
        texts=test.texts,
    )
    if outcome.readers is None:
        return measured
    read = outcome.readers.estimates(test.targets, tested.decided_RN, groups=test.groups, seed=seed)
    return {**measured, **read}


def on_choosing_rows(outcome: Outcome, result: Result) -> dict[str, Estimate]:
    """A candidate's metrics on the rows that choose."""
    draw = outcome.draw
    return all_metrics(
        draw.dataset.output_kind,
        draw.choosing.targets,
        result.decided_RS,
        groups=draw.choosing.groups,
        num_labels=draw.facts.num_labels,
        seed=seed_for(draw.goal, "choosing"),
        texts=draw.choosing.texts,
    )


def tested_of(outcome: Outcome, finalist: Finalist) -> Tested | None:
    """Its answers on `test`; None where they were not asked for."""
    return next((t for t in outcome.tested if t.finalist is finalist), None)
