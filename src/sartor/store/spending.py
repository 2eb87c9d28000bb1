"""The ledger of a run's money: what is set aside before a request is sent, and what it cost in truth.

Both lines are on the disk before anything goes on, so that a budget holds over kills. A reservation that
nothing settles is of a request that broke off: it may have been charged, and stays set aside.
"""

from __future__ import annotations

import json
import math
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sartor.core.endpoint import Bill
from sartor.core.errors import OutOfMoney
from sartor.store.durable import append_line

ROUNDING_USD = 1e-9
"""Sums of floating-point numbers may be off by this much."""


@dataclass
class _Line:
    """A reservation, and what became of it."""

    api: str
    request: str
    reserved_usd: float
    usd: float | None = None
    prompt_tokens: int = 0
    answer_tokens: int = 0


@dataclass
class _Known:
    """The file as far as it was read."""

    size_bytes: int = 0
    lines: dict[str, _Line] = field(default_factory=dict)
    of_request: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    held_usd: float = 0.0
    """Paid, and set aside."""


class Ledger:
    """Implements `core.endpoint.Spending` in one file. Several threads may use it, and one process at a time.

    Args:
        path: JSON Lines; made on use.
        limit_usd: Most that may be paid; None: nothing.
    """

    def __init__(self, path: Path, *, limit_usd: float | None) -> None:
        self.path = path
        self.limit_usd = limit_usd or 0.0
        self._lock = threading.Lock()
        self._known = _Known()

    def reserve(self, api: str, request: str, usd: float) -> str:
        """Set the most aside that a request can cost."""
        with self._lock:
            self._read_on()
            if self._known.held_usd + usd > self.limit_usd + ROUNDING_USD:
                raise self._refusal(api, usd)
            reservation = f"{request}-{len(self._known.of_request[request])}"
            line = {"reserve": reservation, "api": api, "request": request, "usd": usd}
            self._write(line)
            return reservation

    def settle(self, reservation: str, usd: float, prompt_tokens: int, answer_tokens: int) -> None:
        """What it cost in truth."""
        with self._lock:
            line = {"settle": reservation, "usd": usd}
            self._write({**line, "prompt_tokens": prompt_tokens, "answer_tokens": answer_tokens})

    def settle_kept(self, request: str, usd: float, prompt_tokens: int, answer_tokens: int) -> None:
        """The last open reservation of a request whose answer is there, less what is settled already."""
        with self._lock:
            self._read_on()
            names = self._known.of_request.get(request, [])
            lines = [self._known.lines[name] for name in names]
            if not lines or lines[-1].usd is not None:
                return
            done = [line for line in lines if line.usd is not None]
            left = {
                "usd": max(0.0, usd - sum(line.usd or 0.0 for line in done)),
                "prompt_tokens": prompt_tokens - sum(line.prompt_tokens for line in done),
                "answer_tokens": answer_tokens - sum(line.answer_tokens for line in done),
            }
            self._write({"settle": names[-1], **left})

    def bills(self) -> dict[str, Bill]:
        """What was paid so far, by API."""
        with self._lock:
            self._read_on()
            apis = dict.fromkeys(line.api for line in self._known.lines.values())
            return {api: self._bill(api) for api in apis}

    def _bill(self, api: str) -> Bill:
        lines = [line for line in self._known.lines.values() if line.api == api]
        paid = [line for line in lines if line.usd is not None and line.prompt_tokens]
        unsure = [line for line in lines if line.usd is None]
        return Bill(
            usd=math.fsum(line.usd or 0.0 for line in paid),
            unsure_usd=math.fsum(line.reserved_usd for line in unsure),
            num_paid=len(paid),
            num_unsure=len(unsure),
            prompt_tokens=sum(line.prompt_tokens for line in paid),
            answer_tokens=sum(line.answer_tokens for line in paid),
        )

    def _refusal(self, api: str, usd: float) -> OutOfMoney:
        held, limit = self._known.held_usd, self.limit_usd
        return OutOfMoney(
            where=f"apis > {api}",
            problem=f"the money of the budget was over: {held:.4g} of {limit:.4g} USD are spent or set "
            f"aside, and the next request may cost {usd:.2g}.",
            fix="Give `budget: usd` more; answers that came are kept.",
        )

    def _write(self, line: dict[str, Any]) -> None:
        append_line(self.path, line, is_durable=True)
        self._read_on()

    def _read_on(self) -> None:
        """Take in what was written since, here or in another process."""
        known = self._known
        if not self.path.exists() or self.path.stat().st_size == known.size_bytes:
            return
        with self.path.open("rb") as file:
            file.seek(known.size_bytes)
            fresh = file.read()
        known.size_bytes += len(fresh)
        for text in fresh.splitlines():
            document = _document(text)
            if "reserve" in document:
                self._take_reserved(document)
            elif "settle" in document:
                self._take_settled(document)

    def _take_reserved(self, document: dict[str, Any]) -> None:
        name, usd = document["reserve"], float(document["usd"])
        self._known.lines[name] = _Line(document["api"], document["request"], usd)
        self._known.of_request[document["request"]].append(name)
        self._known.held_usd += usd

    def _take_settled(self, document: dict[str, Any]) -> None:
        line = self._known.lines[document["settle"]]
        self._known.held_usd += float(document["usd"]) - line.reserved_usd
        line.usd = float(document["usd"])
        line.prompt_tokens = int(document["prompt_tokens"])
        line.answer_tokens = int(document["answer_tokens"])


def _document(text: bytes) -> dict[str, Any]:
    """A line; one that a kill has torn was never acted upon."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
