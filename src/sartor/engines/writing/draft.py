"""An answer while it is written, the guide that it may keep to, and what it is in the end.

Shape letters: V vocabulary.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from tokenizers import Tokenizer

from sartor.core.errors import TrialError
from sartor.engines.writing.pieces import TextPieces


class Guide(Protocol):
    """What one text may be, while it is written."""

    @property
    def least_tokens(self) -> int:
        """Tokens that are enough to end the text from here."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing can follow."""

    @property
    def text(self) -> str:
        """What was written."""

    def allowed(self) -> np.ndarray:
        """Tokens that may come next, (V,) bool."""

    def settled(self, token: int, *, room: int) -> int:
        """Take a token, or another where it leaves no way to end in `room` more; the one taken."""


@dataclass(frozen=True)
class Written:
    """What a model wrote after one prompt."""

    ids: np.ndarray
    """Token ids, without the stop token; those that a stop string came with are among them."""
    text: str | None
    """Their text, without special tokens and cut before a stop string; None without a tokenizer."""
    log_probability: float
    """Sum over all tokens under the model as it is: no temperature, no cuts, no penalty. In nats."""
    num_tokens: int
    """Tokens that were chosen, the stop token included."""
    stopped_by: str
    """`stop`: a stop token or string came; `length`: there was no more room."""


class Draft:
    """An answer while it is written.

    Args:
        prompt: Its token ids.
        limit: Most tokens of the answer.
        seed: Of its own draws.
    """

    def __init__(self, prompt: np.ndarray, *, limit: int, seed: int) -> None:
        self.prompt = prompt
        self.limit = limit
        self.seed = seed
        self.ids: list[int] = []
        self.num_tokens = 0
        self.log_probability = 0.0
        self.stopped_by = ""
        self.pieces: TextPieces | None = None
        self.guide: Guide | None = None
        self._text: list[str] = []
        self._num_taken = 0

    def be_guided(self, guide: Guide) -> None:
        """Keep to a guide from the first token on."""
        if guide.least_tokens > self.limit:
            raise TrialError(
                where="max_new_tokens",
                problem=f"{self.limit} is not enough: the shortest answer allowed takes "
                f"{guide.least_tokens}.",
                fix="Raise `max_tokens`, or shorten the inputs.",
            )
        self.guide = guide

    def settled(self, token: int) -> int:
        """The token that is taken where this one was chosen."""
        if self.guide is None:
            return token
        return self.guide.settled(token, room=self.limit - self.num_tokens - 1)

    def add(self, token: int, log_probability: float, stop_ids: Collection[int]) -> None:
        """Take the next token, and see whether it is the last."""
        self.num_tokens += 1
        self.log_probability += log_probability
        if self.guide is not None:
            self.ids.append(token)
            self.stopped_by = "stop" if self.guide.is_complete else ""
            return
        is_stopped = token in stop_ids
        is_last = is_stopped or self.num_tokens == self.limit
        if not is_stopped:
            self.ids.append(token)
            is_stopped = self._ends_text(token, is_last=is_last)
        elif self.pieces is not None:
            self._text.append(self.pieces.finish())
        self.stopped_by = "stop" if is_stopped else "length" if is_last else ""

    def take(self) -> str:
        """Text that came since the last call."""
        fresh = "".join(self._text[self._num_taken :])
        self._num_taken = len(self._text)
        return fresh

    def written(self, tokenizer: Tokenizer | None) -> Written:
        """The finished answer."""
        text = None if tokenizer is None else tokenizer.decode(self.ids, skip_special_tokens=True)
        if self.guide is not None:
            text = self.guide.text
        return Written(
            ids=np.array(self.ids, dtype=np.int64),
            text=text if self.pieces is None else "".join(self._text),
            log_probability=self.log_probability,
            num_tokens=self.num_tokens,
            stopped_by=self.stopped_by,
        )

    def _ends_text(self, token: int, *, is_last: bool) -> bool:
        """Read the token's text; whether a stop string came with it."""
        if self.pieces is None:
            return False
        self._text.append(self.pieces.push(token))
        if is_last:
            self._text.append(self.pieces.finish())
        return self.pieces.is_stopped
