"""Train the embedding rows that the texts use, and no others.

A word that no training text contains gets no gradient, and without weight decay Adam leaves its row as
it is. Training a table of the used rows is therefore the same mathematics; it spares the optimizer,
the average and the checkpoint 11 of MiniLM's 22 million parameters.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch


class UsedRows:
    """Swaps a model's embedding table for the rows in use, and back.

    Args:
        model: A transformers model with input embeddings.
        tokens: Token ids of all texts to learn from.
        pad_id: Token id that fills the right side; always kept.
    """

    def __init__(self, model: Any, tokens: Sequence[np.ndarray], *, pad_id: int) -> None:
        self.model = model
        self.full = model.get_input_embeddings()
        used_U = np.unique(np.concatenate([*tokens, np.array([pad_id])]))
        self.used_U = torch.from_numpy(used_U).to(self.full.weight.device)
        self.compact_of_V = torch.zeros(len(self.full.weight), dtype=torch.long).to(
            self.used_U.device
        )
        self.compact_of_V[self.used_U] = torch.arange(len(used_U), device=self.used_U.device)
        self.compact = _reduced(self.full, self.used_U, pad_place=int(self.compact_of_V[pad_id]))
        self.full.weight.requires_grad_(False)

    def shrink(self) -> None:
        """Let the model look words up in the small table."""
        self.model.set_input_embeddings(_Renumbered(self.compact, self.compact_of_V))

    def expand(self) -> None:
        """Write what was learned into the full table and let the model use that one."""
        with torch.no_grad():
            self.full.weight[self.used_U] = self.compact.weight
        self.model.set_input_embeddings(self.full)


def _reduced(full: Any, used_U: torch.Tensor, *, pad_place: int) -> Any:
    """A table of the same kind with some rows only: Gemma's multiplies what it looks up."""
    compact = copy.copy(full)
    with torch.no_grad():
        weight = torch.nn.Parameter(full.weight[used_U].clone())
    compact._parameters = {"weight": weight}
    compact.num_embeddings = len(used_U)
    compact.padding_idx = None if full.padding_idx is None else pad_place
    return compact


class _Renumbered(torch.nn.Module):
    """An embedding of used rows that still takes the tokenizer's ids."""

    def __init__(self, compact: Any, compact_of_V: torch.Tensor) -> None:
        super().__init__()
        self.compact = compact
        self.compact_of_V: torch.Tensor
        self.register_buffer("compact_of_V", compact_of_V, persistent=False)

    @property
    def weight(self) -> torch.Tensor:
        weight: torch.Tensor = self.compact.weight
        return weight

    def forward(self, tokens_BT: torch.Tensor) -> Any:
        return self.compact(self.compact_of_V[tokens_BT])
