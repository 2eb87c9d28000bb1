"""The ledger of a run's money: nothing is sent that it does not hold, and it holds over kills."""

from __future__ import annotations

from pathlib import Path

import pytest

from sartor.core.errors import OutOfMoney
from sartor.store.spending import Ledger


def test_what_is_reserved_is_held_until_it_is_settled(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "costs.jsonl", limit_usd=1.0)
    first = ledger.reserve("a", "r1", 0.6)
    with pytest.raises(OutOfMoney, match=r"0.6 of 1 USD are spent or set aside"):
        ledger.reserve("a", "r2", 0.5)
    ledger.settle(first, 0.1, 10, 20)
    second = ledger.reserve("b", "r2", 0.9)
    ledger.settle(second, 0.0, 0, 0)
    bills = ledger.bills()
    assert (bills["a"].usd, bills["a"].num_paid, bills["a"].answer_tokens) == (0.1, 1, 20)
    assert (bills["b"].usd, bills["b"].num_paid, bills["b"].num_unsure) == (0, 0, 0)


def test_a_new_process_knows_what_was_spent_and_what_broke_off(tmp_path: Path) -> None:
    path = tmp_path / "costs.jsonl"
    ledger = Ledger(path, limit_usd=1.0)
    ledger.settle(ledger.reserve("a", "r1", 0.5), 0.25, 1, 1)
    ledger.reserve("a", "r2", 0.5)
    with path.open("ab") as file:
        file.write(b'{"reserve": "r3-0", "ap')  # killed while writing: never sent
    later = Ledger(path, limit_usd=1.0)
    assert later.bills()["a"].unsure_usd == 0.5
    with pytest.raises(OutOfMoney):
        later.reserve("a", "r4", 0.3)
    later.settle_kept("r2", 0.125, 5, 6)  # its answer had come
    assert later.bills()["a"].unsure_usd == 0
    assert later.bills()["a"].usd == 0.375
    assert ledger.bills() == later.bills()
    later.settle_kept("r2", 0.125, 5, 6)
    later.settle_kept("unheard", 0.125, 5, 6)
    assert later.bills()["a"].usd == 0.375
    later.reserve("a", "r4", 0.3)


def test_an_attempt_that_broke_off_stays_set_aside_beside_the_one_that_came(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "costs.jsonl", limit_usd=1.0)
    ledger.reserve("a", "r1", 0.4)
    ledger.settle(ledger.reserve("a", "r1", 0.4), 0.1, 3, 4)
    bill = ledger.bills()["a"]
    assert (bill.usd, bill.unsure_usd, bill.num_unsure) == (0.1, 0.4, 1)


@pytest.mark.parametrize("limit_usd", [None, 0.0])
def test_without_money_only_what_is_free_is_asked(limit_usd: float | None, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "costs.jsonl", limit_usd=limit_usd)
    ledger.settle(ledger.reserve("a", "r1", 0.0), 0.0, 3, 4)
    assert ledger.bills()["a"].num_paid == 1
    with pytest.raises(OutOfMoney):
        ledger.reserve("a", "r2", 1e-6)
