"""What a classifier reads: token ids, or the cached output of the layers that stay as they are.

Shape letters: N texts, B rows of a batch, T tokens, D width, L layers, S tokens of all texts together.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch

from sartor.core.base_model import BaseModel
from sartor.core.hashing import content_hash
from sartor.engines.encoder import (
    Batch,
    Model,
    layer_list,
    load_trunk,
    pad,
    pad_id_of,
    scoring_batches,
    tokenize,
)
from sartor.engines.vocabulary import UsedRows

CACHE_BYTES = 1 << 30
"""Most memory that cached activations of one run take; beyond it they are computed again."""


class Rows(Protocol):
    """Texts made ready for one classifier."""

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each text, (N,)."""

    def batch(self, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """tokens_BT and mask_BT of some rows."""


class Inputs(Protocol):
    """Makes texts ready."""

    def read(self, texts: Sequence[str]) -> Rows:
        """The texts, tokenised once."""

    def scoring(self) -> AbstractContextManager[None]:
        """While scoring, texts may hold words that no training text holds."""


@dataclass(frozen=True)
class TokenRows:
    """Texts as token ids."""

    tokens: Sequence[np.ndarray]
    lengths: np.ndarray
    pad_id: int
    device: str

    def batch(self, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        batch = pad(self.tokens, rows, pad_id=self.pad_id, device=self.device)
        return batch.tokens_BT, batch.mask_BT


class TokenInputs:
    """Token ids through the whole model.

    Args:
        base: Whose tokenizer reads.
        trunk: The model; its embedding table is reduced to the words in use while it learns them.
        max_tokens: Longer texts are cut.
        device: torch device.
        words_of: Training texts, where the embedding table learns; else None.
    """

    def __init__(
        self,
        base: BaseModel,
        trunk: Model,
        *,
        max_tokens: int,
        device: str,
        words_of: Sequence[str] | None,
    ) -> None:
        self.base = base
        self.max_tokens = max_tokens
        self.device = device
        self.pad_id = pad_id_of(trunk)
        self._read: dict[int, tuple[Sequence[str], TokenRows]] = {}
        self.used = None
        if words_of is not None:
            self.used = UsedRows(trunk, self.read(words_of).tokens, pad_id=self.pad_id)
            self.used.shrink()

    def read(self, texts: Sequence[str]) -> TokenRows:
        found = self._read.get(id(texts))
        if found is None or found[0] is not texts:
            tokens = tokenize(self.base, texts, max_tokens=self.max_tokens)
            lengths = np.array([len(ids) for ids in tokens], dtype=np.int64)
            found = (texts, TokenRows(tokens, lengths, self.pad_id, self.device))
            self._read[id(texts)] = found
        return found[1]

    @contextmanager
    def scoring(self) -> Iterator[None]:
        if self.used is None:
            yield
            return
        self.used.expand()
        try:
            yield
        finally:
            self.used.shrink()


class ActivationCache:
    """Outputs of the lower layers of one base, by texts and layer; the oldest make room."""

    def __init__(self, base: BaseModel, *, max_tokens: int, device: str) -> None:
        self.base = base
        self.max_tokens = max_tokens
        self.device = device
        self._trunk: Model | None = None
        self._kept: OrderedDict[tuple[str, int], list[np.ndarray]] = OrderedDict()

    def of(self, texts: Sequence[str], layer: int) -> list[np.ndarray]:
        """What layer `layer` receives (its input), one (T, D) array a text."""
        key = (content_hash(list(texts)), layer)
        if key not in self._kept:
            self._make_room(texts)
            self._kept[key] = self._pass_over(texts, layer)
        self._kept.move_to_end(key)
        return self._kept[key]

    def holds(self, texts: Sequence[str]) -> bool:
        """Whether these texts' activations fit into the memory they may take."""
        return self._size_bytes(texts) <= CACHE_BYTES

    def _size_bytes(self, texts: Sequence[str]) -> int:
        """About a token for 4 characters, 4 bytes a number."""
        num_tokens = sum(min(len(text) // 4 + 2, self.max_tokens) for text in texts)
        return 4 * self.base.width * num_tokens

    def _make_room(self, texts: Sequence[str]) -> None:
        def size(arrays: list[np.ndarray]) -> int:
            return sum(array.nbytes for array in arrays)

        coming = self._size_bytes(texts)
        while self._kept and sum(map(size, self._kept.values())) + coming > CACHE_BYTES:
            self._kept.popitem(last=False)

    @torch.inference_mode()
    def _pass_over(self, texts: Sequence[str], layer: int) -> list[np.ndarray]:
        if self._trunk is None:
            self._trunk = load_trunk(self.base).to(self.device)
        tokens = tokenize(self.base, texts, max_tokens=self.max_tokens)
        lengths = np.array([len(ids) for ids in tokens])
        hidden: list[np.ndarray] = [np.empty(0)] * len(texts)
        for rows in scoring_batches(lengths, self.device):
            batch = pad(tokens, rows, pad_id=pad_id_of(self._trunk), device=self.device)
            hidden_BTD = received_by(self._trunk, layer, batch)
            for row, states_TD in zip(rows, hidden_BTD.cpu().numpy(), strict=True):
                hidden[row] = states_TD[: lengths[row]].copy()
        return hidden


class _Received(Exception):
    """Ends a pass whose remaining layers nobody needs."""

    def __init__(self, hidden_BTD: torch.Tensor) -> None:
        self.hidden_BTD = hidden_BTD


def received_by(trunk: Model, layer: int, batch: Batch) -> torch.Tensor:
    """Input (B, T, D) of a layer, counted from 0; of the one after the last, what the last gives."""
    given = {"input_ids": batch.tokens_BT, "attention_mask": batch.mask_BT}
    _, layers = layer_list(trunk)
    if layer == len(layers):
        return trunk(**given, output_hidden_states=True).hidden_states[layer]

    def end_here(_: object, args: tuple[torch.Tensor, ...], named: dict[str, Any]) -> None:
        raise _Received(args[0] if args else named["hidden_states"])

    hook = layers[layer].register_forward_pre_hook(end_here, with_kwargs=True)
    try:
        trunk(**given)
    except _Received as received:
        return received.hidden_BTD
    finally:
        hook.remove()
    raise AssertionError(f"the trunk does not use layer {layer}")


@dataclass(frozen=True)
class ActivationRows:
    """Texts as outputs of the frozen layers."""

    hidden: Sequence[np.ndarray]
    lengths: np.ndarray
    given: Given
    device: str

    def batch(self, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        longest = int(self.lengths[rows].max())
        hidden_BTD = np.zeros((len(rows), longest, self.hidden[0].shape[1]), dtype=np.float32)
        mask_BT = np.zeros((len(rows), longest), dtype=np.int64)
        for position, row in enumerate(rows):
            hidden_BTD[position, : self.lengths[row]] = self.hidden[row]
            mask_BT[position, : self.lengths[row]] = 1
        self.given.hidden_BTD = torch.from_numpy(hidden_BTD).to(self.device)
        tokens_BT = torch.zeros(mask_BT.shape, dtype=torch.long, device=self.device)
        return tokens_BT, torch.from_numpy(mask_BT).to(self.device)


class Given(torch.nn.Module):
    """Stands where the embeddings stood and hands on what the frozen layers gave."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden_BTD: torch.Tensor | None = None

    def forward(self, *_: object, **__: object) -> torch.Tensor:
        assert self.hidden_BTD is not None
        return self.hidden_BTD


class ActivationInputs:
    """Cached activations through the last layers: the frozen layers run once for all settings.

    Args:
        cache: Of the same base.
        trunk: Its lower layers and embeddings are taken off, in place.
        num_layers: How many of the last layers stay.
    """

    def __init__(
        self, cache: ActivationCache, trunk: Model, *, num_layers: int, device: str
    ) -> None:
        self.cache = cache
        self.device = device
        name, layers = layer_list(trunk)
        self.first = len(layers) - num_layers
        owner = trunk.get_submodule(name.rpartition(".")[0])
        setattr(owner, name.rpartition(".")[2], layers[self.first :])
        self.given = Given()
        self._latest: tuple[Sequence[str], ActivationRows] | None = None
        trunk.embeddings = self.given
        if hasattr(trunk, "embeddings_project"):  # ELECTRA widens its embeddings afterwards
            trunk.embeddings_project = torch.nn.Identity()

    def read(self, texts: Sequence[str]) -> ActivationRows:
        if self._latest is None or self._latest[0] is not texts:
            hidden = self.cache.of(texts, self.first)
            lengths = np.array([len(states_TD) for states_TD in hidden], dtype=np.int64)
            self._latest = (texts, ActivationRows(hidden, lengths, self.given, self.device))
        return self._latest[1]

    @contextmanager
    def scoring(self) -> Iterator[None]:
        yield


def can_cache_lower_layers(trunk: Model) -> bool:
    """Whether the last layers give the same output when run alone.

    DeBERTa's embeddings feed every layer (relative positions) and its first layer may carry a convolution;
    it runs whole instead.
    """
    return hasattr(trunk, "embeddings") and not trunk.config.model_type.startswith("deberta")


def can_cache_output(trunk: Model) -> bool:
    """Whether the trunk without its layers hands on what it is given.

    A last normalisation would be done twice.
    """
    return can_cache_lower_layers(trunk) and not hasattr(trunk, "final_norm")
