"""How the next token is chosen from its logits: the likeliest, or drawn.

Penalty, temperature, top-k and top-p do what they do in `transformers`, in the same order. Every row draws
from a stream of its own, so its text does not depend on the rows beside it.

Shape letters: B rows of a batch, R rows that go on, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from sartor.core.errors import TrialError
from sartor.core.hashing import content_hash, derived_seed


@dataclass(frozen=True)
class Decoding:
    """How tokens are chosen; as it stands, always the likeliest."""

    temperature: float = 0.0
    """What logits are divided by before a token is drawn; 0 takes the likeliest."""
    top_p: float = 1.0
    """Draw among the likeliest tokens that hold this share of the probability together (arXiv 1904.09751)."""
    top_k: int = 0
    """Draw among so many likeliest tokens; 0 for all."""
    repetition_penalty: float = 1.0
    """Above 1, tokens that the prompt or the text holds become less likely (arXiv 1909.05858)."""
    seed: int = 0
    """Another seed draws another text."""

    def __post_init__(self) -> None:
        rules = (
            ("temperature", self.temperature >= 0, "at least 0"),
            ("top_p", 0 < self.top_p <= 1, "above 0 and at most 1"),
            ("top_k", self.top_k >= 0, "at least 0"),
            ("repetition_penalty", self.repetition_penalty > 0, "above 0"),
        )
        for name, is_sound, bounds in rules:
            if not is_sound:
                raise TrialError(
                    where=f"decoding > {name}",
                    problem=f"{getattr(self, name)} is out of range.",
                    fix=f"Give a number {bounds}.",
                )

    @property
    def is_greedy(self) -> bool:
        """Whether nothing is drawn."""
        return self.temperature == 0


GREEDY = Decoding()


def row_seeds(prompts: Sequence[np.ndarray], seed: int) -> list[int]:
    """A seed for each prompt, from its tokens and how often they came before in the list."""
    times_seen: dict[str, int] = {}
    seeds = []
    for prompt in prompts:
        name = content_hash(np.asarray(prompt, dtype=np.int64))
        seeds.append(derived_seed(seed, name, times_seen.get(name, 0)))
        times_seen[name] = times_seen.get(name, 0) + 1
    return seeds


class Chooser:
    """Chooses the next token of every row of a batch.

    Args:
        decoding: How.
        seeds: One for each row.
        seen: Token ids that each row holds already.
        vocabulary: Rows of the output layer.
        device: Where the logits are.
    """

    def __init__(
        self,
        decoding: Decoding,
        *,
        seeds: Sequence[int],
        seen: Sequence[np.ndarray],
        vocabulary: int,
        device: torch.device,
    ) -> None:
        self.decoding = decoding
        self.streams = [] if decoding.is_greedy else [np.random.default_rng(s) for s in seeds]
        self.seen_BV: torch.Tensor | None = None
        if decoding.repetition_penalty != 1:
            self.seen_BV = torch.zeros(len(seen), vocabulary, dtype=torch.bool, device=device)
            for row, ids in enumerate(seen):
                self.seen_BV[row, torch.from_numpy(np.asarray(ids, dtype=np.int64))] = True

    def choose(self, logits_BV: torch.Tensor) -> torch.Tensor:
        """Token ids (B,) for logits in fp32."""
        if self.seen_BV is not None:
            logits_BV = penalised(logits_BV, self.seen_BV, self.decoding.repetition_penalty)
        if self.decoding.is_greedy:
            tokens_B = logits_BV.argmax(dim=-1)
        else:
            tokens_B = self._drawn(probabilities(logits_BV, self.decoding))
        if self.seen_BV is not None:
            self.seen_BV.scatter_(1, tokens_B[:, None], True)
        return tokens_B

    def keep(self, rows_R: Sequence[int]) -> None:
        """Go on with some rows only, each as often as it is named."""
        self.streams = [self.streams[row] for row in rows_R] if self.streams else []
        if self.seen_BV is not None:
            self.seen_BV = self.seen_BV[list(rows_R)]

    def put(self, rows_R: Sequence[int], others: Chooser) -> None:
        """Go on with the rows of another in place of some."""
        if self.streams:
            for row, stream in zip(rows_R, others.streams, strict=True):
                self.streams[row] = stream
        if self.seen_BV is not None:
            assert others.seen_BV is not None
            self.seen_BV[list(rows_R)] = others.seen_BV

    def _drawn(self, probabilities_BV: torch.Tensor) -> torch.Tensor:
        """By the inverse of the distribution function, one number from each row's stream."""
        drawn_B1 = torch.tensor([[stream.random()] for stream in self.streams], dtype=torch.float64)
        below_BV = probabilities_BV.double().cumsum(dim=-1)
        goal_B1 = drawn_B1.to(below_BV.device) * below_BV[:, -1:]
        tokens_B1 = torch.searchsorted(below_BV, goal_B1, right=True)
        return tokens_B1[:, 0].clamp_max(below_BV.shape[1] - 1)


def penalised(logits_BV: torch.Tensor, seen_BV: torch.Tensor, penalty: float) -> torch.Tensor:
    """Logits with those of tokens seen moved towards less likely."""
    less_BV = torch.where(logits_BV < 0, logits_BV * penalty, logits_BV / penalty)
    return torch.where(seen_BV, less_BV, logits_BV)


def probabilities(logits_BV: torch.Tensor, decoding: Decoding) -> torch.Tensor:
    """What is drawn from, (B, V): temperature first, then the cuts."""
    logits_BV = logits_BV / decoding.temperature
    if decoding.top_k:
        num_kept = min(decoding.top_k, logits_BV.shape[1])
        least_B1 = logits_BV.topk(num_kept, dim=-1).values[:, -1:]
        logits_BV = logits_BV.masked_fill(logits_BV < least_B1, -torch.inf)
    if decoding.top_p < 1:
        logits_BV = _within_share(logits_BV, decoding.top_p)
    return logits_BV.softmax(dim=-1)


def _within_share(logits_BV: torch.Tensor, share: float) -> torch.Tensor:
    """Only the likeliest tokens that together hold the share; always at least one."""
    sorted_BV, order_BV = logits_BV.sort(dim=-1)
    is_out_BV = sorted_BV.softmax(dim=-1).cumsum(dim=-1) <= 1 - share
    is_out_BV[:, -1] = False
    is_out_BV = torch.zeros_like(is_out_BV).scatter(1, order_BV, is_out_BV)
    return logits_BV.masked_fill(is_out_BV, -torch.inf)
