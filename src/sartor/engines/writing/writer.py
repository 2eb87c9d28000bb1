"""Texts written after prompts, many at a time: who is done gives its place to the next."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from sartor.core.errors import TrialError
from sartor.engines.writing.batch import Batch
from sartor.engines.writing.decoding import GREEDY, Decoding, row_seeds
from sartor.engines.writing.draft import Draft, Guide, Written
from sartor.engines.writing.language_model import LanguageModel
from sartor.engines.writing.pieces import TextPieces
from sartor.engines.writing.reading import (
    Prefix,
    check_prompts,
    read_beginning,
    read_prefix,
)
from sartor.engines.writing.sequences import Sequences

WRITING_BYTES = 512 * 2**20
"""Keys and values that are held at a time on a CPU ..."""
WRITING_SHARE = 8
"""... and an eighth of a card's memory; of all of it, so that equal cards write equal batches."""


class Writer:
    """Writes after prompts.

    Args:
        model: A model of `transformers`, or a `LanguageModel`.
        stop_ids: Tokens that end a text.
        pad_id: Token id that fills the left side; masked everywhere.
        device: Where the model is moved; None leaves it where it is.
        tokenizer: Gives the text; needed for stop strings and streams.
        budget_tokens: Tokens of prompts and answers held at a time; None for what suits the device.
        shares_prefix: Whether equal beginnings of prompts are read once.
        known: A beginning that these weights have read before, as after `remember`.

    Raises:
        TrialError: The model's family is not supported.
    """

    def __init__(
        self,
        model: Any,
        *,
        stop_ids: Collection[int],
        pad_id: int = 0,
        device: str | torch.device | None = None,
        tokenizer: Tokenizer | None = None,
        budget_tokens: int | None = None,
        shares_prefix: bool = True,
        known: Prefix | None = None,
    ) -> None:
        self.model = LanguageModel.of(model)
        if device is not None:
            self.model.model.to(device)
        self.stop_ids = frozenset(stop_ids)
        self.pad_id = pad_id
        self.tokenizer = tokenizer
        self.budget_tokens = (
            budget_tokens or _writing_bytes(self.model) // self.model.bytes_per_token
        )
        self.shares_prefix = shares_prefix and self.model.can_share_prefix
        self.streamed: Written | None = None
        """What the last stream wrote, as far as it came; None before the first."""
        self._remembered = known
        self._remembered_weights = self.model.weights_version if known is not None else -1

    def remember(self, beginning: np.ndarray) -> None:
        """Read a beginning now, for all later prompts that share some of it.

        A system prompt, or a conversation so far: of one that goes on only the new part is read. It is
        forgotten when the weights learn, and without effect where `shares_prefix` is False.

        Args:
            beginning: Token ids.

        Raises:
            TrialError: It is empty or longer than the model reads.
        """
        check_prompts(self.model, [beginning], room=1)
        if self.shares_prefix:
            known = self._known()
            known = known.shared_with(beginning) if known is not None else None
            with self.model.asked():
                self._remembered = read_beginning(self.model, beginning, known=known)
            self._remembered_weights = self.model.weights_version

    def generate(
        self,
        prompts: Sequence[np.ndarray],
        *,
        max_new_tokens: int,
        decoding: Decoding = GREEDY,
        stop_strings: Sequence[str] = (),
        guides: Sequence[Guide] = (),
    ) -> list[Written]:
        """Write after every prompt.

        Args:
            prompts: Token ids of each, special tokens included; source texts of an encoder-decoder.
            max_new_tokens: Most tokens of an answer; fewer where the context ends earlier.
            decoding: How tokens are chosen.
            stop_strings: Texts that end an answer and are no part of it.
            guides: What each text may be; none where all may be anything. A guided text ends with itself:
                no stop token or string is waited for.

        Raises:
            TrialError: A prompt is empty, or leaves no room for an answer, or none that its guide allows.
        """
        self._check(prompts, max_new_tokens, stop_strings)
        drafts = self._drafts(prompts, max_new_tokens, decoding, () if guides else stop_strings)
        for draft, guide in zip(drafts, guides, strict=True) if guides else ():
            draft.be_guided(guide)
        with self.model.asked():
            batch = self._batch(drafts, decoding)
            while batch.goes_on():
                batch.step(self.stop_ids)
        return [draft.written(self.tokenizer) for draft in drafts]

    def stream(
        self,
        prompt: np.ndarray,
        *,
        max_new_tokens: int,
        decoding: Decoding = GREEDY,
        stop_strings: Sequence[str] = (),
    ) -> Iterator[str]:
        """Pieces of the text that `generate` would give for this prompt, as they come.

        Prompt and answer are remembered, also of a stream that is closed before its end: of a conversation
        that goes on only what is new is read.

        Raises:
            TrialError: As for `generate`, at once, before the first piece is asked for.
        """
        assert self.tokenizer is not None, "a stream needs a tokenizer"
        self._check([prompt], max_new_tokens, stop_strings)
        draft = self._drafts([prompt], max_new_tokens, decoding, stop_strings)[0]
        draft.pieces = draft.pieces or TextPieces(self.tokenizer)
        return self._stream(draft, decoding)

    def _stream(self, draft: Draft, decoding: Decoding) -> Iterator[str]:
        with self.model.asked():
            batch = self._batch([draft], decoding)
            batch.goes_on()
        try:
            while not draft.stopped_by:
                with self.model.asked():
                    batch.step(self.stop_ids)
                if piece := draft.take():
                    yield piece
        finally:
            self.streamed = draft.written(self.tokenizer)
            self._keep(draft, batch.sequences)

    def _batch(self, drafts: Sequence[Draft], decoding: Decoding) -> Batch:
        return Batch(
            self.model,
            drafts,
            decoding=decoding,
            pad_id=self.pad_id,
            budget_tokens=self.budget_tokens,
            prefix=self._prefix([draft.prompt for draft in drafts]),
        )

    def _keep(self, draft: Draft, sequences: Sequences) -> None:
        """Remember what was read of a prompt and its answer; of a step that was broken off nothing."""
        if not self.shares_prefix:
            return
        held = [layer.held() for layer in sequences.cache.layers]
        ids = np.concatenate([draft.prompt, np.array(draft.ids, dtype=np.int64)])
        num_tokens = min(len(ids), *(keys.shape[2] for keys, _ in held))
        states = [(keys[:, :, :num_tokens], values[:, :, :num_tokens]) for keys, values in held]
        self._remembered = Prefix(ids[:num_tokens], states)
        self._remembered_weights = self.model.weights_version

    def _prefix(self, prompts: Sequence[np.ndarray]) -> Prefix | None:
        if not self.shares_prefix:
            return None
        return read_prefix(self.model, prompts, known=self._known())

    def _known(self) -> Prefix | None:
        is_current = self._remembered_weights == self.model.weights_version
        return self._remembered if is_current else None

    def _check(
        self, prompts: Sequence[np.ndarray], max_new_tokens: int, stop_strings: Sequence[str]
    ) -> None:
        assert self.tokenizer is not None or not stop_strings, "stop strings need a tokenizer"
        if max_new_tokens < 1:
            raise TrialError(
                where="max_new_tokens",
                problem=f"{max_new_tokens} leaves no room for an answer.",
                fix="Give at least 1.",
            )
        check_prompts(self.model, prompts, room=1)

    def _drafts(
        self,
        prompts: Sequence[np.ndarray],
        max_new_tokens: int,
        decoding: Decoding,
        stop_strings: Sequence[str],
    ) -> list[Draft]:
        seeds = [0] * len(prompts) if decoding.is_greedy else row_seeds(prompts, decoding.seed)
        drafts = []
        for prompt, seed in zip(prompts, seeds, strict=True):
            draft = Draft(prompt, limit=self._limit(prompt, max_new_tokens), seed=seed)
            if stop_strings and self.tokenizer is not None:
                draft.pieces = TextPieces(self.tokenizer, stop_strings)
            drafts.append(draft)
        return drafts

    def _limit(self, prompt: np.ndarray, max_new_tokens: int) -> int:
        if self.model.context_tokens is None:
            return max_new_tokens
        before = self.model.start_ids if self.model.is_encoder_decoder else prompt
        return min(max_new_tokens, self.model.context_tokens - len(before))


def _writing_bytes(model: LanguageModel) -> int:
    if model.device.type != "cuda":
        return WRITING_BYTES
    return torch.cuda.get_device_properties(model.device).total_memory // WRITING_SHARE
