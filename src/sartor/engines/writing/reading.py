"""Prompts read in batches; what all of them begin with is read once.

Shape letters: N prompts, B rows of a batch, T tokens, P tokens of the shared prefix, H heads, D width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from sartor.core.errors import TrialError
from sartor.engines.encoder import pad
from sartor.engines.writing.growing_cache import ROOM_TOKENS, GrowingLayer, growing_cache
from sartor.engines.writing.language_model import LanguageModel, positions
from sartor.engines.writing.sequences import Sequences

SHORTEST_SHARED = 16
"""Tokens under which a shared prefix is not worth a pass of its own."""


@dataclass(frozen=True)
class Prefix:
    """Keys and values of what prompts begin with, one row."""

    ids: np.ndarray
    states: Sequence[tuple[torch.Tensor, torch.Tensor]]
    """Keys and values (1, H, P, D) of each layer."""

    @property
    def num_tokens(self) -> int:
        """P."""
        return len(self.ids)

    def shared_with(self, ids: np.ndarray) -> Prefix | None:
        """As much of it as a text begins with and goes on from; None where that is nothing."""
        num_tokens = _num_equal(self.ids, ids[: len(ids) - 1])
        states = [(k[:, :, :num_tokens], v[:, :, :num_tokens]) for k, v in self.states]
        return Prefix(self.ids[:num_tokens], states) if num_tokens else None


def check_prompts(model: LanguageModel, prompts: Sequence[np.ndarray], *, room: int) -> None:
    """Refuse a prompt that the model cannot read, before anything is computed.

    Args:
        model: Which will read them.
        prompts: Token ids of each.
        room: Tokens that must fit behind each prompt.

    Raises:
        TrialError: A prompt is empty or too long.
    """
    limit = model.context_tokens
    if limit is not None and len(model.start_ids) + room > limit:
        raise TrialError(
            where="the answers",
            problem=f"need {room:,} tokens; the model writes {limit - len(model.start_ids):,}.",
            fix="Shorten them, or choose a base with a longer context.",
        )
    for number, prompt in enumerate(prompts):
        if len(prompt) == 0:
            raise TrialError(
                where=f"prompt {number}",
                problem="has no token.",
                fix="Begin it with the model's start token, or leave the row out.",
            )
        behind = 0 if model.is_encoder_decoder else room
        if limit is not None and len(prompt) + behind > limit:
            raise TrialError(
                where=f"prompt {number}",
                problem=f"has {len(prompt):,} tokens and needs {behind:,} more; the model reads {limit:,}.",
                fix="Shorten it, give fewer examples, or choose a base with a longer context.",
            )


def read_prefix(
    model: LanguageModel, prompts: Sequence[np.ndarray], *, known: Prefix | None = None
) -> Prefix | None:
    """What all prompts begin with: known from before, or read now where that is worth a pass.

    Args:
        model: Which reads.
        prompts: Token ids of each.
        known: A beginning that was read before, with the same weights.
    """
    if not model.can_share_prefix:
        return None
    num_tokens = num_shared(prompts)
    if known is not None:
        known = known.shared_with(prompts[0][: num_tokens + 1]) if len(prompts) else None
    num_known = known.num_tokens if known is not None else 0
    if len(prompts) < 2 or num_tokens - num_known < SHORTEST_SHARED:
        return known
    return read_beginning(model, prompts[0][:num_tokens], known=known)


def shared_beginning(model: LanguageModel, prompts: Sequence[np.ndarray]) -> Prefix | None:
    """What some prompts begin with, read for later ones; None where it is not worth a pass."""
    with model.asked():
        return read_prefix(model, prompts)


def read_beginning(model: LanguageModel, ids: np.ndarray, *, known: Prefix | None = None) -> Prefix:
    """Read the beginning of prompts, of which a part may be known."""
    ids = np.asarray(ids, dtype=np.int64)
    num_known = known.num_tokens if known is not None else 0
    tokens_1T = torch.from_numpy(ids[num_known:])[None].to(model.device)
    cache = model.new_cache()
    if known is not None:
        cache = growing_cache(_placed(known, [0], room=tokens_1T.shape[1]))
    model.hidden(tokens_1T, cache=cache)
    return Prefix(ids, [layer.held() for layer in cache.layers])


def num_shared(prompts: Sequence[np.ndarray]) -> int:
    """Tokens that all prompts begin with; each keeps one more, whose hidden state is asked for."""
    if len(prompts) == 0:
        return 0
    first = np.asarray(prompts[0])
    shared = len(first) - 1
    for prompt in prompts[1:]:
        shared = min(shared, len(prompt) - 1)
        shared = _num_equal(first[:shared], prompt[:shared])
    return shared


def _num_equal(one: np.ndarray, other: np.ndarray) -> int:
    """Tokens that two texts begin with."""
    length = min(len(one), len(other))
    differs = np.flatnonzero(np.asarray(one[:length]) != np.asarray(other[:length]))
    return int(differs[0]) if differs.size else length


def read(
    model: LanguageModel,
    prompts: Sequence[np.ndarray],
    rows: np.ndarray,
    *,
    pad_id: int,
    prefix: Prefix | None,
) -> tuple[Sequences, torch.Tensor]:
    """Read some prompts as one batch.

    Returns:
        The sequences, and the hidden states (B, D) that predict the token after each.
    """
    if model.is_encoder_decoder:
        return _read_source(model, prompts, rows, pad_id=pad_id)
    tokens_BT, mask_BT = _padded_left([prompts[row] for row in rows], pad_id, model.device)
    first = 0 if prefix is None else prefix.num_tokens
    cache = model.new_cache()
    if prefix is not None:
        room = mask_BT.shape[1] - first + ROOM_TOKENS
        cache = growing_cache(_placed(prefix, (mask_BT == 0).sum(dim=1).tolist(), room=room))
    is_padded = not bool(mask_BT.all())
    hidden_BTD = model.hidden(
        tokens_BT[:, first:],
        mask_BT=mask_BT if is_padded else None,
        positions_BT=positions(mask_BT)[:, first:] if is_padded else None,
        cache=cache,
    )
    return Sequences(model, cache, mask_BT=mask_BT if is_padded else None), hidden_BTD[:, -1]


def _read_source(
    model: LanguageModel, prompts: Sequence[np.ndarray], rows: np.ndarray, *, pad_id: int
) -> tuple[Sequences, torch.Tensor]:
    batch = pad(prompts, rows, pad_id=pad_id, device=str(model.device))
    encoded = model.encode(batch.tokens_BT, batch.mask_BT)
    sequences = Sequences(model, model.new_cache(), mask_BT=None, encoded=encoded)
    start_BT = torch.tensor([model.start_ids] * len(rows), device=model.device)
    return sequences, sequences.extend(start_BT)[:, -1]


def _padded_left(
    prompts: Sequence[np.ndarray], pad_id: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and mask that end together, so that all rows write their next token at one place."""
    longest = max(map(len, prompts))
    tokens_BT = np.full((len(prompts), longest), pad_id, dtype=np.int64)
    mask_BT = np.zeros((len(prompts), longest), dtype=np.int64)
    for position, prompt in enumerate(prompts):
        tokens_BT[position, longest - len(prompt) :] = prompt
        mask_BT[position, longest - len(prompt) :] = 1
    return torch.from_numpy(tokens_BT).to(device), torch.from_numpy(mask_BT).to(device)


def _placed(prefix: Prefix, padding_B: list[int], *, room: int) -> list[GrowingLayer]:
    """The prefix in the first P places of each row, behind the row's padding.

    What padding pushes out of these places is read again with the rest of the prompt; so nothing ever
    stands between the prefix and what follows it.
    """
    layers = []
    for keys_1HPD, values_1HPD in prefix.states:
        layer = GrowingLayer()
        layer.hold(_shifted(keys_1HPD, padding_B), _shifted(values_1HPD, padding_B), room=room)
        layers.append(layer)
    return layers


def _shifted(states_1HPD: torch.Tensor, padding_B: list[int]) -> torch.Tensor:
    _, heads, places, width = states_1HPD.shape
    placed_BHPD = states_1HPD.new_zeros(len(padding_B), heads, places, width)
    for row, padding in enumerate(padding_B):
        if padding < places:
            placed_BHPD[row, :, padding:] = states_1HPD[0, :, : places - padding]
    return placed_BHPD
