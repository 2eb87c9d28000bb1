"""APIs in a run: who may be asked, what that means for the user's data and money, and what it came to."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

from sartor.core.base_model import API, BaseModel
from sartor.core.endpoint import Asked, Bill, Endpoint, Spending
from sartor.core.words import count, counted

if TYPE_CHECKING:
    from pathlib import Path

    from sartor.core.goal import Goal
    from sartor.decide.tournament import Draw, Outcome
    from sartor.engines.api.engine import ApiEngine
    from sartor.serve.api_access import ApiAccess
    from sartor.store.run_folder import RunFolder
    from sartor.store.workspace import Workspace

LEDGER = "api_costs.jsonl"
"""In a run's folder: what was set aside for each request, and what it cost."""
GRACE_SHARE = 1.5
"""Times the hours of the budget after which nothing more is asked: searches end with it, and what they chose
still has to answer the test rows."""
SHOWN_USD = 4
"""Digits of a sum of money."""
AGAIN = (
    "To ask it again, delete the folder of this run and run once more: answers that came are kept."
)


def api_bases(goal: Goal, folder: Path) -> list[BaseModel]:
    """The goal's APIs as bases, with the prices that are known."""
    if not goal.apis:
        return []
    from sartor.base.api import api_base

    return [api_base(endpoint, folder=folder) for endpoint in goal.apis]


def absent_apis(goal: Goal, bases: Sequence[BaseModel]) -> dict[str, str]:
    """APIs that are not asked in this run, by name, and why."""
    reasons = {b.id: _why_absent(goal, b.endpoint) for b in bases if b.endpoint is not None}
    return {name: why for name, why in reasons.items() if why}


def _why_absent(goal: Goal, endpoint: Endpoint) -> str | None:
    from sartor.engines.api.requests import LIMITS

    if goal.constraints.offline:
        return f"`offline` (or HF_HUB_OFFLINE) forbids to ask {endpoint.host}"
    if endpoint.key is not None and not os.environ.get(endpoint.key, "").strip():
        return f"the environment variable {endpoint.key} holds no key"
    if endpoint.prices is None:
        return (
            f"no list has a price for `{endpoint.model}` at {endpoint.host}; name it under `prices`, or in "
            "`api_prices.yaml`"
        )
    said = {"max_tokens": 1, **endpoint.request}
    if not any(type(said.get(limit)) is int and said[limit] > 0 for limit in LIMITS):
        return "`request` sets no limit to its answers (`max_completion_tokens`), so none to their cost"
    return None


def run_parts(bases: Sequence[BaseModel], absent: dict[str, str]) -> list[Any]:
    """What of the APIs makes another run: who takes part, at which prices."""
    return [
        [
            base.id,
            base.endpoint.prices and [base.endpoint.prices.input, base.endpoint.prices.output],
        ]
        for base in bases
        if base.endpoint is not None and base.id not in absent
    ]


def ledger_of(run_folder: RunFolder, goal: Goal) -> Spending:
    """What a run may spend, and has spent."""
    from sartor.store.spending import Ledger

    return Ledger(run_folder.path(LEDGER), limit_usd=goal.budget.usd)


def engine_of_run(
    workspace: Workspace, goal: Goal, spending: Spending, *, started: float
) -> ApiEngine | None:
    """Asks the APIs of a run: answers are kept in the workspace, money ends where the budget does."""
    if not goal.apis:
        return None
    from sartor.engines.api.engine import ApiEngine

    deadline = started + GRACE_SHARE * goal.budget.hours * 3600
    return ApiEngine(workspace.artifacts, spending=spending, deadline=deadline)


def access_of_run(goal: Goal, engine: ApiEngine | None) -> ApiAccess | None:
    """How the winner's package asks while it is checked: its answers are there already."""
    if engine is None:
        return None
    from sartor.serve.api_access import ApiAccess

    return ApiAccess(engine, known=lambda: goal.apis)


def access_of_user(workspace: Path | None) -> ApiAccess:
    """How a package asks for the one who uses it; nothing is kept, and the budget of runs is not touched.

    Args:
        workspace: Whose goal names the APIs that may be asked; None: the package lies alone.
    """
    from sartor.engines.api.engine import ApiEngine
    from sartor.engines.api.unbounded import Unbounded
    from sartor.goal.load import is_hub_off
    from sartor.intake import read_goal
    from sartor.serve.api_access import ApiAccess
    from sartor.store.workspace import Workspace

    engine = ApiEngine(None, spending=Unbounded(), deadline=time.monotonic() + 365 * 86400)
    if workspace is None:
        return ApiAccess(engine, is_online=not is_hub_off())
    goal = read_goal(Workspace.open(workspace), ())
    return ApiAccess(engine, known=lambda: goal.apis, is_online=not goal.constraints.offline)


def notes_of_plan(draw: Draw) -> tuple[str, ...]:
    """What leaves the machine, and what it may cost, a sentence each."""
    asked = [a for a in draw.plan if a.asking is not None and not a.left_out_because]
    bases = {a.entrant.base.id: a.entrant.base for a in asked if a.entrant.base is not None}
    notes = [note for base in bases.values() for note in _notes_of(draw, base)]
    if bases and draw.goal.budget.usd is not None:
        usd = sum(a.planned_usd for a in asked)
        notes.append(
            f"Asking APIs is planned to cost about {_usd(usd)}, and never costs more than "
            f"{_usd(draw.goal.budget.usd)}."
        )
    return tuple(notes)


