"""An API that answers prompts: where it is, what its tokens cost, and what asking it took."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

MILLION = 1_000_000
IN_GOAL = "sartor.yaml"
"""Says of prices that the goal names them."""


@dataclass(frozen=True)
class TokenPrices:
    """What tokens cost, in US dollars a million."""

    input: float
    """Of what is read."""
    output: float
    """Of what is written."""
    source: str = IN_GOAL
    """Where they stand: `sartor.yaml`, or a list with its date."""

    def usd(self, prompt_tokens: float, answer_tokens: float) -> float:
        """What some tokens cost."""
        return (prompt_tokens * self.input + answer_tokens * self.output) / MILLION

    @property
    def is_free(self) -> bool:
        """Whether nothing is paid, as for a server of one's own."""
        return self.input == 0 and self.output == 0


@dataclass(frozen=True)
class Endpoint:
    """A model behind the chat completions of OpenAI, wherever it runs.

    Protocol: https://platform.openai.com/docs/api-reference/chat
    """

    name: str
    """What the user and the screen call it."""
    url: str
    """Up to and without `/chat/completions`."""
    model: str
    """What the endpoint calls the model."""
    key: str | None = None
    """Environment variable that holds the key, never the key; None where none is wanted."""
    prices: TokenPrices | None = None
    """None: unknown."""
    request: Mapping[str, Any] = field(default_factory=dict)
    """What every request says besides or otherwise; None takes a part away."""
    concurrency: int = 4
    """Most requests at a time."""
    timeout_seconds: float = 60.0
    """Longest wait for one answer."""
    attempts: int = 6
    """How often a request is sent before its endpoint counts as gone."""

    @property
    def host(self) -> str:
        """Where the data goes."""
        return urlsplit(self.url).netloc

    @property
    def is_here(self) -> bool:
        """Whether that is this machine."""
        name = urlsplit(self.url).hostname or ""
        if name == "localhost":
            return True
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return False

    @property
    def is_encrypted(self) -> bool:
        """Whether nobody on the way can read along."""
        return urlsplit(self.url).scheme == "https"


@dataclass(frozen=True)
class Asked:
    """What some answers of an endpoint took, wherever they came from: asked now, or kept."""

    num_requests: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    num_estimated: int = 0
    """Answers whose tokens the endpoint did not count; they were estimated."""
    num_nonsense: int = 0
    """Requests that never got an answer with a text; taken as empty."""
    num_refused: int = 0
    """Prompts that the endpoint refused for their length or content; taken as empty answers."""
    num_unknown: int = 0
    """Answers that name none of the labels; they count as wrong."""
    num_off_schema: int = 0
    """Answers without JSON that keeps the schema; taken as empty."""
    is_cut: tuple[bool, ...] = ()
    """Of which prompts a part was left out: they were too long."""
    seconds: tuple[float, ...] = ()
    """From each request to its answer, the attempt that brought it."""

    def plus(self, other: Asked) -> Asked:
        """Both together."""
        return Asked(**{name: value + getattr(other, name) for name, value in vars(self).items()})

    @property
    def num_cut(self) -> int:
        """Prompts that were too long."""
        return sum(self.is_cut)

    @property
    def tokens_of_request(self) -> tuple[float, float]:
        """Read and written, mean of a request."""
        num = max(1, self.num_requests)
        return self.prompt_tokens / num, self.answer_tokens / num


@dataclass(frozen=True)
class Bill:
    """What was paid to one API."""

    usd: float = 0.0
    """For answers that arrived, by the tokens that the endpoint counted."""
    unsure_usd: float = 0.0
    """Most that may have been charged besides, for requests that broke off before their answer."""
    num_paid: int = 0
    """Answers that arrived."""
    num_unsure: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0


class Spending(Protocol):
    """What may still be paid for. Every request is reserved at its worst before it is sent."""

    def reserve(self, api: str, request: str, usd: float) -> str:
        """Set the most aside that a request can cost.

        Args:
            api: Whom it is paid to.
            request: Its content hash.
            usd: At worst.

        Returns:
            The reservation, to settle later; one that is never settled stays set aside.

        Raises:
            OutOfMoney: It does not fit the budget any more.
        """

    def settle(self, reservation: str, usd: float, prompt_tokens: int, answer_tokens: int) -> None:
        """What it cost in truth; nothing where nothing was charged."""

    def settle_kept(self, request: str, usd: float, prompt_tokens: int, answer_tokens: int) -> None:
        """The same for what a killed process left open although the answer came: its cost in all."""

    def bills(self) -> dict[str, Bill]:
        """What was paid so far, by API."""
