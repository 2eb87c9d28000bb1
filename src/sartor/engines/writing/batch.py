"""Answers that are written together, one token of each at a step; who is done gives its place to the next.

Batches that are filled up as they empty (continuous batching, Yu et al. 2022, "Orca") take as many steps as
there are tokens to write; batches that wait for their longest answer take as many as that has, each.

Shape letters: B places of a batch, R of them, D width, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import torch

from sartor.engines.writing.decoding import Chooser, Decoding
from sartor.engines.writing.draft import Draft
from sartor.engines.writing.language_model import LanguageModel
from sartor.engines.writing.reading import Prefix, read
from sartor.engines.writing.sequences import Sequences

READ_TOKENS = {"cpu": 16_384, "cuda": 131_072}
"""Tokens of prompts that are read at a time."""
MOST_PLACES = {"cpu": 128, "cuda": 512}
"""More answers at a time make none of them sooner."""
FILLED_SHARE = 8
"""The next are let in when an eighth of the places is free: to read a few prompts costs as much as many."""
EMPTY_SHARE = 4
"""When nobody waits, a batch is made smaller each time a quarter of its places is free."""


class Batch:
    """Writes the answers of all drafts.

    Args:
        model: Writes.
        drafts: All that shall be written.
        decoding: How tokens are chosen.
        pad_id: Token id that fills the left side; masked everywhere.
        budget_tokens: Tokens of prompts and answers held at a time; one answer is written in any case.
        prefix: What all prompts begin with.
    """

    sequences: Sequences
    _hidden_BD: torch.Tensor
    _chooser: Chooser

    def __init__(
        self,
        model: LanguageModel,
        drafts: Sequence[Draft],
        *,
        decoding: Decoding,
        pad_id: int,
        budget_tokens: int,
        prefix: Prefix | None,
    ) -> None:
        self.model = model
        self.decoding = decoding
        self.pad_id = pad_id
        self.budget_tokens = budget_tokens
        self.prefix = prefix
        self._places: list[Draft | None] = []
        self._waiting = sorted(drafts, key=_num_needed)
        """The longest last, which is the next: those after it fit where it was."""

    def goes_on(self) -> bool:
        """Let in as many as there is room for; whether anybody writes."""
        while self._waiting:
            num_free = self._num_allowed() - self._num_writing
            is_worth_it = num_free >= max(1, self._num_allowed() // FILLED_SHARE)
            if self._num_writing and not (is_worth_it and self._can_let_in):
                break
            longest = max(len(draft.prompt) for draft in self._waiting[-num_free:])
            num_read = max(1, min(num_free, self._most(READ_TOKENS) // longest))
            entering = self._waiting[-num_read:][::-1]
            del self._waiting[-num_read:]
            self._let_in(entering)
        return self._num_writing > 0

    def step(self, stop_ids: Collection[int]) -> None:
        """One more token of every answer."""
        logits_BV = self.model.logits(self._hidden_BD).float()
        tokens_B = self._chosen(logits_BV)
        chosen_B = logits_BV.gather(1, tokens_B[:, None])[:, 0] - logits_BV.logsumexp(dim=-1)
        done = []
        for place, (draft, token, log_probability) in enumerate(
            zip(self._places, tokens_B.tolist(), chosen_B.tolist(), strict=True)
        ):
            if draft is not None:
                draft.add(token, log_probability, stop_ids)
                if draft.stopped_by:
                    self._places[place] = None
                    done.append(place)
        if not self._num_writing:
            return
        if done:
            tokens_B = self._without(done, tokens_B)
        self._hidden_BD = self.sequences.extend(tokens_B[:, None])[:, -1]

    @property
    def _num_writing(self) -> int:
        return sum(draft is not None for draft in self._places)

    @property
    def _can_let_in(self) -> bool:
        """Whether others may join those that write: a decoder with a source counts places from its start."""
        return not self.model.is_encoder_decoder

    def _num_allowed(self) -> int:
        """Places that there is room for, with those that write and the next."""
        writing = [draft for draft in self._places if draft is not None]
        needed = max(map(_num_needed, [*writing, *self._waiting[-1:]]))
        return max(1, min(self._most(MOST_PLACES), self.budget_tokens // needed))

    def _most(self, of_device: dict[str, int]) -> int:
        return of_device.get(self.model.device.type, of_device["cpu"])

    def _let_in(self, entering: Sequence[Draft]) -> None:
        """Read prompts, and put them on places that are free or new."""
        prompts = [draft.prompt for draft in entering]
        rows = np.arange(len(prompts))
        sequences, hidden_RD = read(
            self.model, prompts, rows, pad_id=self.pad_id, prefix=self.prefix
        )
        starts = [np.array(self.model.start_ids)] * len(prompts)
        chooser = Chooser(
            self.decoding,
            seeds=[draft.seed for draft in entering],
            seen=starts if self.model.is_encoder_decoder else prompts,
            vocabulary=self.model.vocabulary,
            device=self.model.device,
        )
        if not self._num_writing:
            self.sequences, self._hidden_BD, self._chooser = sequences, hidden_RD, chooser
            self._places = list(entering)
            return
        self._make_places(len(entering))
        free = [place for place, draft in enumerate(self._places) if draft is None]
        taken = free[: len(entering)]
        taken_R = torch.tensor(taken, device=self.model.device)
        self.sequences.put(taken_R, sequences)
        self._hidden_BD[taken_R] = hidden_RD
        self._chooser.put(taken, chooser)
        for place, draft in zip(taken, entering, strict=True):
            self._places[place] = draft

    def _make_places(self, num_free: int) -> None:
        """See that so many places are free; new ones hold a copy of the first until they are taken."""
        num_missing = num_free - (len(self._places) - self._num_writing)
        if num_missing > 0:
            rows = [*range(len(self._places)), *[0] * num_missing]
            self._keep(rows)
            self._places[-num_missing:] = [None] * num_missing

    def _keep(self, rows: Sequence[int]) -> None:
        rows_R = torch.tensor(rows, device=self.model.device)
        self.sequences.keep(rows_R)
        self._hidden_BD = self._hidden_BD[rows_R]
        self._chooser.keep(rows)
        self._places = [self._places[row] for row in rows]

    def _without(self, done: Sequence[int], tokens_B: torch.Tensor) -> torch.Tensor:
        """Tokens of the places that stay. Places of answers that are done wait for others, or go."""
        is_filled_up = bool(self._waiting) and self._can_let_in
        num_empty = len(self._places) - self._num_writing
        if not is_filled_up and num_empty * EMPTY_SHARE >= len(self._places):
            rows = [place for place, draft in enumerate(self._places) if draft is not None]
            self._keep(rows)
            return tokens_B[torch.tensor(rows, device=tokens_B.device)]
        if self._can_let_in:
            self.sequences.empty(torch.tensor(done, device=tokens_B.device))
        return tokens_B

    def _chosen(self, logits_BV: torch.Tensor) -> torch.Tensor:
        """The next token of every place, of those that its guide allows."""
        guided = [
            (place, draft)
            for place, draft in enumerate(self._places)
            if draft is not None and draft.guide is not None
        ]
        if not guided:
            return self._chooser.choose(logits_BV)
        is_out_BV = np.zeros(logits_BV.shape, dtype=bool)
        for place, draft in guided:
            assert draft.guide is not None
            is_out_BV[place] = ~draft.guide.allowed()
        is_out = torch.from_numpy(is_out_BV).to(logits_BV.device)
        chosen = self._chooser.choose(logits_BV.masked_fill(is_out, -torch.inf)).tolist()
        for place, draft in guided:
            chosen[place] = draft.settled(chosen[place])
        return torch.tensor(chosen, device=logits_BV.device)


def _num_needed(draft: Draft) -> int:
    """Tokens of the prompt and of the longest answer."""
    return len(draft.prompt) + draft.limit
