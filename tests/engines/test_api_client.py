"""An endpoint that is slow, limits, breaks off, talks nonsense or is gone: the books agree to the token."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api_server import KEY, ApiServer, Fault, num_tokens, serving
from sartor.base.api import api_base
from sartor.core.conversation import Turn
from sartor.core.endpoint import Endpoint, TokenPrices
from sartor.core.errors import OutOfMoney, OutOfTime, TrialError
from sartor.core.prompt import Prompt
from sartor.engines.api import client as client_module
from sartor.engines.api.engine import ApiEngine
from sartor.engines.api.replies import read_body, record_in
from sartor.engines.api.requests import body_of, fitting, worst_tokens
from sartor.store.artifacts import DiskArtifacts
from sartor.store.spending import Ledger

INPUT, OUTPUT = 3.0, 5.0
NAME = "TEST_API_KEY"


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, KEY)
    monkeypatch.setattr(client_module, "FIRST_WAIT_SECONDS", 0.02)


def endpoint(server: ApiServer, **settings: Any) -> Endpoint:
    prices = settings.pop("prices", TokenPrices(INPUT, OUTPUT))
    return Endpoint("api", server.url, "m", key=NAME, prices=prices, **settings)


def prompts(num: int, *, words: str = "say") -> list[Prompt]:
    return [Prompt((Turn("user", f"{words} {i}"),)) for i in range(num)]


def engine_in(folder: Path, *, usd: float = 1.0, deadline: float = float("inf")) -> ApiEngine:
    ledger = Ledger(folder / "costs.jsonl", limit_usd=usd)
    return ApiEngine(DiskArtifacts(folder / "artifacts"), spending=ledger, deadline=deadline)


def echo(messages: list[dict[str, Any]]) -> str:
    return f"you said {messages[-1]['content']}"


def written(engine: ApiEngine, one: Endpoint, asked: list[Prompt], **settings: Any) -> list[str]:
    base = api_base(one, folder=Path())
    answers = engine.write(base, asked, max_new_tokens=20, **settings)
    assert answers.written_N is not None
    assert np.isnan(answers.logits_NC).all()
    return list(answers.written_N)


def test_answers_come_in_order_are_counted_kept_and_paid_once(tmp_path: Path) -> None:
    with serving(echo) as server:
        engine = engine_in(tmp_path)
        said = written(engine, endpoint(server), [*prompts(9), *prompts(4)])
        assert said == [f"you said say {i}" for i in (*range(9), *range(4))]
        assert max(server.books.asked.values()) == 1
        bill = engine.spending.bills()["api"]
        assert bill.num_paid == 9
        assert (bill.prompt_tokens, bill.answer_tokens) == (
            server.books.prompt_tokens,
            server.books.answer_tokens,
        )
        assert bill.usd == pytest.approx(server.books.usd(INPUT, OUTPUT), rel=1e-12)
        assert server.books.authorizations == {f"Bearer {KEY}"}
        again = engine_in(tmp_path)
        assert written(again, endpoint(server), prompts(9)) == said[:9]
        assert sum(server.books.asked.values()) == 9
        assert again.spending.bills() == engine.spending.bills()
    assert written(engine_in(tmp_path), endpoint(server), prompts(9)) == said[:9]
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and KEY.encode() in p.read_bytes()]


def test_what_is_sent_asks_for_the_likeliest_answer_and_can_be_changed(tmp_path: Path) -> None:
    with serving(echo) as server:
        changed = {"max_tokens": None, "max_completion_tokens": 40, "temperature": None, "top_k": 3}
        for request in ({}, changed):
            written(engine_in(tmp_path), endpoint(server, request=request), prompts(1))
    plain, other = server.books.bodies
    message = [{"role": "user", "content": "say 0"}]
    same = {"model": "m", "messages": message, "seed": 0}
    assert plain == same | {"temperature": 0, "max_tokens": 20}
    assert other == same | {"top_k": 3, "max_completion_tokens": 40}


def test_no_more_requests_run_at_a_time_than_allowed(tmp_path: Path) -> None:
    with serving(echo, fault_of=lambda number, said: Fault(delay_seconds=0.02)) as server:
        written(engine_in(tmp_path), endpoint(server, concurrency=3), prompts(20))
    assert 1 < server.books.most_at_a_time <= 3


PASSING = {
    "limited": Fault(429, retry_after="0.05"),
    "limited, no word when": Fault(429),
    "down": Fault(503),
    "broken off": Fault(drops=True),
    "a page": Fault(body=b"<html>"),
    "no choices": Fault(body=b'{"choices": []}'),
    "a list": Fault(body=b"[1]"),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_what_passes_is_asked_again_and_paid_once(fault: Fault, tmp_path: Path) -> None:
    met: set[str] = set()

    def at_first(number: int, messages: list[dict[str, Any]]) -> Fault | None:
        is_new = str(messages) not in met
        met.add(str(messages))
        return fault if is_new else None

    with serving(echo, fault_of=at_first) as server:
        engine = engine_in(tmp_path)
        said = written(engine, endpoint(server, attempts=8), prompts(8))
        assert said == [f"you said say {i}" for i in range(8)]
    assert set(server.books.answered.values()) == {1}
    bill = engine.spending.bills()["api"]
    assert bill.usd == pytest.approx(server.books.usd(INPUT, OUTPUT), rel=1e-12)
    nobody_knows = fault.drops or fault.body is not None
    assert (bill.num_unsure > 0) == (bill.unsure_usd > 0) == nobody_knows


def test_a_pause_that_the_endpoint_asks_for_is_kept_by_all(tmp_path: Path) -> None:
    times: list[float] = []

    def fault_of(number: int, said: Any) -> Fault | None:
        times.append(time.monotonic())
        return Fault(429, retry_after="0.6") if number == 0 else None

    with serving(echo, fault_of=fault_of) as server:
        written(engine_in(tmp_path), endpoint(server, concurrency=1), prompts(2))
    assert times[1] - times[0] >= 0.6


def test_a_slow_endpoint_is_given_up_and_what_may_be_charged_stays_aside(tmp_path: Path) -> None:
    with serving(echo, fault_of=lambda number, said: Fault(delay_seconds=1.0)) as server:
        engine = engine_in(tmp_path)
        slow = endpoint(server, timeout_seconds=0.1, attempts=2, concurrency=1)
        with pytest.raises(TrialError, match=r"no answer within 0.1 s, 2 times"):
            written(engine, slow, prompts(3))
        bill = engine.spending.bills()["api"]
        assert (bill.usd, bill.num_unsure) == (0, 2)
        with pytest.raises(TrialError, match="no answer within"):
            written(engine, slow, prompts(3))
        assert sum(server.books.asked.values()) == 2, "what is gone is not asked again"


def test_an_endpoint_that_sends_a_byte_now_and_then_does_not_hold_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drip(handler: Any, status: int, body: bytes, *, retry_after: str | None = None) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)

    monkeypatch.setattr("api_server._Handler.send", drip)
    with serving(echo) as server:
        one = endpoint(server, timeout_seconds=0.3, attempts=1)
        start = time.monotonic()
        with pytest.raises(TrialError, match="no answer within"):
            written(engine_in(tmp_path), one, prompts(1))
        assert time.monotonic() - start < 3


def test_an_endpoint_that_is_gone_is_named_without_the_key(tmp_path: Path) -> None:
    with serving(echo) as server:
        gone = endpoint(server, attempts=2)
    with pytest.raises(TrialError, match="no connection") as caught:
        written(engine_in(tmp_path), gone, prompts(2))
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("status", [401, 403, 404, 400, 302])
def test_what_is_refused_for_good_is_not_asked_again(status: int, tmp_path: Path) -> None:
    said = {
        "error": {"message": f"bad key {KEY}", "type": "invalid_request_error", "code": KEY * 2}
    }
    fault = Fault(status, body=json.dumps(said).encode())
    with serving(echo, fault_of=lambda number, said: fault) as server:
        engine = engine_in(tmp_path)
        with pytest.raises(TrialError, match=rf"HTTP {status} \(invalid_request_error\)") as caught:
            written(engine, endpoint(server, concurrency=1), prompts(5))
        assert sum(server.books.asked.values()) == 1
        assert engine.spending.bills()["api"].unsure_usd == 0
    assert KEY not in str(caught.value)


def test_one_prompt_that_is_refused_costs_no_other(tmp_path: Path) -> None:
    refusal = Fault(400, body=b'{"error": {"code": "context_length_exceeded"}}')

    def fault_of(number: int, said: list[dict[str, Any]]) -> Fault | None:
        return refusal if said[-1]["content"] == "say 1" else None

    with serving(echo, fault_of=fault_of) as server:
        base = api_base(endpoint(server), folder=Path())
        answers = engine_in(tmp_path).write(base, prompts(3), max_new_tokens=9)
    assert list(answers.written_N) == ["you said say 0", "", "you said say 2"]
    assert answers.asked is not None
    assert answers.asked.num_refused == 1


@pytest.mark.parametrize("text", ["", "   ", "<think>hm</think>"])
def test_what_never_is_an_answer_is_counted_as_empty_and_paid(text: str, tmp_path: Path) -> None:
    with serving(lambda messages: text) as server:
        engine = engine_in(tmp_path)
        base = api_base(endpoint(server), folder=Path())
        answers = engine.write(base, prompts(2), max_new_tokens=9)
        assert list(answers.written_N) == ["", ""]
        assert answers.asked is not None
        assert answers.asked.num_nonsense == 2
        num_asked = sum(server.books.asked.values())
        assert engine.spending.bills()["api"].usd == pytest.approx(server.books.usd(INPUT, OUTPUT))
        assert answers.asked.prompt_tokens == server.books.prompt_tokens
        engine.write(base, prompts(2), max_new_tokens=9)
        assert sum(server.books.asked.values()) == num_asked == 6


def test_tokens_that_nobody_counted_are_estimated_and_said_to_be(tmp_path: Path) -> None:
    with serving(echo, counts_tokens=False) as server:
        engine = engine_in(tmp_path)
        base = api_base(endpoint(server), folder=Path())
        asked = engine.write(base, prompts(3), max_new_tokens=9).asked
    assert asked is not None
    assert (asked.num_requests, asked.num_estimated) == (3, 3)
    assert engine.spending.bills()["api"].prompt_tokens == asked.prompt_tokens > 0


@pytest.mark.parametrize("concurrency", [1, 4])
def test_the_budget_is_never_exceeded(concurrency: int, tmp_path: Path) -> None:
    one = prompts(1)[0]
    with serving(echo, fault_of=lambda n, s: Fault(delay_seconds=0.01)) as server:
        api = endpoint(server, concurrency=concurrency)
        body, _ = body_of(api, one, max_new_tokens=20, max_tokens=None)
        worst_usd = TokenPrices(INPUT, OUTPUT).usd(*worst_tokens(body))
        budget = 2.5 * worst_usd
        engine = engine_in(tmp_path, usd=budget)
        with pytest.raises(OutOfMoney, match="the money of the budget was over"):
            written(engine, api, prompts(100))
        paid = server.books.usd(INPUT, OUTPUT)
        assert 0 < paid <= budget
        assert paid > budget - 2 * worst_usd, "what others only set aside is not refused for good"
        assert engine.spending.bills()["api"].usd == pytest.approx(paid, rel=1e-12)
        with pytest.raises(OutOfMoney):
            written(engine_in(tmp_path, usd=budget), api, prompts(100))
        assert server.books.usd(INPUT, OUTPUT) == paid, "the next process knows what is spent"


def test_the_time_of_the_budget_ends_the_asking(tmp_path: Path) -> None:
    with serving(echo) as server:
        engine = engine_in(tmp_path, deadline=time.monotonic() - 1)
        with pytest.raises(OutOfTime):
            written(engine, endpoint(server), prompts(3))
    assert not server.books.asked


def test_without_a_key_nothing_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME)
    with serving(echo) as server, pytest.raises(TrialError, match=NAME):
        written(engine_in(tmp_path), endpoint(server), prompts(1))
    assert not server.books.asked


def test_an_unreliable_endpoint_is_asked_on_while_it_answers_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "FIRST_WAIT_SECONDS", 0.4)
    unlucky: list[int] = []

    def fault_of(number: int, said: list[dict[str, Any]]) -> Fault | None:
        if said[-1]["content"] == "say 0":
            unlucky.append(number)
            return Fault(500) if len(unlucky) < 4 else None
        return None

    with serving(echo, fault_of=fault_of) as server:
        one = endpoint(server, attempts=2, concurrency=2)
        said = written(engine_in(tmp_path), one, prompts(60))
    assert (said[0], len(unlucky)) == ("you said say 0", 4)


RECORD = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}
JSON_ANSWERS = {
    '{"name": "Ada"}': '{"name":"Ada"}',
    'Sure!\n```json\n{"name": "Ada"}\n```\nDone.': '{"name":"Ada"}',
    '{no} {"name": "Ada"}': '{"name":"Ada"}',
    '{"name": 3}': "",
    '{"name": "Ada", "age": 3}': "",
    "Ada": "",
    '["Ada"]': "",
    '{"name": NaN}': "",
    '{"name": "Ada"': "",
}


@pytest.mark.parametrize(("said", "kept"), JSON_ANSWERS.items())
def test_json_in_an_answer_is_held_against_the_schema(said: str, kept: str, tmp_path: Path) -> None:
    with serving(lambda messages: said) as server:
        base = api_base(endpoint(server), folder=Path())
        answers = engine_in(tmp_path).write(base, prompts(1), max_new_tokens=20, schema=RECORD)
    assert list(answers.written_N) == [kept]
    assert answers.asked is not None
    assert answers.asked.num_off_schema == (not kept)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"\xff", b"null", b"{}", b'{"choices": {}}', b'{"choices": [3]}', b"[" * 100_000),
        b'{"choices": [{"message": {"content": 4}}], "usage": {"prompt_tokens": -1}}',
        b'{"choices": [{"message": null}], "usage": {"prompt_tokens": true}}',
    ],
)
def test_nothing_that_comes_back_raises(body: bytes) -> None:
    read = read_body(body)
    assert read.text is None
    assert read.usage is None
    record = record_in(body.decode("utf-8", "replace"))
    assert record is None or isinstance(record, dict)


def test_prompts_that_are_too_long_lose_their_oldest_turns_then_their_end() -> None:
    turns = [Turn("system", "be kind"), Turn("user", "a" * 500), Turn("assistant", "b" * 500)]
    kept = fitting([*turns, Turn("user", "c" * 90)], 80)
    assert [turn.content for turn in kept] == ["be kind", "c" * 90]
    [_, cut] = fitting([turns[0], Turn("user", "ü" * 300)], 80)
    assert 90 < len(cut.content) < 100
    assert set(cut.content) == {"ü"}
    assert num_tokens(" ".join(turn.content for turn in kept)) == 3
