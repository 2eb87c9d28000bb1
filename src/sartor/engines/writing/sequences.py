"""What a model has read so far, one text a row, and can go on with: keys, values, masks.

Left padding stays left of all that a row has read, whatever is cached or cut: distances between tokens are
then the same in a batch as alone, so that sliding windows stay right too.

Shape letters: B rows before, R rows after a choice, T tokens, D width.
"""

from __future__ import annotations

from typing import Any

import torch

from sartor.engines.writing.growing_cache import ROOM_TOKENS, moved_right, num_free, taken
from sartor.engines.writing.language_model import Encoded, LanguageModel


class Sequences:
    """Rows of text that a model has read, and goes on reading or writing.

    Args:
        model: Which has read them.
        cache: Keys and values, of `LanguageModel.new_cache`.
        mask_BT: 1 where a cached place is a token, 0 where it is padding; None where all are tokens.
        encoded: The source texts of an encoder-decoder.
    """

    def __init__(
        self,
        model: LanguageModel,
        cache: Any,
        *,
        mask_BT: torch.Tensor | None,
        encoded: Encoded | None = None,
    ) -> None:
        self.model = model
        self.cache = cache
        self.mask_BT = mask_BT
        self.encoded = encoded

    @property
    def num_places(self) -> int:
        """Cached places a row, padding included."""
        return self.cache.get_seq_length()

    def extend(self, tokens_BT: torch.Tensor) -> torch.Tensor:
        """Read on; hidden states (B, T, D) of the new tokens, all of which count as real."""
        positions_BT = None
        if self.mask_BT is not None:
            self._make_room(tokens_BT.shape[1])
        if self.mask_BT is not None:
            steps_T = torch.arange(tokens_BT.shape[1], device=tokens_BT.device)
            positions_BT = self.mask_BT.sum(dim=1, keepdim=True) + steps_T
            self.mask_BT = torch.cat([self.mask_BT, torch.ones_like(tokens_BT)], dim=1)
        return self.model.hidden(
            tokens_BT,
            mask_BT=self.mask_BT,
            positions_BT=positions_BT,
            cache=self.cache,
            encoded=self.encoded,
        )

    def _make_room(self, num_tokens: int) -> None:
        """Give up padding that no row needs where it takes the room, or the places that the model knows."""
        most = self.model.context_tokens
        is_full = most is not None and self.num_places + num_tokens > most
        if is_full or num_free(self.cache) < num_tokens:
            assert self.mask_BT is not None
            self.keep(torch.arange(len(self.mask_BT), device=self.mask_BT.device))

    def keep(self, rows_R: torch.Tensor) -> None:
        """Go on with some rows only; padding that none of them needs is given up."""
        kept = self.taken(rows_R, room=ROOM_TOKENS)
        self.cache, self.mask_BT, self.encoded = kept.cache, kept.mask_BT, kept.encoded

    def empty(self, rows_R: torch.Tensor) -> None:
        """Forget what some rows have read; they go on from nothing, for whoever is put there."""
        mask_BT = self._mask()
        mask_BT[rows_R] = 0
        self.mask_BT = mask_BT

    def put(self, rows_R: torch.Tensor, others: Sequences) -> None:
        """Other sequences in place of some rows; only of a decoder without sources.

        Args:
            rows_R: Which are replaced.
            others: R sequences of the same model.
        """
        missing = others.num_places - self.num_places
        mask_BT = self._mask()
        if missing > 0:
            self.cache = moved_right(self.cache, missing)
            mask_BT = torch.nn.functional.pad(mask_BT, (missing, 0))
        mask_BT[rows_R] = 0
        mask_BT[rows_R, self.num_places - others.num_places :] = others._mask()
        self.mask_BT = mask_BT
        for layer, other in zip(self.cache.layers, others.cache.layers, strict=True):
            layer.put(rows_R, other)

    def _mask(self) -> torch.Tensor:
        """(B, T), also where all are tokens."""
        if self.mask_BT is not None:
            return self.mask_BT
        keys_BHTD, _ = self.cache.layers[0].held()
        shape = (len(keys_BHTD), keys_BHTD.shape[2])
        return torch.ones(shape, dtype=torch.int64, device=keys_BHTD.device)

    def taken(self, rows_R: torch.Tensor, *, room: int) -> Sequences:
        """A copy of some rows, each as often as it is named, with room for more tokens."""
        mask_RT, first = None, 0
        if self.mask_BT is not None:
            mask_RT = self.mask_BT[rows_R]
            first = int(mask_RT.any(dim=0).to(torch.int8).argmax())
            mask_RT = None if mask_RT[:, first:].all() else mask_RT[:, first:]
        return Sequences(
            self.model,
            taken(self.cache, rows_R, first=first, room=room),
            mask_BT=mask_RT,
            encoded=self.encoded.taken(rows_R) if self.encoded is not None else None,
        )
