"""Spending without a limit, where a person asks a package: it is counted, and nothing is written down."""

from __future__ import annotations

import threading
from dataclasses import replace

from sartor.core.endpoint import Bill


class Unbounded:
    """Implements `core.endpoint.Spending`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, tuple[str, float]] = {}
        self._bills: dict[str, Bill] = {}
        self._num_reserved = 0

    def reserve(self, api: str, request: str, usd: float) -> str:
        with self._lock:
            self._num_reserved += 1
            reservation = f"{request}-{self._num_reserved}"
            self._open[reservation] = (api, usd)
            return reservation

    def settle(self, reservation: str, usd: float, prompt_tokens: int, answer_tokens: int) -> None:
        with self._lock:
            api, _ = self._open.pop(reservation)
            bill = self._bills.get(api, Bill())
            if prompt_tokens:
                self._bills[api] = replace(
                    bill,
                    usd=bill.usd + usd,
                    num_paid=bill.num_paid + 1,
                    prompt_tokens=bill.prompt_tokens + prompt_tokens,
                    answer_tokens=bill.answer_tokens + answer_tokens,
                )

    def settle_kept(self, request: str, usd: float, prompt_tokens: int, answer_tokens: int) -> None:
        """Nothing is kept here."""

    def bills(self) -> dict[str, Bill]:
        with self._lock:
            bills = dict(self._bills)
            for api, usd in self._open.values():
                bill = bills.get(api, Bill())
                bills[api] = replace(
                    bill, unsure_usd=bill.unsure_usd + usd, num_unsure=bill.num_unsure + 1
                )
            return bills
