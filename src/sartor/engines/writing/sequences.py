"""What a model has read so far, one text a row, and can go on with: keys, values, masks.

Left padding stays left of all that a row has read, whatever is cached or cut: distances between tokens are
then the same in a batch as alone, so that sliding windows stay right too.

Shape letters: B rows before, R rows after a choice, T tokens, D width.
"""

from __future__ import annotations

from typing import Any

import torch

from sartor.engines.writing.growing_cache import ROOM_TOKENS, taken
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

    def keep(self, rows_R: torch.Tensor) -> None:
        """Go on with some rows only; padding that none of them needs is given up."""
        kept = self.taken(rows_R, room=ROOM_TOKENS)
        self.cache, self.mask_BT, self.encoded = kept.cache, kept.mask_BT, kept.encoded

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
