"""What a model has read so far, one text a row, and can go on with: keys, values, masks.

Left padding stays left of all that a row has read, whatever is cached or cut: distances between tokens are
then the same in a batch as alone, so that sliding windows stay right too.

Shape letters: B rows before, R rows after a choice, T tokens, H heads, D width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer, EncoderDecoderCache

from sartor.engines.writing.language_model import Encoded, LanguageModel

ROOM_TOKENS = 64
"""Tokens for which room is made at once, so that keys and values are not copied at each step."""


class GrowingLayer(DynamicLayer):
    """Keys and values of one layer with room to the right of what they hold.

    Windows of attention are left to the mask: all is kept, so that any row can be cut and repeated.
    """

    room_keys: torch.Tensor
    room_values: torch.Tensor
    num_held = 0

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: object, **__: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        num_new = key_states.shape[2]
        if not self.is_initialized:
            self.hold(key_states[:, :, :0], value_states[:, :, :0], room=num_new)
        if self.num_held + num_new > self.room_keys.shape[2]:
            self.hold(*self.held(), room=num_new + ROOM_TOKENS)
        new = slice(self.num_held, self.num_held + num_new)
        self.room_keys[:, :, new] = key_states
        self.room_values[:, :, new] = value_states
        self._show(new.stop)
        return self.held()

    def hold(self, keys_BHTD: torch.Tensor, values_BHTD: torch.Tensor, *, room: int) -> None:
        """Hold a copy of these, with room for more tokens."""
        all_rows_B = torch.arange(len(keys_BHTD), device=keys_BHTD.device)
        self.hold_rows(keys_BHTD, values_BHTD, all_rows_B, room=room)

    def hold_rows(
        self,
        keys_BHTD: torch.Tensor,
        values_BHTD: torch.Tensor,
        rows_R: torch.Tensor,
        *,
        room: int,
    ) -> None:
        """Hold a copy of some rows of these, with room for more tokens."""
        self.room_keys = _with_room(keys_BHTD, rows_R, room)
        self.room_values = _with_room(values_BHTD, rows_R, room)
        self.dtype, self.device = keys_BHTD.dtype, keys_BHTD.device
        self.is_initialized = True
        self._show(keys_BHTD.shape[2])

    def held(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys and values (B, H, T, D), without the room."""
        return self.room_keys[:, :, : self.num_held], self.room_values[:, :, : self.num_held]

    def _show(self, num_held: int) -> None:
        self.num_held = num_held
        self.keys, self.values = self.held()


def _with_room(states_BHTD: torch.Tensor, rows_R: torch.Tensor, room: int) -> torch.Tensor:
    """Written where it stays: taking the rows first and copying them then takes twice as long."""
    _, heads, held, width = states_BHTD.shape
    wider_RHTD = states_BHTD.new_empty(len(rows_R), heads, held + room, width)
    torch.index_select(states_BHTD, 0, rows_R, out=wider_RHTD[:, :, :held])
    return wider_RHTD


def growing_cache(layers: Sequence[GrowingLayer] = ()) -> Any:
    """A cache of growing layers for `transformers`, empty where none are given."""
    cache = DynamicCache()
    cache.layer_class_to_replicate = GrowingLayer
    cache.layers = list(layers)
    return cache


def new_cache(model: LanguageModel) -> Any:
    """An empty cache for a model."""
    if model.is_encoder_decoder:
        return EncoderDecoderCache(growing_cache(), DynamicCache())
    return growing_cache()


class Sequences:
    """Rows of text that a model has read, and goes on reading or writing.

    Args:
        model: Which has read them.
        cache: Keys and values, of `new_cache`.
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
            _taken(self.cache, rows_R, first=first, room=room),
            mask_BT=mask_RT,
            encoded=self.encoded.taken(rows_R) if self.encoded is not None else None,
        )


def _taken(cache: Any, rows_R: torch.Tensor, *, first: int, room: int) -> Any:
    if isinstance(cache, EncoderDecoderCache):
        own = _taken(cache.self_attention_cache, rows_R, first=first, room=room)
        return EncoderDecoderCache(own, _crossed(cache.cross_attention_cache, rows_R))
    layers = []
    for layer in cache.layers:
        keys_BHTD, values_BHTD = layer.held()
        copy = GrowingLayer()
        copy.hold_rows(keys_BHTD[:, :, first:], values_BHTD[:, :, first:], rows_R, room=room)
        layers.append(copy)
    return growing_cache(layers)


def _crossed(cache: Any, rows_R: torch.Tensor) -> DynamicCache:
    """Keys and values of source texts, which never grow."""
    taken = DynamicCache()
    for number, layer in enumerate(cache.layers):
        taken.update(layer.keys[rows_R], layer.values[rows_R], number)
    return taken