def _notes_of(draw: Draw, base: BaseModel) -> Iterator[str]:
    endpoint = base.endpoint
    assert endpoint is not None
    where = f"to {endpoint.host} (`{base.id}`, model `{endpoint.model}`)"
    where += ", which is this machine" if endpoint.is_here else ""
    yield (
        f"{counted(_num_rows(draw), 'row')} {'is' if _num_rows(draw) == 1 else 'are'} sent {where}; with "
        "examples in the prompt their answers are, too."
    )
    yield _personal_data(draw.goal)
    if not endpoint.is_encrypted and not endpoint.is_here:
        yield f"The way to {endpoint.host} is not encrypted: others may read rows and key."
    prices = endpoint.prices
    assert prices is not None
    yield (
        f"Prices of `{base.id}`: {prices.input:g} USD a million tokens read, {prices.output:g} written "
        f"({prices.source})."
    )
    if draw.goal.constraints.licence:
        yield (
            f"What the terms of {endpoint.host} allow, Sartor does not know: whether "
            f"`licence: {draw.goal.constraints.licence}` holds is yours to check."
        )


def _num_rows(draw: Draw) -> int:
    held_out = [draw.dataset.test, draw.dataset.out_of_scope_test]
    return len(draw.choosing.rows) + sum(s.num_examples for s in held_out if s is not None)


def _personal_data(goal: Goal) -> str:
    from sartor.data.treatment import reading_of

    if reading_of(goal)["replaces_personal_data"]:
        return "Personal data in them stays replaced."
    fix = "`prepare: {personal_data: replace}` replaces it first"
    return f"Personal data in them is sent as it stands; {fix}."


def warnings_of_run(outcome: Outcome, spending: Spending) -> list[str]:
    """What APIs were sent, cost, and left open, a sentence each; for the report."""
    goal = outcome.draw.goal
    if not goal.apis:
        return []
    bills = spending.bills()
    sentences = list(notes_of_plan(outcome.draw))
    for name, asked in _asked_of(outcome).items():
        bill = bills.get(name, Bill())
        sentences += [_paid(name, bill), *_odd_answers(name, asked)]
        if bill.num_unsure:
            sentences.append(
                f"`{name}`: {counted(bill.num_unsure, 'request')} broke off before an answer; up to "
                f"{_usd(bill.unsure_usd)} more may have been charged."
            )
    gone = {
        stopped.allowance.entrant.base.id: stopped.because
        for standing in outcome.standings
        for stopped in standing.stopped
        if stopped.value is None
        and stopped.allowance.entrant.base is not None
        and stopped.allowance.entrant.base.architecture == API
    }
    sentences += [f"`{name}`: {because} {AGAIN}" for name, because in gone.items()]
    return sentences


def _paid(name: str, bill: Bill) -> str:
    if not bill.num_paid:
        return f"`{name}`: nothing was paid in this run; its answers were there already."
    tokens = f"{count(bill.prompt_tokens)} tokens read, {count(bill.answer_tokens)} written"
    return f"`{name}`: {counted(bill.num_paid, 'answer')} paid, {tokens}, {_usd(bill.usd)}."


def _odd_answers(name: str, asked: Asked) -> Iterator[str]:
    """What of the shown candidates' answers was no ordinary one; law 7."""
    kinds = {
        "name none of the labels and count as wrong": asked.num_unknown,
        "hold no JSON that keeps the schema and count as empty": asked.num_off_schema,
        "were no answers, however often they were asked for, and count as empty": asked.num_nonsense,
        "were refused for their length or content and count as empty": asked.num_refused,
        "came without a count of tokens, which is estimated": asked.num_estimated,
        "were asked with a shortened prompt: it was too long": asked.num_cut,
    }
    for what, num in kinds.items():
        if num:
            yield f"`{name}`: {count(num)} of {counted(asked.num_requests, 'answer')} {what}."


def _asked_of(outcome: Outcome) -> dict[str, Asked]:
    """By API, what its best settings took on the rows that choose."""
    found: dict[str, list[Asked]] = {}
    for standing in outcome.standings:
        base = standing.allowance.entrant.base
        if base is not None and base.endpoint is not None:
            best = standing.best.asked if standing.best is not None else None
            found.setdefault(base.id, []).append(best or Asked())
    return {name: reduce(Asked.plus, each) for name, each in found.items()}


def details_of_run(outcome: Outcome, spending: Spending) -> list[dict[str, Any]]:
    """The same for programs; `cost` differs between equal runs, where answers were there already."""
    bills = spending.bills()
    bases = {a.entrant.base.id: a.entrant.base for a in outcome.draw.plan if a.entrant.base}
    return [
        {
            "api": name,
            "host": endpoint.host,
            "model": endpoint.model,
            "prices": vars(endpoint.prices) if endpoint.prices else None,
            "num_rows_sent": _num_rows(outcome.draw),
            "answers": {
                **{name: num for name, num in vars(asked).items() if type(num) is int},
                "num_cut": asked.num_cut,
            },
            "cost": vars(bills.get(name, Bill())),
        }
        for name, asked in _asked_of(outcome).items()
        if (endpoint := bases[name].endpoint) is not None
    ]


def latency_ms(outcome: Outcome) -> tuple[float, float] | None:
    """Median and 95th percentile of the winner's requests, as they were sent; None where it asked no API."""
    import numpy as np

    asked = outcome.winner.result.asked
    if asked is None or not asked.seconds:
        return None
    p50, p95 = np.percentile(np.asarray(asked.seconds) * 1000, [50, 95])
    return float(p50), float(p95)


def _usd(usd: float) -> str:
    return f"{usd:.{SHOWN_USD}g} USD"
