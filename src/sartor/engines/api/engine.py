"""Many prompts for an API: each asked once, kept by its content the moment its answer arrives."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import Any

import numpy as np

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Answers, State
from sartor.core.endpoint import Asked, Endpoint, Spending, TokenPrices
from sartor.core.hashing import canonical_json
from sartor.core.prompt import Prompt
from sartor.core.protocols import Artifact, Artifacts
from sartor.engines.api.client import ApiClient
from sartor.engines.api.replies import Reply, record_in
from sartor.engines.api.requests import body_of, request_key

KIND = "api_answers"
"""Artifacts: one an answer."""


class ApiEngine:
    """Writes answers by asking endpoints.

    Args:
        artifacts: Where answers are kept; None keeps none, as where a package answers.
        spending: What may be paid.
        deadline: `time.monotonic()` after which nothing more is sent.
    """

    def __init__(
        self,
        artifacts: Artifacts | None,
        *,
        spending: Spending,
        deadline: float = float("inf"),
    ) -> None:
        self.artifacts = artifacts
        self.spending = spending
        self.deadline = deadline
        self._clients: dict[str, ApiClient] = {}

    def write(
        self,
        base: BaseModel,
        prompts: Sequence[Prompt],
        *,
        max_new_tokens: int,
        schema: Mapping[str, Any] | None = None,
        max_tokens: int | None = None,
    ) -> Answers:
        """What the model behind a base says to N prompts; arguments as of `Engine.write`.

        An answer without JSON that keeps the schema is taken as empty, and counted.

        Raises:
            TrialError: The endpoint gives no answers, or the budget holds no more of them.
        """
        endpoint = base.endpoint
        assert endpoint is not None
        made = [
            body_of(endpoint, prompt, max_new_tokens=max_new_tokens, max_tokens=max_tokens)
            for prompt in prompts
        ]
        bodies = {request_key(endpoint, body): body for body, _ in made}
        replies = self._replies(endpoint, bodies)
        said = [replies[request_key(endpoint, body)] for body, _ in made]
        asked = _asked(said, is_cut=tuple(is_cut for _, is_cut in made))
        texts = [reply.text for reply in said]
        if schema is not None:
            texts = [_kept_schema(text, schema) for text in texts]
            num_off = sum(
                not text and bool(reply.text) for text, reply in zip(texts, said, strict=True)
            )
            asked = asked.plus(Asked(num_off_schema=num_off))
        written_N = np.empty(len(texts), dtype=object)
        written_N[:] = texts
        return Answers(np.full((len(texts), 1), np.nan, dtype=np.float32), written_N, asked)

    def _replies(
        self, endpoint: Endpoint, bodies: Mapping[str, dict[str, Any]]
    ) -> dict[str, Reply]:
        """Answers to some requests: those that are kept, and the others asked for."""
        found = {request: self._kept(request, endpoint) for request in bodies}
        missing = [request for request, reply in found.items() if reply is None]
        replies = {request: reply for request, reply in found.items() if reply is not None}
        if missing:
            replies |= self._asked_for(endpoint, {request: bodies[request] for request in missing})
        return replies

    def _kept(self, request: str, endpoint: Endpoint) -> Reply | None:
        artifact = self.artifacts.find(KIND, request) if self.artifacts else None
        if artifact is None:
            return None
        reply = _reply_of(artifact)
        prices = endpoint.prices or TokenPrices(0.0, 0.0)
        used = reply.prompt_tokens, reply.answer_tokens
        self.spending.settle_kept(request, prices.usd(*used), *used)
        return reply

    def _asked_for(
        self, endpoint: Endpoint, bodies: Mapping[str, dict[str, Any]]
    ) -> dict[str, Reply]:
        """Ask, several at a time; one that fails for good ends the others once those under way are there."""
        client = self._client(endpoint)
        failed = threading.Event()

        def ask(request: str) -> Reply | None:
            return None if failed.is_set() else self._ask(client, request, bodies[request])

        with client, ThreadPoolExecutor(endpoint.concurrency, "sartor-api") as pool:
            futures: dict[str, Future[Reply | None]] = {r: pool.submit(ask, r) for r in bodies}
            try:
                done, _ = wait(futures.values(), return_when=FIRST_EXCEPTION)
            except BaseException:  # Ctrl-C: nobody waits for answers any more
                failed.set()
                client.stop()
                raise
            if any(future.exception() for future in done):
                failed.set()
        return _results(futures)

    def _ask(self, client: ApiClient, request: str, body: dict[str, Any]) -> Reply:
        reply = client.ask(request, body)
        if self.artifacts is not None:
            self.artifacts.put(KIND, request, State({}, reply.as_facts()))
        return reply

    def _client(self, endpoint: Endpoint) -> ApiClient:
        """One an endpoint: what is gone stays gone for this run."""
        if endpoint.name not in self._clients:
            self._clients[endpoint.name] = ApiClient(
                endpoint, spending=self.spending, deadline=self.deadline
            )
        return self._clients[endpoint.name]


def _results(futures: Mapping[str, Future[Reply | None]]) -> dict[str, Reply]:
    """All of them, or the first failure."""
    for future in futures.values():
        if error := future.exception():
            raise error
    return {request: reply for request, f in futures.items() if (reply := f.result()) is not None}


def _reply_of(artifact: Artifact) -> Reply:
    return Reply(**artifact.facts)


def _asked(replies: Sequence[Reply], *, is_cut: tuple[bool, ...]) -> Asked:
    return Asked(
        num_requests=len(replies),
        prompt_tokens=sum(reply.prompt_tokens for reply in replies),
        answer_tokens=sum(reply.answer_tokens for reply in replies),
        num_estimated=sum(reply.is_estimated for reply in replies),
        num_nonsense=sum(reply.is_nonsense for reply in replies),
        num_refused=sum(reply.is_refused for reply in replies),
        is_cut=is_cut,
        seconds=tuple(r.seconds for r in replies if not r.is_nonsense and not r.is_refused),
    )


def _kept_schema(text: str, schema: Mapping[str, Any]) -> str:
    """The record in an answer as JSON; empty where there is none that keeps the schema."""
    from jsonschema import Draft202012Validator

    record = record_in(text)
    if record is None or not Draft202012Validator(dict(schema)).is_valid(record):
        return ""
    return canonical_json(record)
