"""One request until its answer, through whatever goes wrong on the way; nothing is sent that is not reserved.

What passes is tried again, later each time and not all at once (exponential backoff with jitter, Brooker
2015, https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), or when the endpoint says
(`Retry-After`, RFC 9110 section 10.2.3). What the endpoint refuses for good is not.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from sartor.core.endpoint import Endpoint, Spending, TokenPrices
from sartor.core.errors import OutOfMoney, OutOfTime, TrialError
from sartor.engines.api.replies import Read, Reply, error_code, read_body
from sartor.engines.api.requests import estimated_tokens, worst_tokens

CONNECT_SECONDS = 10.0
FIRST_WAIT_SECONDS = 0.5
"""Before the second attempt, about; twice as long before each further one, up to:"""
LONGEST_WAIT_SECONDS = 30.0
LONGEST_ASKED_WAIT_SECONDS = 300.0
"""An endpoint that wants a longer pause counts as gone."""
NONSENSE_ATTEMPTS = 3
"""Each may be charged: what is no answer now will seldom be one the next time."""
MOST_ROUNDS = 3
"""Times `attempts` that a request is sent while others are answered: the endpoint is there, if unreliable."""
LARGEST_BODY_BYTES = 8 << 20
PASSING = frozenset({408, 409, 425, 429})
"""Statuses that pass, besides those from 500 on."""
OF_ONE_PROMPT = frozenset({400, 413, 422})
"""Statuses that may be about one prompt alone, if its error says so:"""
REFUSALS = frozenset(
    {
        *("context_length_exceeded", "string_above_max_length", "request_too_large"),
        *("content_filter", "content_policy_violation", "invalid_prompt"),
    }
)
FREE = TokenPrices(0.0, 0.0)


@dataclass(frozen=True)
class _Sent:
    """What became of one attempt."""

    status: int | None
    """None: no answer came."""
    content: bytes = b""
    wait_seconds: float | None = None
    """What the endpoint asks for."""
    trouble: str = ""
    may_be_charged: bool = False
    """Whether it broke off after it was sent."""
    seconds: float = 0.0

    @property
    def is_passing(self) -> bool:
        """Whether another attempt may help."""
        return self.status is None or self.status in PASSING or self.status >= 500


class ApiClient:
    """Asks one endpoint, within a `with`; several threads may use it.

    Args:
        endpoint: Whom.
        spending: What may be paid.
        deadline: `time.monotonic()` after which nothing more is sent.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        spending: Spending,
        deadline: float = float("inf"),
    ) -> None:
        self.endpoint = endpoint
        self.spending = spending
        self.deadline = deadline
        self._prices = endpoint.prices or FREE
        self._http: httpx.Client
        self._ended = threading.Event()
        self._gone: TrialError | None = None
        self._num_answers = 0
        self._pause_until = 0.0
        self._purse = threading.Condition()
        self._num_in_flight = 0

    def __enter__(self) -> ApiClient:
        """Connections are kept while the block runs."""
        seconds = self.endpoint.timeout_seconds
        self._http = httpx.Client(
            timeout=httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds)),
            limits=httpx.Limits(max_connections=self.endpoint.concurrency),
            follow_redirects=False,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def stop(self) -> None:
        """Send nothing more; what is under way breaks off."""
        self._ended.set()
        self._http.close()

    def ask(self, request: str, body: dict[str, Any]) -> Reply:
        """One answer.

        Args:
            request: Its content hash.
            body: What is sent.

        Raises:
            OutOfMoney: Its worst case does not fit the budget.
            OutOfTime: The time of the budget is over.
            TrialError: The endpoint refuses, or is gone; it is not asked again.
        """
        headers = self._headers(request)
        used, num_nonsense = (0, 0), 0
        attempt, most, num_known = 0, self.endpoint.attempts, self._num_answers
        while True:
            attempt += 1
            self._wait_for_turn()
            reservation = self._reserved(request, body)
            sent = self._send(body, headers)
            if sent.status == 200:
                read = read_body(sent.content)
                now = self._settled(reservation, body, read)
                used = used[0] + now[0], used[1] + now[1]
                num_nonsense += read.text is None
                if read.text is not None or num_nonsense >= NONSENSE_ATTEMPTS or attempt >= most:
                    return self._reply(sent, read, attempt, used)
            else:
                self._release(reservation, is_charged=sent.may_be_charged)
                if not sent.is_passing:
                    return self._refused(sent, attempt, used)
            if attempt >= most:
                is_answering = self._num_answers > num_known
                if not is_answering or attempt >= MOST_ROUNDS * self.endpoint.attempts:
                    raise self._give_up(f"{_in_words(sent)}, {attempt} times")
                most, num_known = most + self.endpoint.attempts, self._num_answers
            self._pause(attempt, sent)

    def _reply(self, sent: _Sent, read: Read, attempt: int, used: tuple[int, int]) -> Reply:
        self._num_answers += read.text is not None
        return Reply(
            read.text or "",
            *used,
            seconds=round(sent.seconds, 4),
            attempts=attempt,
            is_estimated=read.text is not None and read.usage is None,
            is_nonsense=read.text is None,
        )

    def _send(self, body: dict[str, Any], headers: dict[str, str]) -> _Sent:
        """One attempt; whatever the network does is an outcome."""
        start = time.perf_counter()
        try:
            with self._http.stream(
                "POST",
                f"{self.endpoint.url}/chat/completions",
                content=json.dumps(body).encode(),
                headers=headers,
            ) as response:
                content = self._content(response, start)
                wait = _retry_after(response.headers)
                seconds = time.perf_counter() - start
                return _Sent(response.status_code, content, wait, seconds=seconds)
        except (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
            httpx.ProxyError,
        ) as no:
            why = f" ({' '.join(str(no).split())[:80]})" if str(no) else ""
            return _Sent(None, trouble=f"no connection{why}")
        except httpx.TimeoutException:
            late = f"no answer within {self.endpoint.timeout_seconds:g} s"
            return _Sent(None, trouble=late, may_be_charged=True)
        except (httpx.TransportError, httpx.DecodingError):
            return _Sent(None, trouble="the connection broke", may_be_charged=True)
        except RuntimeError:
            if self._ended.is_set():  # `stop` closed it under way
                return _Sent(None, trouble="stopped", may_be_charged=True)
            raise

    def _content(self, response: httpx.Response, start: float) -> bytes:
        """The whole body, within time and size: a server may send a byte now and then, for ever."""
        content = b""
        for piece in response.iter_bytes():
            content += piece
            if time.perf_counter() - start > self.endpoint.timeout_seconds:
                raise httpx.ReadTimeout("too slow")
            if len(content) > LARGEST_BODY_BYTES:
                return b""
        return content

    def _headers(self, request: str) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"sartor-{request}"}
        if self.endpoint.key is not None:
            headers["Authorization"] = f"Bearer {key_of(self.endpoint)}"
        return headers

    def _reserved(self, request: str, body: dict[str, Any]) -> str:
        """Set the worst case aside; where others under way hold the money, wait what they leave."""
        worst_usd = self._prices.usd(*worst_tokens(body))
        with self._purse:
            while True:
                try:
                    reservation = self.spending.reserve(self.endpoint.name, request, worst_usd)
                except OutOfMoney:
                    if not self._num_in_flight or self._ended.is_set():
                        raise
                    self._purse.wait(timeout=1.0)
                else:
                    self._num_in_flight += 1
                    return reservation

    def _settled(self, reservation: str, body: dict[str, Any], read: Read) -> tuple[int, int]:
        """Pay what the endpoint counted; without its count an estimate, for nonsense the worst case stays."""
        used = read.usage
        if used is None and read.text is not None:
            asked = [message["content"] for message in body["messages"]]
            used = estimated_tokens(asked), estimated_tokens([read.text])
        if used is None:
            self._release(reservation, is_charged=True)
            return 0, 0
        self.spending.settle(reservation, self._prices.usd(*used), *used)
        self._landed()
        return used

    def _release(self, reservation: str, *, is_charged: bool) -> None:
        """Nothing was charged; or nobody knows, and the worst case stays set aside."""
        if not is_charged:
            self.spending.settle(reservation, 0.0, 0, 0)
        self._landed()

    def _landed(self) -> None:
        with self._purse:
            self._num_in_flight -= 1
            self._purse.notify_all()

    def _refused(self, sent: _Sent, attempt: int, used: tuple[int, int]) -> Reply:
        """An empty answer where the endpoint will not take this prompt; else it takes none."""
        if sent.status in OF_ONE_PROMPT and error_code(sent.content) in REFUSALS:
            return Reply("", *used, seconds=0.0, attempts=attempt, is_refused=True)
        raise self._give_up(_in_words(sent))

    def _pause(self, attempt: int, sent: _Sent) -> None:
        """Wait before the next attempt, as long as asked; what limits one request limits all."""
        longest = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** (attempt - 1))
        seconds = longest * random.uniform(0.5, 1.0)
        if sent.wait_seconds is not None:
            if sent.wait_seconds > LONGEST_ASKED_WAIT_SECONDS:
                raise self._give_up(f"it asks to wait {sent.wait_seconds:,.0f} seconds")
            seconds = max(sent.wait_seconds, 0.1 * seconds)
            self._pause_until = max(self._pause_until, time.monotonic() + sent.wait_seconds)
        self._ended.wait(min(seconds, max(0.0, self.deadline - time.monotonic())))

    def _wait_for_turn(self) -> None:
        while (left := self._pause_until - time.monotonic()) > 0 and not self._ended.is_set():
            self._ended.wait(min(left, max(0.01, self.deadline - time.monotonic())))
            if time.monotonic() > self.deadline:
                break
        if self._gone is not None:
            raise self._gone
        if time.monotonic() > self.deadline or self._ended.is_set():
            raise OutOfTime(
                where=f"apis > {self.endpoint.name}",
                problem="the time of the budget was over.",
                fix="Give `budget: hours` more; answers that came are kept.",
            )

    def _give_up(self, why: str) -> TrialError:
        """From now on nobody asks this endpoint any more."""
        if self._gone is not None:
            return self._gone
        self._gone = TrialError(
            where=f"apis > {self.endpoint.name}",
            problem=f"{self.endpoint.host} gives no answers: {why}.",
            fix="Run again when it does; answers that came are kept.",
        )
        self._ended.set()
        return self._gone


def key_of(endpoint: Endpoint) -> str:
    """The key, from the environment, now.

    Raises:
        TrialError: There is none, or one that no header can carry.
    """
    assert endpoint.key is not None
    key = os.environ.get(endpoint.key, "").strip()
    if not key or not key.isascii() or not key.isprintable():
        raise TrialError(
            where=f"apis > {endpoint.name} > key",
            problem=f"the environment variable {endpoint.key} holds no key.",
            fix=f"Set it: `export {endpoint.key}=...`.",
        )
    return key


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the endpoint asks to wait, from a number or a date; None where it does not."""
    text = headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(text)) if text else None
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def _in_words(sent: _Sent) -> str:
    if sent.status is None:
        return sent.trouble or "no answer"
    code = error_code(sent.content)
    return f"HTTP {sent.status}" + (f" ({code})" if code else "")
