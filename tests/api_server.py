"""A small server of our own that speaks the chat completions of OpenAI, on this machine only.

It answers with a function, misbehaves on demand, and keeps books: what it was asked, what it answered, and
what it charges, so that a client's own books can be held against them.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-test-0123456789-never-to-be-seen"
Answer = Callable[[list[dict[str, Any]]], str]
"""Messages to the answer."""


@dataclass(frozen=True)
class Fault:
    """How a request goes wrong."""

    status: int = 200
    retry_after: str | None = None
    body: bytes | None = None
    """Sent in place of an answer."""
    drops: bool = False
    """Whether the connection breaks before anything is sent back."""
    delay_seconds: float = 0.0
    """Before the answer."""


@dataclass
class Books:
    """What a server was asked and what it gave."""

    asked: Counter[str] = field(default_factory=Counter)
    """Content to how often it came."""
    answered: Counter[str] = field(default_factory=Counter)
    """Content to how often it was answered, and charged."""
    prompt_tokens: int = 0
    answer_tokens: int = 0
    most_at_a_time: int = 0
    authorizations: set[str] = field(default_factory=set)
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def usd(self, input: float, output: float) -> float:
        """What is charged, at prices a million tokens."""
        return (self.prompt_tokens * input + self.answer_tokens * output) / 1e6


class ApiServer:
    """The server.

    Args:
        answer: Messages to an answer.
        fault_of: Number of a request (from 0) and its messages to how it goes wrong; None: it does not.
        counts_tokens: Whether answers come with `usage`.
    """

    def __init__(
        self,
        answer: Answer,
        *,
        fault_of: Callable[[int, list[dict[str, Any]]], Fault | None] = lambda number, said: None,
        counts_tokens: bool = True,
    ) -> None:
        self.answer = answer
        self.fault_of = fault_of
        self.counts_tokens = counts_tokens
        self.books = Books()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.stops_after: int | None = None
        """Answers after which all further ones are held back, until `may_answer` is set again."""
        self._lock = threading.Lock()
        self._num_asked = self._num_now = 0
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.owner = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self.may_answer.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(timeout=10)

    def serve(self, handler: _Handler) -> None:
        """One request from beginning to end."""
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        content = json.dumps(body, sort_keys=True)
        with self._lock:
            number, self._num_asked = self._num_asked, self._num_asked + 1
            self._num_now += 1
            self.books.most_at_a_time = max(self.books.most_at_a_time, self._num_now)
            self.books.asked[content] += 1
            self.books.authorizations.add(handler.headers.get("Authorization", ""))
            self.books.bodies.append(body)
        try:
            fault = self.fault_of(number, body["messages"]) or Fault()
            time.sleep(fault.delay_seconds)
            self._reply(handler, fault, body, content)
        finally:
            with self._lock:
                self._num_now -= 1

    def _reply(self, handler: _Handler, fault: Fault, body: dict[str, Any], content: str) -> None:
        if fault.drops:
            handler.close_connection = True
            handler.connection.close()
        elif fault.status != 200 or fault.body is not None:
            handler.send(fault.status, fault.body or b"{}", retry_after=fault.retry_after)
        elif self._holds_back():
            handler.close_connection = True
        else:
            handler.send(200, self._answered(body, content))

    def _holds_back(self) -> bool:
        """Whether it waited in vain: its client is gone by now."""
        with self._lock:
            num_answered = sum(self.books.answered.values())
            if self.stops_after is not None and num_answered >= self.stops_after:
                self.may_answer.clear()
        if self.may_answer.is_set():
            return False
        self.may_answer.wait(timeout=120)
        return True

    def _answered(self, body: dict[str, Any], content: str) -> bytes:
        text = self.answer(body["messages"])
        used = num_tokens(" ".join(m["content"] for m in body["messages"])), num_tokens(text)
        with self._lock:
            self.books.answered[content] += 1
            self.books.prompt_tokens += used[0]
            self.books.answer_tokens += used[1]
        document: dict[str, Any] = {
            "choices": [{"message": {"role": "assistant", "content": text}}]
        }
        if self.counts_tokens:
            document["usage"] = {"prompt_tokens": used[0], "completion_tokens": used[1]}
        return json.dumps(document).encode()


def num_tokens(text: str) -> int:
    """What this server takes for tokens: words and marks."""
    return len(text.split())


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    owner: ApiServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is gone is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Http
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_POST(self) -> None:
        assert self.path == "/v1/chat/completions", self.path
        self.server.owner.serve(self)

    def send(self, status: int, body: bytes, *, retry_after: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if retry_after is not None:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing."""


@contextmanager
def serving(answer: Answer, **settings: Any) -> Iterator[ApiServer]:
    """A server for as long as the block runs."""
    server = ApiServer(answer, **settings)
    server.start()
    try:
        yield server
    finally:
        server.close()
