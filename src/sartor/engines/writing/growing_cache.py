"""Keys and values that grow in place, and of which any rows can be cut and repeated.

Shape letters: B rows before, R rows after a choice, T tokens, H heads, D width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer, EncoderDecoderCache

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

    def put(self, rows_R: torch.Tensor, other: GrowingLayer) -> None:
        """Hold in some rows what another layer holds, at the right; it holds no more places than this."""
        keys_RHTD, values_RHTD = other.held()
        places = slice(self.num_held - keys_RHTD.shape[2], self.num_held)
        self.room_keys[rows_R, :, places] = keys_RHTD
        self.room_values[rows_R, :, places] = values_RHTD

    @property
    def num_free(self) -> int:
        """Tokens for which there is room."""
        return int(self.room_keys.shape[2]) - self.num_held

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


def new_cache(*, has_source: bool) -> Any:
    """An empty cache, for a decoder that also attends to source texts or for one that does not."""
    if has_source:
        return EncoderDecoderCache(growing_cache(), DynamicCache())
    return growing_cache()


def bytes_held(cache: Any) -> int:
    """Of the keys and values of a cache, without its room; of source texts too."""
    if isinstance(cache, EncoderDecoderCache):
        return bytes_held(cache.self_attention_cache) + bytes_held(cache.cross_attention_cache)
    return sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.layers)


def num_free(cache: Any) -> int:
    """Tokens for which a cache of growing layers has room."""
    return min(layer.num_free for layer in cache.layers)


def moved_right(cache: Any, num_places: int) -> Any:
    """A copy with empty places to the left, which a mask has to hide, and room to the right."""
    layers = []
    for layer in cache.layers:
        keys_BHTD, values_BHTD = (
            torch.nn.functional.pad(states, (0, 0, num_places, 0)) for states in layer.held()
        )
        copy = GrowingLayer()
        copy.hold(keys_BHTD, values_BHTD, room=ROOM_TOKENS)
        layers.append(copy)
    return growing_cache(layers)


def taken(cache: Any, rows_R: torch.Tensor, *, first: int, room: int) -> Any:
    """A copy of some rows of a cache.

    Args:
        cache: Of `new_cache` or `growing_cache`.
        rows_R: Rows, each as often as it is named.
        first: Places to the left of this one are given up.
        room: Tokens for which there is room.
    """
    if isinstance(cache, EncoderDecoderCache):
        own = taken(cache.self_attention_cache, rows_R, first=first, room=room)
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
    crossed = DynamicCache()
    for number, layer in enumerate(cache.layers):
        crossed.update(layer.keys[rows_R], layer.values[rows_R], number)
    return crossed
